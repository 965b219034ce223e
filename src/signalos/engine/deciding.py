"""The engine's two questions: what does a decision need to know, and what is decided."""

from __future__ import annotations

from signalos.domain.decision import Decision, DecisionContext, Requirements, SignalRecord, Verdict
from signalos.domain.signal import Action, Open, Reject
from signalos.domain.strategy import Strategy
from signalos.engine.entries.opening import decide_opening
from signalos.engine.steps import refused
from signalos.engine.updates.deciding import decide_update
from signalos.engine.updates.scope import reached

REJECTS = {
    "sl_wrong_side": "the stop is not on the loss side of the entry",
    "tp_wrong_side": "a target is not on the profit side of the entry",
    "price_outlier": "a level is implausibly far from the entry",
    "no_symbol": "the message names no symbol, and none is known from before",
    "side_conflict": "the message says buy and sell for the same levels",
    "edit_conflict": "the edit changes the side or the symbol of the signal",
}
"""What the reader's rejections mean; see the documentation of reading."""


def requirements(
    strategy: Strategy,  # noqa: ARG001 -- rules that need bars or a calendar are chosen by the strategy
    action: Action,
    records: tuple[SignalRecord, ...],
) -> Requirements:
    """Name what ``decide`` needs: canonical symbols whose contract and quote to fetch, and the rest.

    An opening needs its own symbol, the account and its positions; an update the symbols of the
    signals it may reach.
    """
    if isinstance(action, Reject):
        return Requirements(account=False, positions=False)
    if isinstance(action, Open):
        return Requirements((action.symbol,))
    symbols = dict.fromkeys(record.action.symbol for record in reached(action, records))
    return Requirements(tuple(symbols), account=False)


def decide(action: Action, context: DecisionContext, strategy: Strategy) -> Decision:
    """Decide one action on one terminal: a plan of orders, or a refusal with its reason.

    Pure: the same arguments give the same decision, so a journalled context can be re-run. Never
    raises for any well-formed context.
    """
    if isinstance(action, Reject):
        text = REJECTS.get(action.reason, action.reason)
        step = refused("reading", action.reason, f"{text}: {action.detail}" if action.detail else text)
        return Decision(Verdict.REFUSE, action.reason, (step,))
    if isinstance(action, Open):
        return decide_opening(action, context, strategy)
    return decide_update(action, context, strategy)
