"""What a request of unknown outcome has left behind at the terminal, for each kind of request. Only reads."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from signalos.brokers.at_once import AtOnce
from signalos.brokers.base import Found
from signalos.brokers.mt5.likeness import has_levels, looks_like, same
from signalos.brokers.mt5.tagged_rows import carries, tagged
from signalos.domain.market import Deal, DealEntry, MarginMode, Position
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.domain.signal import OrderKind

FILLED_WITHIN = timedelta(days=7)
CLOCKS_DIFFER = timedelta(hours=2)
"""So far the computer's clock may have been off when it was sent; what is known otherwise is left out."""
_ENTERING = (DealEntry.IN, DealEntry.INOUT)

KEEP_LOOKING = Outcome(kind=OutcomeKind.UNKNOWN)
"""There is something, but it does not tell enough: absence is not concluded from it."""


@dataclass(frozen=True, slots=True)
class Before:
    """What was known when the request went out.

    ``sent_at`` is wall time of the clock given to ``settle``: deals are looked at from then on. ``waited``
    is for how many seconds the terminal has been watched since; None counts from ``sent_at``. After a
    restart of the app or of the terminal it counts anew: a terminal that has just connected may still be
    loading its history. Where a computer's clock may be set back or forward it is measured by another.

    ``identifiers`` and ``tickets`` are positions and orders known to be something else: those that
    existed before, or that the journal knows as other legs. With them an entry whose comment the broker
    replaced is still recognised; None where they are not known. ``alone``: no other request for the same
    symbol, side and volume is looked for.

    Of a close: ``closed`` lots are known to have been closed by earlier tries of it, ``closed_by_others`` by other
    requests for the same position.
    """

    sent_at: datetime
    identifiers: frozenset[str] | None = None
    tickets: frozenset[str] | None = None
    waited: float | None = None
    alone: bool = True
    closed: Decimal = Decimal(0)
    closed_by_others: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Likely:
    """There is something that may be of another unknown request as well: outcomes, each with when it was opened.

    Once the grace window has passed, nothing will tell more: one is adopted then. Given to nobody it would be looked
    for for ever, and hold up all that follows.
    """

    outcomes: tuple[tuple[Outcome, datetime | None], ...]

    def take(self, look: AtOnce) -> Outcome:
        """The oldest is this one's."""
        return self._taken(look, self.outcomes[0][0])

    def take_since(self, look: AtOnce, sent_at: datetime) -> Outcome | None:
        """The newest is this one's, if it was opened since this one went out."""
        since = [(at, outcome) for outcome, at in self.outcomes if at is not None and at >= sent_at]
        return self._taken(look, max(since, key=lambda one: one[0])[1]) if since else None

    @staticmethod
    def _taken(look: AtOnce, outcome: Outcome) -> Outcome:
        look.take(outcome.identifier, outcome.ticket)
        return outcome


async def look_for(
    look: AtOnce, request: OrderRequest, tag: str, magic: int, before: Before
) -> Outcome | Likely | None:
    """What became of ``request`` as far as anything tells; None where there is nothing of it.

    ``KEEP_LOOKING`` where there is something that does not tell enough yet. Raises TerminalError.
    """
    match request:
        case OpenLeg():
            return await _open(look, request, tag, magic, before)
        case ClosePosition():
            return await _close(look, request, tag, magic, before)
        case ModifyPosition():
            return await _levels(look, request)
        case ModifyOrder():
            return await _order_levels(look, request, before)
        case CancelOrder():
            return await _cancel(look, request, before)


async def _open(
    look: AtOnce, request: OpenLeg, tag: str, magic: int, before: Before
) -> Outcome | Likely | None:
    await look.tick(request.symbol)
    found = await look.find(tag, magic)
    if found.anything:
        return _adopted(request, found)
    return await _untagged(look, request, magic, before)


def _adopted(request: OpenLeg, found: Found) -> Outcome:
    entries = [deal for deal in found.deals if deal.entry in _ENTERING]
    words = "The answer was lost, but the terminal carried it out: it was found and adopted."
    if entries:
        return Outcome(
            kind=OutcomeKind.DONE,
            identifier=entries[0].position,
            ticket=entries[0].order,
            volume=sum((deal.volume for deal in entries), Decimal(0)),
            price=entries[0].price,
            reason="adopted",
            explanation=words,
        )
    if found.position is not None:
        return Outcome(
            kind=OutcomeKind.DONE,
            identifier=found.position.identifier,
            volume=found.position.volume,
            price=found.position.entry_price,
            reason="adopted",
            explanation=words,
        )
    # A live order of a market request is still being worked on.
    if found.order is None or request.kind is OrderKind.MARKET:
        return KEEP_LOOKING
    return Outcome(
        kind=OutcomeKind.PLACED,
        ticket=found.order.ticket,
        volume=found.order.volume,
        price=found.order.price,
        reason="adopted",
        explanation="The answer was lost, but the terminal placed the order: it was found and adopted.",
    )


async def _untagged(look: AtOnce, request: OpenLeg, magic: int, before: Before) -> Outcome | Likely | None:
    """Look for an entry whose comment the broker replaced, by all that is left of it.

    What is not known to be something else and has the levels that were asked for is adopted; of several
    that are alike in everything the oldest, since each is as good as the other. A single one with other levels
    (a hand may have moved them) is adopted where no other request is looked for that it could belong to, else
    after all that are surely told. What has ended meanwhile tells no levels: it is adopted as it is, for a trade
    that is over can be nobody's second one.
    """
    now = await look.untagged()
    entries = await look.untagged_entries(before.sent_at - CLOCKS_DIFFER)
    positions = [p for p in map(_as_opened(entries), now.positions) if looks_like(p, request, magic)]
    orders = [o for o in now.orders if o.kind is request.kind and looks_like(o, request, magic)]
    ended = [deal for deal in entries if looks_like(deal, request, magic)]
    if before.identifiers is None or before.tickets is None:
        return KEEP_LOOKING if positions or orders or ended else None
    known, tickets = before.identifiers, before.tickets
    taken = look.taken
    positions = [p for p in positions if p.identifier not in known and p.identifier not in taken]
    orders = [o for o in orders if o.ticket not in tickets and o.ticket not in taken]
    held = {p.identifier for p in positions}
    ended = [
        d for d in ended if d.position not in known and d.position not in held and d.position not in taken
    ]
    # An order can only be its own kind's, a position anybody's: a pending request looks at orders first.
    found = [
        *(Found(order=o) for o in orders),
        *(Found(position=p) for p in positions),
        *(Found(deals=(deal,)) for deal in ended),
    ]
    if not found:
        return None
    tick_size = (await look.spec(request.symbol)).tick_size
    exact = [one for one in found if has_levels(one, request, tick_size)]
    if exact:
        return _adopted(request, exact[0])
    if len(ended) == len(found) or (len(found) == 1 and before.alone):
        return _adopted(request, found[0])
    of_its_kind = found[: len(orders)] or found
    likely = [(_adopted(request, one), _opened_at(one)) for one in of_its_kind]
    if likely[0][0] is KEEP_LOOKING:
        return KEEP_LOOKING
    return Likely(tuple((outcome, at) for outcome, at in likely if outcome is not KEEP_LOOKING))


def _as_opened(entries: Sequence[Deal]) -> Callable[[Position], Position]:
    """Give a position the volume that its entries had: of some a hand may have closed a part since."""
    opened: dict[str, Decimal] = defaultdict(Decimal)
    for deal in entries:
        opened[deal.position] += deal.volume

    def as_opened(position: Position) -> Position:
        volume = opened.get(position.identifier, position.volume)
        return replace(position, volume=volume) if volume > position.volume else position

    return as_opened


def _opened_at(found: Found) -> datetime | None:
    """When an entry came into being: an order when it was placed."""
    if found.deals:
        return found.deals[0].at
    row = found.position or found.order
    return None if row is None else row.opened_at if isinstance(row, Position) else row.placed_at


async def _close(
    look: AtOnce, request: ClosePosition, tag: str, magic: int, before: Before
) -> Outcome | None:
    deals = await look.deals(request.identifier)
    exits = [deal for deal in deals if deal.entry is not DealEntry.IN]
    ours = [deal for deal in exits if carries(deal.tag, deal.magic, tag, magic)]
    position = await look.position(request.identifier)
    if position is None:
        return _closed(OutcomeKind.DONE if ours else OutcomeKind.GONE, request, ours or exits, _lots(ours))
    closed = _lots(ours)
    if not ours and request.volume is not None:
        ours = [d for d in exits if d.reason == "expert" and d.magic == str(magic) and not tagged(d.tag)]
        closed = max(Decimal(0), _lots(ours) - before.closed_by_others)
    wanted = request.volume if request.volume is not None else closed + position.volume
    # What others did to their part of the position may have made it as small.
    small = position.volume <= request.remaining and (closed > before.closed or not request.others)
    if closed >= wanted or small:
        return _closed(OutcomeKind.DONE, request, ours or exits, closed)
    # What earlier tries closed says nothing of the last one.
    return _closed(OutcomeKind.PARTIAL, request, ours, closed) if closed > before.closed else None


def _lots(deals: Sequence[Deal]) -> Decimal:
    return sum((deal.volume for deal in deals), Decimal(0))


def _closed(kind: OutcomeKind, request: ClosePosition, deals: Sequence[Deal], volume: Decimal) -> Outcome:
    return Outcome(
        kind=kind,
        identifier=request.identifier,
        volume=volume or None,
        price=deals[-1].price if deals else None,
        reason="position_closed" if kind is OutcomeKind.GONE else "adopted",
        explanation="The answer was lost; the position's own deals show what was closed.",
    )


async def _levels(look: AtOnce, request: ModifyPosition) -> Outcome | None:
    position = await look.position(request.identifier)
    if position is None:
        return Outcome(
            kind=OutcomeKind.GONE,
            identifier=request.identifier,
            reason="position_closed",
            explanation="The position has been closed meanwhile; there is nothing to change.",
        )
    tick_size = (await look.spec(position.symbol)).tick_size
    if not (
        same(position.stop_loss, request.stop_loss, tick_size)
        and same(position.take_profit, request.take_profit, tick_size)
    ):
        return None
    return Outcome(kind=OutcomeKind.DONE, identifier=request.identifier, reason="adopted")


async def _order_levels(look: AtOnce, request: ModifyOrder, before: Before) -> Outcome | None:
    order = next((o for o in (await look.snapshot()).orders if o.ticket == request.ticket), None)
    if order is None:
        return await _order_gone(look, request.ticket, before)
    tick_size = (await look.spec(order.symbol)).tick_size
    if not (
        same(order.price, request.price, tick_size)
        and same(order.stop_loss, request.stop_loss, tick_size)
        and same(order.take_profit, request.take_profit, tick_size)
    ):
        return None
    return Outcome(kind=OutcomeKind.DONE, ticket=request.ticket, reason="adopted")


async def _cancel(look: AtOnce, request: CancelOrder, before: Before) -> Outcome | None:
    if any(order.ticket == request.ticket for order in (await look.snapshot()).orders):
        return None
    gone = await _order_gone(look, request.ticket, before)
    if gone.reason == "already_filled":
        return gone
    return Outcome(
        kind=OutcomeKind.DONE,
        ticket=request.ticket,
        reason="adopted",
        explanation="The answer was lost; the order is gone and has not been filled.",
    )


async def _order_gone(look: AtOnce, ticket: str, before: Before) -> Outcome:
    """Tell whether an order that no longer waits was filled or deleted.

    On hedging accounts the position that an order opens takes the order's number as its identifier.
    """
    now = await look.snapshot()
    identifier = ticket if await look.position(ticket) is not None else None
    if identifier is None and await look.deals(ticket):
        identifier = ticket
    if identifier is None and now.account.margin_mode is not MarginMode.HEDGING:
        deals = await look.deals_since(before.sent_at - FILLED_WITHIN)
        identifier = next((deal.position for deal in deals if deal.order == ticket), None)
    if identifier is None:
        return Outcome(
            kind=OutcomeKind.GONE,
            ticket=ticket,
            reason="order_gone",
            explanation=f"Order {ticket} no longer waits at the broker and was not filled.",
        )
    return Outcome(
        kind=OutcomeKind.GONE,
        ticket=ticket,
        identifier=identifier,
        reason="already_filled",
        explanation=f"Order {ticket} has been filled meanwhile: it is a position now.",
    )
