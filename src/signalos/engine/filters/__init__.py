"""The filters of an entry: one rule a file, asked in this order, each answering one step.

The first that refuses names the decision's reason; the others are asked and recorded all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType

from signalos.domain.decision import Step
from signalos.domain.strategy_fields import FIELDS, Field
from signalos.engine.filters import (
    account,
    confirm_by_hand,
    conflict,
    duplicate,
    entry_distance,
    halted,
    max_daily_trades,
    max_open_trades,
    min_risk_reward,
    missing_stop,
    netting_shared,
    once,
    quote,
    signal_age,
    spread,
    symbol,
)
from signalos.engine.question import Question


@dataclass(frozen=True, slots=True)
class Filter:
    """A registered filter.

    ``parameter`` is the strategy's field that sets its limit or switch, None for a filter that is
    always on. ``measures``: it compares the priced entry, so it is asked after levels are placed.
    ``applies_to`` are action names. ``description`` is what it refuses, and with which reason.
    """

    name: str
    check: Callable[[Question], Step]
    description: str
    parameter: Field | None
    measures: bool = False
    applies_to: tuple[str, ...] = ("open",)


def _registered(module: ModuleType, *, measures: bool = False) -> Filter:
    name = module.__name__.rpartition(".")[2]
    parameter = next((field for field in FIELDS if field.filter == name), None)
    return Filter(name, module.check, module.check.__doc__ or "", parameter, measures)


FILTERS: tuple[Filter, ...] = (
    _registered(halted),
    _registered(once),
    _registered(account),
    _registered(symbol),
    _registered(signal_age),
    _registered(quote),
    _registered(missing_stop),
    _registered(max_daily_trades),
    _registered(max_open_trades),
    _registered(netting_shared),
    _registered(duplicate),
    _registered(conflict),
    _registered(spread, measures=True),
    _registered(entry_distance, measures=True),
    _registered(min_risk_reward, measures=True),
    # Last, so that a signal waits for a yes only where nothing else speaks against it.
    _registered(confirm_by_hand, measures=True),
)
"""All filters in the order in which they are asked."""
