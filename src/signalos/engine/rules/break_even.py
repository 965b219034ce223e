"""Rule ``break_even``: stops move to entry once enough targets have been hit."""

from __future__ import annotations

from signalos.domain.decision import PlannedStep, SignalRecord
from signalos.domain.market import SymbolSpec, Tick
from signalos.domain.strategy import Strategy
from signalos.engine.updates.break_even import break_even_step


def break_even_after_target(
    record: SignalRecord, hit_targets: int, tick: Tick, spec: SymbolSpec, strategy: Strategy
) -> tuple[PlannedStep, ...]:
    """Steps that move the stops of the record's open positions to their own entries.

    ``hit_targets`` counts legs closed by take profit; the rule starts at the strategy's
    ``break_even_after_target`` (None = never). A step's number is its leg's. Nothing is planned for
    a stop that is at the entry or better, nor while the price does not allow it: asked again with
    the next snapshot, so it may be called as often as wished. A stop that the user moved is left alone.
    """
    after = strategy.management.break_even_after_target
    if after is None or hit_targets < after:
        return ()
    buffer = strategy.management.break_even_buffer_points
    steps = (
        break_even_step(leg.leg, leg.position, tick, spec, buffer)
        for leg in record.legs
        if leg.position is not None
        and "stop" not in leg.by_hand
        and leg.symbol in (spec.canonical, spec.name)
    )
    return tuple(step for step in steps if step.request is not None)
