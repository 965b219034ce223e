"""Nothing new while trading is stopped or paused."""

from __future__ import annotations

from signalos.domain.decision import HALTED, Step
from signalos.engine.question import Question
from signalos.engine.steps import passed, refused


def check(question: Question) -> Step:
    """Refuse new exposure while a stop is latched, trading is paused, or the channel is switched off.

    Reason: ``stopped``, ``paused`` or ``channel_off``. What was refused is never traded later.
    """
    halted = question.context.halted
    if not halted:
        return passed("halted", "trading is on", "on")
    until = "it is switched on" if halted == "channel_off" else "it is resumed"
    text = f"{HALTED[halted]}: new trades are refused until {until}; closing still works"
    return refused("halted", halted, text, halted)
