"""The signal is young enough."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.figures import seconds
from signalos.engine.question import Question
from signalos.engine.steps import compared


def check(question: Question) -> Step:
    """Refuse a signal whose original post is older than ``max_signal_age`` seconds (``too_old``).

    An edit does not make a signal younger: its age counts from the first post.
    """
    age = (question.context.now - question.context.posted_at).total_seconds()
    limit = question.strategy.filters.max_signal_age
    bound = "" if limit is None else f"at most {seconds(limit)} are allowed"
    return compared(
        "signal_age",
        "too_old",
        limit is None or age <= limit,
        f"posted {seconds(max(0.0, age))} ago",
        f"{age:.1f}",
        "" if limit is None else f"{limit:g}",
        bound,
    )
