"""A message's way through the desktop app, in one process under a virtual clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import ROUND_DOWN
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.domain.signal import (
    BreakEven,
    Cancel,
    Close,
    ModifyStop,
    Open,
    OrderKind,
    Reach,
    Scope,
    Side,
)
from signalos.domain.strategy import Filters, Strategy
from tests.support.rig import Rig

BUY = Open(
    symbol="EURUSD",
    side=Side.BUY,
    stop_loss=D("1.09500"),
    take_profits=(D("1.10600"), D("1.11000"), D("1.12000")),
)


def about(message_id: int) -> Scope:
    return Scope(Reach.ONE, target=message_id)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    await made.start()
    yield made
    await made.crash()


async def test_a_signal_becomes_one_position_a_target_within_the_budget(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert [x["state"] for x in rig.lines()] == ["executed"] * 3
    positions = list(rig.broker.book.values())
    assert [p.take_profit for p in positions] == list(BUY.take_profits)
    assert all(p.stop_loss == BUY.stop_loss for p in positions)
    risk = sum((p.entry_price - D("1.09500")) * p.volume * 100_000 for p in positions)
    assert 0 < risk <= 1000
    assert {len(rig.events(k)) for k in ("message", "signal", "decision")} == {1}
    assert len(rig.events("trade")) >= 3


async def test_talk_trades_nothing_and_says_why(rig: Rig) -> None:
    rig.say(1, "good morning")
    await rig.run(1)
    assert rig.lines() == []
    assert b'"reason":"talk"' in rig.events("message")[0]


async def test_the_same_message_twice_is_one_message(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert len(rig.broker.entries()) == 3


async def test_an_old_signal_is_refused_with_its_age(rig: Rig) -> None:
    rig.say(1, "buy", BUY, posted_at=rig.ago(3600))
    await rig.run(1)
    (line,) = rig.lines()
    assert (line["state"], line["reason"]) == ("expired", "too_old")
    assert not rig.broker.sends


async def test_half_is_closed_then_the_rest_protected_then_everything_closed(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    before = sum((p.volume for p in rig.broker.book.values()), D(0))
    rig.say(2, "close half", Close(scope=about(1), fraction=D("0.5")), reply_to=1)
    await rig.run(1)
    half = (before / 2).quantize(D("0.01"), ROUND_DOWN)
    assert before - sum(p.volume for p in rig.broker.book.values()) == half
    rig.say(3, "stop to 1.0970", ModifyStop(scope=about(1), price=D("1.09700")), reply_to=1)
    await rig.run(1)
    assert {p.stop_loss for p in rig.broker.book.values()} == {D("1.09700")}
    rig.say(4, "close", Close(scope=about(1)), reply_to=1)
    await rig.run(1)
    assert not rig.broker.book
    assert all(leg.state == "closed" for leg in rig.journal.legs.of_message("t1", "-1001", 1))


async def test_break_even_waits_for_its_price_and_is_then_set_once(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.say(2, "stop to entry", BreakEven(scope=about(1)), reply_to=1)
    await rig.run(1)
    waiting = [x for x in rig.lines() if x["kind"] == "break_even"]
    assert {x["state"] for x in waiting} == {"pending"}
    rig.broker.bid, rig.broker.ask = D("1.10300"), D("1.10310")
    await rig.run(1)
    assert all(p.stop_loss is not None and p.stop_loss >= p.entry_price for p in rig.broker.book.values())
    assert {x["state"] for x in rig.lines() if x["kind"] == "break_even"} == {"executed"}
    sends = len(rig.broker.sends)
    await rig.run(2)
    assert len(rig.broker.sends) == sends


async def test_the_first_target_moves_the_other_stops_to_entry(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.broker.bid, rig.broker.ask = D("1.10600"), D("1.10610")
    first = min(rig.broker.book.values(), key=lambda p: p.take_profit or D(9))
    rig.broker.hit(first.identifier, D("1.10600"), "take_profit")
    await rig.run(1)
    assert len(rig.broker.book) == 2
    assert all(p.stop_loss is not None and p.stop_loss >= p.entry_price for p in rig.broker.book.values())
    closed = [x for x in rig.journal.legs.of_message("t1", "-1001", 1) if x.state == "closed"]
    assert closed[0].trade.reason == "take_profit"
    assert closed[0].trade.pnl is not None
    assert closed[0].trade.pnl > 0


async def test_a_waiting_order_fills_or_is_cancelled_or_its_message_deleted(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=Strategy(filters=Filters(skip_duplicates=False)))
    await rig.start()
    for number in (1, 2, 3):
        rig.say(
            number,
            f"limit {number}",
            Open(
                symbol="EURUSD",
                side=Side.BUY,
                order=OrderKind.LIMIT,
                entry=(D("1.09800") - number * D("0.0005"),),
                stop_loss=D("1.09000"),
                take_profits=(D("1.10800"),),
            ),
        )
        await rig.run(1)
    assert [x["state"] for x in rig.lines()] == ["pending"] * 3
    tickets = list(rig.broker.waiting)
    rig.broker.fill(tickets[0])
    rig.say(4, "cancel", Cancel(scope=about(2)), reply_to=2)
    rig.say(3, "limit 3", deleted=True)
    await rig.run(1)
    assert not rig.broker.waiting
    states = {m: rig.journal.legs.of_message("t1", "-1001", m)[0].state for m in (1, 2, 3)}
    assert states == {1: "open", 2: "cancelled", 3: "cancelled"}
    await rig.crash()


async def test_an_edit_never_opens_a_second_trade(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.say(1, "buy edited", BUY, edit=True)
    await rig.run(1)
    assert len(rig.broker.entries()) == 3
    assert [x["reason"] for x in rig.lines() if x["version"] == 2] == ["already_filled"]


async def test_a_refused_signal_stays_refused_when_it_is_edited(rig: Rig) -> None:
    rig.say(1, "old", BUY, posted_at=rig.ago(3600))
    await rig.run(1)
    rig.say(1, "old edited", BUY, edit=True)
    await rig.run(1)
    assert [x["reason"] for x in rig.lines()] == ["too_old", "refused_before_edit"]


async def test_talk_edited_into_a_signal_opens_with_the_age_of_the_post(rig: Rig) -> None:
    rig.say(1, "wait for it", posted_at=rig.ago(20))
    rig.say(2, "nothing", posted_at=rig.ago(4000))
    await rig.run(1)
    rig.say(1, "buy", BUY, edit=True)
    rig.say(2, "buy late", BUY, edit=True)
    await rig.run(1)
    assert len(rig.broker.entries()) == 3
    assert {x["reason"] for x in rig.lines() if x["messageId"] == 2} == {"too_old"}
