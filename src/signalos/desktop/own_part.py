"""What of a position is SignalOS's own, on accounts that keep one position a symbol.

There the user, or another program, may add to a trade's position, take from it or turn it round. The position's deals
tell whose is whose; nothing of the others' is ever closed for a leg.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from signalos.brokers.base import Broker, Snapshot
from signalos.desktop.journal import Journal
from signalos.desktop.journal.legs import Leg
from signalos.domain.market import Deal, DealEntry, MarginMode, PendingOrder, Position
from signalos.domain.money import ZERO
from signalos.domain.order import ClosePosition, OrderRequest

RequestT = TypeVar("RequestT", bound=OrderRequest | None)

OwnDeals = Mapping[str, Sequence[Deal]]
"""Position -> its deals with their own part of volume and money. Empty on accounts that keep positions apart."""


class OwnParts:
    """Tells what of a terminal's positions and orders is SignalOS's own."""

    def __init__(
        self, terminal_id: str, broker: Broker, journal: Journal, magic: Callable[[], int]
    ) -> None:
        self.terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._magic = magic

    def is_ours(self, item: Position | PendingOrder) -> bool:
        """True for a leg, and for what carries our magic: an entry that is not settled yet is no leg."""
        return self._leg(item) is not None or item.magic == str(self._magic())

    async def read(self, snapshot: Snapshot) -> OwnDeals:
        """Own deals of every position of ours; one whose deals do not explain its volume yet is left out."""
        if snapshot.account.margin_mode is MarginMode.HEDGING:
            return {}
        found: dict[str, Sequence[Deal]] = {}
        for position in snapshot.positions:
            if not self.is_ours(position):
                continue
            told = await self.told(position)
            if told is not None:
                found[position.identifier] = told
        return found

    async def told(self, position: Position) -> Sequence[Deal] | None:
        """Own deals of ``position``; None while its deals do not explain its volume, or lack a close that was answered.

        Without that close and what was added by hand since, the volume may happen to be the same.
        """
        deals = await self._broker.deals(position.identifier)
        if sum((d.side.sign * d.volume for d in deals), ZERO) != position.side.sign * position.volume:
            return None
        left = sum((d.volume for d in deals if d.entry is not DealEntry.IN), ZERO)
        if left < self._journal.intents.closed_of(self.terminal_id, position.identifier):
            return None
        return self.own(deals)

    async def volumes(self, snapshot: Snapshot) -> dict[str, Decimal]:
        """What of each position of ours is open and own, in lots."""
        return self.volumes_of(snapshot, await self.read(snapshot))

    def volumes_of(self, snapshot: Snapshot, told: OwnDeals) -> dict[str, Decimal]:
        """The same from what ``read`` told; of a leg's position by the journal where its deals do not tell yet.

        A history may lag behind the positions. What our own closes took is known from their answers meanwhile.
        """
        if snapshot.account.margin_mode is MarginMode.HEDGING:
            return {}
        found = {identifier: own_volume(deals) for identifier, deals in told.items()}
        for position in snapshot.positions:
            if position.identifier not in found and self._leg(position) is not None:
                found[position.identifier] = self.by_journal(position)
        return found

    def by_journal(self, position: Position) -> Decimal:
        """What of ``position``, one of ours, is own as far as the journal knows, in lots; all of an unsettled one."""
        leg = self._leg(position)
        if leg is None:
            return position.volume
        if not leg.alive or leg.side is not position.side:
            return ZERO
        answered = self._journal.intents.closed_of(self.terminal_id, position.identifier)
        left = leg.trade.volume - max(leg.trade.closed_volume, answered)
        return min(max(ZERO, left), position.volume)

    def own(self, deals: Sequence[Deal]) -> Sequence[Deal]:
        """The own part of a position's ``deals``, oldest first."""
        return own_deals(deals, self.made_by_hand)

    def made_by_hand(self, deal: Deal) -> bool:
        """True for a deal that neither this app nor the market made: the user's, or another program's."""
        if deal.reason != "expert":
            return deal.reason == "client"
        # A broker may have replaced the tag of an order of ours; its magic is kept.
        return deal.magic != str(self._magic()) and not self._journal.intents.origin_of(
            self.terminal_id, deal.tag
        )

    def _leg(self, item: Position | PendingOrder) -> Leg | None:
        key = item.identifier if isinstance(item, Position) else item.ticket
        return self._journal.legs.by_identifier(self.terminal_id, key)


def own_deals(deals: Sequence[Deal], by_hand: Callable[[Deal], bool]) -> list[Deal]:
    """Split ``deals`` between us and the others: who takes from the position takes their own first.

    What turns a position round ends it for us: from there on it is somebody else's.
    """
    own = others = ZERO
    found: list[Deal] = []
    for deal in deals:
        theirs = by_hand(deal)
        if deal.entry is DealEntry.IN:
            if theirs:
                others += deal.volume
            else:
                own += deal.volume
                found.append(deal)
            continue
        closed = min(deal.volume, own + others)
        part = min(own, max(ZERO, closed - others)) if theirs else min(own, closed)
        if part:
            found.append(_part_of(deal, part, closed))
        own, others = own - part, others - (closed - part)
        if deal.entry is DealEntry.INOUT:
            break
    return found


def own_volume(deals: Sequence[Deal]) -> Decimal:
    """What is still open by own deals."""
    return sum((d.volume if d.entry is DealEntry.IN else -d.volume for d in deals), ZERO)


def is_over(deals: Sequence[Deal]) -> bool:
    """True where ``deals`` leave nothing open."""
    return not sum((d.side.sign * d.volume for d in deals), ZERO)


def own_close(
    request: RequestT, positions: Sequence[Position], own: Mapping[str, Decimal], closed: Decimal = ZERO
) -> RequestT | ClosePosition:
    """Hold a close to the own part of its position; ``remaining`` keeps the others' from every later try.

    Also where all of it is own now: others may add to it before the close has gone out. One that was held to it
    before is held to what is own by now, and leaves of that what it was to leave; ``closed`` lots are what its earlier
    tries have closed.
    """
    if not isinstance(request, ClosePosition) or request.identifier not in own:
        return request
    held = next((p.volume for p in positions if p.identifier == request.identifier), ZERO)
    if not held:
        return request
    mine = min(own[request.identifier], held)
    leaves = request.remaining - request.others
    volume = mine if request.volume is None else request.volume
    if not leaves:
        volume = mine + closed  # all that is ours, also what has shown itself since
    return replace(request, volume=volume, remaining=held - mine + leaves, others=held - mine)


def _part_of(deal: Deal, part: Decimal, closed: Decimal) -> Deal:
    """``part`` of the ``closed`` lots of a deal, with its part of the money."""
    if part == closed == deal.volume:
        return deal
    of_close, of_deal = part / closed, part / deal.volume
    return replace(
        deal,
        volume=part,
        profit=_cents(deal.profit * of_close),
        swap=_cents(deal.swap * of_close),
        commission=_cents(deal.commission * of_deal),
        fee=_cents(deal.fee * of_deal),
    )


def _cents(amount: Decimal) -> Decimal:
    return amount.quantize(Decimal("0.01"))
