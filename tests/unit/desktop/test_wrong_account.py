"""A terminal on another account: one alert, and nothing traded until it is back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.base import Gate, Snapshot
from signalos.domain.errors import WrongAccount
from signalos.domain.order import LegKey, OrderRequest, Outcome, OutcomeKind
from signalos.domain.signal import Open, Side
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.rig import START, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=Decimal("1.0900"), take_profits=(Decimal("1.1200"),))


class SwitchedBroker(FakeBroker):
    """Readings and sends of ``switched`` terminals are refused as those of another account."""

    switched = False
    quietly = False
    """Nothing was read since the switch: the send itself is the first to see it."""

    async def snapshot(self) -> Snapshot:
        if self.switched and not self.quietly:
            raise WrongAccount("The terminal is signed in to 2@Fake, but this one trades on 1@Fake.")
        return await super().snapshot()

    async def execute(
        self, request: OrderRequest, *, key: LegKey, tag: str, magic: int, gate: Gate
    ) -> Outcome:
        if self.switched:
            return Outcome(
                kind=OutcomeKind.REFUSED, reason="wrong_account", explanation="Not sent: 2@Fake."
            )
        return await super().execute(request, key=key, tag=tag, magic=magic, gate=gate)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = VirtualClock(START)
    made = Rig(tmp_path, clock=clock, broker=SwitchedBroker(clock))
    await made.start()
    yield made
    await made.crash()


def alerts(rig: Rig) -> list[bytes]:
    return [event for event in rig.events("alert") if b"wrong_account" in event]


async def test_it_is_told_once_for_each_switch(rig: Rig) -> None:
    broker = rig.broker
    assert isinstance(broker, SwitchedBroker)
    for number in (1, 2):
        broker.switched = True
        await rig.run(5)
        assert len(alerts(rig)) == number
        assert b"signed in to 2@Fake" in alerts(rig)[-1]
        assert "signed in to 2@Fake" in rig.terminal.watcher.trouble
        broker.switched = False
        await rig.run(2)
        assert rig.terminal.watcher.trouble == ""


async def test_a_send_that_sees_it_first_is_an_alert_too(rig: Rig) -> None:
    broker = rig.broker
    assert isinstance(broker, SwitchedBroker)
    broker.switched = broker.quietly = True
    rig.say(1, "buy", BUY)
    await rig.run(2)
    assert len(alerts(rig)) == 1
    assert broker.sends == []
    assert {(line["state"], line["reason"]) for line in rig.lines()} == {("refused", "wrong_account")}
