"""On a netting account one signal has a symbol for itself."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.domain.market import MarginMode
from signalos.engine.question import ENDED, Question
from signalos.engine.steps import passed, refused


def check(question: Question) -> Step:
    """Refuse a second trade in a symbol on an account that keeps one position a symbol.

    Reason: ``netting_shared``. There a second order would change the first trade's volume and stop.
    """
    context, data = question.context, question.data
    if context.account is None or context.account.margin_mode is MarginMode.HEDGING:
        return passed("netting_shared", "the account keeps every position apart")
    names = {question.action.symbol} | ({data.spec.name} if data else set())
    taken = [p.identifier for p in context.positions if p.symbol in names]
    taken += [o.ticket for o in context.orders if o.symbol in names]
    taken += [
        f"message {leg.message_id} on its way"
        for record in question.earlier
        for leg in record.legs
        if leg.symbol in names and leg.state not in ENDED and not (leg.position or leg.order)
    ]
    if not taken:
        return passed("netting_shared", "the symbol is free", "0")
    text = f"the account keeps one position a symbol, and {question.action.symbol} is taken by {', '.join(taken)}"
    return refused("netting_shared", "netting_shared", text, str(len(taken)), "0")
