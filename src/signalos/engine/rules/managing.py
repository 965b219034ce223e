"""All rules of trade management, evaluated with every snapshot."""

from __future__ import annotations

from signalos.domain.decision import PlannedStep, SignalRecord
from signalos.domain.market import SymbolSpec, Tick
from signalos.domain.strategy import Strategy
from signalos.engine.rules.break_even import break_even_after_target


def manage(
    record: SignalRecord, hit_targets: int, tick: Tick, spec: SymbolSpec, strategy: Strategy
) -> tuple[PlannedStep, ...]:
    """What the strategy's rules change in a live signal now, () for nothing.

    ``tick`` and ``spec`` are those of one symbol: legs of another are left alone. Runs in every
    halt, since it only closes or tightens. Steps carry the rule's name as kind and the leg's number.
    """
    return break_even_after_target(record, hit_targets, tick, spec, strategy)
