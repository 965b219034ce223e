"""The user wants to say yes first."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question
from signalos.engine.steps import noted, passed, refused


def check(question: Question) -> Step:
    """Refuse until the user has confirmed the signal by hand (``waiting_for_confirmation``).

    What the user entered or asked for once more by hand is confirmed by that. What a language model read
    waits for a yes under every strategy.
    """
    model = question.context.read_by
    if model and not question.context.by_hand:
        return refused(
            "confirm_by_hand",
            "waiting_for_confirmation",
            f"the language model {model} read this, the rules could not: compare it with the message and "
            "confirm it on its page if it is right",
        )
    if model:
        return passed("confirm_by_hand", f"you confirmed what the language model {model} read")
    if not question.strategy.filters.confirm_by_hand:
        return noted("confirm_by_hand", "this filter is off", limit="off")
    if question.context.by_hand:
        return passed("confirm_by_hand", "you asked for it by hand")
    return refused(
        "confirm_by_hand",
        "waiting_for_confirmation",
        "your strategy asks for your yes: confirm the signal on its page and it is decided at once",
    )
