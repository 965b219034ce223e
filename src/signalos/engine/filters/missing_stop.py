"""A stop protects the trade from its first moment."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question
from signalos.engine.steps import noted, passed, refused


def check(question: Question) -> Step:
    """Refuse a signal without a stop loss while ``require_stop`` is on (``missing_stop``).

    Switched off, such a signal trades the strategy's ``allow_missing_stop_fixed_lots``.
    """
    action = question.action
    if action.stop_loss is not None or action.stop_loss_pips is not None:
        return passed("missing_stop", "the signal names a stop", "given")
    if not question.strategy.filters.require_stop:
        return noted("missing_stop", "the signal names no stop; this filter is off", "none", "off")
    text = "the signal names no stop, so its risk is unlimited; the strategy asks for one"
    return refused("missing_stop", "missing_stop", text, "none", "required")
