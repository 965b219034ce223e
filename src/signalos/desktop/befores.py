"""What was known when requests of unknown outcome went out: which other trades are known, and what looks alike."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal

from signalos.brokers.mt5.traces import Before
from signalos.desktop.journal.intents import Intent
from signalos.domain.money import ZERO
from signalos.domain.order import ClosePosition, OpenLeg
from signalos.kit.clock import Clock


class Befores:
    """Tells it for any of ``open_ends``, the intents that are being sent or unknown; each is counted once."""

    def __init__(
        self,
        known: frozenset[str],
        open_ends: Iterable[Intent],
        clock: Clock,
        closed_of: Callable[[str], Decimal],
    ) -> None:
        self._known = known
        self._closed_of = closed_of
        self._now = clock.now()
        self._monotonic = clock.monotonic()
        self._alike: Counter[object] = Counter()
        self._sending: Counter[object] = Counter()
        for intent in open_ends:
            self._alike[look_of(intent)] += 1
            self._sending[look_of(intent)] += intent.state == "sending"

    def of(self, intent: Intent, watched_since: float) -> Before:
        """What is known of unknown ``intent``, watched for since that moment of the monotonic clock."""
        looks, request = look_of(intent), intent.request
        closed = (intent.volume if isinstance(request, ClosePosition) else None) or ZERO
        all_closed = self._closed_of(request.identifier) if isinstance(request, ClosePosition) else ZERO
        # What one that looks the same is opening right now is not known as its own yet.
        known = None if looks is not None and self._sending[looks] else self._known
        return Before(
            min(intent.sent_at or self._now, self._now),
            identifiers=known,
            tickets=known,
            waited=self._monotonic - watched_since,
            alone=looks is None or self._alike[looks] <= 1,
            closed=closed,
            closed_by_others=max(ZERO, all_closed - closed),
        )


def look_of(intent: Intent) -> object:
    """How an entry looks at a broker who keeps no comments; None for what is no entry."""
    request = intent.request
    return (request.symbol, request.side, request.volume) if isinstance(request, OpenLeg) else None
