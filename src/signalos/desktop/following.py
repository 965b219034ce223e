"""Follows legs at the broker: fills, closes, cancellations, and what the user changed there by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta

from signalos.brokers.at_once import AtOnce
from signalos.brokers.base import Broker, Snapshot, TellsOrderEnd
from signalos.desktop.changed_by_hand import HandChanges
from signalos.desktop.executor import Executor
from signalos.desktop.journal import Journal
from signalos.desktop.journal.legs import Leg
from signalos.desktop.journal.turns import in_turns
from signalos.desktop.own_part import OwnParts, is_over, own_volume
from signalos.domain.market import Deal, DealEntry, MarginMode, PendingOrder, Position
from signalos.domain.money import ZERO
from signalos.kit.clock import Clock

OPENED_BEFORE = timedelta(days=1)
"""Deals of a position are read from so long before its opening on: clocks differ."""


class Follower:
    """Keeps one terminal's legs true to its snapshots."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        executor: Executor,
        magic: Callable[[], int],
        *,
        clock: Clock,
        grace_seconds: float,
    ) -> None:
        self._terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._executor = executor
        self._magic = magic
        self._clock = clock
        self._grace = grace_seconds
        self._missing_since: dict[str, float] = {}
        self._own = OwnParts(terminal_id, broker, journal, magic)
        self._by_hand = HandChanges(terminal_id, broker, journal, executor, self._own)

    async def follow(self, snapshot: Snapshot, history_is_loaded: bool) -> None:
        """Bring every living leg up to ``snapshot``. Raises TerminalError.

        A terminal whose history is not loaded yet may not show everything: no order is given up for its absence then.
        """
        positions = {p.identifier: p for p in snapshot.positions}
        orders = {o.ticket: o for o in snapshot.orders}
        gone: list[Leg] = []
        nets = snapshot.account.margin_mode is not MarginMode.HEDGING
        own = await self._own.read(snapshot)
        legs = self._journal.legs.alive(self._terminal_id)
        read_at = self._journal.writes
        await self._by_hand.look(legs, positions, orders)
        if read_at != self._journal.writes:
            # It marked some, or others wrote while it asked the terminal.
            legs = self._journal.legs.alive(self._terminal_id)
        with self._journal.transaction():
            for leg in legs:
                held = positions.get(leg.identifier)
                if held is not None and leg.state == "open" and nets:
                    self._follow_part(leg, held, own.get(leg.identifier))
                elif held is not None and leg.state == "open":
                    self._follow_position(leg, held)
                elif held is not None:
                    # On hedging accounts a filled order's position takes the order's own number. What an order
                    # filled in part still waits for is followed as the position's growth.
                    self._executor.order_filled(leg, leg.identifier, held.volume)
                elif leg.state == "pending" and leg.identifier in orders:
                    self._follow_order(leg, orders[leg.identifier])
                else:
                    gone.append(leg)
        await self._follow_gone(gone, history_is_loaded, nets)
        await self._end_rests(gone, orders, snapshot)
        self._by_hand.seen(snapshot.at)

    async def _follow_gone(self, gone: Sequence[Leg], history_is_loaded: bool, nets: bool) -> None:
        """What is no longer where it was, all with few readings: after a long time away it may be thousands."""
        look = AtOnce(self._broker)
        closed = [leg for leg in gone if leg.state == "open"]
        waited = [leg for leg in gone if leg.state == "pending"]
        await look.search([(leg.tag, self._magic()) for leg in waited])
        dated = [(leg.identifier, leg.trade.opened_at) for leg in gone]
        opened = [(identifier, at) for identifier, at in dated if at is not None]
        if opened:
            since = min(at for _, at in opened) - OPENED_BEFORE
            await look.read_deals((identifier for identifier, _ in opened), since)
        for some in in_turns(closed):
            deals = [(leg, await look.deals(leg.identifier)) for leg in some]
            with self._journal.transaction():
                for leg, known in deals:
                    own = self._own.own(known) if nets else known
                    if known and not own and history_is_loaded and is_over(known):
                        self._netted(leg)
                    else:
                        self._follow_closed(leg, own)
            await asyncio.sleep(0)
        ended = [leg for leg in waited if await self._has_ended(leg, look)]
        missing = {leg.identifier for leg in ended}
        self._missing_since = {i: at for i, at in self._missing_since.items() if i in missing}
        ended = [leg for leg in ended if await self._is_over(leg, history_is_loaded)]
        if ended:
            # Looked at anew: an order may have been placed since this round's snapshot (and the broker may have
            # replaced its tag), and what was read in between may have been another account's (that raises here).
            fresh = await self._broker.snapshot()
            shown = {o.ticket for o in fresh.orders} | {p.identifier for p in fresh.positions}
            for leg in ended:
                now = self._journal.legs.by_identifier(self._terminal_id, leg.identifier)
                if now is not None and now.state == "pending" and leg.identifier not in shown:
                    self._executor.order_ended(leg)

    async def _end_rests(
        self, gone: Sequence[Leg], orders: Mapping[str, PendingOrder], snapshot: Snapshot
    ) -> None:
        """A position that has closed, by its stop for instance, is not opened anew by the rest of its order."""
        for leg in gone:
            if leg.identifier not in orders:
                continue
            now = self._journal.legs.by_identifier(self._terminal_id, leg.identifier)
            if now is not None and now.state == "closed":
                await self._executor.end_rest(leg.identifier, snapshot.account.identity, self._magic())

    def _follow_position(self, leg: Leg, position: Position) -> None:
        # An order filled in part goes on filling: what the position has grown by is the leg's.
        volume = max(leg.trade.volume, position.volume + leg.trade.closed_volume)
        self._executor.update_leg(
            leg,
            entry_price=position.entry_price,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
            target=position.take_profit,
            volume=volume,
            closed_volume=max(leg.trade.closed_volume, volume - position.volume),
            ticket=position.ticket,
            opened_at=position.opened_at,
        )

    def _follow_part(self, leg: Leg, position: Position, own: Sequence[Deal] | None) -> None:
        """Follow the own part of a netted position; its levels alone where its deals do not explain it yet (None)."""
        if own is None:
            if position.side is leg.side:
                self._executor.update_leg(
                    leg,
                    stop_loss=position.stop_loss,
                    take_profit=position.take_profit,
                    target=position.take_profit,
                )
            return
        if not own:
            self._netted(leg)
            return
        left = own_volume(own)
        if left <= ZERO:
            self._follow_closed(leg, own)
            return
        opened = sum((d.volume for d in own if d.entry is DealEntry.IN), start=ZERO)
        self._executor.update_leg(
            leg,
            entry_price=position.entry_price if position.volume == left else leg.trade.entry_price,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
            target=position.take_profit,
            volume=opened,
            closed_volume=opened - left,
            ticket=position.ticket,
            opened_at=position.opened_at,
        )

    def _netted(self, leg: Leg) -> None:
        """Its order only made somebody else's position smaller: nothing of it was ever open."""
        self._executor.update_leg(
            leg,
            state="closed",
            closed_volume=leg.trade.volume,
            pnl=ZERO,
            reason="netted",
            closed_at=self._executor.now(),
        )

    def _follow_closed(self, leg: Leg, deals: Sequence[Deal]) -> None:
        exits = [d for d in deals if d.entry is not DealEntry.IN]
        entries = [d for d in deals if d.entry is DealEntry.IN]
        opened = sum((d.volume for d in entries), start=ZERO)
        if not entries or sum((d.volume for d in exits), start=ZERO) < opened:
            return  # the history lags behind; it is asked again in the next round
        self._close(leg, deals, entries[0], exits[-1])

    def _close(self, leg: Leg, deals: Sequence[Deal], first: Deal, last: Deal) -> None:
        self._executor.update_leg(
            leg,
            state="closed",
            deals=deals,
            volume=sum((d.volume for d in deals if d.entry is DealEntry.IN), start=ZERO),
            closed_volume=sum((d.volume for d in deals if d.entry is not DealEntry.IN), start=ZERO),
            entry_price=first.price,
            close_price=last.price,
            pnl=sum((d.net for d in deals), start=ZERO),
            reason=self._who_closed(last),
            opened_at=first.at,
            closed_at=last.at,
        )

    def _who_closed(self, last: Deal) -> str:
        """The broker's reason; for our own closes what asked for it: stop, command, signal or rule."""
        if self._by_hand.made(last):
            return "client"
        if last.reason != "expert":
            return last.reason
        origin = self._journal.intents.origin_of(self._terminal_id, last.tag)
        return {"latch": "stop", "": "expert"}.get(origin, origin)

    async def _is_over(self, leg: Leg, history_is_loaded: bool) -> bool:
        """Follow a vanished order into the position that history names; True once it surely ended unfilled.

        Sure is what history says, or, once it is loaded, has had all its time to deny.

        One that was filled and closed at once, while history lags behind, is nowhere to be seen either.
        """
        ticket = leg.identifier
        if self._grace > 0 and isinstance(self._broker, TellsOrderEnd):
            filled_into = await self._broker.filled_into(ticket)
            waits = self._journal.legs.by_identifier(self._terminal_id, ticket)
            if filled_into and waits is not None and waits.state == "pending":
                self._executor.order_filled(waits, filled_into)
            if filled_into is not None:
                return not filled_into
        now = self._clock.monotonic()
        return history_is_loaded and now - self._missing_since.setdefault(ticket, now) >= self._grace

    def _follow_order(self, leg: Leg, order: PendingOrder) -> None:
        self._executor.update_leg(
            leg,
            entry_price=order.price,
            stop_loss=order.stop_loss,
            take_profit=order.take_profit,
            target=order.take_profit,
            volume=order.volume,
        )

    async def _has_ended(self, leg: Leg, look: AtOnce) -> bool:
        """Follow a waiting order into its position; True if there is nothing of either."""
        found = await look.find(leg.tag, self._magic())
        if found.order is not None:
            return False
        # A broker may have replaced the tag: the deals of the order's own number tell as well.
        deals = found.deals or await look.deals(leg.identifier)
        identifier = found.position.identifier if found.position else None
        if identifier is None and deals:
            identifier = deals[0].position
        now = self._journal.legs.by_identifier(self._terminal_id, leg.identifier)
        if now is None or now.state != "pending":
            return False  # a cancellation was answered meanwhile
        if identifier is not None:
            self._executor.order_filled(leg, identifier, found.position.volume if found.position else None)
        return identifier is None
