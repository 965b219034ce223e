"""The market has not run away from the stated entry."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.domain.money import ZERO
from signalos.domain.signal import OrderKind
from signalos.engine.figures import percent, places, plain, price
from signalos.engine.question import Question
from signalos.engine.steps import compared, noted, passed


def check(question: Question) -> Step:
    """Refuse a market entry too far beyond its stated price or zone (``too_far_from_entry``).

    Measured as distance from the zone's nearer edge / stop distance from that edge, against
    ``max_entry_distance_share``. The better side counts as inside; waiting orders wait at their price.
    """
    data, entry = question.data, question.entry
    limit = question.strategy.filters.max_entry_distance_share
    if data is None or entry is None:
        return noted("entry_distance", "cannot be measured without a quote")
    if entry.order is not OrderKind.MARKET:
        return passed("entry_distance", "the order waits at its price", "0")
    if entry.stated is None:
        return passed("entry_distance", "the message names no entry price", "0")
    distance = ZERO if entry.stop is None else abs(entry.stated - entry.stop)
    if not entry.distance:
        share = ZERO
    elif not distance:
        return noted(
            "entry_distance", f"{price(entry.distance, data.spec)} from the entry, no stop to compare with"
        )
    else:
        share = entry.distance / distance
    return compared(
        "entry_distance",
        "too_far_from_entry",
        limit is None or share <= limit,
        f"the market is {price(entry.distance, data.spec)} beyond the stated {price(entry.stated, data.spec)}, "
        f"{percent(share)} of the stop distance",
        places(share, 4),
        "" if limit is None else plain(limit),
        "" if limit is None else f"at most {percent(limit)} is allowed",
    )
