"""The broker has the symbol and lets it be traded."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import Question, unusable
from signalos.engine.steps import passed, refused


def check(question: Question) -> Step:
    """Refuse a symbol that the terminal does not have, cannot price, or does not let trade.

    Reasons: ``unknown_symbol``, ``symbol_unusable``, ``symbol_not_tradable``.
    """
    name, data = question.action.symbol, question.data
    if data is None:
        text = f"the terminal has no symbol {name}, or several that could be meant"
        return refused("symbol", "unknown_symbol", text, name)
    wrong = unusable(data)
    if wrong:
        return refused(
            "symbol", "symbol_unusable", f"{data.spec.name} cannot be reckoned with: {wrong}", name
        )
    if not data.spec.trade_allowed:
        return refused(
            "symbol", "symbol_not_tradable", f"the broker does not let {data.spec.name} trade", name
        )
    return passed("symbol", f"{name} is {data.spec.name} at this broker", name)
