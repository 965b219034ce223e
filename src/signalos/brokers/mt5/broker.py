"""MetaTrader 5 as a :class:`signalos.brokers.base.Broker`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from signalos.brokers.base import Found, Gate, Snapshot
from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.clock_offset import ClockOffset
from signalos.brokers.mt5.execute import execute
from signalos.brokers.mt5.facts import Facts, NewestFacts
from signalos.brokers.mt5.link import Link, TransportFactory
from signalos.brokers.mt5.plan import Tools
from signalos.brokers.mt5.quotes import Quotes, ServerTime
from signalos.brokers.mt5.readying import Readying
from signalos.brokers.mt5.request import market_type
from signalos.brokers.mt5.search import Search
from signalos.brokers.mt5.settings import Settings
from signalos.brokers.mt5.symbol_book import SymbolBook
from signalos.domain.errors import TerminalDown
from signalos.domain.market import Account, Deal, SymbolSpec, Tick
from signalos.domain.order import LegKey, OrderRequest, Outcome
from signalos.domain.signal import Side
from signalos.kit.clock import Clock

_ENDED_UNFILLED = frozenset({mt5.STATE_CANCELED, mt5.STATE_REJECTED, mt5.STATE_EXPIRED})
FIRST_LOOK = "EURUSD"
"""Whose quotes tell the time as long as no other symbol was asked for."""


class Mt5Broker:
    """One terminal behind a worker.

    ``factory`` starts a worker and gives the transport to it; it is asked again after the worker was
    lost. ``clock`` measures ages and pauses; ``market`` (the same if not given) is the time that expiries
    and history are about: the demo clock where the terminal replays recorded prices.

    ``symbol`` fields of what it returns are canonical names where one is known, else the broker's. Times
    are UTC: the server's wall clock is undone once its offset is known.
    """

    def __init__(
        self,
        terminal_id: str,
        factory: TransportFactory,
        clock: Clock,
        settings: Settings | None = None,
        market: Clock | None = None,
    ) -> None:
        self.terminal_id = terminal_id
        self._settings = settings or Settings()
        self._clock = clock
        market = market or clock
        self._time = ServerTime(self._settings.server_offset)
        self._link = Link(factory, self._settings, clock)
        self._book = SymbolBook(self._link, self._settings.symbols)
        offset = ClockOffset(self._settings.server_offset) if self._settings.watch_clock else None
        self._offset = offset
        self._quotes = Quotes(clock, market, self._time, offset)
        self._search = Search(self._link, self._book, self._time, market, self._settings)
        self._newest = NewestFacts(self._link)
        self._tools = Tools(
            self._link,
            self._book,
            self._quotes,
            self._time,
            clock,
            market,
            self._settings,
            self._newest,
            offset,
        )
        self._readying = Readying(self._tools)
        self._specs: dict[str, tuple[float, SymbolSpec]] = {}
        self._guess: tuple[str, ...] = ()
        self._last_symbol: tuple[str, ...] = ()

    async def start(self) -> None:
        await self._link.connect()

    async def stop(self) -> None:
        await self._link.close()

    async def account(self) -> Account:
        return (await self.snapshot()).account

    async def resolve(self, canonical: str) -> str:
        return await self._book.resolve(canonical)

    async def spec(self, canonical: str) -> SymbolSpec:
        """A symbol's contract; kept for a minute, since it hardly changes and costs a round trip."""
        now = self._clock.monotonic()
        kept = self._specs.get(canonical)
        if kept is not None and now - kept[0] < self._settings.spec_seconds:
            return kept[1]
        facts = await self._link.read("symbol_terms", await self._book.resolve(canonical))
        symbol = mapping.conditions(facts["info"])
        self._quotes.tick(symbol, facts["tick"])
        made = mapping.spec(canonical, symbol, mapping.loss_per_lot(facts))
        self._specs[canonical] = (now, made)
        return made

    async def tick(self, canonical: str) -> Tick:
        facts = await self._link.read("quote", await self._book.resolve(canonical))
        return self._quotes.tick(mapping.conditions(facts["info"]), facts["tick"])

    async def clock_off(self) -> float | None:
        """Look at a quote once more; seconds that this machine's clock is ahead, None while it is not known."""
        if self._offset is None:
            return None
        name = self._quotes.newest or await self._book.resolve(FIRST_LOOK)
        facts = await self._link.read("quote", name)
        self._quotes.tick(mapping.conditions(facts["info"]), facts["tick"])
        return self._offset.seconds

    async def snapshot(self) -> Snapshot:
        return await self._snapshot(await self._link.read("snapshot"))

    def look_ahead(self, canonical: str | None = None) -> None:
        """Put the questions of ``snapshot_with`` on their way if the worker is free; the symbol once it is known."""
        if canonical is None:
            # Most channels trade one symbol: its quote comes with the snapshot where the guess is right.
            self._guess = self._last_symbol
            self._link.ask_ahead("snapshot", *self._guess)
        elif (name := self._book.known(canonical)) is not None:
            self._last_symbol = (name,)
            if self._guess != self._last_symbol:
                self._link.ask_ahead("quote", name)

    async def snapshot_with(self, canonical: str) -> tuple[Snapshot, Tick]:
        """The snapshot and a symbol's quote, in one round trip."""
        name = await self._book.resolve(canonical)
        guess = self._guess
        asked_at = self._link.asked_at("snapshot", *guess)
        if asked_at is None:
            asked_at = self._link.moment()
            rows = await self._link.read("snapshot", name)
        else:
            rows = await self._link.read("snapshot", *guess, early=True)
            if guess != (name,):
                rows |= await self._link.read("quote", name, early=True)
        snapshot = await self._snapshot(rows)
        symbol = mapping.conditions(rows["info"])
        tick = self._quotes.tick(symbol, rows["tick"])
        # As the worker's ``prepare`` answers it: an order sent right after the decision needs no other reading.
        facts = {**rows, "position": None, "order": None}
        for held, all_of_it in (("held", "positions"), ("waiting", "orders")):
            facts[held] = [row for row in rows[all_of_it] if row["symbol"] == name]
        terminal = mapping.terminal(rows["terminal"])
        self._newest.keep(
            asked_at, Facts(terminal, snapshot.account, symbol, tick, None, None, facts, False)
        )
        return snapshot, tick

    async def _snapshot(self, rows: dict[str, Any]) -> Snapshot:
        await self._link.must_be_ours(rows["account"], rows["terminal"])
        if not rows["terminal"]["connected"]:
            raise TerminalDown(
                "The terminal has no connection to the broker's server: what it shows may be old. It is "
                "read again when the connection is back."
            )
        positions, orders = rows["positions"], rows["orders"]
        names = await self._book.canonicals(row["symbol"] for row in (*positions, *orders))
        to_utc = self._time.to_utc
        return Snapshot(
            account=mapping.account(rows["account"], rows["terminal"]),
            positions=tuple(mapping.position(row, names[row["symbol"]], to_utc) for row in positions),
            orders=tuple(mapping.pending(row, names[row["symbol"]], to_utc) for row in orders),
            at=self._clock.now(),
        )

    async def deals(self, position: str) -> Sequence[Deal]:
        rows = await self._link.read(
            "history_deals_get", position=int(position), deadline=self._settings.deadlines.history
        )
        return await self._search.as_deals(rows)

    async def deals_since(self, since: datetime) -> Sequence[Deal]:
        rows = await self._link.read(
            "history_deals_get",
            self._time.to_server(since),
            self._search.history_end(),
            deadline=self._settings.deadlines.history,
        )
        return await self._search.as_deals(rows)

    async def find(self, tag: str, magic: int) -> Found:
        return await self._search.find(tag, magic)

    async def find_all(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, Found]:
        return await self._search.find_all(wanted)

    async def deals_of(self, positions: Sequence[str], since: datetime) -> Mapping[str, Sequence[Deal]]:
        return await self._search.deals_of(positions, since)

    async def untagged_entries(self, since: datetime) -> Sequence[Deal]:
        return await self._search.untagged_entries(since)

    async def filled_into(self, ticket: str) -> str | None:
        past = (await self._link.read("order_fate", int(ticket)))["past_order"]
        if past is None:
            return None
        if past["state"] not in _ENDED_UNFILLED:
            return str(past["position_id"] or ticket)
        # Of what was filled before the rest ended, the deals tell.
        return "" if past["volume_current"] == past["volume_initial"] else None

    async def loss_at_stop(
        self, canonical: str, side: str, volume: Decimal, entry: Decimal, stop: Decimal
    ) -> Decimal:
        profit = await self._link.read(
            "order_calc_profit",
            market_type(Side(side)),
            await self._book.resolve(canonical),
            float(volume),
            float(entry),
            float(stop),
        )
        return max(Decimal(0), -mapping.exact(profit))

    async def execute(
        self,
        request: OrderRequest,
        *,
        key: LegKey,
        tag: str,
        magic: int,
        gate: Gate,
    ) -> Outcome:
        if key.terminal_id != self.terminal_id:
            raise ValueError(f"a request of terminal {key.terminal_id} came to {self.terminal_id}")
        readied = self._readying.take(request, tag, magic)
        return await execute(self._tools, request, tag=tag, magic=magic, gate=gate, readied=readied)

    def get_ready(self, request: OrderRequest, *, tag: str, magic: int) -> None:
        self._readying.begin(request, tag, magic)
