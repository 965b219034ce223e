"""Orders that a thin market fills bit by bit: a leg is as large as what was filled."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from signalos.domain.signal import CloseAll, OrderKind
from tests.support.simulated_rig import WIDE, SimulatedRig

QUOTE = Decimal("0.01")
"""Lots that each quote of the thin market fills, one a second."""
THIN: dict[str, Any] = {"liquidity": str(QUOTE)}
RESTS = {"symbols": {"EURUSD": {**THIN, "execution": "3", "filling_mode": 0}}}
LIMIT = replace(WIDE, order=OrderKind.LIMIT, entry=(Decimal("1.10050"),))
CANCELS = {"symbols": {"EURUSD": {**THIN, "filling_mode": 2}}}


async def begun(folder: Path, account: dict[str, Any]) -> SimulatedRig:
    rig = SimulatedRig(folder, account)
    await rig.start()
    return rig


@pytest.fixture
async def resting(tmp_path: Path) -> AsyncIterator[SimulatedRig]:
    """An order filled in part, whose rest waits for the next quotes."""
    rig = await begun(tmp_path, RESTS)
    rig.say(1, "buy", WIDE)
    await rig.run(1.5)
    assert rig.waiting()
    yield rig
    await rig.close()


def own(rig: SimulatedRig) -> Decimal:
    """What the journal takes the leg to hold."""
    return rig.leg.trade.volume - rig.leg.trade.closed_volume


async def test_a_cancelled_rest_is_not_sent_again(tmp_path: Path) -> None:
    rig = await begun(tmp_path, CANCELS)
    rig.say(1, "buy", WIDE)
    await rig.run(5)
    assert rig.held() == ("buy", QUOTE)
    assert (rig.leg.state, own(rig), rig.waiting()) == ("open", QUOTE, [])
    await rig.close()


async def test_a_leg_grows_as_its_rest_is_filled(resting: SimulatedRig) -> None:
    first = own(resting)
    await resting.run(3)
    held = resting.held()
    assert held is not None
    assert held == ("buy", own(resting))
    assert own(resting) > first
    assert len(resting.lines()) == 1


async def test_a_stop_cancels_the_rest(resting: SimulatedRig) -> None:
    latch = await resting.stopped("own-only")
    await resting.run(10)
    assert (resting.held(), resting.waiting()) == (None, [])
    assert latch.flat
    assert resting.leg.state == "closed"


async def test_a_signals_close_ends_the_rest_too(resting: SimulatedRig) -> None:
    resting.say(2, "close", CloseAll())
    await resting.run(20)
    assert (resting.held(), resting.waiting()) == (None, [])
    assert resting.leg.state == "closed"


async def test_a_waiting_order_filled_in_part_is_a_trade(tmp_path: Path) -> None:
    rig = await begun(tmp_path, RESTS)
    await rig.run(2)  # the price is above the limit, and back there every eleventh second
    rig.say(1, "limit", LIMIT)
    await rig.run(1)
    assert rig.leg.state == "pending"
    await rig.run(12)
    assert rig.waiting()
    assert (rig.leg.state, rig.held()) == ("open", ("buy", own(rig)))
    await rig.run(11)
    assert rig.held() == ("buy", own(rig)) == ("buy", 2 * QUOTE)
    assert rig.leg.trade.closed_volume == 0
    await rig.close()


async def test_a_rest_does_not_open_anew_what_its_target_has_closed(tmp_path: Path) -> None:
    rig = await begun(tmp_path, RESTS)
    await rig.run(2)
    targets = (Decimal("1.10500"),)
    limit = replace(LIMIT, stop_loss=Decimal("1.09000"), take_profits=targets)
    rig.say(1, "limit", limit)
    await rig.run(10)
    assert (rig.held(), len(rig.waiting())) == (("buy", QUOTE), 1)
    await rig.run(20)
    assert (rig.held(), rig.waiting()) == (None, [])
    assert (rig.leg.state, rig.leg.trade.reason) == ("closed", "take_profit")
    await rig.close()


@pytest.mark.parametrize("mode", ["netting", "exchange", "hedging"])
async def test_the_rest_of_a_close_is_not_closed_twice(tmp_path: Path, mode: str) -> None:
    rig = await begun(tmp_path, {**RESTS, "margin_mode": mode})
    rig.say(1, "buy", WIDE)
    await rig.run(4)
    rig.say(2, "close", CloseAll())
    seen = set()
    for _ in range(40):
        await rig.run(0.5)
        seen.add((rig.held() or ("", QUOTE))[0])
    assert seen == {"buy", ""}
    assert (rig.held(), rig.waiting(), rig.leg.state) == (None, [], "closed")
    assert {line["state"] for line in rig.lines()} == {"executed"}
    await rig.close()


async def test_a_command_closes_what_a_thin_market_takes_bit_by_bit(tmp_path: Path) -> None:
    rig = await begun(tmp_path, CANCELS)
    await rig.run(2)
    rig.say(1, "limit", LIMIT)
    await rig.run(32)
    assert rig.held() == ("buy", 3 * QUOTE)
    rig.close_by_command()
    await rig.run(10)
    assert (rig.held(), rig.waiting(), rig.leg.state) == (None, [], "closed")
    await rig.close()
