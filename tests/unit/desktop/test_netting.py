"""Accounts with one position a symbol: a leg never takes along what others hold in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.simulated.faults import Effect, Fault
from signalos.domain.signal import Close, CloseAll, Reach, Scope, Side
from signalos.protocol.socket import Command
from tests.support.simulated_rig import WIDE, SimulatedRig

OTHERS = Decimal("0.20")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[SimulatedRig]:
    """A trade of message 1 on a netting account."""
    made = SimulatedRig(tmp_path, {"margin_mode": "netting"})
    await made.start()
    made.say(1, "buy", WIDE)
    await made.run(1)
    assert made.leg.state == "open"
    yield made
    await made.close()


async def test_a_taken_symbol_is_not_entered(rig: SimulatedRig) -> None:
    held = rig.held()
    rig.say(2, "again", WIDE)
    await rig.run(1)
    assert rig.held() == held
    assert rig.reasons(2) == ["netting_shared"]


async def test_a_close_leaves_what_was_added_by_hand(rig: SimulatedRig) -> None:
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    rig.say(2, "close", CloseAll())
    await rig.run(3)
    assert rig.held() == ("buy", OTHERS)
    assert rig.leg.state == "closed"
    assert rig.leg.trade.volume == rig.leg.trade.closed_volume


async def test_a_part_is_a_part_of_the_own_volume(rig: SimulatedRig) -> None:
    own = rig.leg.trade.volume
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    rig.say(2, "half", Close(scope=Scope(Reach.ALL), fraction=Decimal("0.5")))
    await rig.run(3)
    half = (own / 2).quantize(Decimal("0.01"), "ROUND_FLOOR")
    assert rig.held() == ("buy", own - half + OTHERS)
    assert (rig.leg.state, rig.leg.trade.closed_volume) == ("open", half)


async def test_a_stop_of_our_own_leaves_what_was_added_by_hand(rig: SimulatedRig) -> None:
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    latch = await rig.stopped("own-only")
    assert rig.held() == ("buy", OTHERS)
    assert latch.flat
    await rig.run(5)
    assert rig.held() == ("buy", OTHERS)


async def test_a_stop_of_everything_closes_all_of_it(rig: SimulatedRig) -> None:
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    assert (await rig.stopped("close-all")).flat
    assert rig.held() is None
    assert rig.leg.state == "closed"


async def test_a_turned_position_is_not_ours_any_more(rig: SimulatedRig) -> None:
    own = rig.leg.trade.volume
    rig.by_hand(Side.SELL, own + OTHERS)
    await rig.run(1)
    assert rig.held() == ("sell", OTHERS)
    assert (rig.leg.state, rig.leg.trade.closed_volume) == ("closed", own)
    rig.say(2, "close", CloseAll())
    await rig.run(1)
    assert (await rig.stopped("own-only")).flat
    assert rig.held() == ("sell", OTHERS)


async def test_the_profit_is_that_of_the_own_part(rig: SimulatedRig) -> None:
    own = rig.leg.trade.volume
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    rig.say(2, "close", CloseAll())
    await rig.run(3)
    trade = rig.leg.trade
    assert trade.entry_price is not None
    assert trade.close_price is not None
    rig.by_hand(Side.SELL, OTHERS)
    await rig.run(1)
    deals = await rig.world.broker.deals(rig.leg.identifier)
    assert trade.pnl == next(d.net for d in deals if d.volume == own and d.profit)


async def test_two_trades_that_wait_for_the_market_do_not_share(tmp_path: Path) -> None:
    closed = {"EURUSD": {"sessions": "Mon 00:00-10:00, Mon 10:01-24:00"}}
    rig = SimulatedRig(tmp_path, {"margin_mode": "netting", "symbols": closed})
    await rig.start()
    rig.say(1, "buy", WIDE)
    await rig.run(1)
    rig.say(2, "again", WIDE)
    await rig.run(90)
    assert rig.reasons(2) == ["netting_shared"]
    await rig.close()


async def test_a_history_that_lags_behind_costs_the_others_nothing(tmp_path: Path) -> None:
    lags = Fault(fn="history_deals_get", effect=Effect.HISTORY_LAG, probability=1.0, seconds=2)
    rig = SimulatedRig(tmp_path, {"margin_mode": "netting"}, [lags])
    await rig.start()
    rig.say(1, "buy", WIDE)
    await rig.run(4)
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(4)
    latch = await rig.stopped("own-only")
    assert rig.held() == ("buy", OTHERS)
    assert latch.flat
    await rig.run(5)
    assert rig.held() == ("buy", OTHERS)
    await rig.close()


async def test_a_command_closes_the_own_part(rig: SimulatedRig) -> None:
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    now = rig.clock.now()
    rig.terminal.desk.accept(
        Command(
            id="c1",
            terminal_seq=1,
            kind="close",
            args={"identifier": rig.leg.identifier},
            issued_at=now,
            expires_at=now + timedelta(seconds=60),
        )
    )
    await rig.run(2)
    assert rig.held() == ("buy", OTHERS)
    assert (rig.leg.state, rig.leg.trade.reason) == ("closed", "command")
