"""The worker's side of the wire: the module's functions, and composites that save round trips.

Everything here runs in the worker process, one call after the other, on plain data.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from signalos.brokers.mt5.calls import CallFailed, Calls, Module
from signalos.brokers.mt5.mapping import is_trade
from signalos.brokers.mt5.plain import plain
from signalos.brokers.mt5.sends import Sends
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

_ENTERING = (0, 2)
"""``entry`` of a deal that opens a position, or turns it round."""


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
        self._calls = Calls(module)
        self._sends = Sends(self._calls, monotonic)
        self._credentials = dict(credentials or {})
        self._composites: dict[str, Callable[..., Any]] = {
            "connect": self.connect,
            "snapshot": self.snapshot,
            "quote": self.quote,
            "prepare": self.prepare,
            "symbol_terms": self.symbol_terms,
            "symbol_names": self.symbol_names,
            "check_send": self._sends.check_send,
            "guarded_send": self._sends.guarded_send,
            "after_send": self.after_send,
            "order_fate": self.order_fate,
            "find_tags": self.find_tags,
            "deals_of": self.deals_of,
            "untagged_entries": self.untagged_entries,
        }

    def answer(self, request: Request) -> Answer:
        """Carry out ``request``: never raises for what the module does."""
        self._calls.last_error = (1, "Success")
        try:
            composite = self._composites.get(request.fn)
            if composite is not None:
                ok = composite(*request.args, **request.kwargs)
            elif request.fn in MODULE_FUNCTIONS:
                ok = self._calls.raw(request.fn, *request.args, **request.kwargs)
            else:
                return Answer(request.id, error=f"there is no function {request.fn!r} here")
        except CallFailed as why:
            return Answer(request.id, None, why.last_error)
        except Exception as why:  # noqa: BLE001 -- whatever a module raises must become an answer
            return Answer(request.id, error=f"{request.fn}: {type(why).__name__}: {why}")
        return Answer(request.id, ok, self._calls.last_error)

    # ------------------------------------------------------------------ composites

    def connect(self, **options: Any) -> dict[str, Any]:
        """Initialize the module and say what it is connected to."""
        self._sends.forget()
        wanted = {**self._credentials, **options}
        # The module takes the path without a name only.
        path = [wanted.pop("path")] if "path" in wanted else []
        if not self._calls.raw("initialize", *path, **wanted):
            raise CallFailed("initialize", self._calls.last_error)
        return {
            "module": self._calls.module_version,
            "version": self._calls.raw("version"),
            "terminal": self._calls.must("terminal_info"),
            "account": self._calls.must("account_info"),
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
        self._calls.ahead(*all_of_it)
        rows = {
            "terminal": self._calls.must("terminal_info"),
            "account": self._calls.must("account_info"),
            # Orders first: one that is filled in between is shown twice then, and never not at all.
            "orders": self._calls.must("orders_get"),
            "positions": self._calls.must("positions_get"),
        }
        return rows if symbol is None else {**rows, **self.quote(symbol)}

    def quote(self, symbol: str) -> dict[str, Any]:
        """A symbol's conditions and its last tick; selects the symbol where needed."""
        self._calls.ahead(("symbol_info", symbol), ("symbol_info_tick", symbol))
        info = self._calls.must("symbol_info", symbol)
        if not info["select"]:
            self._calls.must("symbol_select", symbol, True)
            info = self._calls.must("symbol_info", symbol)
        return {"info": info, "tick": self._calls.must("symbol_info_tick", symbol)}

    def prepare(
        self, symbol: str | None = None, position: int | None = None, order: int | None = None
    ) -> dict[str, Any]:
        """What the checks before a send look at.

        ``position`` is an identifier and ``order`` a ticket: what they name is answered as None when
        it does not exist; the symbol is then theirs.
        """
        if symbol is not None and position is None and order is None:
            self._calls.ahead(
                ("terminal_info",), ("account_info",), ("symbol_info", symbol), ("symbol_info_tick", symbol)
            )
        facts: dict[str, Any] = {
            "terminal": self._calls.must("terminal_info"),
            "account": self._calls.must("account_info"),
            "position": None,
            "order": None,
        }
        if position is not None:
            facts["position"] = self._position(position)
            symbol = facts["position"]["symbol"] if facts["position"] else symbol
        if order is not None:
            found = self._calls.must("orders_get", ticket=order)
            facts["order"] = found[0] if found else None
            symbol = found[0]["symbol"] if found else symbol
        if symbol is not None:
            facts.update(self.quote(symbol))
            if facts["info"]["volume_limit"]:
                # As in ``snapshot``: orders first.
                facts["waiting"] = self._calls.must("orders_get", symbol=symbol)
                facts["held"] = self._calls.must("positions_get", symbol=symbol)
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
            facts["falling"] = self._calls.raw("order_calc_profit", 0, symbol, 1.0, ask, ask - move)
            facts["rising"] = self._calls.raw("order_calc_profit", 1, symbol, 1.0, bid, bid + move)
        return facts

    def symbol_names(self) -> list[list[Any]]:
        """[name, base currency, profit currency, trade mode] of every symbol of the broker."""
        return [
            [s["name"], s["currency_base"], s["currency_profit"], s["trade_mode"]]
            for s in self._calls.must("symbols_get")
        ]

    def after_send(
        self, deal: int = 0, order: int = 0, position: int = 0, rest: bool = False
    ) -> dict[str, Any]:
        """What became of a carried-out request: its deals and position, its order (live or past).

        ``position`` is the identifier where it is known before; else it is read from deal and order.
        Orders are looked up where no deal was found, or for the ``rest`` of a partial fill.
        """
        # ``ticket`` of history_deals_get is the ORDER's on some builds and the deal's on others, and
        # the two number ranges overlap: ask both ways and keep what really belongs here.
        rows = self._calls.must("history_deals_get", ticket=order) if order else []
        if deal and not any(row["ticket"] == deal for row in rows):
            rows = [*rows, *self._calls.must("history_deals_get", ticket=deal)]
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
        live = self._calls.must("orders_get", ticket=ticket)
        past = [] if live else self._calls.must("history_orders_get", ticket=ticket)
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
        self._calls.ahead(*readings)  # the next answer is made while the last one is taken in
        rows = TaggedRows(*(self._calls.as_given(*reading) for reading in readings))
        found = {tag: rows.of(tag, magic) for tag, magic in wanted}
        return {tag: plain(parts) for tag, parts in found.items() if any(parts.values())}

    def deals_of(self, identifiers: list[int], date_from: int, date_to: int) -> list[Any]:
        """The deals of many positions, from one reading."""
        wanted = set(identifiers)
        rows = self._calls.as_given("history_deals_get", date_from, date_to)
        return [plain(row) for row in rows if peek(row, "position_id") in wanted]

    def untagged_entries(self, date_from: int, date_to: int) -> list[Any]:
        """The deals that enter a position and carry no whole tag of ours: of thousands mostly none."""
        rows = self._calls.as_given("history_deals_get", date_from, date_to)
        entries = (row for row in rows if peek(row, "entry") in _ENTERING)
        return [plain(row) for row in entries if not is_tag(str(peek(row, "comment")))]

    def _position(self, identifier: int) -> dict[str, Any] | None:
        # On hedging accounts ticket and identifier are mostly one; after a swap or a reversal not.
        for row in self._calls.must("positions_get", ticket=identifier):
            if row["identifier"] == identifier:
                return dict(row)
        return next(
            (row for row in self._calls.must("positions_get") if row["identifier"] == identifier), None
        )
