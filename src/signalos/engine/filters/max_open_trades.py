"""Not more signals alive at once than the strategy allows."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question, alive
from signalos.engine.steps import compared


def check(question: Question) -> Step:
    """Refuse when ``max_open_trades`` signals have a leg alive on this account.

    Reason: ``max_open_trades``. Waiting orders count, and so does what is on its way.
    """
    seen = sum(alive(record) for record in question.context.records)
    limit = question.strategy.filters.max_open_trades
    return compared(
        "max_open_trades",
        "max_open_trades",
        limit is None or seen < limit,
        f"{seen} {'signal is' if seen == 1 else 'signals are'} open or waiting",
        str(seen),
        "" if limit is None else str(limit),
        f"{limit} at once are allowed",
    )
