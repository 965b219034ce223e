"""Closing all or a part of what an update is about, and calling a signal off."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from signalos.domain.decision import DecisionContext, SignalLeg, SignalRecord, Step
from signalos.domain.market import Position, SymbolSpec
from signalos.domain.order import ClosePosition
from signalos.domain.strategy import Strategy
from signalos.engine.figures import percent, plain
from signalos.engine.steps import noted, passed
from signalos.engine.updates.plan import Plan
from signalos.engine.updates.scope import Found


def close_everything(plan: Plan, found: Found) -> list[Step]:
    """Close every position of the scope and delete its waiting orders."""
    for leg, position in found.positions():
        plan.cancel_rest(leg)
        text = f"close {plain(position.volume)} lots of {position.symbol}, leg {leg.leg}"
        plan.send(ClosePosition(identifier=position.identifier), position.identifier, text)
    plan.cancel_orders(found)
    plan.record_unsettled(found)
    return []


def close_part(
    plan: Plan, found: Found, fraction: Decimal | None, context: DecisionContext, strategy: Strategy
) -> list[Step]:
    """Close ``fraction`` of each signal's open volume; None takes the strategy's unstated fraction.

    Waiting orders stay. Positions that keep a part keep at least the smallest lot.
    """
    share = strategy.management.close_unstated_fraction if fraction is None else fraction
    if share >= 1:
        return close_everything(plan, found)
    stated = "unstated, the strategy says " if fraction is None else ""
    steps = [passed("fraction", f"part to close: {stated}{percent(share)}", plain(share))]
    for record in found.records:
        steps += _close_part_of(plan, record, share, context)
    plan.record_unsettled(found)
    if not any(found.positions()):
        for leg, order in found.orders():
            plan.record(
                "not_filled", f"leg {leg.leg} still waits: no part of it can be closed", order.ticket
            )
    return steps


def cancel(plan: Plan, found: Found, context: DecisionContext) -> list[Step]:
    """Delete waiting orders; what has been filled is closed, since the signal is called off.

    An edit that withdraws its own order leaves a filled position alone (``already_filled``): it
    changed a price that no longer matters, and an edit never closes what the market has taken.
    """
    plan.cancel_orders(found)
    edited = [r for r in found.records if context.is_edit and r.message_id == context.message_id]
    for leg, position in found.positions():
        text = f"leg {leg.leg} of message {leg.message_id} was filled at {plain(position.entry_price)}"
        if any(leg.message_id == record.message_id for record in edited):
            plan.record("already_filled", f"{text}; the edit does not touch it", position.identifier)
        else:
            plan.cancel_rest(leg)
            request = ClosePosition(identifier=position.identifier)
            plan.send(request, position.identifier, f"{text}: called off, closed")
    plan.record_unsettled(found)
    return []


def _close_part_of(
    plan: Plan, record: SignalRecord, share: Decimal, context: DecisionContext
) -> list[Step]:
    held = [(leg, leg.position) for leg in nearest_first(record) if leg.position is not None]
    if not held:
        return []
    data = context.symbols.get(record.action.symbol)
    if data is None:
        for _, position in held:
            text = f"the volume step of {record.action.symbol} is not known"
            plan.record("unknown_symbol", text, position.identifier)
        return []
    spec = data.spec
    parts, left = split_close([position.volume for _, position in held], share, spec)
    total = sum((position.volume for _, position in held), Decimal(0))
    closed = sum(parts, Decimal(0))
    for (leg, position), part in zip(held, parts, strict=True):
        if part:
            _send_part(plan, leg, position, part)
    text = (
        f"{percent(share)} of {plain(total)} lots is {plain(total * share)}; {plain(closed)} can be closed"
    )
    if left or not closed:
        why = f"{text}: the smallest lot is {plain(spec.volume_min)}, the step {plain(spec.volume_step)}"
        plan.record("below_min_lot", why, held[0][1].identifier)
    return [noted("close_volume", text, plain(closed), plain(total * share))]


def _send_part(plan: Plan, leg: SignalLeg, position: Position, part: Decimal) -> None:
    remaining = position.volume - part
    request = ClosePosition(
        identifier=position.identifier,
        volume=part if remaining else None,
        remaining=remaining,
    )
    text = f"close {plain(part)} of {plain(position.volume)} lots of {position.symbol}, leg {leg.leg}"
    plan.send(request, position.identifier, text)


def nearest_first(record: SignalRecord) -> list[SignalLeg]:
    """The record's legs by nearness of their target; those without a target last."""

    def nearness(leg: SignalLeg) -> tuple[bool, Decimal, int]:
        target = leg.target
        if target is None and leg.position is not None:
            target = leg.position.take_profit
        if target is None:
            return True, Decimal(0), leg.leg
        return False, target * leg.side.sign, leg.leg

    return sorted(record.legs, key=nearness)


def split_close(volumes: list[Decimal], share: Decimal, spec: SymbolSpec) -> tuple[list[Decimal], Decimal]:
    """Volume to close of each position (nearest target first), and what whole steps are left over.

    ``share`` of each position floored to the step; what rounding left of the whole, also floored to
    the step, then goes step by step from the first position on. What a position keeps is nothing or
    at least the smallest lot, and so is what is closed of it.
    """
    step = spec.volume_step
    least = max(1, int((spec.volume_min / step).to_integral_value(ROUND_CEILING)))
    whole = [int((volume / step).to_integral_value(ROUND_FLOOR)) for volume in volumes]
    goal = int((sum(volumes, Decimal(0)) * share / step).to_integral_value(ROUND_FLOOR))
    taken = [_possible(int(units * share), units, least) for units in whole]
    left = goal - sum(taken)
    while left > 0:
        before = left
        for place, units in enumerate(whole):
            if left > 0 and _allowed(taken[place] + 1, units, least):
                taken[place] += 1
                left -= 1
        if left == before:
            left = _jump(taken, whole, least, left)
            if left == before:
                break
    parts = [volumes[i] if taken[i] == whole[i] else taken[i] * step for i in range(len(volumes))]
    return parts, left * step


def _allowed(part: int, units: int, least: int) -> bool:
    """True when ``part`` of ``units`` may be closed: nothing, all, or with enough on both sides."""
    return part in (0, units) or least <= part <= units - least


def _possible(part: int, units: int, least: int) -> int:
    """The largest volume up to ``part`` that may be closed."""
    return next(
        p for p in (part, min(part, units - least), 0) if 0 <= p <= units and _allowed(p, units, least)
    )


def _jump(taken: list[int], whole: list[int], least: int, left: int) -> int:
    """Where single steps cannot help, close the next larger possible volume of the nearest position."""
    for place, units in enumerate(whole):
        options = [
            p
            for p in (least, units)
            if taken[place] < p <= taken[place] + left and _allowed(p, units, least)
        ]
        if options:
            grown = options[0] - taken[place]
            taken[place] += grown
            return left - grown
    return left
