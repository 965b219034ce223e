"""A module named MetaTrader5 over a simulated terminal, for workers started with ``--native``.

Found through PYTHONPATH of that worker alone; SIGNALOS_TEST_TERMINAL says where the terminal listens. It
keeps to what matters of the real module: functions and constants at module level, struct sequences that
cannot be pickled, ``last_error`` of one call, and calls that hold Python's lock until they have answered.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any, NoReturn

from signalos.brokers.mt5data import load_constants, load_functions
from signalos.brokers.simulated.client import SimulatedModule

__version__ = "5.0.5000"
_POLLIN = 1


class _Polled(ctypes.Structure):
    _fields_ = [("fd", ctypes.c_int), ("events", ctypes.c_short), ("revents", ctypes.c_short)]


class _Held:
    """Lines of the terminal, waited for with Python's lock held: no other thread runs meanwhile."""

    def __init__(self, lines: Any) -> None:
        self._lines = lines
        self.close = lines.close
        # PyDLL, unlike CDLL, keeps the lock during the call.
        self._poll = ctypes.PyDLL(None).poll

    def readline(self) -> bytes:
        self._poll(ctypes.byref(_Polled(self._lines.fileno(), _POLLIN, 0)), 1, -1)
        line: bytes = self._lines.readline()
        return line


class _Struct(tuple[Any, ...]):
    """A struct sequence: fields by name and place, ``_asdict()``; no ``_fields``, no pickling."""

    __slots__ = ()
    names: tuple[str, ...] = ()

    def __getattr__(self, name: str) -> Any:
        if name not in self.names:
            raise AttributeError(name)
        return self[self.names.index(name)]

    def _asdict(self) -> dict[str, Any]:
        return dict(zip(self.names, self, strict=True))

    def __reduce_ex__(self, protocol: Any) -> NoReturn:
        raise TypeError(f"cannot pickle {type(self).__name__!r} object")


class _Terminal(SimulatedModule):
    """The simulated terminal's client, with the lock held while it waits."""

    @property
    def _lines(self) -> Any:
        return self.__dict__["_held"]

    @_lines.setter
    def _lines(self, lines: Any) -> None:
        self.__dict__["_held"] = None if lines is None else _Held(lines)


_kinds: dict[str, type[_Struct]] = {}


def _struct(value: Any) -> Any:
    """Make struct sequences of named tuples, inner ones as well."""
    fields = getattr(value, "_fields", None)
    if fields is not None:
        name = type(value).__name__
        kind = _kinds.setdefault(name, type(name, (_Struct,), {"__slots__": (), "names": fields}))
        return kind(_struct(item) for item in value)
    return tuple(_struct(item) for item in value) if isinstance(value, tuple) else value


def _function(name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return _struct(getattr(_terminal, name)(*args, **kwargs))

    call.__name__ = call.__qualname__ = name
    return call


_host, _, _port = os.environ["SIGNALOS_TEST_TERMINAL"].rpartition(":")
_terminal = _Terminal(_host, int(_port))
globals().update(load_constants())
globals().update({name: _function(name) for name in load_functions()})
