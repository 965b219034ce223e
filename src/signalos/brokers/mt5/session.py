"""The worker's side of the wire: the module's functions, and composites that save round trips.

Everything here runs in the worker process, one call after the other, on plain data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from signalos.brokers.mt5.mapping import is_trade
from signalos.brokers.mt5.plain import plain
from signalos.brokers.mt5.tagged_rows import TaggedRows, peek
from signalos.domain.order import is_tag
from signalos.kit.wire import Answer, Request

MODULE_FUNCTIONS: Final = frozenset(
    "account_info copy_rates_from copy_rates_from_pos copy_rates_range copy_ticks_from copy_ticks_range "
    "history_deals_get history_deals_total history_orders_get history_orders_total initialize last_error "
    "login market_book_add market_book_get market_book_release order_calc_margin order_calc_profit "
    "order_check orders_get orders_total positions_get positions_total shutdown "
    "symbol_info symbol_info_tick symbol_select symbols_get symbols_total terminal_info version".split()
)
"""What may be called by name. ``order_send`` is not among them: it goes through ``guarded_send``."""

_BUY = 0
"""``type`` of a market order that buys."""
_ENTERING = (0, 2)
"""``entry`` of a deal that opens a position, or turns it round."""
_CHECK_PASSED = (0, 10009)
"""order_check answers 0 where order_send answers 10009; some builds use the latter for both."""

CHECK_SECONDS = 0.02
"""So old may be what was checked ahead of a send: the journal is synced meanwhile. A sign-in elsewhere takes longer."""


class Module(Protocol):
    """The one function of the terminal's module that is needed by name at type-checking time."""

    def last_error(self) -> tuple[int, str]: ...


class CallFailed(Exception):
    """A function of the module answered None. ``last_error`` is its (code, text) pair."""

    def __init__(self, function: str, last_error: tuple[int, str]) -> None:
        super().__init__(f"{function}: {last_error[1]} ({last_error[0]})")
        self.last_error = last_error


@dataclass(frozen=True, slots=True)
class Guard:
    """What must hold right before a send: the account is ``login`` at ``server`` (and the terminal at ``path``).

    ``check`` asks ``order_check`` too; with ``worst`` a market order whose quote is beyond it stays here.
    """

    login: int
    server: str
    path: str = ""
    check: bool = False
    worst: float | None = None


class Session:
    """Answers requests over a module with MetaTrader's surface.

    ``credentials`` are handed to ``initialize`` alone and never leave this object. ``monotonic`` tells seconds.
    """

    def __init__(
        self,
        module: Module,
        credentials: Mapping[str, Any] | None = None,
        monotonic: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._module = module
        self._monotonic = monotonic
        self._passed: tuple[float, dict[str, Any], Guard] | None = None
        self._look_seconds = 0.0
        self._credentials = dict(credentials or {})
        self._last_error: tuple[int, str] = (1, "Success")
        self._composites: dict[str, Callable[..., Any]] = {
            "connect": self.connect,
            "snapshot": self.snapshot,
            "quote": self.quote,
            "prepare": self.prepare,
            "symbol_terms": self.symbol_terms,
            "symbol_names": self.symbol_names,
            "check_send": self.check_send,
            "guarded_send": self.guarded_send,
            "after_send": self.after_send,
            "order_fate": self.order_fate,
            "find_tags": self.find_tags,
            "deals_of": self.deals_of,
            "untagged_entries": self.untagged_entries,
        }

    def answer(self, request: Request) -> Answer:
        """Carry out ``request``: never raises for what the module does."""
        self._last_error = (1, "Success")
        try:
            composite = self._composites.get(request.fn)
            if composite is not None:
                ok = composite(*request.args, **request.kwargs)
            elif request.fn in MODULE_FUNCTIONS:
                ok = self._raw(request.fn, *request.args, **request.kwargs)
            else:
                return Answer(request.id, error=f"there is no function {request.fn!r} here")
        except CallFailed as why:
            return Answer(request.id, None, why.last_error)
        except Exception as why:  # noqa: BLE001 -- whatever a module raises must become an answer
            return Answer(request.id, error=f"{request.fn}: {type(why).__name__}: {why}")
        return Answer(request.id, ok, self._last_error)

    # ------------------------------------------------------------------ composites

    def connect(self, **options: Any) -> dict[str, Any]:
        """Initialize the module and say what it is connected to."""
        self._passed = None
        wanted = {**self._credentials, **options}
        # The module takes the path without a name only.
        path = [wanted.pop("path")] if "path" in wanted else []
        if not self._raw("initialize", *path, **wanted):
            raise CallFailed("initialize", self._last_error)
        return {
            "module": str(getattr(self._module, "__version__", "")),
            "version": self._raw("version"),
            "terminal": self._must("terminal_info"),
            "account": self._must("account_info"),
        }

    def snapshot(self, symbol: str | None = None) -> dict[str, Any]:
        """The terminal, the account, all positions and orders; with ``symbol`` its conditions and quote too."""
        all_of_it: list[tuple[str, ...]] = [
            ("terminal_info",),
            ("account_info",),
            ("orders_get",),
            ("positions_get",),
        ]
        if symbol is not None:
            all_of_it += [("symbol_info", symbol), ("symbol_info_tick", symbol)]
        self._ahead(*all_of_it)
        rows = {
            "terminal": self._must("terminal_info"),
            "account": self._must("account_info"),
            # Orders first: one that is filled in between is shown twice then, and never not at all.
            "orders": self._must("orders_get"),
            "positions": self._must("positions_get"),
        }
        return rows if symbol is None else {**rows, **self.quote(symbol)}

    def quote(self, symbol: str) -> dict[str, Any]:
        """A symbol's conditions and its last tick; selects the symbol where needed."""
        self._ahead(("symbol_info", symbol), ("symbol_info_tick", symbol))
        info = self._must("symbol_info", symbol)
        if not info["select"]:
            self._must("symbol_select", symbol, True)
            info = self._must("symbol_info", symbol)
        return {"info": info, "tick": self._must("symbol_info_tick", symbol)}

    def prepare(
        self, symbol: str | None = None, position: int | None = None, order: int | None = None
    ) -> dict[str, Any]:
        """What the checks before a send look at.

        ``position`` is an identifier and ``order`` a ticket: what they name is answered as None when
        it does not exist; the symbol is then theirs.
        """
        if symbol is not None and position is None and order is None:
            self._ahead(
                ("terminal_info",), ("account_info",), ("symbol_info", symbol), ("symbol_info_tick", symbol)
            )
        facts: dict[str, Any] = {
            "terminal": self._must("terminal_info"),
            "account": self._must("account_info"),
            "position": None,
            "order": None,
        }
        if position is not None:
            facts["position"] = self._position(position)
            symbol = facts["position"]["symbol"] if facts["position"] else symbol
        if order is not None:
            found = self._must("orders_get", ticket=order)
            facts["order"] = found[0] if found else None
            symbol = found[0]["symbol"] if found else symbol
        if symbol is not None:
            facts.update(self.quote(symbol))
            if facts["info"]["volume_limit"]:
                # As in ``snapshot``: orders first.
                facts["waiting"] = self._must("orders_get", symbol=symbol)
                facts["held"] = self._must("positions_get", symbol=symbol)
        return facts

    def symbol_terms(self, symbol: str) -> dict[str, Any]:
        """A symbol's conditions and the terminal's own profit for a move of 1 % each way."""
        facts = self.quote(symbol)
        info, tick = facts["info"], facts["tick"]
        tick_size = info["trade_tick_size"] or info["point"]
        facts["falling"] = facts["rising"] = None
        ask, bid = tick["ask"], tick["bid"]
        if ask > 0 and bid > 0:
            move = max(1, round(ask * 0.01 / tick_size)) * tick_size
            facts["move"] = move
            facts["falling"] = self._raw("order_calc_profit", 0, symbol, 1.0, ask, ask - move)
            facts["rising"] = self._raw("order_calc_profit", 1, symbol, 1.0, bid, bid + move)
        return facts

    def symbol_names(self) -> list[list[Any]]:
        """[name, base currency, profit currency, trade mode] of every symbol of the broker."""
        return [
            [s["name"], s["currency_base"], s["currency_profit"], s["trade_mode"]]
            for s in self._must("symbols_get")
        ]

    def check_send(self, request: dict[str, Any], guard: dict[str, Any]) -> dict[str, Any]:
        """Look now at what ``guarded_send`` (``guard`` are its keywords) will look at: {"passed": whether it did}.

        What passed is not looked at again by a ``guarded_send`` of just this within ``CHECK_SECONDS``. Where the last
        look took most of them, there is none: it would be too old as soon as it was made.
        """
        self._passed = None
        if self._look_seconds > CHECK_SECONDS / 2:
            return {"passed": False}
        at, guarded = self._monotonic(), Guard(**guard)
        passed = self._look(request, guarded) is None
        if passed:
            self._passed = (at, request, guarded)
        return {"passed": passed}

    def guarded_send(self, request: dict[str, Any], **guard: Any) -> dict[str, Any]:
        """Send an order if what :class:`Guard` (the keywords) asks for holds.

        Answers {"sent", "stage", ...}: ``sent`` is False only where order_send was certainly not called;
        ``stage`` then says what stood in the way.
        """
        try:
            guarded = Guard(**guard)
            objection = None if self._has_passed(request, guarded) else self._look(request, guarded)
        except CallFailed as why:
            return {"sent": False, "stage": "read", "last_error": list(why.last_error)}
        except Exception as why:  # noqa: BLE001 -- before the send: provably nothing was sent
            return {"sent": False, "stage": "raised", "error": f"{type(why).__name__}: {why}"}
        if objection is not None:
            return {"sent": False, **objection}
        try:
            result = self._raw("order_send", request)
        except Exception as why:  # noqa: BLE001 -- the order may have been executed before it raised
            return {"sent": True, "result": None, "raised": f"{type(why).__name__}: {why}"}
        return {"sent": True, "result": result}

    def _has_passed(self, request: dict[str, Any], guard: Guard) -> bool:
        """True once for what ``check_send`` has just looked at."""
        passed, self._passed = self._passed, None
        if passed is None or passed[1:] != (request, guard):
            return False
        return 0 <= self._monotonic() - passed[0] <= CHECK_SECONDS

    def _look(self, request: dict[str, Any], guard: Guard) -> dict[str, Any] | None:
        """As ``_objection``, and note how long it took."""
        begin = self._monotonic()
        try:
            return self._objection(request, guard)
        finally:
            self._look_seconds = self._monotonic() - begin

    def _objection(self, request: dict[str, Any], guard: Guard) -> dict[str, Any] | None:
        """What stands in the way of a send: its "stage" with details; None where nothing does. Raises CallFailed."""
        asked = [] if guard.worst is None else [("symbol_info_tick", request["symbol"])]
        checks = [("order_check", request)] if guard.check else []
        self._ahead(("account_info",), ("terminal_info",), *asked, *checks)
        account = self._must("account_info")
        terminal = self._must("terminal_info")
        here = (account["login"], account["server"], terminal["path"] if guard.path else "")
        if here != (guard.login, guard.server, guard.path):
            return {"stage": "account", "login": here[0], "server": here[1], "path": terminal["path"]}
        if not terminal["connected"]:
            return {"stage": "connection"}
        if guard.worst is not None:
            tick = self._must("symbol_info_tick", request["symbol"])
            buys = request["type"] == _BUY
            quote = tick["ask"] if buys else tick["bid"]
            if quote > guard.worst if buys else quote < guard.worst:
                return {"stage": "price", "price": quote}
        if guard.check:
            checked = self._raw("order_check", request)
            if checked is not None and checked["retcode"] not in _CHECK_PASSED:
                return {"stage": "check", "check": checked, **self._money(request, account)}
        return None

    def after_send(
        self, deal: int = 0, order: int = 0, position: int = 0, rest: bool = False
    ) -> dict[str, Any]:
        """What became of a carried-out request: its deals and position, its order (live or past).

        ``position`` is the identifier where it is known before; else it is read from deal and order.
        Orders are looked up where no deal was found, or for the ``rest`` of a partial fill.
        """
        # ``ticket`` of history_deals_get is the ORDER's on some builds and the deal's on others, and
        # the two number ranges overlap: ask both ways and keep what really belongs here.
        rows = self._must("history_deals_get", ticket=order) if order else []
        if deal and not any(row["ticket"] == deal for row in rows):
            rows = [*rows, *self._must("history_deals_get", ticket=deal)]
        # What a server books apart for a deal (its commission) has the order's number too, and no price.
        rows = [row for row in rows if is_trade(row)]
        found = [row for row in rows if row["ticket"] == deal or (order and row["order"] == order)]
        fate: dict[str, Any] = {"order": None, "past_order": None}
        if order and (rest or not found):
            fate = self.order_fate(order)
        past = fate["past_order"]
        named = (row["position_id"] for row in (*found, *([past] if past else ())) if row["position_id"])
        identifier = position or next(named, order)
        held = self._position(identifier) if identifier else None
        return {"deals": found, **fate, "position": held, "identifier": identifier}

    def order_fate(self, ticket: int) -> dict[str, Any]:
        """An order as it lives, or as history holds it."""
        live = self._must("orders_get", ticket=ticket)
        past = [] if live else self._must("history_orders_get", ticket=ticket)
        return {"order": live[0] if live else None, "past_order": past[0] if past else None}

    def find_tags(
        self, wanted: list[tuple[str, int]], date_from: int, date_to: int
    ) -> dict[str, dict[str, Any]]:
        """What carries each (tag, magic), by tag, from one reading; tags that nothing carries are left out."""
        readings: list[tuple[Any, ...]] = [
            ("positions_get",),
            ("orders_get",),
            ("history_orders_get", date_from, date_to),
            ("history_deals_get", date_from, date_to),
        ]
        self._ahead(*readings)  # the next answer is made while the last one is taken in
        rows = TaggedRows(*(self._as_given(*reading) for reading in readings))
        found = {tag: rows.of(tag, magic) for tag, magic in wanted}
        return {tag: plain(parts) for tag, parts in found.items() if any(parts.values())}

    def deals_of(self, identifiers: list[int], date_from: int, date_to: int) -> list[Any]:
        """The deals of many positions, from one reading."""
        wanted = set(identifiers)
        rows = self._as_given("history_deals_get", date_from, date_to)
        return [plain(row) for row in rows if peek(row, "position_id") in wanted]

    def untagged_entries(self, date_from: int, date_to: int) -> list[Any]:
        """The deals that enter a position and carry no whole tag of ours: of thousands mostly none."""
        rows = self._as_given("history_deals_get", date_from, date_to)
        entries = (row for row in rows if peek(row, "entry") in _ENTERING)
        return [plain(row) for row in entries if not is_tag(str(peek(row, "comment")))]

    # ------------------------------------------------------------------ the module

    def _money(self, request: Mapping[str, Any], account: Mapping[str, Any]) -> dict[str, Any]:
        """What the order needs and what is free: figures for the explanation of a refusal."""
        volume, price = request.get("volume"), request.get("price")
        needed = self._raw("order_calc_margin", request["type"], request["symbol"], volume, price)
        return {"margin_needed": needed, "margin_free": account["margin_free"]}

    def _position(self, identifier: int) -> dict[str, Any] | None:
        # On hedging accounts ticket and identifier are mostly one; after a swap or a reversal not.
        for row in self._must("positions_get", ticket=identifier):
            if row["identifier"] == identifier:
                return dict(row)
        return next((row for row in self._must("positions_get") if row["identifier"] == identifier), None)

    def _ahead(self, *calls: tuple[Any, ...]) -> None:
        """Ask for several readings in one go where the module can; otherwise they are simply called."""
        ask = getattr(self._module, "ask_ahead", None)
        if ask is not None:
            ask(*((name, args, {}) for name, *rest in calls for args in [tuple(rest)]))

    def _raw(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call ``function`` and read ``last_error`` right after it: it is one pair for the process."""
        return plain(self._call(function, *args, **kwargs))

    def _call(self, function: str, *args: Any, **kwargs: Any) -> Any:
        ok = getattr(self._module, function)(*args, **kwargs)
        code, text = self._module.last_error()
        self._last_error = (int(code), str(text))
        return ok

    def _as_given(self, function: str, *args: Any) -> Any:
        """Rows as the module gives them, not made plain: for those of which few are kept."""
        ok = self._call(function, *args)
        if ok is None:
            raise CallFailed(function, self._last_error)
        return ok

    def _must(self, function: str, *args: Any, **kwargs: Any) -> Any:
        ok = self._raw(function, *args, **kwargs)
        if ok is None or ok is False:
            raise CallFailed(function, self._last_error)
        return ok
