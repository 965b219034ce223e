"""Giving the legs of a signal new targets."""

from __future__ import annotations

from decimal import Decimal

from signalos.domain.decision import DecisionContext, SignalLeg, SignalRecord, Step, SymbolData
from signalos.domain.money import ZERO, round_to_step
from signalos.domain.order import ModifyOrder, ModifyPosition
from signalos.domain.signal import ModifyTargets
from signalos.domain.strategy import Strategy
from signalos.engine.figures import price as shown
from signalos.engine.question import living_legs
from signalos.engine.steps import noted
from signalos.engine.updates.close import nearest_first
from signalos.engine.updates.plan import Plan
from signalos.engine.updates.scope import Found


def modify_targets(
    plan: Plan, found: Found, action: ModifyTargets, context: DecisionContext, strategy: Strategy
) -> list[Step]:
    """Reassign the targets of every signal of the scope.

    A full list, without what the market has reached, goes to the live legs nearest first: first
    target to the leg whose target is nearest, and so on. Legs beyond the list take its last target,
    since the old ones are withdrawn; targets beyond the legs are noted, no leg is opened for them.
    With one leg a signal (``per_signal``) that leg takes the last. ``index`` changes that leg alone.
    """
    steps: list[Step] = []
    for record in found.records:
        data = context.symbols.get(record.action.symbol)
        if data is None:
            text = f"the terminal does not tell the price of {record.action.symbol}"
            plan.record("unknown_symbol", text)
        elif action.index is not None:
            _one(plan, record, action.index, action.take_profits, data)
        else:
            steps += _all(plan, record, action.take_profits, data, strategy)
    plan.record_unsettled(found)
    return steps


def _one(
    plan: Plan, record: SignalRecord, index: int, prices: tuple[Decimal, ...], data: SymbolData
) -> None:
    leg = next((leg for leg in living_legs(record) if leg.leg == index), None)
    if leg is None or not prices:
        text = f"message {record.message_id} has no live leg for target {index}"
        plan.record("nothing_open", text)
        return
    _set(plan, leg, round_to_step(prices[0], data.spec.tick_size), data)


def _all(
    plan: Plan, record: SignalRecord, prices: tuple[Decimal, ...], data: SymbolData, strategy: Strategy
) -> list[Step]:
    alive = living_legs(record)
    legs = [leg for leg in nearest_first(record) if leg in alive]
    if not legs:
        return []
    sign = record.action.side.sign
    rounded = sorted({round_to_step(p, data.spec.tick_size) for p in prices}, key=lambda p: p * sign)
    ahead = [p for p in rounded if not _obstacle(legs[0], p, data)[0]]
    passed = [p for p in rounded if p not in ahead]
    steps: list[Step] = []
    if passed and ahead:
        names = ", ".join(shown(p, data.spec) for p in passed)
        steps.append(noted("targets", f"reached or too near, left out: {names}", names))
    # With nothing ahead each leg is recorded with the reason why its target cannot be set.
    usable = ahead or rounded
    if not usable:
        plan.record("no_target", f"the message names no target for message {record.message_id}")
        return steps
    if strategy.legs == "per_signal" and len(legs) == 1:
        usable = usable[-1:]
    for place, leg in enumerate(legs):
        _set(plan, leg, usable[min(place, len(usable) - 1)], data)
    if len(usable) > len(legs):
        names = ", ".join(shown(p, data.spec) for p in usable[len(legs) :])
        text = f"no leg is left for {names}: an update opens no new one"
        steps.append(noted("targets", text, names))
    return steps


def _set(plan: Plan, leg: SignalLeg, target: Decimal, data: SymbolData) -> None:
    thing = leg.position or leg.order
    if thing is None:
        return
    identifier = leg.position.identifier if leg.position is not None else thing.ticket
    if plan.keeps(leg, "target", identifier):
        return
    name = f"leg {leg.leg} of message {leg.message_id}"
    reason, why = _obstacle(leg, target, data)
    if not reason and thing.take_profit == target:
        reason, why = "no_change", f"the target is {shown(target, data.spec)} already"
    if reason:
        plan.record(reason, f"{name}: {why}", identifier)
        return
    before = "none" if thing.take_profit is None else shown(thing.take_profit, data.spec)
    request: ModifyPosition | ModifyOrder
    if leg.position is not None:
        request = ModifyPosition(identifier=identifier, stop_loss=thing.stop_loss, take_profit=target)
    else:
        price = leg.order.price if leg.order is not None else target
        request = ModifyOrder(ticket=identifier, price=price, stop_loss=thing.stop_loss, take_profit=target)
    plan.send(request, identifier, f"{name}: target {before} to {shown(target, data.spec)}")


def _obstacle(leg: SignalLeg, target: Decimal, data: SymbolData) -> tuple[str, str]:
    """Reason and words why ``target`` cannot be set, ("", "") if it can."""
    spec = data.spec
    base = leg.order.price if leg.order is not None else data.tick.exit_price(leg.side)
    room = (target - base) * leg.side.sign
    text = f"target {shown(target, spec)} with {'the order' if leg.order else 'the market'} at {shown(base, spec)}"
    if room <= ZERO or target <= ZERO:
        return "target_passed", f"{text} is reached already"
    if room < spec.stops_distance:
        return (
            "target_too_close",
            f"{text}; the broker asks for at least {shown(spec.stops_distance, spec)}",
        )
    return "", ""
