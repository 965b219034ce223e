"""Not more signals a day than the strategy allows."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question
from signalos.engine.steps import compared


def check(question: Question) -> Step:
    """Refuse when ``max_daily_trades`` signals have opened on this account today (UTC day).

    Reason: ``max_daily_trades``. A signal counts once, however many legs it has.
    """
    seen = question.context.trades_today
    limit = question.strategy.filters.max_daily_trades
    return compared(
        "max_daily_trades",
        "max_daily_trades",
        limit is None or seen < limit,
        f"{seen} {'signal' if seen == 1 else 'signals'} opened today",
        str(seen),
        "" if limit is None else str(limit),
        f"{limit} a day are allowed",
    )
