"""Nothing new while trading is stopped or paused."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question
from signalos.engine.steps import passed, refused


def check(question: Question) -> Step:
    """Refuse new exposure while a stop is latched or trading is paused.

    Reason: ``stopped`` or ``paused``. What was refused is never traded later.
    """
    halted = question.context.halted
    if not halted:
        return passed("halted", "trading is on", "on")
    text = f"trading is {halted}: new trades are refused until it is resumed; closing still works"
    return refused("halted", halted, text, halted)
