"""Sees what the user changed in the terminal itself, and keeps SignalOS from undoing it.

A level counts as changed by hand when it is another one than was last seen there and no request of
ours explains it; a volume when a part was closed by a deal that is not ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from signalos.brokers.base import Broker
from signalos.desktop.executor import Executor
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import UNFINISHED, Intent
from signalos.desktop.journal.legs import Leg
from signalos.desktop.own_part import OwnParts
from signalos.desktop.wire_events import alert_event
from signalos.domain.errors import Refused
from signalos.domain.market import Deal, DealEntry, PendingOrder, Position
from signalos.domain.money import ZERO
from signalos.domain.order import ModifyOrder, ModifyPosition

STOP, TARGET, VOLUME, PRICE = "stop", "target", "volume", "price"
REASON = "changed_by_hand"
_OVERLAP = timedelta(seconds=1)
"""An account is read in several calls: a change of ours may miss a snapshot that was read at its time."""
_LOOKS = 100
"""How often deals are asked for a volume that they do not explain yet: a history may lag behind."""


class Change(NamedTuple):
    """One thing that is not as it was last seen."""

    what: str
    before: Decimal | None
    now: Decimal | None


class HandChanges:
    """The hand changes of one terminal's legs."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        executor: Executor,
        own: OwnParts,
    ) -> None:
        self._terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._executor = executor
        self._own = own
        self._since: datetime | None = None
        self._to_explain: dict[str, int] = {}

    def seen(self, at: datetime) -> None:
        """Say that everything of a snapshot, read at that (wall) time, has been taken in."""
        self._since = at

    def made(self, deal: Deal) -> bool:
        """True for a deal that neither this app nor the market made: the user's, or another program's."""
        return self._own.made_by_hand(deal)

    async def look(
        self, legs: Sequence[Leg], positions: Mapping[str, Position], orders: Mapping[str, PendingOrder]
    ) -> None:
        """Mark what of ``legs`` was changed by hand, before they take in what the account shows now."""
        found = [(leg, await self._of_leg(leg, positions, orders)) for leg in legs]
        changed = [(leg, changes) for leg, changes in found if changes]
        if not changed:
            return
        waiting = self._waiting()
        with self._journal.transaction():  # all or none: a terminal that goes away tells nothing twice
            for leg, changes in changed:
                self._mark(leg, changes, waiting.get(leg.identifier, ()))

    async def _of_leg(
        self, leg: Leg, positions: Mapping[str, Position], orders: Mapping[str, PendingOrder]
    ) -> list[Change]:
        held, order = positions.get(leg.identifier), orders.get(leg.identifier)
        if leg.state == "pending" and order is not None:
            return await self._levels(leg, order.stop_loss, order.take_profit, order.price)
        if leg.state != "open" or held is None or held.side is not leg.side:
            return []
        changed = await self._levels(leg, held.stop_loss, held.take_profit, None)
        if VOLUME not in leg.trade.by_hand and await self._resized(leg, held):
            changed.append(Change(VOLUME, leg.trade.volume - leg.trade.closed_volume, held.volume))
        return changed

    async def _levels(
        self, leg: Leg, stop: Decimal | None, target: Decimal | None, price: Decimal | None
    ) -> list[Change]:
        """Each level that is another one now, and not by our doing."""
        trade = leg.trade
        pairs = [(STOP, trade.stop_loss, stop), (TARGET, trade.take_profit, target)]
        if price is not None:
            pairs.append((PRICE, trade.entry_price, price))
        if all(before == now for _, before, now in pairs):
            return []
        try:
            tick = (await self._broker.spec(leg.symbol)).tick_size
        except Refused:
            return []
        wanted = self._wanted(leg.identifier)
        return [
            Change(what, before, now)
            for what, before, now in pairs
            # The broker's edge rounds to whole ticks: less than one is no change.
            if not _same(before, now, tick) and not any(_same(x, now, tick) for x in wanted[what])
        ]

    def _wanted(self, identifier: str) -> dict[str, list[Decimal | None]]:
        """The levels that requests of ours may have set since the last look."""
        since = None if self._since is None else self._since - _OVERLAP
        wanted: dict[str, list[Decimal | None]] = {STOP: [], TARGET: [], PRICE: []}
        for intent in self._journal.intents.changes_of(self._terminal_id, identifier):
            request = intent.request
            if not isinstance(request, ModifyPosition | ModifyOrder):
                continue
            settled = intent.state not in UNFINISHED
            if settled and since is not None and intent.done_at is not None and intent.done_at < since:
                continue
            wanted[STOP].append(request.stop_loss)
            wanted[TARGET].append(request.take_profit)
            if isinstance(request, ModifyOrder):
                wanted[PRICE].append(request.price)
        return wanted

    async def _resized(self, leg: Leg, position: Position) -> bool:
        """True once the deals show that a part was closed by hand."""
        identifier = leg.identifier
        closed = leg.trade.volume - position.volume
        if closed > leg.trade.closed_volume:
            self._to_explain[identifier] = _LOOKS
        if identifier not in self._to_explain:
            return False
        deals = await self._broker.deals(identifier)
        exits = [d for d in deals if d.entry is not DealEntry.IN]
        self._to_explain[identifier] -= 1
        if sum((d.volume for d in exits), start=ZERO) >= closed or self._to_explain[identifier] <= 0:
            del self._to_explain[identifier]
        return any(self.made(d) for d in exits)

    def _mark(self, leg: Leg, changes: Sequence[Change], waiting: Sequence[Intent]) -> None:
        words = ", ".join(f"{c.what} {_shown(c.before)} to {_shown(c.now)}" for c in changes)
        text = (
            f"{leg.symbol} {leg.identifier} (message {leg.key.message_id}, leg {leg.key.leg}) was changed by hand"
            f" in the terminal: {words}. SignalOS leaves that as it is"
        )
        by_hand = tuple(dict.fromkeys((*leg.trade.by_hand, *(c.what for c in changes))))
        self._withdraw(waiting, {c.what for c in changes})
        self._executor.update_leg(leg, by_hand=by_hand, reason=REASON)
        self._journal.outbox.add(
            "alert", self._terminal_id, alert_event(REASON, "info", text, self._terminal_id)
        )

    def _waiting(self) -> dict[str, list[Intent]]:
        """Position or order -> what waits to change it, read once: thousands of intents may wait."""
        found: dict[str, list[Intent]] = {}
        for intent in self._journal.intents.unfinished(self._terminal_id, ("planned", "waiting")):
            about = intent.request.ticket if isinstance(intent.request, ModifyOrder) else intent.identifier
            if about is not None and not intent.key.origin.startswith("command:"):
                found.setdefault(about, []).append(intent)
        return found

    def _withdraw(self, waiting: Sequence[Intent], changed: set[str]) -> None:
        """What still waits with the levels of before would undo the user's: it is not sent any more."""
        for intent in waiting:
            moves = isinstance(intent.request, ModifyPosition | ModifyOrder) and changed != {VOLUME}
            for_price = intent.request is None and intent.kind == "break_even" and STOP in changed
            if moves or for_price:
                text = "the user changed the trade by hand before this could be done"
                self._journal.intents.mark(intent, "not_executed", REASON, text)


def _same(one: Decimal | None, other: Decimal | None, tick: Decimal) -> bool:
    if one is None or other is None:
        return one is other
    return abs(one - other) < tick


def _shown(value: Decimal | None) -> str:
    return "none" if value is None else f"{value:f}"
