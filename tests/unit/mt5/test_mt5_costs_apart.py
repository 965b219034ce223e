"""Servers that book commission as deals of its own: a position's profit misses none of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.domain.market import DealEntry
from signalos.domain.order import ClosePosition, OpenLeg, OutcomeKind
from signalos.domain.signal import Side
from tests.support.one_process import ACCOUNT, MAGIC, World

APART = {"symbols": {"EURUSD": {"commission": "7", "commission_deals": True}}}
LEG = OpenLeg(symbol="EURUSD", side=Side.BUY, volume=Decimal("0.30"))


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    made = World(tmp_path, APART)
    yield made
    await made.close()


async def closed_in_two(world: World) -> str:
    """Open and close a position, a part of it first; its identifier."""
    identifier = (await world.do(LEG, 1)).identifier
    assert identifier is not None
    part = ClosePosition(identifier=identifier, volume=Decimal("0.10"), remaining=Decimal("0.20"))
    assert (await world.do(part, 2)).kind is OutcomeKind.DONE
    assert (await world.do(ClosePosition(identifier=identifier), 3)).kind is OutcomeKind.DONE
    return identifier


async def test_a_positions_deals_tell_all_that_the_account_paid(world: World) -> None:
    identifier = await closed_in_two(world)
    deals = await world.broker.deals(identifier)
    assert [d.entry for d in deals] == [DealEntry.IN, DealEntry.OUT, DealEntry.OUT]
    assert [d.commission for d in deals] == [Decimal("-2.1"), Decimal("-0.7"), Decimal("-1.4")]
    account = world.terminal.account
    assert sum(d.net for d in deals) == account.balance - account.settings.deposit


async def test_every_way_of_reading_deals_tells_the_same(world: World) -> None:
    identifier = await closed_in_two(world)
    deals = list(await world.broker.deals(identifier))
    since = world.clock.now() - timedelta(days=1)
    assert list((await world.broker.deals_of([identifier], since))[identifier]) == deals
    assert list(await world.broker.deals_since(since)) == deals
    found = await world.broker.find(world.key(1).tag(ACCOUNT), MAGIC)
    assert list(found.deals) == deals


async def test_a_close_is_told_at_the_price_of_its_deal(world: World) -> None:
    identifier = (await world.do(LEG, 1)).identifier
    assert identifier is not None
    closed = await world.do(ClosePosition(identifier=identifier), 2)
    assert closed.price == (await world.broker.deals(identifier))[-1].price
