"""The user wants to say yes first."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question
from signalos.engine.steps import noted, passed, refused


def check(question: Question) -> Step:
    """Refuse until the user has confirmed the signal by hand (``waiting_for_confirmation``).

    What the user entered or asked for once more by hand is confirmed by that.
    """
    if not question.strategy.filters.confirm_by_hand:
        return noted("confirm_by_hand", "this filter is off", limit="off")
    if question.context.by_hand:
        return passed("confirm_by_hand", "you asked for it by hand")
    return refused(
        "confirm_by_hand",
        "waiting_for_confirmation",
        "your strategy asks for your yes: confirm the signal on its page and it is decided at once",
    )
