"""The terminal's module in another Python of this machine, served by rpyc as ``python -m mt5linux`` does.

rpyc would hand out references, each field of which is a round trip. So a small program of ours runs on the
far side and answers in text: one round trip a call, and several readings in one.
"""

from __future__ import annotations

import ipaddress
import json
import logging
import socket
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from importlib import resources
from typing import Any, Final, TypeAlias

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.session import MODULE_FUNCTIONS
from signalos.domain.errors import ConfigError

_log = logging.getLogger(__name__)

OLDEST_PYTHON: Final = (3, 8)
_PROGRAM: Final = ("plain.py", "far_side.py")
_RECEIVE_FAILED: Final = -10002
"""The request may have been carried out."""
_FUNCTIONS: Final = (MODULE_FUNCTIONS | {"order_send"}) - {"initialize", "last_error", "shutdown"}
_CONNECT_SECONDS: Final = 5.0

_Call: TypeAlias = tuple[str, tuple[Any, ...], dict[str, Any]]

Connect: TypeAlias = Callable[[str, int], tuple[Any, Any]]
"""Opens a stream to the server at (host, port), and rpyc's connection over it."""


class Unusable(Exception):
    """What answers at the address cannot serve. The text says why and what to do."""


class RemoteModule:
    """What ``import MetaTrader5`` gives, for the server at ``host``:``port``: results are plain data already.

    ``order_seconds`` is how long an order may be on its way. The far side does not hand a later one to the
    terminal: this worker is killed by then and the order looked for, so it must not turn up afterwards.

    A lost connection is None with its pair in ``last_error()``, as the module says it; ``initialize``
    connects anew. Raises ConfigError where rpyc is not installed.
    """

    def __init__(self, host: str, port: int, order_seconds: float, connect: Connect | None = None) -> None:
        self._connect = connect or _connector()
        self._address = (host, port)
        self._order_seconds = order_seconds
        self._stream: Any = None
        self._carry_out: Callable[[str], str] | None = None
        self._clock_ahead = 0.0
        self._begun: float | None = None
        self._ahead: deque[tuple[_Call, dict[str, Any]]] = deque()
        self._last_error: tuple[int, str] = (mt5.OK, "Success")
        self.__version__ = ""

    def __getattr__(self, name: str) -> Any:
        if name in _FUNCTIONS:
            return partial(self._call, name)
        raise AttributeError(f"the terminal's module has no {name!r}")

    def initialize(self, *args: Any, **options: Any) -> bool:
        """Connect to the server and let its module connect to the terminal."""
        self._drop()
        try:
            self._greet()
        except (Unusable, OSError) as why:
            self._drop()
            self._last_error = (mt5.INIT_FAILED, str(why))
            return False
        return bool(self._call("initialize", *args, **options))

    def shutdown(self) -> None:
        """Disconnect. The far module stays connected to its terminal: others may use it."""
        self._drop()
        self._last_error = (mt5.OK, "Success")

    def last_error(self) -> tuple[int, str]:
        """The pair of the call before."""
        return self._last_error

    def ask_ahead(self, *calls: _Call) -> None:
        """Carry out several reading calls in one round trip; the calls that follow take the answers."""
        self._ahead.clear()
        # What is asked before an order belongs to it, and so does the time that the asking takes.
        self._begun = time.monotonic()
        answers = self._exchange([(*call, None) for call in calls])
        if answers is not None:
            self._ahead.extend(zip(calls, answers, strict=True))

    # ------------------------------------------------------------------ the wire

    def _call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        call = (function, args, kwargs)
        if self._ahead and self._ahead[0][0] == call:
            answer = self._ahead.popleft()[1]
        else:
            self._ahead.clear()  # asked for and not wanted after all
            answers = self._exchange([(*call, self._until() if function == "order_send" else None)])
            if answers is None:
                return None
            answer = answers[0]
        if "raised" in answer:
            raise RuntimeError(answer["raised"])
        if "late" in answer:
            # The clocks are compared anew with the next connection.
            self._lost(
                mt5.NO_TERMINAL, f"the order came {answer['late']:.1f} s too late and was not handed over"
            )
            return None
        code, text = answer["last_error"]
        self._last_error = (int(code), str(text))
        return answer["ok"]

    def _exchange(self, calls: list[tuple[Any, ...]]) -> list[dict[str, Any]] | None:
        if self._carry_out is None:
            self._last_error = (mt5.NO_TERMINAL, "there is no connection to the mt5linux server")
            return None
        text = json.dumps(calls)
        try:
            answers: list[dict[str, Any]] = json.loads(self._carry_out(text))
        except Exception as why:  # noqa: BLE001 -- whatever rpyc raises, the connection is of no use any more
            self._lost(_RECEIVE_FAILED, f"the mt5linux server is gone ({type(why).__name__}: {why})")
            return None
        return answers

    def _until(self) -> float:
        begun, self._begun = self._begun, None
        return (time.monotonic() if begun is None else begun) + self._clock_ahead + self._order_seconds

    def _greet(self) -> None:
        host, port = self._address
        try:
            self._stream, far = self._connect(host, port)
            here = tuple(far.eval("__import__('sys').version_info[:2]"))
            if here < OLDEST_PYTHON:
                raise Unusable(_too_old(here))
            for name in _PROGRAM:
                far.execute(resources.files(__package__).joinpath(name).read_text("utf-8"))
            # Read before the far clock: the difference comes out too large by less than one round trip.
            before = time.monotonic()
            found = json.loads(far.namespace["greet"]())
        except (Unusable, OSError):
            raise
        except Exception as why:
            raise Unusable(
                f"what answers on {host}:{port} is no mt5linux server, or its rpyc is older than 6 "
                f"({type(why).__name__}: {why}). Under Wine: python -m pip install "
                '"mt5linux>=1.0.11,<1.1", then start python -m mt5linux again'
            ) from why
        if "missing" in found:
            raise Unusable(f"{found['missing']}. Install it in the Python under Wine")
        self._clock_ahead = float(found["clock"]) - before
        self.__version__ = str(found["module"])
        self._carry_out = far.namespace["carry_out"]
        _log.info("%s:%d: %s", host, port, ", ".join(f"{k} {v}" for k, v in found.items() if k != "clock"))

    def _lost(self, code: int, text: str) -> None:
        self._drop()
        self._last_error = (code, text)

    def _drop(self) -> None:
        stream, self._stream, self._carry_out = self._stream, None, None
        self._ahead.clear()
        if stream is not None:
            # rpyc's own goodbye waits for an answer, which a hanging server never gives.
            stream.close()


def must_be_here(host: str, peer: str) -> None:
    """Raise Unusable where ``host`` led to another machine: a name may, whatever the configuration said."""
    if not ipaddress.ip_address(peer).is_loopback:
        raise Unusable(f"{host} is {peer}, which is not this machine: nothing is sent there")


def _too_old(version: tuple[int, ...]) -> str:
    return (
        f"the Python under Wine is {'.'.join(map(str, version))}; "
        f"{'.'.join(map(str, OLDEST_PYTHON))} is the oldest that serves"
    )


def _connector() -> Connect:
    """Return what opens a stream to the server, and rpyc's connection over it.

    Raises ConfigError where rpyc is not installed.
    """
    try:
        from rpyc.core.service import ClassicClient
        from rpyc.core.stream import SocketStream
        from rpyc.utils import factory
    except ImportError:
        raise ConfigError(
            "A terminal of type mt5linux needs the package rpyc: install it with pip install 'signalos[wine]'."
        ) from None

    def connect(host: str, port: int) -> tuple[Any, Any]:
        opened = socket.create_connection((host, port), _CONNECT_SECONDS)
        try:
            must_be_here(host, opened.getpeername()[0])
        except Unusable:
            opened.close()
            raise
        opened.settimeout(None)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream = SocketStream(opened)
        # Unlike rpyc.classic.connect this lets the far side do nothing here. The worker's deadline is the
        # only one: a timeout of rpyc's own would leave the call running and this end believing it failed.
        settings = {"sync_request_timeout": None}
        try:
            return stream, factory.connect_stream(stream, service=ClassicClient, config=settings)
        except BaseException:
            stream.close()
            raise

    return connect
