"""The surface of the MetaTrader5 module over the simulated terminal's wire, just as blocking."""

from __future__ import annotations

import socket
from collections import deque, namedtuple
from collections.abc import Mapping
from datetime import datetime
from operator import itemgetter
from typing import Any

import msgspec

from signalos.brokers.mt5data import load_constants, load_fields
from signalos.brokers.simulated.codes import Res

_SUCCESS = (int(Res.OK), "Success")
_LISTS = {
    "symbols_get": "SymbolInfo",
    "positions_get": "TradePosition",
    "orders_get": "TradeOrder",
    "history_orders_get": "TradeOrder",
    "history_deals_get": "TradeDeal",
    "copy_rates_from": "Rate",
    "copy_rates_from_pos": "Rate",
    "copy_rates_range": "Rate",
    "copy_ticks_from": "Tick",
    "copy_ticks_range": "Tick",
    "market_book_get": "BookInfo",
}
_RATE = "time open high low close tick_volume spread real_volume"
"""A row of the module's chart arrays, in its order; it is an array there and has no named type."""
_STRUCTS = {
    "account_info": "AccountInfo",
    "terminal_info": "TerminalInfo",
    "symbol_info": "SymbolInfo",
    "symbol_info_tick": "Tick",
    "order_send": "OrderSendResult",
    "order_check": "OrderCheckResult",
}
_PLAIN = (
    "symbols_total symbol_select orders_total order_calc_margin order_calc_profit positions_total "
    "history_orders_total history_deals_total market_book_add market_book_release"
).split()


class SimulatedModule:
    """What ``import MetaTrader5`` gives, for the terminal at ``host``:``port``.

    Functions are methods, constants attributes. Results are named tuples with ``_asdict()``; nothing
    found is ``()``, a failure None with its pair in ``last_error()``. Calls block and have no timeout,
    as the module's. Charts and ticks are tuples of named tuples where the module has numpy arrays. A
    function the simulated terminal lacks is an AttributeError.
    """

    def __init__(self, host: str, port: int) -> None:
        self._address = (host, port)
        self._socket: socket.socket | None = None
        self._lines: Any = None
        self._number = 0
        self._asked: deque[tuple[str, tuple[Any, ...], dict[str, Any]]] = deque()
        self._last_error: tuple[int, str] = _SUCCESS
        self._constants = load_constants()
        self._types: dict[str, Any] = {}
        for name, fields in load_fields().items():
            # The published ones, so the names are safe to make a type of.
            self._types[name] = namedtuple(name, fields)  # noqa: PYI024 -- fields come from a file
        self._types["Rate"] = namedtuple("Rate", _RATE)  # noqa: PYI024 -- one of a kind with the others
        self._values = {name: itemgetter(*made._fields) for name, made in self._types.items()}

    def __getattr__(self, name: str) -> Any:
        constants = self.__dict__.get("_constants", {})
        if name in constants:
            return constants[name]
        if name in _LISTS or name in _STRUCTS or name in _PLAIN:
            return lambda *args, **kwargs: self._shaped(name, self._call(name, args, kwargs))
        raise AttributeError(f"the simulated terminal has no {name!r}")

    # ------------------------------------------------------------ connection

    def initialize(self, path: str = "", **options: Any) -> bool:
        """Connect and sign in. False when nobody listens or the account is another one."""
        self._close()
        try:
            self._socket = socket.create_connection(self._address)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._lines = self._socket.makefile("rb")
        except OSError as why:
            self._last_error = (-10003, f"IPC initialize failed: {why.strerror or why}")
            return False
        # The simulated broker knows no passwords: none leaves this process.
        options.pop("password", None)
        if self._call("initialize", (path,) if path else (), options):
            return True
        failed = self._last_error
        self._close()
        self._last_error = failed
        return False

    def login(self, login: int, **options: Any) -> bool:
        """Sign in to the account ``login``."""
        options.pop("password", None)
        return bool(self._call("login", (login,), options))

    def shutdown(self) -> None:
        """Disconnect."""
        self._close()
        self._last_error = _SUCCESS

    def last_error(self) -> tuple[int, str]:
        """The pair of the call before."""
        return self._last_error

    def version(self) -> tuple[int, int, str] | None:
        """The terminal's version, build and date."""
        found = self._call("version", (), {})
        return None if found is None else tuple(found)

    # ------------------------------------------------------------ calls

    def ask_ahead(self, *calls: tuple[str, tuple[Any, ...], dict[str, Any]]) -> None:
        """Send reading calls (function, args, kwargs) in one go; the calls that follow take the answers.

        Several answers then cost one round trip. The real module has nothing like it, and needs it less.
        """
        if self._socket is None or self._asked:
            return
        try:
            self._socket.sendall(b"".join(self._line(*call) for call in calls))
        except OSError as why:
            self._lost(Res.FAIL_SEND, f"IPC send failed: {why}")
            return
        self._asked.extend(calls)

    def _line(self, fn: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> bytes:
        self._number += 1
        request = {
            "id": self._number,
            "fn": fn,
            "args": [_epoch(value) for value in args],
            "kwargs": {name: _epoch(value) for name, value in kwargs.items()},
        }
        return msgspec.json.encode(request) + b"\n"

    def _call(self, fn: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        if self._socket is None:
            self._last_error = (int(Res.FAIL_CONNECT), "No IPC connection")
            return None
        try:
            if self._asked and self._asked[0] == (fn, args, dict(kwargs)):
                self._asked.popleft()
            else:
                while self._asked:  # asked for and not wanted after all
                    self._asked.popleft()
                    self._lines.readline()
                self._socket.sendall(self._line(fn, args, kwargs))
        except OSError as why:
            return self._lost(Res.FAIL_SEND, f"IPC send failed: {why}")
        try:
            answer = self._lines.readline()
        except OSError as why:
            return self._lost(Res.FAIL_RECEIVE, f"IPC recv failed: {why}")
        if not answer.endswith(b"\n"):
            return self._lost(Res.FAIL_RECEIVE, "IPC recv failed: the terminal is gone")
        message = msgspec.json.decode(answer)
        if message.get("error") is not None:
            self._last_error = (int(Res.FAIL), str(message["error"]))
            return None
        code, text = message["last_error"]
        self._last_error = (code, text)
        return message["ok"]

    def _lost(self, code: Res, text: str) -> None:
        self._close()
        self._last_error = (int(code), text)

    def _close(self) -> None:
        if self._lines is not None:
            self._lines.close()
        if self._socket is not None:
            self._socket.close()
        self._socket = self._lines = None
        self._asked.clear()

    def _shaped(self, fn: str, result: Any) -> Any:
        if result is None:
            return None
        # By keyword a row of many fields would take ten times as long.
        if fn in _LISTS:
            name = _LISTS[fn]
            return tuple(map(self._types[name]._make, map(self._values[name], result)))
        if fn in _STRUCTS:
            if "request" in result:
                result["request"] = self._row("TradeRequest", result["request"])
            return self._row(_STRUCTS[fn], result)
        return result

    def _row(self, name: str, row: Mapping[str, Any]) -> Any:
        return self._types[name]._make(self._values[name](row))


def _epoch(value: Any) -> Any:
    """Datetimes become epoch seconds; naive ones are in this PC's zone, as the module takes them."""
    return value.timestamp() if isinstance(value, datetime) else value
