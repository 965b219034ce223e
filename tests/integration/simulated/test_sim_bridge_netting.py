"""The bridge on a netting account whose server lives in another time zone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.simulated.faults import Effect, Fault
from signalos.domain.market import DealEntry, MarginMode
from signalos.domain.order import ClosePosition, ModifyPosition, OpenLeg, OutcomeKind
from signalos.domain.signal import Side
from tests.support.one_process import World

NETTING = {"margin_mode": "netting", "server_zone": "America/New_York+7"}


def leg(side: Side, volume: str, stop: str) -> OpenLeg:
    return OpenLeg(symbol="EURUSD", side=side, volume=Decimal(volume), stop_loss=Decimal(stop))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, NETTING)
    yield made
    await made.close()


async def test_a_turned_position_is_changed_and_closed_by_its_identifier(world: World) -> None:
    opened = await world.do(leg(Side.BUY, "0.20", "1.05"), 1)
    turned = await world.do(leg(Side.SELL, "0.50", "1.2"), 2)
    assert (opened.kind, turned.kind) == (OutcomeKind.DONE, OutcomeKind.DONE)
    assert opened.identifier is not None
    assert turned.identifier == opened.identifier
    snapshot = await world.broker.snapshot()
    assert snapshot.account.margin_mode is MarginMode.NETTING
    (position,) = snapshot.positions
    assert (position.identifier, position.volume, position.side) == (
        opened.identifier,
        Decimal("0.3"),
        Side.SELL,
    )
    assert position.ticket != position.identifier
    change = ModifyPosition(
        identifier=opened.identifier, stop_loss=Decimal("1.21"), take_profit=Decimal("1.01")
    )
    assert (await world.do(change, 3)).kind is OutcomeKind.DONE
    part = ClosePosition(identifier=opened.identifier, volume=Decimal("0.1"), remaining=Decimal("0.2"))
    assert (await world.do(part, 4)).kind is OutcomeKind.DONE
    assert (await world.do(ClosePosition(identifier=opened.identifier), 5)).kind is OutcomeKind.DONE
    assert (await world.broker.snapshot()).positions == ()
    deals = await world.broker.deals(opened.identifier)
    assert [d.entry for d in deals] == [DealEntry.IN, DealEntry.INOUT, DealEntry.OUT, DealEntry.OUT]
    account = world.terminal.account
    assert sum(d.net for d in deals) == account.balance - account.settings.deposit


async def test_times_are_utc_again_on_this_side(world: World) -> None:
    opened = await world.do(leg(Side.BUY, "0.20", "1.05"), 1)
    assert opened.identifier is not None
    (deal,) = await world.broker.deals(opened.identifier)
    assert timedelta(0) <= world.clock.now() - deal.at < timedelta(seconds=2)


async def test_another_ticket_changes_nothing_for_the_bridge(tmp_path: Path) -> None:
    world = World(tmp_path, {}, [Fault(fn="order_send", effect=Effect.TICKET, nth=1)])
    opened = await world.do(leg(Side.BUY, "0.20", "1.05"), 1)
    assert opened.identifier is not None
    (position,) = (await world.broker.snapshot()).positions
    assert position.ticket != position.identifier == opened.identifier
    assert (await world.do(ClosePosition(identifier=opened.identifier), 2)).kind is OutcomeKind.DONE
    assert world.terminal.account.state.positions == {}
    await world.close()
