"""Runs the examination: the script at the terminal, the same at the reference, and the evidence."""

from __future__ import annotations

import platform

from signalos import __version__
from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.link import TransportFactory
from signalos.brokers.mt5.selftest.evidence import Evidence, Machine, evidence_of
from signalos.brokers.mt5.selftest.recorder import Recorder
from signalos.brokers.mt5.selftest.reference import reference
from signalos.brokers.mt5.selftest.script import Script
from signalos.brokers.mt5.settings import Settings
from signalos.kit.clock import Clock


async def examine(
    factory: TransportFactory,
    clock: Clock,
    *,
    symbol: str,
    way: str,
    beside_others: bool = False,
    settings: Settings | None = None,
) -> Evidence:
    """Examine the terminal that ``factory`` leads to; ``way`` names how it is reached.

    Raises NotAllowed, with nothing sent, for an account that is no demo account, or a symbol that is in
    use. What it opened is closed when this returns; what could not be is in ``left``.
    """
    recorder = Recorder(factory, clock)
    broker = Mt5Broker("selftest", recorder, clock, settings or Settings())
    script = Script(broker, recorder, clock, symbol, beside_others=beside_others)
    try:
        await script.run()
    finally:
        await broker.stop()
    other = None
    if script.symbol_info and script.tick:
        other = await reference(clock, symbol, script.symbol_info, script.tick)
    machine = Machine(
        signalos=__version__,
        python=platform.python_version(),
        system=platform.platform(),
        way=way,
        module=str(recorder.facts.get("module", "")),
    )
    return evidence_of(script, other, recorder.facts, machine, clock.now())
