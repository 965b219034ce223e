"""One message opens once."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question
from signalos.engine.steps import passed, refused


def check(question: Question) -> Step:
    """Refuse an edit whose signal is in the market, and a second opening of the same part.

    Reasons: ``already_filled`` (a position is open), ``already_opened`` (it waits or is on its way).
    """
    context = question.context
    own = [leg for record in context.records if question.own(record) for leg in record.legs]
    if not own or not context.is_edit:
        return passed("once", "this message has opened nothing yet")
    if any(leg.position is not None for leg in own):
        text = "the signal is in the market already; an edit changes its levels but opens no second trade"
        return refused("once", "already_filled", text)
    if any(leg.state not in ("closed", "refused") for leg in own):
        text = "the signal's order is waiting or on its way; an edit opens no second one"
        return refused("once", "already_opened", text)
    return passed("once", "nothing of this message is alive")
