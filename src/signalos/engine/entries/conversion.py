"""Targets that are worth too little for the risk are moved out to what the strategy asks for."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from signalos.domain.decision import Conversion, Step
from signalos.domain.market import SymbolSpec
from signalos.domain.money import ZERO, ceil_to_step, floor_to_step
from signalos.domain.signal import Side
from signalos.domain.strategy import Strategy
from signalos.engine.entries.pricing import Way
from signalos.engine.figures import places, plain
from signalos.engine.figures import price as shown
from signalos.engine.question import Target
from signalos.engine.steps import noted


def convert(
    targets: tuple[Target, ...],
    stop: Decimal | None,
    way: Way,
    side: Side,
    spec: SymbolSpec,
    strategy: Strategy,
) -> tuple[tuple[Target, ...], tuple[Conversion, ...], Step | None]:
    """Move every traded target whose reward is below ``min_risk_reward`` out to exactly that.

    Prices are rounded to the tick away from the entry; stops never move. Nothing is done unless the
    strategy says ``convert_risk_reward``. Reward and risk are distances from the expected fill.
    """
    limit = strategy.filters.min_risk_reward
    risk = None if stop is None else abs(way.price - stop)
    if not strategy.convert_risk_reward or limit is None or not risk:
        return targets, (), None
    away = way.price + side.sign * limit * risk
    least = (ceil_to_step if side is Side.BUY else floor_to_step)(away, spec.tick_size)
    moved: list[Target] = []
    done: list[Conversion] = []
    for target in targets:
        short = target.price is not None and (least - target.price) * side.sign > ZERO
        if target.reason or not short or target.price is None or least <= ZERO:
            moved.append(target)
            continue
        moved.append(replace(target, price=least))
        before, after = abs(target.price - way.price) / risk, abs(least - way.price) / risk
        done.append(Conversion(target.number, target.price, least, before, after))
    if not done:
        return targets, (), None
    told = "; ".join(
        f"target {c.number} from {shown(c.before, spec)} ({places(c.ratio_before, 2)} times the risk) to"
        f" {shown(c.after, spec)} ({places(c.ratio_after, 2)})"
        for c in done
    )
    text = f"moved out, since at least {plain(limit)} times the risk is asked for: {told}"
    step = noted("convert_risk_reward", text, places(done[0].ratio_before, 4), plain(limit))
    return tuple(moved), tuple(done), step
