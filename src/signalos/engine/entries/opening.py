"""Deciding on an opening action: every filter is asked, then levels and size; the first refusal counts."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from signalos.domain.decision import (
    Conversion,
    Decision,
    DecisionContext,
    PlannedStep,
    Step,
    SymbolData,
    Verdict,
)
from signalos.domain.market import MarginMode
from signalos.domain.money import ZERO
from signalos.domain.order import OpenLeg
from signalos.domain.signal import Open, OrderKind
from signalos.domain.strategy import Strategy
from signalos.engine.entries.ceilings import sized_spec, within
from signalos.engine.entries.conversion import convert
from signalos.engine.entries.levels import pip_of, place_stop, place_targets
from signalos.engine.entries.pricing import choose_way
from signalos.engine.entries.sizing import Sized, Sizing, size
from signalos.engine.figures import plain
from signalos.engine.figures import price as shown
from signalos.engine.filters import FILTERS
from signalos.engine.question import PricedEntry, Question, unusable
from signalos.engine.steps import noted


def decide_opening(action: Open, context: DecisionContext, strategy: Strategy) -> Decision:
    """Plan the legs of ``action``, or refuse with the first refusing step's reason.

    All filters are evaluated and recorded even after one has refused, so that the user sees
    everything that would have to differ.
    """
    data = context.symbols.get(action.symbol)
    entry, conversions, stages = price_entry(action, context, strategy, data)
    question = Question(action, context, strategy, data, entry)
    rules = [rule for rule in FILTERS if "open" in rule.applies_to]
    steps = [noted("profile", f"this channel's profile: {context.profile}")] if context.profile else []
    steps += [rule.check(question) for rule in rules if not rule.measures]
    steps += stages
    steps += [rule.check(question) for rule in rules if rule.measures]
    sizing = _size(question)
    if sizing is not None:
        steps.append(sizing.step)
    bound = within(question, sizing)
    if bound is not None:
        steps.append(bound)
    refusal = next((step for step in steps if step.verdict is Verdict.REFUSE), None)
    budget = sizing.budget if sizing else None
    if refusal is not None or data is None or entry is None or sizing is None:
        reason = refusal.reason if refusal else "not_priced"
        return Decision(
            Verdict.REFUSE, reason, tuple(steps), order=entry.order if entry else None, budget=budget
        )
    plan = tuple(_leg(question, data, entry, leg) for leg in sizing.legs)
    return Decision(Verdict.PASS, "", tuple(steps), plan, entry.order, sizing.risk, budget, conversions)


def price_entry(
    action: Open, context: DecisionContext, strategy: Strategy, data: SymbolData | None
) -> tuple[PricedEntry | None, tuple[Conversion, ...], list[Step]]:
    """How ``action`` would enter now, which targets were moved, and the stages that led there."""
    if data is None or unusable(data):
        return None, (), []
    way, step = choose_way(action, data)
    if way is None:
        return None, (), [step]
    pip = pip_of(action, context)
    stop, stop_step = place_stop(action, way, data, pip)
    netting = context.account is not None and context.account.margin_mode is not MarginMode.HEDGING
    targets, targets_step = place_targets(
        action, way, data, strategy, pip, per_signal=netting or strategy.legs == "per_signal"
    )
    targets, conversions, moved = convert(targets, stop, way, action.side, data.spec, strategy)
    entry = PricedEntry(way.order, way.price, way.sizing_price, way.stated, way.distance, stop, targets)
    stages = [step, stop_step, targets_step]
    return entry, conversions, stages if moved is None else [*stages, moved]


def _size(question: Question) -> Sizing | None:
    """The sizing where it can be computed: with an entry, a known equity and a stop on its right side."""
    entry, data, account = question.entry, question.data, question.context.account
    if entry is None or data is None or account is None or not entry.live_targets:
        return None
    if entry.stop is not None and (entry.price - entry.stop) * question.action.side.sign <= ZERO:
        return None
    spec = sized_spec(data.spec, question.context.ceilings)
    return size(entry, spec, question.strategy, account.equity, account.currency)


def _leg(question: Question, data: SymbolData, entry: PricedEntry, leg: Sized) -> PlannedStep:
    target, spec, action = leg.target, data.spec, question.action
    if target.reason:
        return PlannedStep(target.number, "open", None, target.reason, target.text)
    strategy = question.strategy
    waits = entry.order is not OrderKind.MARKET
    request = OpenLeg(
        symbol=action.symbol,
        side=action.side,
        volume=leg.volume,
        kind=entry.order,
        price=entry.price if waits else None,
        stop_loss=entry.stop,
        take_profit=target.price,
        expires_at=question.context.now + timedelta(seconds=strategy.pending_expiry) if waits else None,
        max_slippage_points=strategy.max_slippage_points,
        worst_price=None if waits else _worst(entry.price, action, data, strategy),
    )
    aim = "no target" if target.price is None else f"target {shown(target.price, spec)}"
    text = f"{action.side} {plain(leg.volume)} lots {entry.order} at {shown(entry.price, spec)}, {aim}"
    return PlannedStep(target.number, "open", request, "", text, leg.risk)


def _worst(quote: Decimal, action: Open, data: SymbolData, strategy: Strategy) -> Decimal:
    slipped = quote + action.side.sign * strategy.max_slippage_points * data.spec.point
    return max(slipped, data.spec.point)
