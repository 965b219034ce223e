"""Stop and targets as prices, and whether the market still leaves room for them."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from signalos.domain.decision import DecisionContext, Step, SymbolData
from signalos.domain.market import SymbolSpec, Tick
from signalos.domain.money import ZERO, round_to_step
from signalos.domain.signal import Open, OrderKind
from signalos.domain.strategy import Strategy
from signalos.domain.symbols import pip_size
from signalos.engine.entries.pricing import Way
from signalos.engine.figures import plain
from signalos.engine.figures import price as shown
from signalos.engine.question import Target
from signalos.engine.steps import noted, passed, refused


def pip_of(action: Open, context: DecisionContext) -> Decimal | None:
    """A pip of the action's symbol as its channel counts, else as the house table has it."""
    return context.pip_sizes.get(action.symbol) or pip_size(action.symbol)


def place_stop(
    action: Open, way: Way, data: SymbolData, pip: Decimal | None
) -> tuple[Decimal | None, Step]:
    """The stop's price, and the check that it lies on the loss side with the room the broker asks.

    A stop in pips (of ``pip`` each) counts from the expected fill. Reasons: ``pip_size_unknown``, ``sl_wrong_side``
    (of the stated or waiting price), ``stop_crossed`` (the market has passed it), ``stop_too_close``.
    """
    spec, sign = data.spec, action.side.sign
    stop = action.stop_loss
    if stop is None and action.stop_loss_pips is not None:
        if pip is None:
            return None, _no_pip("stop_side", action)
        stop = way.price - sign * action.stop_loss_pips * pip
    if stop is None:
        return None, noted("stop_side", "no stop is given")
    stop = round_to_step(stop, spec.tick_size)
    if stop <= ZERO:
        return None, refused("stop_side", "price_outlier", f"the stop would be at {shown(stop, spec)}")
    if action.entry and action.stop_loss is not None:
        first = min(action.entry, key=lambda p: p * sign)
        if (first - stop) * sign <= ZERO:
            text = (
                f"stop {shown(stop, spec)} is not on the loss side of {action.side} at {shown(first, spec)}"
            )
            return stop, refused("stop_side", "sl_wrong_side", text, shown(stop, spec), shown(first, spec))
    base, name = _measured_from(action, way, data.tick)
    room = (base - stop) * sign
    seen, limit = shown(room, spec), shown(spec.stops_distance, spec)
    text = f"stop {shown(stop, spec)} is {seen} from {name} {shown(base, spec)}"
    if action.stop_loss is None:
        text += _counted(action.stop_loss_pips, pip)
    if room <= ZERO:
        return stop, refused("stop_side", "stop_crossed", f"{text}: the market has passed it", seen, "0")
    if room < spec.stops_distance:
        text = f"{text}; the broker asks for at least {limit}"
        return stop, refused("stop_side", "stop_too_close", text, seen, limit)
    return stop, passed("stop_side", text, seen, limit)


def place_targets(
    action: Open,
    way: Way,
    data: SymbolData,
    strategy: Strategy,
    pip: Decimal | None,
    *,
    per_signal: bool,
) -> tuple[tuple[Target, ...], Step]:
    """The legs' targets nearest first, those that cannot be traded marked with a reason.

    Dropped are targets that the market has reached (``target_passed``), that are nearer than the
    broker accepts (``target_too_close``) and those beyond the strategy's ``max_targets``. If every
    target has been reached, the signal has run without us: refused. ``open_target`` adds a leg
    without take profit. With ``per_signal`` one leg takes the farthest target, or none if open.
    """
    spec = data.spec
    prices = _target_prices(action, way, spec, pip)
    if prices is None:
        return (), _no_pip("targets", action)
    marked = [_checked(number, p, action, way, data) for number, p in enumerate(prices, start=1)]
    if marked and all(target.reason for target in marked):
        text = f"every target is behind or too near: {'; '.join(t.text for t in marked)}"
        return tuple(marked), refused("targets", marked[-1].reason, text)
    if action.open_target or not marked:
        marked.append(Target(len(marked) + 1, None))
    if per_signal:
        live = [target for target in marked if not target.reason]
        marked = [replace(live[-1], number=1)]
    else:
        marked = _at_most(marked, strategy.max_targets)
    counted = "" if action.take_profits else _counted(action.take_profit_pips, pip)
    return tuple(marked), _tell(marked, spec, counted)


def _target_prices(action: Open, way: Way, spec: SymbolSpec, pip: Decimal | None) -> list[Decimal] | None:
    sign = action.side.sign
    wanted = list(action.take_profits)
    if not wanted and action.take_profit_pips:
        if pip is None:
            return None
        wanted = [way.price + sign * pips * pip for pips in action.take_profit_pips]
    return sorted({round_to_step(p, spec.tick_size) for p in wanted}, key=lambda p: p * sign)


def _checked(number: int, target: Decimal, action: Open, way: Way, data: SymbolData) -> Target:
    spec = data.spec
    base, name = _measured_from(action, way, data.tick)
    room = (target - base) * action.side.sign
    if room <= ZERO or target <= ZERO:
        text = f"target {shown(target, spec)} is already reached by {name} {shown(base, spec)}"
        return Target(number, target, "target_passed", text)
    if room < spec.stops_distance:
        least = shown(spec.stops_distance, spec)
        text = (
            f"target {shown(target, spec)} is {shown(room, spec)} from {name}; the broker asks for {least}"
        )
        return Target(number, target, "target_too_close", text)
    return Target(number, target)


def _at_most(targets: list[Target], most: int) -> list[Target]:
    kept = 0
    result = []
    for target in targets:
        kept += not target.reason
        if not target.reason and kept > most:
            text = f"the strategy trades at most {most} targets"
            result.append(replace(target, reason="max_targets", text=text))
        else:
            result.append(target)
    return result


def _measured_from(action: Open, way: Way, tick: Tick) -> tuple[Decimal, str]:
    """A waiting order's levels count from its own price, a market order's from where it would exit."""
    if way.order is OrderKind.MARKET:
        return tick.exit_price(action.side), "the market at"
    return way.price, "the order at"


def _counted(distances: Decimal | tuple[Decimal, ...] | None, pip: Decimal | None) -> str:
    """``, counted as 35 pips of 0.1``; "" where no level is given in pips."""
    if not distances or pip is None:
        return ""
    pips = distances if isinstance(distances, tuple) else (distances,)
    return f", counted as {', '.join(plain(p) for p in pips)} pips of {plain(pip)}"


def _tell(targets: list[Target], spec: SymbolSpec, counted: str) -> Step:
    live = [t for t in targets if not t.reason]
    gone = [t.text for t in targets if t.reason]
    names = ", ".join("open" if t.price is None else shown(t.price, spec) for t in live)
    text = (
        f"targets: {names}{counted}"
        if any(t.price is not None for t in live)
        else "no target: one leg without take profit"
    )
    tell = noted if gone else passed
    return tell("targets", "; ".join((text, *gone)), plain(Decimal(len(live))))


def _no_pip(rule: str, action: Open) -> Step:
    text = (
        f"levels of {action.symbol} are given in pips, but no pip size is known for it; "
        "give prices, or set one for the channel"
    )
    return refused(rule, "pip_size_unknown", text)
