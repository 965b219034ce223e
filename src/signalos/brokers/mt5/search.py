"""Finds what carries a tag: positions, orders, past orders and deals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from signalos.brokers.base import Found
from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.link import Link
from signalos.brokers.mt5.quotes import ServerTime
from signalos.brokers.mt5.settings import Settings
from signalos.brokers.mt5.symbol_book import SymbolBook
from signalos.domain.market import Deal
from signalos.kit.clock import Clock

AHEAD = timedelta(days=2)
"""History is written in the server's wall clock, which may be hours ahead: ask beyond it."""


AT_ONCE = 5_000
"""So many are asked for with one call: what is found has to fit into one line of the wire."""


class Search:
    """Searches one terminal by tag, and reads its deals."""

    def __init__(
        self, link: Link, book: SymbolBook, server_time: ServerTime, market: Clock, settings: Settings
    ) -> None:
        self._link = link
        self._book = book
        self._time = server_time
        self._market = market
        self._settings = settings

    def history_end(self) -> int:
        """``date_to`` that no deal can be later than (server epoch seconds)."""
        newest = max(self._time.newest, self._market.now().timestamp())
        return round(newest + AHEAD.total_seconds())

    async def find(self, tag: str, magic: int) -> Found:
        """Everything with ``tag``; deals oldest first, of the whole position."""
        return (await self.find_all([(tag, magic)])).get(tag, Found())

    async def find_all(self, wanted: Sequence[tuple[str, int]]) -> dict[str, Found]:
        """What carries each (tag, magic), by tag, from one reading of the terminal."""
        since = self._market.now() - self._settings.history
        found: dict[str, Found] = {}
        for start in range(0, len(wanted), AT_ONCE):
            rows = await self._link.read(
                "find_tags",
                wanted[start : start + AT_ONCE],
                self._time.to_server(since),
                self.history_end(),
                deadline=self._settings.deadlines.history,
            )
            found |= {tag: await self._found(of) for tag, of in rows.items()}
        return found

    async def deals_of(self, positions: Sequence[str], since: datetime) -> dict[str, list[Deal]]:
        """The deals of each position from ``since`` on, oldest first, from one reading of the terminal."""
        found: dict[str, list[Deal]] = {position: [] for position in positions}
        for start in range(0, len(positions), AT_ONCE):
            rows = await self._link.read(
                "deals_of",
                [int(position) for position in positions[start : start + AT_ONCE]],
                self._time.to_server(since),
                self.history_end(),
                deadline=self._settings.deadlines.history,
            )
            for deal in await self.as_deals(rows):
                found[deal.position].append(deal)
        return found

    async def untagged_entries(self, since: datetime) -> list[Deal]:
        """Deals since ``since`` that enter a position and carry no whole tag of ours, oldest first."""
        rows = await self._link.read(
            "untagged_entries",
            self._time.to_server(since),
            self.history_end(),
            deadline=self._settings.deadlines.history,
        )
        return await self.as_deals(rows)

    async def _found(self, rows: dict[str, Any]) -> Found:
        positions, orders = rows["positions"], rows["orders"]
        names = await self._book.canonicals(row["symbol"] for row in (*positions, *orders))
        return Found(
            position=(
                mapping.position(positions[0], names[positions[0]["symbol"]], self._time.to_utc)
                if positions
                else None
            ),
            order=(
                mapping.pending(orders[0], names[orders[0]["symbol"]], self._time.to_utc)
                if orders
                else None
            ),
            deals=tuple(await self.as_deals(rows["deals"])),
        )

    async def as_deals(self, rows: list[dict[str, Any]]) -> list[Deal]:
        """Trading deals of ``rows``, oldest first, each with what its server booked apart for it."""
        trades = [row for row in rows if mapping.is_trade(row)]
        names = await self._book.canonicals(row["symbol"] for row in trades)
        trades.sort(key=mapping.deal_age)
        costs = mapping.costs_apart(rows, trades)
        return [
            mapping.deal(row, names[row["symbol"]], self._time.to_utc, costs.get(row["ticket"], Decimal(0)))
            for row in trades
        ]
