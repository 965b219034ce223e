"""An opening is decided after one look at the terminal, where the broker can look at both."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.base import Snapshot
from signalos.domain.errors import Refused
from signalos.domain.market import Tick
from signalos.domain.signal import Open, Side
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.rig import START, Rig

D = Decimal


@dataclass
class Together(FakeBroker):
    """Reads both at once, and counts the quotes that are asked for alone."""

    alone: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    expected: list[str | None] = field(default_factory=list)

    def look_ahead(self, canonical: str | None = None) -> None:
        self.expected.append(canonical)

    async def tick(self, canonical: str) -> Tick:
        self.alone.append(canonical)
        return await super().tick(canonical)

    async def snapshot_with(self, canonical: str) -> tuple[Snapshot, Tick]:
        if canonical != "EURUSD":
            raise Refused(0, f"{canonical} is unknown here")
        self.both.append(canonical)
        return await self.snapshot(), await super().tick(canonical)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = VirtualClock(START)
    made = Rig(tmp_path, clock=clock, broker=Together(clock))
    await made.start()
    yield made
    await made.crash()


def _open(symbol: str) -> Open:
    return Open(symbol=symbol, side=Side.BUY, stop_loss=D("1.09"), take_profits=(D("1.12"),))


async def test_an_opening_asks_once(rig: Rig) -> None:
    assert isinstance(rig.broker, Together)
    rig.say(1, "buy", _open("EURUSD"))
    await rig.run(0.5)
    assert [line["state"] for line in rig.lines()] == ["executed"]
    assert (rig.broker.both, rig.broker.alone) == (["EURUSD"], [])
    assert rig.broker.expected == [None, "EURUSD"]  # while the message was read, and journalled


async def test_a_symbol_that_the_broker_lacks_is_refused_as_ever(rig: Rig) -> None:
    rig.say(1, "buy", _open("XAUUSD"))
    await rig.run(0.5)
    assert [line["reason"] for line in rig.lines()] == ["unknown_symbol"]
