"""The spread is small beside the stop distance."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.figures import percent, places, plain, price
from signalos.engine.question import Question
from signalos.engine.steps import compared, noted


def check(question: Question) -> Step:
    """Refuse when spread / stop distance is above ``max_spread_share`` (``spread_too_wide``)."""
    data, entry = question.data, question.entry
    limit = question.strategy.filters.max_spread_share
    if data is None or entry is None:
        return noted("spread", "cannot be measured without a quote")
    spread, distance = data.tick.spread, entry.stop_distance
    if distance is None:
        return noted("spread", f"spread {price(spread, data.spec)}; there is no stop to compare it with")
    share = spread / distance
    return compared(
        "spread",
        "spread_too_wide",
        limit is None or share <= limit,
        f"spread {price(spread, data.spec)} is {percent(share)} of the stop distance {price(distance, data.spec)}",
        places(share, 4),
        "" if limit is None else plain(limit),
        "" if limit is None else f"at most {percent(limit)} is allowed",
    )
