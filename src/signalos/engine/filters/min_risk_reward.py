"""The nearest target is worth the risk."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.figures import places, plain, price
from signalos.engine.question import Question
from signalos.engine.steps import compared, noted


def check(question: Question) -> Step:
    """Refuse when nearest target / stop distance from the real entry is under ``min_risk_reward``.

    Reason: ``risk_reward_too_low``. Targets that the market has passed do not count.
    """
    data, entry = question.data, question.entry
    limit = question.strategy.filters.min_risk_reward
    if data is None or entry is None:
        return noted("min_risk_reward", "cannot be measured without a quote")
    nearest = next((t.price for t in entry.live_targets if t.price is not None), None)
    if nearest is None or entry.stop_distance is None:
        return noted("min_risk_reward", "cannot be measured without stop and target")
    reward = abs(nearest - entry.price)
    ratio = reward / entry.stop_distance
    return compared(
        "min_risk_reward",
        "risk_reward_too_low",
        limit is None or ratio >= limit,
        f"the nearest target is {price(reward, data.spec)} away, {places(ratio, 2)} times the stop distance "
        f"{price(entry.stop_distance, data.spec)}",
        places(ratio, 4),
        "" if limit is None else plain(limit),
        "" if limit is None else f"at least {plain(limit)} times is asked for",
    )
