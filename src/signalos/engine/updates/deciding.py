"""Deciding on an update: find what it is about, then plan each position and order."""

from __future__ import annotations

from typing import assert_never

from signalos.domain.decision import Decision, DecisionContext, Step, Verdict
from signalos.domain.signal import (
    BreakEven,
    Cancel,
    Close,
    CloseAll,
    ModifyStop,
    ModifyTargets,
    Update,
    action_name,
)
from signalos.domain.strategy import Strategy
from signalos.engine.updates.break_even import break_even
from signalos.engine.updates.close import cancel, close_everything, close_part
from signalos.engine.updates.plan import Plan
from signalos.engine.updates.scope import Found, resolve
from signalos.engine.updates.stops import modify_stop
from signalos.engine.updates.targets import modify_targets


def decide_update(action: Update, context: DecisionContext, strategy: Strategy) -> Decision:
    """Plan what ``action`` changes in this chat's live signals, or refuse with a reason.

    Entry filters are not asked: closing and tightening work at any age and while trading is halted.
    """
    found, step = resolve(action, context.chat_id, context.records)
    if found is None:
        return Decision(Verdict.REFUSE, step.reason, (step,))
    plan = Plan(action_name(action))
    steps = [step, *_planned(plan, found, action, context, strategy)]
    return plan.decision(steps)


def _planned(
    plan: Plan, found: Found, action: Update, context: DecisionContext, strategy: Strategy
) -> list[Step]:
    match action:
        case Close():
            return close_part(plan, found, action.fraction, context, strategy)
        case CloseAll():
            return close_everything(plan, found)
        case Cancel():
            return cancel(plan, found, context)
        case BreakEven():
            return break_even(plan, found, context, strategy)
        case ModifyStop():
            return modify_stop(plan, found, action.price, context, strategy)
        case ModifyTargets():
            return modify_targets(plan, found, action, context, strategy)
        case _:
            assert_never(action)
