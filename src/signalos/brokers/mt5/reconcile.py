"""Finds out what became of a request whose outcome is unknown. It only reads; it never sends.

Used after an answer was lost, and at start-up for what was being sent when the app ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from signalos.brokers.at_once import AtOnce
from signalos.brokers.base import Readings
from signalos.brokers.mt5.traces import CLOCKS_DIFFER, FILLED_WITHIN, KEEP_LOOKING, Before, Likely, look_for
from signalos.domain.errors import Refused, TerminalDown, TerminalError
from signalos.domain.order import ClosePosition, OpenLeg, OrderRequest, Outcome, OutcomeKind
from signalos.kit.clock import Clock

FRESH_SECONDS = 30.0
"""A quote that changed at most this long ago shows that the terminal is connected and up to date."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A request whose outcome is unknown."""

    request: OrderRequest
    tag: str
    magic: int
    before: Before


@dataclass(frozen=True, slots=True)
class _Patience:
    """How long what cannot be told yet is looked for: a look at ``now``, and the rules of ``settle_all``."""

    now: datetime
    grace_seconds: float
    live_quote: bool

    def waited(self, one: Waiting) -> float:
        """Seconds."""
        waited = one.before.waited
        return (self.now - one.before.sent_at).total_seconds() if waited is None else waited

    async def is_over(self, look: AtOnce, one: Waiting) -> bool:
        """Tell whether an answer that is merely late would have come by now."""
        return self.waited(one) >= self.grace_seconds and (
            not self.live_quote or await _quote_lives(look, one.request)
        )


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
        patience = _Patience(now, grace_seconds, live_quote)
        doubtful = []
        for place, one in enumerate(waiting):
            outcome = await _settled(look, one, patience)
            if isinstance(outcome, Likely):
                doubtful.append(place)
            else:
                found[place] = outcome
        # Once more, now that the others have what is surely theirs: what was opened since a request went out is rather
        # the last one's before it than an earlier one's.
        for place in sorted(doubtful, key=lambda place: waiting[place].before.sent_at, reverse=True):
            outcome = await _settled(look, waiting[place], patience)
            if isinstance(outcome, Likely):
                found[place] = outcome.take_since(look, waiting[place].before.sent_at)
            else:
                found[place] = outcome
        for place in [place for place in doubtful if found[place] is None]:
            outcome = await _settled(look, waiting[place], patience)
            found[place] = outcome.take(look) if isinstance(outcome, Likely) else outcome
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
        look.looked_since = min(one.before.sent_at for one, _ in opening) - CLOCKS_DIFFER
    closing = [one.request.identifier for one in waiting if isinstance(one.request, ClosePosition)]
    if closing:
        oldest = min(one.before.sent_at for one in waiting)
        await look.read_deals(closing, oldest - FILLED_WITHIN)


async def _settled(look: AtOnce, one: Waiting, patience: _Patience) -> Outcome | Likely | None:
    try:
        outcome = await look_for(look, one.request, one.tag, one.magic, one.before)
        if isinstance(outcome, Outcome):
            return None if outcome is KEEP_LOOKING else _taken(look, one.request, outcome)
        if not await patience.is_over(look, one):
            return None
    except TerminalDown:
        raise
    except TerminalError:
        return None  # of this one nothing can be known now; the others do not wait for it
    if outcome is not None:
        return outcome
    return Outcome(
        kind=OutcomeKind.REFUSED,
        reason="not_executed",
        explanation=(
            f"The terminal gave no answer, and {patience.waited(one):.0f} s later neither positions, orders nor "
            "history show anything of it: it was not carried out."
        ),
    )


def _taken(look: AtOnce, request: OrderRequest, outcome: Outcome) -> Outcome:
    if isinstance(request, OpenLeg):
        look.take(outcome.identifier, outcome.ticket)
    return outcome


async def _quote_lives(look: AtOnce, request: OrderRequest) -> bool:
    """True when a quote has changed lately: of the request's symbol, or of any symbol that is held."""
    asked = {request.symbol} if isinstance(request, OpenLeg) else set()
    for symbol in sorted(asked | await look.symbols()):
        if (await look.tick(symbol)).age <= FRESH_SECONDS:
            return True
    return False
