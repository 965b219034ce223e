"""The computer's clock is set while orders are under way: nothing waits for it, nothing is given up early."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from signalos.domain.order import ClosePosition, OrderRequest
from signalos.domain.signal import Close, Open, Reach, Scope, Side
from signalos.kit.clock import VirtualClock
from tests.support.rig import START, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))
CLOSE = Close(scope=Scope(Reach.ONE, target=1), fraction=D(1))
GRACE = 2.0


class SetClock(VirtualClock):
    """Its ``now`` may be set; what it counts by does not notice."""

    off_by = timedelta()

    def now(self) -> datetime:
        return super().now() + self.off_by


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, clock=SetClock(START), grace=GRACE, absence_proves=False)
    await made.start()
    yield made
    await made.crash()


def state(rig: Rig, kind: str) -> Any:
    return [line["state"] for line in rig.lines() if line["kind"] == kind]


def set_clock(rig: Rig, hours: int) -> None:
    assert isinstance(rig.clock, SetClock)
    rig.clock.off_by += timedelta(hours=hours)


async def test_a_close_is_tried_again_soon_though_the_last_try_lies_in_the_future(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.broker.faults = lambda request: "down" if isinstance(request, ClosePosition) else ""
    rig.say(2, "close", CLOSE)
    await rig.run(1)
    assert state(rig, "close") == ["pending"]
    set_clock(rig, -1)
    rig.broker.faults = lambda request: ""
    await rig.run(2)
    assert state(rig, "close") == ["executed"]
    assert not rig.broker.book


@pytest.mark.parametrize("hours", [-1, 1])
async def test_an_unknown_order_is_looked_for_as_long_as_ever(rig: Rig, hours: int) -> None:
    def lose(request: OrderRequest) -> str:
        return "lose_request"

    rig.broker.faults = lose
    rig.say(1, "buy", BUY)
    await rig.run(0.3)
    assert state(rig, "open") == ["unknown"]
    set_clock(rig, hours)
    await rig.run(GRACE / 2)
    assert state(rig, "open") == ["unknown"], "it may still arrive"
    await rig.run(GRACE)
    assert state(rig, "open") == ["not_executed"]
