"""How large each leg is: all legs together never risk more than the budget.

Volumes are counted in whole volume steps (integers), so that no rounding can add risk. Source of the
formula: loss of one lot at the stop = ``loss_per_lot`` x distance, as the terminal itself computes
the profit of one lot between two prices (``order_calc_profit``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_UP, Decimal, localcontext

from signalos.domain.decision import Step
from signalos.domain.market import SymbolSpec
from signalos.domain.money import ZERO
from signalos.domain.strategy import Strategy
from signalos.engine.figures import money, plain
from signalos.engine.figures import price as shown
from signalos.engine.question import PricedEntry, Target
from signalos.engine.steps import noted, passed, refused

DIGITS = 60
"""Working precision: products of prices, volumes and money stay exact, whatever a broker invents."""


@dataclass(frozen=True, slots=True)
class Sized:
    """A target with its leg's volume; ``target.reason`` says why a leg has none."""

    target: Target
    volume: Decimal = ZERO
    risk: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Sizing:
    """All legs in order, the budget, and the sum of what they risk (None without a stop)."""

    legs: tuple[Sized, ...]
    step: Step
    budget: Decimal | None = None
    risk: Decimal | None = None


@dataclass(frozen=True, slots=True)
class _Units:
    """Volume limits in whole steps."""

    step: Decimal
    least: int
    most: int

    def lots(self, count: int) -> Decimal:
        return count * self.step


def size(
    entry: PricedEntry, spec: SymbolSpec, strategy: Strategy, equity: Decimal, currency: str
) -> Sizing:
    """Split the budget over the legs of ``entry``.

    With a stop: budget = equity x risk %; every traded target gets the same volume, floored to the
    step. If not all can have the smallest lot, the nearest that fit are kept and the others marked
    ``below_min_lot``. Without a stop: the strategy's fixed lots are split in the same way. Refuses
    with ``min_lot_over_budget``, ``below_min_lot`` (fixed lots), ``missing_stop`` or ``volume_limits``.
    """
    with localcontext() as exact:
        exact.prec = DIGITS
        units = _units(spec)
        if units.most < units.least:
            text = f"no volume of step {plain(spec.volume_step)} lies between {_limits(spec)}"
            return Sizing((), refused("sizing", "volume_limits", text))
        if entry.stop is None:
            return _fixed(entry, units, strategy.allow_missing_stop_fixed_lots)
        return _by_risk(entry, entry.stop, spec, units, strategy.risk_percentage, equity, currency)


def _units(spec: SymbolSpec) -> _Units:
    least = int((spec.volume_min / spec.volume_step).to_integral_value(ROUND_CEILING))
    most = int((spec.volume_max / spec.volume_step).to_integral_value(ROUND_FLOOR))
    return _Units(spec.volume_step, max(1, least), most)


def _by_risk(
    entry: PricedEntry,
    stop: Decimal,
    spec: SymbolSpec,
    units: _Units,
    risk_percentage: Decimal,
    equity: Decimal,
    currency: str,
) -> Sizing:
    budget = max(ZERO, equity * risk_percentage / 100)
    distance = abs(entry.sizing_price - stop)
    per_lot = spec.loss_per_lot * distance
    per_unit = per_lot * units.step
    head = (
        f"{plain(risk_percentage)} % of {money(equity, currency)} is {money(budget, currency)}; "
        f"a lot loses {money(per_lot, currency)} over the {shown(distance, spec)} to the stop"
    )
    if per_unit <= ZERO:
        return Sizing(
            (), refused("sizing", "loss_unknown", "the loss at the stop cannot be computed"), budget
        )
    affordable = int((budget / per_unit).to_integral_value(ROUND_FLOOR))
    while affordable > 0 and affordable * per_unit > budget:
        affordable -= 1
    if affordable < units.least:
        cost = units.least * per_unit
        text = f"{head}; {_too_small(cost, units, equity, risk_percentage, currency)}"
        step = refused(
            "sizing", "min_lot_over_budget", text, money(cost, currency), money(budget, currency)
        )
        return Sizing((), step, budget)
    legs = _split(entry.targets, affordable, units, per_unit)
    risk = sum((leg.risk for leg in legs if leg.risk is not None), ZERO)
    text = f"{head}; {_tell(legs, affordable, units)}, planned loss {money(risk, currency)}"
    step = passed("sizing", text, money(risk, currency), money(budget, currency))
    return Sizing(legs, step, budget, risk)


def _fixed(entry: PricedEntry, units: _Units, lots: Decimal | None) -> Sizing:
    if lots is None:
        text = "without a stop no size can be computed, and the strategy names no fixed lots for that case"
        return Sizing((), refused("sizing", "missing_stop", text))
    wanted = int((lots / units.step).to_integral_value(ROUND_FLOOR))
    if wanted < units.least:
        text = f"the strategy's {plain(lots)} lots are less than the smallest lot, {plain(units.lots(units.least))}"
        return Sizing(
            (), refused("sizing", "below_min_lot", text, plain(lots), plain(units.lots(units.least)))
        )
    legs = _split(entry.targets, wanted, units, None)
    text = f"no stop, the risk is not limited: fixed {plain(lots)} lots; {_tell(legs, wanted, units)}"
    return Sizing(legs, noted("sizing", text, plain(lots)))


def _split(
    targets: tuple[Target, ...], affordable: int, units: _Units, per_unit: Decimal | None
) -> tuple[Sized, ...]:
    """Equal volumes for the nearest targets that can all have the smallest lot."""
    live = [target for target in targets if not target.reason]
    kept = min(len(live), affordable // units.least)
    each = min(affordable // kept, units.most) if kept else 0
    text = (
        f"the budget bears {kept} of {len(live)} legs of the smallest lot, {plain(units.lots(units.least))}"
    )
    traded = {target.number for target in live[:kept]}
    legs = []
    for target in targets:
        if target.reason:
            legs.append(Sized(target))
        elif target.number in traded:
            legs.append(Sized(target, units.lots(each), None if per_unit is None else each * per_unit))
        else:
            legs.append(Sized(replace(target, reason="below_min_lot", text=text)))
    return tuple(legs)


def _tell(legs: tuple[Sized, ...], affordable: int, units: _Units) -> str:
    traded = [leg for leg in legs if not leg.target.reason]
    each = traded[0].volume if traded else ZERO
    text = f"{plain(units.lots(affordable))} lots fit, {len(traded)} x {plain(each)} lots"
    if traded and each == units.lots(units.most) and affordable > units.most * len(traded):
        text += f" (the broker's largest order is {plain(each)})"
    short = sum(leg.target.reason == "below_min_lot" for leg in legs)
    return f"{text}, {short} farther legs left out" if short else text


def _too_small(
    cost: Decimal, units: _Units, equity: Decimal, risk_percentage: Decimal, currency: str
) -> str:
    """What would have to differ for one smallest lot to fit."""
    smallest = f"the smallest lot, {plain(units.lots(units.least))}, loses {money(cost, currency)}"
    needed = cost * 100 / risk_percentage
    text = (
        f"{smallest}: this needs an equity of {money(needed.quantize(Decimal('0.01'), ROUND_UP), currency)}"
    )
    if equity <= ZERO:
        return text
    share = (cost * 100 / equity).quantize(Decimal("0.01"), ROUND_UP)
    return f"{text} or a risk of {plain(share)} %"


def _limits(spec: SymbolSpec) -> str:
    return f"{plain(spec.volume_min)} and {plain(spec.volume_max)} lots"
