"""Finds out what became of a request whose outcome is unknown. It only reads; it never sends.

Used after an answer was lost, and at start-up for what was being sent when the app ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from signalos.brokers.base import Broker, Found, Snapshot
from signalos.domain.errors import TerminalError
from signalos.domain.market import Deal, DealEntry, MarginMode, PendingOrder, Position
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
from signalos.kit.clock import Clock

FRESH_SECONDS = 30.0
"""A quote that changed at most this long ago shows that the terminal is connected and up to date."""

_FILLED_WITHIN = timedelta(days=7)
_CLOCKS_DIFFER = timedelta(hours=2)
"""So far the computer's clock may have been off when it was sent; what is known otherwise is left out."""
_ENTERING = (DealEntry.IN, DealEntry.INOUT)


_KEEP_LOOKING = Outcome(kind=OutcomeKind.UNKNOWN)
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
    symbol, side and volume is looked for. ``volume`` is the position's volume before a close.
    """

    sent_at: datetime
    identifiers: frozenset[str] | None = None
    tickets: frozenset[str] | None = None
    volume: Decimal | None = None
    waited: float | None = None
    alone: bool = True


async def settle(
    broker: Broker,
    request: OrderRequest,
    *,
    tag: str,
    magic: int,
    before: Before,
    clock: Clock,
    grace_seconds: float = 30.0,
    live_quote: bool = True,
) -> Outcome | None:
    """Look once. Answer what became of ``request``, or None to look again later.

    A found trace is adopted at once. ``refused`` with reason ``not_executed`` is answered only when
    nothing was found, the grace window has passed, and the terminal shows a
    live quote: an answer that is merely late must not become a second trade. ``live_quote`` False
    leaves the quote out, for a terminal whose answers are known to be up to date (the simulated one).
    """
    try:
        outcome = await _look(broker, request, tag, magic, before)
        if outcome is not None:
            return None if outcome is _KEEP_LOOKING else outcome
        waited = before.waited
        if waited is None:
            waited = (clock.now() - before.sent_at).total_seconds()
        if waited < grace_seconds or (live_quote and not await _quote_lives(broker, request)):
            return None
    except TerminalError:
        # Away or not answering: what it did cannot be known before it is back.
        return None
    return Outcome(
        kind=OutcomeKind.REFUSED,
        reason="not_executed",
        explanation=(
            f"The terminal gave no answer, and {waited:.0f} s later neither positions, orders nor history "
            "show anything of it: it was not carried out."
        ),
    )


async def _look(
    broker: Broker, request: OrderRequest, tag: str, magic: int, before: Before
) -> Outcome | None:
    match request:
        case OpenLeg():
            return await _open(broker, request, tag, magic, before)
        case ClosePosition():
            return await _close(broker, request, tag, before)
        case ModifyPosition():
            return await _levels(broker, request)
        case ModifyOrder():
            return await _order_levels(broker, request, before)
        case CancelOrder():
            return await _cancel(broker, request, before)


async def _open(broker: Broker, request: OpenLeg, tag: str, magic: int, before: Before) -> Outcome | None:
    # The quote comes first: it tells the broker how far the server's clock is, up to which history is read.
    await broker.tick(request.symbol)
    found = await broker.find(tag, magic)
    if found.anything:
        return _adopted(request, found)
    return await _untagged(broker, request, magic, before)


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
        return _KEEP_LOOKING
    return Outcome(
        kind=OutcomeKind.PLACED,
        ticket=found.order.ticket,
        volume=found.order.volume,
        price=found.order.price,
        reason="adopted",
        explanation="The answer was lost, but the terminal placed the order: it was found and adopted.",
    )


async def _untagged(broker: Broker, request: OpenLeg, magic: int, before: Before) -> Outcome | None:
    """Look for an entry whose comment the broker replaced, by all that is left of it.

    What is not known to be something else and has the levels that were asked for is adopted; of several
    that are alike in everything the oldest, since each is as good as the other. A single one with other
    levels is adopted where no other request is looked for that it could belong to. What has ended meanwhile
    tells no levels: it is adopted as it is, for a trade that is over can be nobody's second one.
    """
    now = await broker.snapshot()
    positions = [p for p in now.positions if _looks_like(p, request, magic)]
    orders = [o for o in now.orders if _looks_like(o, request, magic)]
    if before.identifiers is None or before.tickets is None:
        return _KEEP_LOOKING if positions or orders else None
    known, tickets = before.identifiers, before.tickets
    positions = [p for p in positions if p.identifier not in known]
    orders = [o for o in orders if o.ticket not in tickets]
    held = {p.identifier for p in positions}
    ended = [
        deal
        for deal in await broker.deals_since(before.sent_at - _CLOCKS_DIFFER)
        if deal.entry in _ENTERING
        and deal.position not in known | held
        and _looks_like(deal, request, magic)
    ]
    found = [
        *(Found(position=p) for p in positions),
        *(Found(order=o) for o in orders),
        *(Found(deals=(deal,)) for deal in ended),
    ]
    if not found:
        return None
    tick_size = (await broker.spec(request.symbol)).tick_size
    exact = [one for one in found if _has_levels(one, request, tick_size)]
    if exact:
        return _adopted(request, exact[0])
    if len(ended) == len(found) or (len(found) == 1 and before.alone):
        return _adopted(request, found[0])
    return _KEEP_LOOKING


def _has_levels(found: Found, request: OpenLeg, tick_size: Decimal) -> bool:
    """True for a position or order with the stop and target of ``request``; a deal tells neither."""
    row = found.position or found.order
    return row is not None and (
        _same(row.stop_loss, request.stop_loss, tick_size)
        and _same(row.take_profit, request.take_profit, tick_size)
        and (not isinstance(row, PendingOrder) or _same(row.price, request.price, tick_size))
    )


def _looks_like(row: Position | PendingOrder | Deal, request: OpenLeg, magic: int) -> bool:
    return (
        row.symbol == request.symbol
        and row.side is request.side
        and row.volume == request.volume
        and row.magic == str(magic)
        and not _tagged(row.tag)
    )


def _tagged(comment: str) -> bool:
    """True for a comment that is a whole tag of ours: it belongs to another leg."""
    return len(comment) == 21 and comment.startswith("S") and comment[1:].isalnum() and comment.isupper()


async def _close(broker: Broker, request: ClosePosition, tag: str, before: Before) -> Outcome | None:
    deals = await broker.deals(request.identifier)
    exits = [deal for deal in deals if deal.entry is not DealEntry.IN]
    ours = [deal for deal in exits if deal.tag.startswith(tag)]
    position = _position(await broker.snapshot(), request.identifier)
    if position is None:
        return _closed(OutcomeKind.DONE if ours else OutcomeKind.GONE, request, ours or exits)
    closed = sum((deal.volume for deal in ours), Decimal(0))
    if not ours and before.volume is not None:
        # A broker may have replaced the comment: the position's own volume still tells.
        closed = before.volume - position.volume
    wanted = request.volume if request.volume is not None else closed + position.volume
    if closed >= wanted or position.volume <= request.remaining:
        return _closed(OutcomeKind.DONE, request, ours or exits)
    return _closed(OutcomeKind.PARTIAL, request, ours) if ours else None


def _closed(kind: OutcomeKind, request: ClosePosition, deals: list[Deal]) -> Outcome:
    return Outcome(
        kind=kind,
        identifier=request.identifier,
        volume=sum((deal.volume for deal in deals), Decimal(0)) or None,
        price=deals[-1].price if deals else None,
        reason="position_closed" if kind is OutcomeKind.GONE else "adopted",
        explanation="The answer was lost; the position's own deals show what was closed.",
    )


async def _levels(broker: Broker, request: ModifyPosition) -> Outcome | None:
    position = _position(await broker.snapshot(), request.identifier)
    if position is None:
        return Outcome(
            kind=OutcomeKind.GONE,
            identifier=request.identifier,
            reason="position_closed",
            explanation="The position has been closed meanwhile; there is nothing to change.",
        )
    tick_size = (await broker.spec(position.symbol)).tick_size
    if not (
        _same(position.stop_loss, request.stop_loss, tick_size)
        and _same(position.take_profit, request.take_profit, tick_size)
    ):
        return None
    return Outcome(kind=OutcomeKind.DONE, identifier=request.identifier, reason="adopted")


async def _order_levels(broker: Broker, request: ModifyOrder, before: Before) -> Outcome | None:
    order = next((o for o in (await broker.snapshot()).orders if o.ticket == request.ticket), None)
    if order is None:
        return await _order_gone(broker, request.ticket, before)
    tick_size = (await broker.spec(order.symbol)).tick_size
    if not (
        _same(order.price, request.price, tick_size)
        and _same(order.stop_loss, request.stop_loss, tick_size)
        and _same(order.take_profit, request.take_profit, tick_size)
    ):
        return None
    return Outcome(kind=OutcomeKind.DONE, ticket=request.ticket, reason="adopted")


def _same(shown: Decimal | None, asked: Decimal | None, tick_size: Decimal) -> bool:
    """True for equal levels; the broker rounded what was asked to its tick size."""
    if shown is None or asked is None:
        return shown is asked
    return abs(shown - asked) < tick_size


async def _cancel(broker: Broker, request: CancelOrder, before: Before) -> Outcome | None:
    if any(order.ticket == request.ticket for order in (await broker.snapshot()).orders):
        return None
    gone = await _order_gone(broker, request.ticket, before)
    if gone.reason == "already_filled":
        return gone
    return Outcome(
        kind=OutcomeKind.DONE,
        ticket=request.ticket,
        reason="adopted",
        explanation="The answer was lost; the order is gone and has not been filled.",
    )


async def _order_gone(broker: Broker, ticket: str, before: Before) -> Outcome:
    """Tell whether an order that no longer waits was filled or deleted.

    On hedging accounts the position that an order opens takes the order's number as its identifier.
    """
    now = await broker.snapshot()
    identifier = ticket if _position(now, ticket) is not None else None
    if identifier is None and await broker.deals(ticket):
        identifier = ticket
    if identifier is None and now.account.margin_mode is not MarginMode.HEDGING:
        deals = await broker.deals_since(before.sent_at - _FILLED_WITHIN)
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


def _position(now: Snapshot, identifier: str) -> Position | None:
    return next((p for p in now.positions if p.identifier == identifier), None)


async def _quote_lives(broker: Broker, request: OrderRequest) -> bool:
    """True when a quote has changed lately: of the request's symbol, or of any symbol that is held."""
    now = await broker.snapshot()
    symbols = {p.symbol for p in now.positions} | {o.symbol for o in now.orders}
    if isinstance(request, OpenLeg):
        symbols.add(request.symbol)
    for symbol in sorted(symbols):
        if (await broker.tick(symbol)).age <= FRESH_SECONDS:
            return True
    return False
