"""A broker over the fake module, without processes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from signalos.brokers.mt5 import Before, Mt5Broker, Settings, settle
from signalos.domain.order import LegKey, OpenLeg, OrderRequest, Outcome
from signalos.domain.signal import Side
from signalos.kit.clock import VirtualClock
from tests.unit.mt5.fake_module import EPOCH, FakeModule, ShiftingClock, Workers

MAGIC = 7


@dataclass
class Rig:
    module: FakeModule
    workers: Workers
    clock: ShiftingClock
    time: VirtualClock
    broker: Mt5Broker
    halted: str = ""
    asked: int = 0

    def leg(self, **changes: Any) -> OpenLeg:
        base: dict[str, Any] = {
            "symbol": "EURUSD",
            "side": Side.BUY,
            "volume": Decimal("0.10"),
            "stop_loss": Decimal("1.095"),
            "take_profit": Decimal("1.11"),
        }
        return OpenLeg(**(base | changes))

    def key(self, leg: int = 1) -> LegKey:
        return LegKey("t1", "-100", 1, 1, 1, leg)

    def tag(self, leg: int = 1) -> str:
        return self.key(leg).tag("5@Fake-Server")

    def gate(self, request: OrderRequest) -> str:
        self.asked += 1
        return self.halted

    async def do(self, request: OrderRequest, leg: int = 1) -> Outcome:
        return await self.broker.execute(
            request, key=self.key(leg), tag=self.tag(leg), magic=MAGIC, gate=self.gate
        )

    async def settle(self, request: OrderRequest, leg: int = 1, **before: Any) -> Outcome | None:
        sent_at = before.pop("sent_at", self.clock.now())
        live_quote = before.pop("live_quote", True)
        return await settle(
            self.broker,
            request,
            tag=self.tag(leg),
            magic=MAGIC,
            before=Before(sent_at, **before),
            clock=self.clock,
            grace_seconds=30,
            live_quote=live_quote,
        )

    async def opened(self, **changes: Any) -> str:
        outcome = await self.do(self.leg(**changes), leg=90)
        assert outcome.identifier is not None
        self.module.sent.clear()
        return outcome.identifier


@pytest.fixture
async def rig() -> AsyncIterator[Rig]:
    module = FakeModule()
    time = VirtualClock(datetime.fromtimestamp(EPOCH, UTC))
    workers = Workers(module, time.monotonic)
    clock = ShiftingClock(time, time.shift)
    broker = Mt5Broker("t1", workers, clock, Settings())
    await broker.start()
    yield Rig(module, workers, clock, time, broker)
    await broker.stop()
