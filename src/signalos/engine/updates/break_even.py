"""Moving stops to each position's own entry."""

from __future__ import annotations

from signalos.domain.decision import DecisionContext, PlannedStep, Step
from signalos.domain.market import Position, SymbolSpec, Tick
from signalos.domain.money import ZERO, ceil_to_step, floor_to_step
from signalos.domain.order import ModifyPosition
from signalos.domain.signal import Side
from signalos.domain.strategy import Strategy
from signalos.engine.figures import plain
from signalos.engine.figures import price as shown
from signalos.engine.updates.plan import Plan
from signalos.engine.updates.scope import Found

KIND = "break_even"


def break_even_step(
    number: int, position: Position, tick: Tick, spec: SymbolSpec, buffer_points: int
) -> PlannedStep:
    """Plan the stop of one position at its own entry plus buffer, rounded to the profit side.

    The stop is never widened: ``no_change`` when it is there or better. ``waiting_for_price`` when
    the market has not left the entry by more than the broker's minimum distance: try again later.
    """
    sign = position.side.sign
    wanted = position.entry_price + sign * buffer_points * spec.point
    to_profit = ceil_to_step if position.side is Side.BUY else floor_to_step
    stop = to_profit(wanted, spec.tick_size)
    name = f"{position.side} {position.symbol} {position.identifier}"
    if position.stop_loss is not None and (position.stop_loss - stop) * sign >= ZERO:
        text = f"{name}: the stop {shown(position.stop_loss, spec)} is at the entry or better already"
        return PlannedStep(number, KIND, None, "no_change", text, identifier=position.identifier)
    market = tick.exit_price(position.side)
    room = (market - stop) * sign
    if room <= ZERO or room < spec.stops_distance:
        text = (
            f"{name}: a stop at {shown(stop, spec)} needs the market beyond it by "
            f"{shown(max(spec.stops_distance, spec.tick_size), spec)}, it is at {shown(market, spec)}"
        )
        return PlannedStep(number, KIND, None, "waiting_for_price", text, identifier=position.identifier)
    request = ModifyPosition(
        identifier=position.identifier, stop_loss=stop, take_profit=position.take_profit
    )
    text = f"{name}: stop to its entry, {shown(stop, spec)}"
    return PlannedStep(number, KIND, request, "", text, identifier=position.identifier)


def break_even(plan: Plan, found: Found, context: DecisionContext, strategy: Strategy) -> list[Step]:
    """Move the stop of every position of the scope to its own entry; waiting orders have none yet."""
    break_even_positions(plan, found, context, strategy)
    for leg, order in found.orders():
        text = f"leg {leg.leg} still waits at {plain(order.price)}: it has no entry yet"
        plan.record("not_filled", text, order.ticket)
    plan.record_unsettled(found)
    return []


def break_even_positions(plan: Plan, found: Found, context: DecisionContext, strategy: Strategy) -> None:
    """Plan the stop of every position at its own entry; without a quote it is tried again later."""
    buffer = strategy.management.break_even_buffer_points
    for leg, position in found.positions():
        data = context.symbols.get(leg.symbol)
        if plan.keeps(leg, "stop", position.identifier):
            continue
        if data is None:
            text = f"the terminal does not tell the price of {leg.symbol}; tried again when it does"
            name = position.identifier
            plan.adopt(PlannedStep(leg.leg, KIND, None, "waiting_for_price", text, identifier=name))
        else:
            plan.adopt(break_even_step(leg.leg, position, data.tick, data.spec, buffer))
