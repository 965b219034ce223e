"""One simulated terminal: the account, its file and its clock behind the functions of the module."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from signalos.brokers.simulated import charts, reading, results
from signalos.brokers.simulated.checks import Rejected
from signalos.brokers.simulated.codes import Res, Retcode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.execution import Sent, prepared
from signalos.brokers.simulated.records import Changes
from signalos.brokers.simulated.requests import InvalidArgument, TradeRequest, read_request
from signalos.brokers.simulated.storage import Storage
from signalos.kit.wire import Answer

SUCCESS = (int(Res.OK), "Success")
_YES_OR_NO = ("initialize", "login", "symbol_select", "market_book_add", "market_book_release")
VERSION = (500, 5000, "simulated")
_CALLS_KEPT = 200
"""So many kinds of calls (function, number and names of arguments) are known to fit; a client may invent names."""


class CallFailed(Exception):
    """A function answers None; ``pair`` is what ``last_error`` tells."""

    def __init__(self, code: Res, text: str) -> None:
        super().__init__(text)
        self.pair = (int(code), text)


class Terminal:
    """The account with its file. ``now`` gives account time in microseconds.

    ``trade_allowed``, ``api_allowed`` and ``connected`` are the switches a user has at a real terminal:
    the autotrading button, the option for programs from outside, and the line to the broker.
    ``account_trade`` and ``account_experts`` are the broker's: trading at all, and by programs.
    """

    def __init__(self, account: Account, storage: Storage, now: Callable[[], int], path: str) -> None:
        self.account = account
        self.path = path
        self.trade_allowed = True
        self.connected = True
        self.api_allowed = True
        self.account_trade = True
        self.account_experts = True
        self._storage = storage
        self._now = now
        self._requests = 0
        self.hidden: set[str] = set()

    def advance(self) -> None:
        """Let the market catch up with the clock, and commit what it did to the account."""
        self.account.advance_to(self._now())
        self.commit()

    def gap(self, symbol: str, points: int) -> None:
        """Let the price of ``symbol`` jump now, by ``points``, until its next quote."""
        self.catch_up()
        self.account.jump(symbol, points)
        self.commit()

    def send(self, request: TradeRequest) -> results.Row:
        """Carry out ``request``: it is on disk before this returns. Refusals are answers, too."""
        sent = self._try(request)
        self.commit()
        self._requests += 1
        return results.send_result(self.account, request, sent, self._requests)

    def next_request_id(self) -> int:
        """Count a request that is answered without reaching the account."""
        self._requests += 1
        return self._requests

    def catch_up(self) -> None:
        """Let the market catch up; what it did is committed with the call that follows."""
        self.account.advance_to(self._now())

    def close(self) -> None:
        """Write the last state and let go of the file."""
        self._storage.save(self.account.state, self.account.changes)
        self._storage.close()

    def _try(self, request: TradeRequest) -> Sent:
        try:
            self.let_trade()
            return prepared(self.account, request)()
        except Rejected as why:
            return Sent(why.retcode, why.comment)

    def let_trade(self) -> None:
        """Raise Rejected where a switch of the terminal or of the account forbids trading."""
        if not self.trade_allowed:
            raise Rejected(Retcode.CLIENT_DISABLES_AT, "AutoTrading disabled by client")
        if not self.account_trade:
            raise Rejected(Retcode.TRADE_DISABLED, "Trade is disabled")
        if not self.account_experts:
            raise Rejected(Retcode.SERVER_DISABLES_AT, "AutoTrading disabled by server")

    def commit(self) -> None:
        """Write what has changed since the last commit: on disk when this returns."""
        if self.account.changes:
            self._storage.save(self.account.state, self.account.changes)
            self.account.changes = Changes()


class Session:
    """One client of a terminal: its connection state and its ``last_error`` pair.

    A connection counts as initialized, for the terminal runs and is signed in; after ``shutdown`` every
    function answers None and -10004 until ``initialize``.
    """

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._open = True
        self._books: set[str] = set()
        self.last_error = SUCCESS
        self._table: dict[str, Callable[..., Any]] = {
            "initialize": self._initialize,
            "login": self._login,
            "shutdown": self._shutdown,
            "version": lambda: list(VERSION),
            "account_info": self._account_info,
            "terminal_info": self._terminal_info,
            "symbols_total": lambda: len(terminal.account.market.symbols),
            "symbols_get": self._symbols_get,
            "symbol_info": self._symbol_info,
            "symbol_info_tick": self._symbol_info_tick,
            "symbol_select": self._symbol_select,
            "copy_rates_from": self._charted(charts.bars_from),
            "copy_rates_from_pos": self._charted(charts.bars_at),
            "copy_rates_range": self._charted(charts.bars_between),
            "copy_ticks_from": self._charted(charts.ticks_from),
            "copy_ticks_range": self._charted(charts.ticks_between),
            "market_book_add": self._market_book_add,
            "market_book_get": self._market_book_get,
            "market_book_release": self._market_book_release,
            "orders_total": lambda: len(terminal.account.state.orders),
            "orders_get": self._orders_get,
            "order_calc_margin": self._order_calc_margin,
            "order_calc_profit": self._order_calc_profit,
            "order_check": self._order_check,
            "order_send": self._order_send,
            "positions_total": lambda: len(terminal.account.state.positions),
            "positions_get": self._positions_get,
            "history_orders_total": self._history_orders_total,
            "history_orders_get": self._history_orders_get,
            "history_deals_total": self._history_deals_total,
            "history_deals_get": self._history_deals_get,
        }
        self._fitting: set[tuple[str | int, ...]] = set()

    @property
    def functions(self) -> frozenset[str]:
        """The functions this terminal has; what it lacks is an error, not a pretended answer."""
        return frozenset(self._table) | {"last_error"}

    def call(self, fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None) -> Answer:
        """Call ``fn``. ``Answer.id`` is left 0. An unknown function is an ``error`` answer."""
        if fn == "last_error":
            return Answer(0, list(self.last_error), self.last_error)
        function = self._table.get(fn)
        if function is None:
            return Answer(0, error=f"the simulated terminal has no function {fn!r}")
        called = (fn, len(args), *(kwargs or ()))
        self.last_error = SUCCESS
        self._terminal.catch_up()
        try:
            request = self._request_of(fn, args, kwargs or {})
            if called not in self._fitting:
                self._must_fit(function, args, kwargs or {})
                if len(self._fitting) < _CALLS_KEPT:
                    self._fitting.add(called)
            if not self._open and fn not in ("initialize", "shutdown"):
                raise CallFailed(Res.FAIL_CONNECT, "No IPC connection")
            result = function(request) if request is not None else function(*args, **(kwargs or {}))
        except CallFailed as why:
            self.last_error = why.pair
            result = False if fn in _YES_OR_NO else None
        except InvalidArgument as why:
            self.last_error = (int(Res.INVALID_PARAMS), str(why))
            result = None
        self._terminal.commit()
        return Answer(0, result, self.last_error)

    def _request_of(self, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> TradeRequest | None:
        """Read the request of a sending function: wrong arguments come before a missing terminal."""
        if fn not in ("order_send", "order_check"):
            return None
        if len(args) != 1 or kwargs:
            raise InvalidArgument("Unnamed arguments not allowed: expected one dictionary")
        return read_request(args[0])

    @staticmethod
    def _must_fit(function: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Raise InvalidArgument where the number and names of arguments are not those of ``function``."""
        try:
            inspect.signature(function).bind(*args, **kwargs)
        except TypeError as why:
            raise InvalidArgument(f"Invalid arguments: {why}") from None

    # ------------------------------------------------------------ connection

    def _initialize(
        self,
        path: str = "",
        *,
        login: int = 0,
        password: str = "",
        server: str = "",
        timeout: int = 60_000,
        portable: bool = False,
    ) -> bool:
        del path, timeout, portable
        if login or server:
            self._login(login or self._terminal.account.settings.login, password=password, server=server)
        self._open = True
        return True

    def _login(self, login: int, *, password: str = "", server: str = "", timeout: int = 60_000) -> bool:
        """Sign in. The simulated broker has one account and knows no password."""
        del password, timeout
        settings = self._terminal.account.settings
        if login != settings.login or server not in ("", settings.server):
            raise CallFailed(Res.AUTH_FAILED, "Terminal: Authorization failed")
        return True

    def _shutdown(self) -> None:
        self._open = False

    # ------------------------------------------------------------ account and symbols

    def _account_info(self) -> results.Row:
        t = self._terminal
        return results.account_info(
            t.account, trade_allowed=t.account_trade, trade_expert=t.account_experts
        )

    def _terminal_info(self) -> results.Row:
        t = self._terminal
        return results.terminal_info(
            t.path, trade_allowed=t.trade_allowed, connected=t.connected, api_allowed=t.api_allowed
        )

    def _symbols_get(self, group: str = "*") -> list[results.Row]:
        symbols = self._terminal.account.market.symbols
        return [self._symbol_info(name) for name in reading.grouped(symbols, group)]

    def _symbol_info(self, symbol: str) -> results.Row:
        known = self._terminal.account.market.symbols
        self._known(symbol)
        return results.symbol_info(
            self._terminal.account, known[symbol], selected=symbol not in self._terminal.hidden
        )

    def _symbol_info_tick(self, symbol: str) -> results.Row:
        self._known(symbol)
        return results.tick(self._terminal.account, symbol)

    def _symbol_select(self, symbol: str, enable: bool = True) -> bool:
        self._known(symbol)
        if enable:
            self._terminal.hidden.discard(symbol)
            return True
        state = self._terminal.account.state
        used = {p.symbol for p in state.positions.values()} | {o.symbol for o in state.orders.values()}
        if symbol in used:
            raise CallFailed(Res.FAIL, "Terminal: Call failed")
        self._terminal.hidden.add(symbol)
        return True

    def _charted(self, function: Callable[[Account, str, Any, Any, Any], list[results.Row]]) -> Any:
        """``function`` for a symbol that is there; the three arguments differ in their meaning alone."""

        def call(symbol: str, first: Any, second: Any, third: Any) -> list[results.Row]:
            self._known(symbol)
            return function(self._terminal.account, symbol, first, second, third)

        return call

    def _market_book_add(self, symbol: str) -> bool:
        self._known(symbol)
        self._books.add(symbol)
        return True

    def _market_book_get(self, symbol: str) -> list[results.Row]:
        self._known(symbol)
        if symbol not in self._books:
            raise CallFailed(Res.FAIL, "Terminal: Call failed")
        return charts.book(self._terminal.account, symbol)

    def _market_book_release(self, symbol: str) -> bool:
        self._known(symbol)
        self._books.discard(symbol)
        return True

    def _known(self, symbol: Any) -> None:
        if type(symbol) is not str:
            raise InvalidArgument('Invalid "symbol" argument')
        if symbol not in self._terminal.account.market.symbols:
            raise CallFailed(Res.NOT_FOUND, "Terminal: Not found")

    # ------------------------------------------------------------ positions, orders, history

    def _positions_get(self, **by: Any) -> list[results.Row]:
        account = self._terminal.account
        found = reading.chosen(account.state.positions, by)
        return [results.position(account, p) for p in found]

    def _orders_get(self, **by: Any) -> list[results.Row]:
        account = self._terminal.account
        found = reading.chosen(account.state.orders, by)
        return [results.order(account, o) for o in found]

    def _history_orders_get(self, *span: Any, **by: Any) -> list[results.Row]:
        account = self._terminal.account
        return [results.order(account, o) for o in reading.past_orders(account, span, by)]

    def _history_deals_get(self, *span: Any, **by: Any) -> list[results.Row]:
        account = self._terminal.account
        return [results.deal(account, d) for d in reading.past_deals(account, span, by)]

    def _history_orders_total(self, *span: Any, **by: Any) -> int:
        return len(reading.past_orders(self._terminal.account, span, by))

    def _history_deals_total(self, *span: Any, **by: Any) -> int:
        return len(reading.past_deals(self._terminal.account, span, by))

    # ------------------------------------------------------------ trading

    def _order_send(self, request: TradeRequest) -> results.Row:
        self._connected()
        return self._terminal.send(request)

    def _order_check(self, request: TradeRequest) -> results.Row:
        self._connected()
        return reading.checked(self._terminal.account, request, self._terminal.let_trade)

    def _order_calc_margin(self, action: int, symbol: str, volume: float, price: float) -> float:
        self._known(symbol)
        return reading.needed_margin(self._terminal.account, action, symbol, volume, price)

    def _order_calc_profit(
        self, action: int, symbol: str, volume: float, price_open: float, price_close: float
    ) -> float:
        self._known(symbol)
        return reading.would_be_profit(
            self._terminal.account, action, symbol, volume, price_open, price_close
        )

    def _connected(self) -> None:
        if not self._terminal.api_allowed:
            raise CallFailed(Res.AUTO_TRADING_DISABLED, "AutoTrading disabled")
        if not self._terminal.connected:
            raise CallFailed(Res.FAIL_CONNECT, "No connection to the trade server")
