"""The quote is fresh."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.figures import seconds
from signalos.engine.question import Question
from signalos.engine.steps import noted, passed, refused

MAX_AGE = 60.0
"""Seconds without a change after which a quote says nothing about the market any more."""


def check(question: Question) -> Step:
    """Refuse to price an entry by a quote that has not moved for a minute (``stale_quote``).

    Where the broker says that the market is closed, the order is made from the last quote, waits for
    the session, and its price is compared again directly before it is sent.
    """
    if question.data is None:
        return noted("quote", "there is no quote")
    tick = question.data.tick
    age, limit = f"{tick.age:.1f}", f"{MAX_AGE:.0f}"
    if tick.session_open is False:
        return noted(
            "quote", "the market is closed; the order waits for its first tradable tick", age, limit
        )
    text = f"the quote last changed {seconds(tick.age)} ago; at most {limit} s are allowed"
    if tick.age > MAX_AGE:
        text += " (the market may be closed, or the terminal's connection lost)"
        return refused("quote", "stale_quote", text, age, limit)
    return passed("quote", text, age, limit)
