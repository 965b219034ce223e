"""What ended while the app was down is followed with few readings, however much it is."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.base import Found
from signalos.domain.market import Deal
from signalos.domain.signal import Open, OrderKind, Side
from signalos.domain.strategy_document import strategy_from_document
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.quiet import QUIET
from tests.support.rig import START, Rig

D = Decimal
MANY = 12


@dataclass
class Many(FakeBroker):
    """Answers for many at once, and counts what it is asked."""

    asked: Counter[str] = field(default_factory=Counter)

    async def find(self, tag: str, magic: int) -> Found:
        self.asked["find"] += 1
        return await super().find(tag, magic)

    async def deals(self, position: str) -> list[Deal]:
        self.asked["deals"] += 1
        return await super().deals(position)

    async def find_all(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, Found]:
        self.asked["find_all"] += 1
        return {tag: await super(Many, self).find(tag, magic) for tag, magic in wanted}

    async def deals_of(self, positions: Sequence[str], since: datetime) -> Mapping[str, Sequence[Deal]]:
        self.asked["deals_of"] += 1
        found = {position: await super(Many, self).deals(position) for position in positions}
        return {position: [d for d in deals if d.at >= since] for position, deals in found.items()}

    async def untagged_entries(self, since: datetime) -> Sequence[Deal]:
        raise AssertionError("nothing is looked for here that could have lost its tag")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = VirtualClock(START)
    made = Rig(tmp_path, clock=clock, broker=Many(clock), strategy=strategy_from_document(QUIET))
    await made.start()
    yield made
    await made.crash()


def _signal(number: int, order: OrderKind = OrderKind.MARKET) -> Open:
    away = D(number) / 10_000
    return Open(
        symbol="EURUSD",
        side=Side.BUY,
        order=order,
        entry=() if order is OrderKind.MARKET else (D("1.09") - away,),
        stop_loss=D("1.07") - away,
        take_profits=(D("1.13") + away,),
    )


async def _filled(rig: Rig, order: OrderKind) -> None:
    for number in range(1, MANY + 1):
        rig.say(number, f"signal {number}", _signal(number, order))
        await rig.run(0.2)
    assert len(rig.journal.legs.alive("t1")) == MANY, rig.lines()


async def test_closed_positions_are_told_from_one_reading(rig: Rig) -> None:
    assert isinstance(rig.broker, Many)
    await _filled(rig, OrderKind.MARKET)
    await rig.crash()
    for position in list(rig.broker.book.values()):
        rig.broker._close(position, position.volume, rig.broker.bid, "stop_loss")
    rig.broker.asked.clear()
    rig._open()
    await rig.start()
    await rig.run(0.5)
    assert rig.broker.asked == {"deals_of": 1}
    legs = [rig.journal.legs.of_message("t1", "-1001", number) for number in range(1, MANY + 1)]
    assert {leg.state for found in legs for leg in found} == {"closed"}
    assert {leg.trade.reason for found in legs for leg in found} == {"stop_loss"}


async def test_deleted_orders_are_told_from_two_readings(rig: Rig) -> None:
    assert isinstance(rig.broker, Many)
    await _filled(rig, OrderKind.LIMIT)
    await rig.crash()
    rig.broker.waiting.clear()
    rig.broker.asked.clear()
    rig._open()
    await rig.start()
    await rig.run(0.5)
    assert rig.broker.asked == {"find_all": 1, "deals_of": 1}
    assert rig.journal.legs.alive("t1") == []
