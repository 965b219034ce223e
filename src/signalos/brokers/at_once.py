"""A broker's readings, each made once: for a look at many requests or legs together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from signalos.brokers.base import Found, Readings, ReadsMany, Snapshot
from signalos.domain.market import Deal, DealEntry, Position, SymbolSpec, Tick
from signalos.domain.order import is_tag

ENTERING = (DealEntry.IN, DealEntry.INOUT)
FEW = 4
"""Up to so many are asked for one by one: the terminal then looks at less."""


class AtOnce:
    """What ``broker`` shows at one look. What has been read is not read again; throw it away afterwards.

    ``taken`` are positions and orders that are known to belong to one of the requests that are looked for.
    ``looked_since`` is the earliest moment from which entries will be asked for, if that is known.
    """

    def __init__(self, broker: Readings) -> None:
        self._broker = broker
        self._snapshot: Snapshot | None = None
        self._untagged: Snapshot | None = None
        self._positions: dict[str, Position] | None = None
        self._symbols: frozenset[str] | None = None
        self._ticks: dict[str, Tick] = {}
        self._specs: dict[str, SymbolSpec] = {}
        self._found: Mapping[str, Found] = {}
        self._searched: frozenset[str] = frozenset()
        self._deals: dict[str, Sequence[Deal]] = {}
        self.taken: set[str] = set()
        self.looked_since: datetime | None = None
        self._untagged_entries: tuple[datetime, Sequence[Deal]] | None = None
        self._since: dict[datetime, Sequence[Deal]] = {}

    async def search(self, wanted: Sequence[tuple[str, int]]) -> None:
        """Look for all (tag, magic), with one reading where the broker can and they are many.

        What is found so is taken before anything is looked for by likeness.
        """
        if len(wanted) > FEW and isinstance(self._broker, ReadsMany):
            self._found = await self._broker.find_all(wanted)
        else:
            self._found = {tag: await self._broker.find(tag, magic) for tag, magic in wanted}
        self._searched = frozenset(tag for tag, _ in wanted)
        for found in self._found.values():
            self.take(None if found.position is None else found.position.identifier)
            self.take(None if found.order is None else found.order.ticket)
            self.take(*(deal.position for deal in found.deals))

    def take(self, *identifiers: str | None) -> None:
        """Note positions and orders that belong to one of the requests: they are no other's."""
        self.taken.update(i for i in identifiers if i is not None)

    async def read_deals(self, positions: Iterable[str], since: datetime) -> None:
        """Read the deals of positions opened after ``since`` with one reading, where the broker can."""
        wanted = tuple(dict.fromkeys(positions))
        if len(wanted) > FEW and isinstance(self._broker, ReadsMany):
            self._deals.update(await self._broker.deals_of(wanted, since))

    async def snapshot(self) -> Snapshot:
        if self._snapshot is None:
            self._snapshot = await self._broker.snapshot()
        return self._snapshot

    async def untagged(self) -> Snapshot:
        """The snapshot without what carries a whole tag of ours: that belongs to a known leg."""
        if self._untagged is None:
            now = await self.snapshot()
            self._untagged = replace(
                now,
                positions=tuple(p for p in now.positions if not is_tag(p.tag)),
                orders=tuple(o for o in now.orders if not is_tag(o.tag)),
            )
        return self._untagged

    async def untagged_entries(self, since: datetime) -> list[Deal]:
        """Entries since ``since`` that carry no whole tag of ours."""
        first = since if self.looked_since is None else min(since, self.looked_since)
        kept = self._untagged_entries
        if kept is None or kept[0] > first:
            self._untagged_entries = kept = (first, await self._read_untagged_entries(first))
        return [deal for deal in kept[1] if deal.at >= since]

    async def _read_untagged_entries(self, since: datetime) -> Sequence[Deal]:
        if isinstance(self._broker, ReadsMany):
            return await self._broker.untagged_entries(since)
        deals = await self._broker.deals_since(since)
        return [d for d in deals if d.entry in ENTERING and not is_tag(d.tag)]

    async def position(self, identifier: str) -> Position | None:
        """The open position with ``identifier``."""
        if self._positions is None:
            self._positions = {p.identifier: p for p in (await self.snapshot()).positions}
        return self._positions.get(identifier)

    async def symbols(self) -> frozenset[str]:
        """Symbols that are held or waited for."""
        if self._symbols is None:
            now = await self.snapshot()
            self._symbols = frozenset({p.symbol for p in now.positions} | {o.symbol for o in now.orders})
        return self._symbols

    async def tick(self, canonical: str) -> Tick:
        if canonical not in self._ticks:
            self._ticks[canonical] = await self._broker.tick(canonical)
        return self._ticks[canonical]

    async def spec(self, canonical: str) -> SymbolSpec:
        if canonical not in self._specs:
            self._specs[canonical] = await self._broker.spec(canonical)
        return self._specs[canonical]

    async def find(self, tag: str, magic: int) -> Found:
        if tag in self._searched:
            return self._found.get(tag, Found())
        return await self._broker.find(tag, magic)

    async def deals(self, position: str) -> Sequence[Deal]:
        if position not in self._deals:
            self._deals[position] = await self._broker.deals(position)
        return self._deals[position]

    async def deals_since(self, since: datetime) -> Sequence[Deal]:
        if since not in self._since:
            self._since[since] = await self._broker.deals_since(since)
        return self._since[since]
