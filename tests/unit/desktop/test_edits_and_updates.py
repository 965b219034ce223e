"""Edits, deletions and updates that meet their signal in an awkward moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.domain.message import Message
from signalos.domain.order import CancelOrder, OpenLeg, OrderRequest
from signalos.domain.signal import (
    BreakEven,
    Cancel,
    Close,
    ModifyTargets,
    Open,
    OrderKind,
    Reach,
    ReadEntry,
    Reading,
    ReadingContext,
    Scope,
    Side,
)
from signalos.parser import Languages
from tests.support.rig import CHAT, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"), D("1.11")))


def limit(price: str) -> Open:
    return Open(
        symbol="EURUSD",
        side=Side.BUY,
        order=OrderKind.LIMIT,
        entry=(D(price),),
        stop_loss=D("1.09000"),
        take_profits=(D("1.10800"),),
    )


def about(message_id: int) -> Scope:
    return Scope(Reach.ONE, target=message_id)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    await made.start()
    yield made
    await made.crash()


def legs(rig: Rig, message_id: int) -> list[str]:
    return [leg.state for leg in rig.journal.legs.of_message("t1", CHAT, message_id)]


async def test_an_edited_entry_cancels_the_waiting_order_and_places_the_new_one(rig: Rig) -> None:
    rig.say(1, "limit", limit("1.098"))
    await rig.run(1)
    rig.say(1, "limit moved", Cancel(scope=about(1)), limit("1.097"), edit=True)
    await rig.run(1)
    assert [o.price for o in rig.broker.waiting.values()] == [D("1.097")]


async def test_an_order_filled_before_its_edit_is_cancelled_opens_no_second_trade(rig: Rig) -> None:
    rig.say(1, "limit", limit("1.098"))
    await rig.run(1)

    def fill_first(request: OrderRequest) -> str:
        if isinstance(request, CancelOrder) and request.ticket in rig.broker.waiting:
            rig.broker.fill(request.ticket)
        return ""

    rig.broker.faults = fill_first
    rig.say(1, "limit moved", Cancel(scope=about(1)), limit("1.097"), edit=True)
    await rig.run(1)
    assert (len(rig.broker.book), len(rig.broker.waiting)) == (1, 0)
    assert legs(rig, 1) == ["open"]
    rig.say(2, "cancel", Cancel(scope=about(1)), reply_to=1)
    await rig.run(1)
    assert not rig.broker.book


async def test_an_order_filled_while_another_message_calls_it_off_is_closed(rig: Rig) -> None:
    rig.say(1, "limit", limit("1.098"))
    await rig.run(1)

    def fill_first(request: OrderRequest) -> str:
        if isinstance(request, CancelOrder) and request.ticket in rig.broker.waiting:
            rig.broker.fill(request.ticket)
        return ""

    rig.broker.faults = fill_first
    rig.say(2, "cancel", Cancel(scope=about(1)), reply_to=1)
    await rig.run(1)
    assert (len(rig.broker.book), len(rig.broker.waiting)) == (0, 0)
    assert legs(rig, 1) == ["closed"]


async def test_an_edit_read_before_the_close_opens_nothing_after_it(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    for identifier in list(rig.broker.book):
        rig.broker.hit(identifier, D("1.095"), "stop_loss")
    await rig.run(1)
    rig.say(1, "buy again", BUY, edit=True)
    await rig.run(1)
    assert not rig.broker.book
    assert [x["reason"] for x in rig.lines() if x["version"] == 2] == ["already_filled"]


async def test_a_deletion_cancels_what_waits_and_leaves_what_is_filled(rig: Rig) -> None:
    rig.say(1, "two", BUY, limit("1.098"))
    await rig.run(1)
    filled = len(rig.broker.book)
    assert filled
    rig.say(1, "two", deleted=True)
    await rig.run(1)
    assert (len(rig.broker.book), len(rig.broker.waiting)) == (filled, 0)
    assert sum(b"signal_deleted" in e for e in rig.events("alert")) == 1


@pytest.mark.parametrize("how", ["deleted", "cancelled"])
async def test_a_signal_called_off_while_the_market_is_closed_is_never_sent(rig: Rig, how: str) -> None:
    rig.broker.faults = lambda request: "closed"
    rig.say(1, "buy", BUY)
    await rig.run(1)
    if how == "deleted":
        rig.say(1, "buy", deleted=True)
    else:
        rig.say(2, "cancel", Cancel(scope=about(1)), reply_to=1)
    await rig.run(1)
    rig.broker.faults = lambda request: ""
    await rig.run(5)
    assert not rig.broker.entries()
    assert {x["state"] for x in rig.lines() if x["kind"] == "open"} == {"superseded"}


async def test_close_waits_for_the_opening_that_is_still_to_be_sent(rig: Rig) -> None:
    lost: list[OrderRequest] = []

    def lose_first(request: OrderRequest) -> str:
        if isinstance(request, OpenLeg) and len(lost) < 2:
            lost.append(request)
            return "lose_request"
        return ""

    rig.broker.faults = lose_first
    rig.say(1, "buy", BUY)
    rig.say(2, "close", Close(scope=about(1)), reply_to=1)
    await rig.run(10)
    assert len(rig.broker.entries()) == 2
    assert not rig.broker.book


async def test_a_partly_filled_close_is_finished(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    before = sum((p.volume for p in rig.broker.book.values()), D(0))
    left = [2]

    def once_each(request: OrderRequest) -> str:
        left[0] -= 1
        return "partial" if left[0] >= 0 else ""

    rig.broker.faults = once_each
    rig.say(2, "close half", Close(scope=about(1), fraction=D("0.5")), reply_to=1)
    await rig.run(3)
    after = sum((p.volume for p in rig.broker.book.values()), D(0))
    assert D(0) <= after - before / 2 < D("0.02")


async def test_break_even_asked_while_a_target_changes_keeps_the_new_target(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.say(2, "stop to entry", BreakEven(scope=about(1)), reply_to=1)
    await rig.run(1)
    rig.broker.bid, rig.broker.ask = D("1.103"), D("1.1031")
    rig.say(3, "targets", ModifyTargets(scope=about(1), take_profits=(D("1.12"), D("1.13"))), reply_to=1)
    await rig.run(2)
    assert {p.take_profit for p in rig.broker.book.values()} == {D("1.12"), D("1.13")}
    assert all(p.stop_loss == p.entry_price for p in rig.broker.book.values())


async def test_a_second_edit_is_read_against_the_order_that_was_opened(rig: Rig) -> None:
    seen: list[ReadEntry] = []
    rig.say(1, "buy", BUY)
    rig.say(1, "targets", ModifyTargets(scope=about(1), take_profits=(D("1.12"),)), edit=True)
    await rig.run(1)
    read = rig.pipeline._parse

    def spy(message: Message, context: ReadingContext, own: Languages | None) -> Reading:
        seen.extend(context.entries)
        return read(message, context, own)

    rig.pipeline._parse = spy
    rig.say(2, "half", Close(scope=about(1), fraction=D("0.5")), reply_to=1)
    await rig.run(1)
    (opening,) = [a for a in seen[0].actions if isinstance(a, Open)]
    assert opening.take_profits == (D("1.12"),)
    assert seen[0].state == "open"


async def test_a_symbol_without_an_answer_does_not_hold_up_the_lane_for_ever(rig: Rig) -> None:
    rig.broker.silent = True
    rig.say(1, "buy", BUY)
    await rig.run(5)
    assert rig.lines() == [], "it may only be late"
    await rig.run(10)
    assert [x["reason"] for x in rig.lines()] == ["unknown_symbol"]
    rig.broker.silent = False
    rig.say(2, "buy now", BUY)
    await rig.run(1)
    assert len(rig.broker.entries()) == 2


async def test_a_terminal_that_is_new_does_not_trade_the_past(rig: Rig) -> None:
    rig.say(1, "buy", BUY)
    await rig.run(1)
    rig.journal.messages.join("t2")
    assert rig.journal.messages.next_for("t2") is None
    rig.say(2, "talk")
    await rig.run(1)
    behind = rig.journal.messages.next_for("t2")
    assert behind is not None
    assert behind.message.message_id == 2
