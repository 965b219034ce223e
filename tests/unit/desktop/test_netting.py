"""Accounts with one position a symbol: a leg never takes along what others hold in it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.mt5.constants import FAIL
from signalos.brokers.simulated.faults import Effect, Fault, Faults
from signalos.desktop.holding import UNTOLD_SECONDS
from signalos.domain.order import ClosePosition
from signalos.domain.signal import Close, CloseAll, ModifyStop, OrderKind, Reach, Scope, Side
from tests.support.one_process import ACCOUNT
from tests.support.simulated_rig import WIDE, SimulatedRig

OTHERS = Decimal("0.20")
THEIRS = Decimal("2.00")
"""More than SignalOS trades here."""
UNREAD = Fault(fn="history_deals_get", effect=Effect.NO_RESULT, probability=1.0, code=FAIL, execute=False)


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


async def lagging(folder: Path, seconds: float) -> SimulatedRig:
    """A trade of message 1 on a netting account, whose history is always late."""
    lags = Fault(fn="history_deals_get", effect=Effect.HISTORY_LAG, probability=1.0, seconds=seconds)
    rig = SimulatedRig(folder, {"margin_mode": "netting"}, [lags])
    await rig.start()
    rig.say(1, "buy", WIDE)
    await rig.run(seconds + 2)
    return rig


@pytest.mark.parametrize("asked", ["command", "message"])
async def test_a_close_waits_until_the_history_tells_whose_is_whose(tmp_path: Path, asked: str) -> None:
    rig = await lagging(tmp_path, 2)
    rig.by_hand(Side.BUY, OTHERS)
    whole = rig.held()
    if asked == "command":
        rig.close_by_command()
    else:
        rig.say(2, "close", CloseAll())
    await rig.run(1)
    assert rig.held() == whole
    (waiting,) = rig.journal.intents.unfinished("t1", ("waiting",))
    assert waiting.reason == "history_lags"
    assert rig.journal.commands.result("t1", "c1") is None
    await rig.run(4)
    assert rig.held() == ("buy", OTHERS)
    if asked == "command":
        result = rig.journal.commands.result("t1", "c1")
        assert result is not None
        assert result.success
    await rig.close()


async def test_a_history_that_never_tells_holds_a_close_up_for_a_while_only(tmp_path: Path) -> None:
    rig = await lagging(tmp_path, 60)
    own = rig.leg.trade.volume
    rig.by_hand(Side.BUY, OTHERS)
    rig.say(2, "close", CloseAll())
    await rig.run(UNTOLD_SECONDS - 1)
    assert rig.held() == ("buy", own + OTHERS)
    await rig.run(3)
    assert rig.held() == ("buy", OTHERS)
    rig.close_by_command()
    await rig.run(UNTOLD_SECONDS + 2)
    assert rig.held() == ("buy", OTHERS), "what was closed is known from the answer"
    await rig.close()


async def test_a_late_history_that_happens_to_add_up_tells_nothing(tmp_path: Path) -> None:
    rig = await lagging(tmp_path, 30)
    whole = rig.held()
    rig.say(2, "half", Close(scope=Scope(Reach.ALL), fraction=Decimal("0.5")))
    await rig.run(1)
    half = rig.journal.intents.closed_of("t1", rig.leg.identifier)
    assert half
    rig.by_hand(Side.BUY, half)  # as much as was closed: neither is in the history yet
    assert rig.held() == whole
    rig.close_by_command()
    await rig.run(UNTOLD_SECONDS + 2)
    assert rig.held() == ("buy", half)
    await rig.close()


async def test_a_stop_of_our_own_is_not_told_as_moved_by_hand_while_the_history_is_late(
    tmp_path: Path,
) -> None:
    rig = await lagging(tmp_path, 20)
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    rig.say(2, "stop", ModifyStop(scope=Scope(Reach.ONE, target=1), price=Decimal("1.01000")))
    await rig.run(4)
    assert rig.leg.trade.stop_loss == Decimal("1.01000")
    assert rig.leg.trade.by_hand == ()
    assert not [alert for alert in rig.events("alert") if b"changed_by_hand" in alert]
    await rig.close()


@pytest.mark.parametrize("asked", ["stop", "message"])
async def test_a_close_waits_for_a_history_that_cannot_be_read(rig: SimulatedRig, asked: str) -> None:
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    whole = rig.held()
    rig.world.service.faults = Faults([UNREAD])
    if asked == "stop":
        assert not (await rig.stopped("own-only")).flat
    else:
        rig.say(2, "close", CloseAll())
    await rig.run(2 * UNTOLD_SECONDS)
    assert rig.held() == whole
    rig.world.service.faults = Faults()
    await rig.run(3)
    assert rig.held() == ("buy", OTHERS)


async def test_a_stop_of_everything_needs_no_history(rig: SimulatedRig) -> None:
    rig.world.service.faults = Faults([UNREAD])
    assert (await rig.stopped("close-all")).flat
    assert rig.held() is None


async def test_a_close_waits_for_another_one_that_has_no_answer_yet(rig: SimulatedRig) -> None:
    rig.by_hand(Side.BUY, OTHERS)
    await rig.run(1)
    whole = rig.held()
    other = rig.journal.intents.plan(
        replace(rig.leg.key, origin="rule:other"),
        "close",
        ClosePosition(identifier=rig.leg.identifier, volume=rig.leg.trade.volume),
        account=ACCOUNT,
        magic=rig.strategy.magic,
        identifier=rig.leg.identifier,
    )
    assert rig.journal.intents.sending(other)
    rig.close_by_command()
    await rig.run(UNTOLD_SECONDS - 1)
    assert rig.held() == whole
    await rig.run(3)
    assert rig.held() == ("buy", OTHERS), "but not for ever"


async def test_a_history_that_lags_behind_costs_the_others_nothing(tmp_path: Path) -> None:
    rig = await lagging(tmp_path, 2)
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
    rig.close_by_command()
    await rig.run(2)
    assert rig.held() == ("buy", OTHERS)
    assert (rig.leg.state, rig.leg.trade.reason) == ("closed", "command")


async def waiting_beside(folder: Path, side: Side, price: str, seconds: float = 12) -> SimulatedRig:
    """An order of message 1 that waits, then is filled into a position that was opened by hand meanwhile."""
    rig = SimulatedRig(folder, {"margin_mode": "netting"})
    await rig.start()
    await rig.run(2)
    stop = Decimal("1.00000") if side is Side.BUY else Decimal("1.30000")
    limit = replace(WIDE, side=side, order=OrderKind.LIMIT, entry=(Decimal(price),), stop_loss=stop)
    rig.say(1, "limit", replace(limit, take_profits=()))
    await rig.run(1)
    assert rig.leg.state == "pending"
    rig.by_hand(Side.BUY, THEIRS)
    await rig.run(seconds)
    return rig


async def test_an_order_filled_into_a_position_made_by_hand(tmp_path: Path) -> None:
    rig = await waiting_beside(tmp_path, Side.BUY, "1.10050")
    own = rig.leg.trade.volume
    assert (rig.leg.state, rig.held()) == ("open", ("buy", own + THEIRS))
    assert (await rig.stopped("own-only")).flat
    assert rig.held() == ("buy", THEIRS)
    assert rig.leg.state == "closed"
    await rig.close()


async def test_an_order_that_only_makes_a_position_made_by_hand_smaller(tmp_path: Path) -> None:
    rig = await waiting_beside(tmp_path, Side.SELL, "1.10950")
    left = rig.held()
    assert left is not None
    assert left[0] == "buy"
    assert left[1] < THEIRS
    assert (rig.leg.state, rig.leg.trade.reason) == ("closed", "netted")
    assert (await rig.stopped("own-only")).flat
    assert rig.held() == left
    await rig.close()


async def test_an_order_netted_into_a_position_that_is_closed_at_once(tmp_path: Path) -> None:
    rig = await waiting_beside(tmp_path, Side.SELL, "1.10950", seconds=0)
    while rig.held() == ("buy", THEIRS):
        rig.clock.shift(0.05)
    left = rig.held()
    assert left is not None
    rig.by_hand(Side.SELL, left[1])
    await rig.run(5)
    assert rig.held() is None
    assert (rig.leg.state, rig.leg.trade.reason) == ("closed", "netted")
    await rig.close()


@pytest.mark.parametrize("side", [Side.BUY, Side.SELL])
async def test_a_close_planned_for_the_whole_is_held_to_the_own_part(rig: SimulatedRig, side: Side) -> None:
    """As one is that follows from an order filled while it was called off."""
    rig.by_hand(side, OTHERS if side is Side.BUY else rig.leg.trade.volume + OTHERS)
    rig.journal.intents.plan(
        replace(rig.leg.key, origin="rule:called_off"),
        "close",
        ClosePosition(identifier=rig.leg.identifier),
        account=ACCOUNT,
        magic=rig.strategy.magic,
        identifier=rig.leg.identifier,
    )
    await rig.run(2)
    assert rig.held() == (side.value, OTHERS)
    assert rig.leg.state == "closed"
