"""An order that was placed after a look at the terminal began is not given up because that look lacks it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.base import Found, Snapshot
from signalos.domain.signal import Open, OrderKind, Side
from signalos.domain.strategy_document import strategy_from_document
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.quiet import QUIET
from tests.support.rig import START, Rig

D = Decimal
SIGNALS = 8


@dataclass
class SlowWithoutTags(FakeBroker):
    """Answers a while after it looked, and puts comments of its own in the place of tags."""

    async def snapshot(self) -> Snapshot:
        seen = await super().snapshot()
        await self.clock.sleep(0.1)
        return seen

    async def find(self, tag: str, magic: int) -> Found:
        return Found(None, None, ())


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = VirtualClock(START)
    made = Rig(tmp_path, clock=clock, broker=SlowWithoutTags(clock), strategy=strategy_from_document(QUIET))
    await made.start()
    yield made
    await made.crash()


async def test_orders_placed_during_a_look_stay_ours(rig: Rig) -> None:
    for number in range(1, SIGNALS + 1):
        away = D(number) / 10_000
        rig.say(
            number,
            f"signal {number}",
            Open(
                symbol="EURUSD",
                side=Side.BUY,
                order=OrderKind.LIMIT,
                entry=(D("1.09") - away,),
                stop_loss=D("1.07") - away,
                take_profits=(D("1.13") + away,),
            ),
        )
        await rig.run(0.37)  # no multiple of the watcher's round: they meet in each way
    await rig.run(1)
    assert len(rig.broker.waiting) == SIGNALS
    assert {leg.identifier for leg in rig.journal.legs.alive("t1")} == set(rig.broker.waiting)
    assert {line["state"] for line in rig.lines()} == {"pending"}
