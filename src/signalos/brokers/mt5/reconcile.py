"""Finds out what became of a request whose outcome is unknown. It only reads; it never sends.

Used after an answer was lost, and at start-up for what was being sent when the app ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from signalos.brokers.at_once import AtOnce
from signalos.brokers.base import Found, Readings
from signalos.brokers.mt5.likeness import has_levels, looks_like, same
from signalos.domain.errors import Refused, TerminalDown, TerminalError
from signalos.domain.market import Deal, DealEntry, MarginMode
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


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose outcome is unknown."""

    request: OrderRequest
    tag: str
    magic: int
    before: Before


async def settle(
    broker: Readings,
    request: OrderRequest,
    *,
    tag: str,
    magic: int,
    before: Before,
    clock: Clock,
    grace_seconds: float = 30.0,
    live_quote: bool = True,
) -> Outcome | None:
    """Look once for one request, as :func:`settle_all` does for many."""
    waiting = (Waiting(request, tag, magic, before),)
    (outcome,) = await settle_all(
        broker, waiting, clock=clock, grace_seconds=grace_seconds, live_quote=live_quote
    )
    return outcome


async def settle_all(
    broker: Readings,
    waiting: Sequence[Waiting],
    *,
    clock: Clock,
    grace_seconds: float = 30.0,
    live_quote: bool = True,
) -> list[Outcome | None]:
    """Look once. Answer what became of each request, in their order, or None to look again later.

    A found trace is adopted at once. ``refused`` with reason ``not_executed`` is answered only when
    nothing was found, the grace window has passed, and the terminal shows a
    live quote: an answer that is merely late must not become a second trade. ``live_quote`` False
    leaves the quote out, for a terminal whose answers are known to be up to date (the simulated one).

    Many requests cost about as much reading as one: what all look at is read once.
    """
    found: list[Outcome | None] = [None] * len(waiting)
    look = AtOnce(broker)
    now = clock.now()  # what is concluded from absence is as old as the first reading
    try:
        if waiting:
            await look.snapshot()
        await _read_ahead(look, waiting)
        for place, one in enumerate(waiting):
            waited = one.before.waited
            if waited is None:
                waited = (now - one.before.sent_at).total_seconds()
            try:
                found[place] = outcome = await _settled(look, one, waited, grace_seconds, live_quote)
            except TerminalDown:
                raise
            except TerminalError:
                continue  # of this one nothing can be known now; the others do not wait for it
            if outcome is not None and isinstance(one.request, OpenLeg):
                look.take(outcome.identifier, outcome.ticket)
        if any(_is_absent(outcome) for outcome in found):
            # Absence was read off the account that it is about, from the first reading to the last.
            await broker.snapshot()
    except TerminalError:
        # Away, not answering or another account's: what it did cannot be known before it is back.
        return [None if _is_absent(outcome) else outcome for outcome in found]
    return found


def _is_absent(outcome: Outcome | None) -> bool:
    return outcome is not None and outcome.reason == "not_executed"


async def _read_ahead(look: AtOnce, waiting: Sequence[Waiting]) -> None:
    """Read what the looks at many requests have in common."""
    opening = [(one, one.request) for one in waiting if isinstance(one.request, OpenLeg)]
    # The quote comes first: it tells the broker how far the server's clock is, up to which history is read.
    for symbol in sorted({request.symbol for _, request in opening}):
        with contextlib.suppress(Refused):
            await look.tick(symbol)
    await look.search([(one.tag, one.magic) for one, _ in opening])
    if opening:
        look.looked_since = min(one.before.sent_at for one, _ in opening) - _CLOCKS_DIFFER
    closing = [one.request.identifier for one in waiting if isinstance(one.request, ClosePosition)]
    if closing:
        oldest = min(one.before.sent_at for one in waiting)
        await look.read_deals(closing, oldest - _FILLED_WITHIN)


async def _settled(
    look: AtOnce, one: Waiting, waited: float, grace_seconds: float, live_quote: bool
) -> Outcome | None:
    outcome = await _look(look, one.request, one.tag, one.magic, one.before)
    if outcome is not None:
        return None if outcome is _KEEP_LOOKING else outcome
    if waited < grace_seconds or (live_quote and not await _quote_lives(look, one.request)):
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
    look: AtOnce, request: OrderRequest, tag: str, magic: int, before: Before
) -> Outcome | None:
    match request:
        case OpenLeg():
            return await _open(look, request, tag, magic, before)
        case ClosePosition():
            return await _close(look, request, tag, before)
        case ModifyPosition():
            return await _levels(look, request)
        case ModifyOrder():
            return await _order_levels(look, request, before)
        case CancelOrder():
            return await _cancel(look, request, before)


async def _open(look: AtOnce, request: OpenLeg, tag: str, magic: int, before: Before) -> Outcome | None:
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
        return _KEEP_LOOKING
    return Outcome(
        kind=OutcomeKind.PLACED,
        ticket=found.order.ticket,
        volume=found.order.volume,
        price=found.order.price,
        reason="adopted",
        explanation="The answer was lost, but the terminal placed the order: it was found and adopted.",
    )


async def _untagged(look: AtOnce, request: OpenLeg, magic: int, before: Before) -> Outcome | None:
    """Look for an entry whose comment the broker replaced, by all that is left of it.

    What is not known to be something else and has the levels that were asked for is adopted; of several
    that are alike in everything the oldest, since each is as good as the other. A single one with other
    levels is adopted where no other request is looked for that it could belong to. What has ended meanwhile
    tells no levels: it is adopted as it is, for a trade that is over can be nobody's second one.
    """
    now = await look.untagged()
    positions = [p for p in now.positions if looks_like(p, request, magic)]
    orders = [o for o in now.orders if looks_like(o, request, magic)]
    if before.identifiers is None or before.tickets is None:
        return _KEEP_LOOKING if positions or orders else None
    known, tickets = before.identifiers, before.tickets
    taken = look.taken
    positions = [p for p in positions if p.identifier not in known and p.identifier not in taken]
    orders = [o for o in orders if o.ticket not in tickets and o.ticket not in taken]
    held = {p.identifier for p in positions}
    ended = [
        deal
        for deal in await look.untagged_entries(before.sent_at - _CLOCKS_DIFFER)
        if deal.position not in known
        and deal.position not in held
        and deal.position not in taken
        and looks_like(deal, request, magic)
    ]
    found = [
        *(Found(position=p) for p in positions),
        *(Found(order=o) for o in orders),
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
    return _KEEP_LOOKING


async def _close(look: AtOnce, request: ClosePosition, tag: str, before: Before) -> Outcome | None:
    deals = await look.deals(request.identifier)
    exits = [deal for deal in deals if deal.entry is not DealEntry.IN]
    ours = [deal for deal in exits if deal.tag.startswith(tag)]
    position = await look.position(request.identifier)
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
        deals = await look.deals_since(before.sent_at - _FILLED_WITHIN)
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


async def _quote_lives(look: AtOnce, request: OrderRequest) -> bool:
    """True when a quote has changed lately: of the request's symbol, or of any symbol that is held."""
    asked = {request.symbol} if isinstance(request, OpenLeg) else set()
    for symbol in sorted(asked | await look.symbols()):
        if (await look.tick(symbol)).age <= FRESH_SECONDS:
            return True
    return False
