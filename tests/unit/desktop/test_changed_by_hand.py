"""What the user changes in the terminal is seen, told, and not undone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.desktop.journal.legs import Leg
from signalos.domain.order import ModifyPosition, OrderRequest
from signalos.domain.signal import (
    Action,
    BreakEven,
    Close,
    ModifyStop,
    ModifyTargets,
    Open,
    OrderKind,
    Reach,
    Scope,
    Side,
)
from signalos.domain.strategy import Management, Strategy
from signalos.protocol.socket import Command
from tests.support.rig import CHAT, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"), D("1.11")))
ABOUT = Scope(Reach.ONE, target=1)
HAND = D("1.092")


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, strategy=Strategy(management=Management(break_even_after_target=1)))
    await made.start()
    made.say(1, "buy", BUY)
    await made.run(1)
    yield made
    await made.crash()


def legs(rig: Rig, message: int = 1) -> list[Leg]:
    return rig.journal.legs.of_message("t1", CHAT, message)


def move(rig: Rig, identifier: str, **levels: Any) -> None:
    """Move levels as the user does in the terminal."""
    rig.broker.book[identifier] = replace(rig.broker.book[identifier], **levels)


def alerts(rig: Rig) -> list[str]:
    found = [msgspec.json.decode(data) for data in rig.events("alert")]
    return [a["text"] for a in found if a["code"] == "changed_by_hand"]


def modifications(rig: Rig) -> list[OrderRequest]:
    return [r for r in rig.broker.sends if isinstance(r, ModifyPosition)]


async def say(rig: Rig, *actions: Action) -> list[dict[str, Any]]:
    rig.say(2, "update", *actions)
    await rig.run(1)
    return [line for line in rig.lines() if line["messageId"] == 2]


async def test_a_moved_stop_is_told_once_and_shown_on_the_trade(rig: Rig) -> None:
    first, second = legs(rig)
    move(rig, second.identifier, stop_loss=HAND)
    await rig.run(1)
    (text,) = alerts(rig)
    assert "stop 1.095 to 1.092" in text
    assert [(leg.trade.stop_loss, leg.trade.by_hand) for leg in legs(rig)] == [
        (D("1.095"), ()),
        (HAND, ("stop",)),
    ]
    told = [msgspec.json.decode(data) for data in rig.events("trade")]
    last = {t["identifier"]: t for t in told}
    assert last[second.identifier]["reason"] == "changed_by_hand"
    assert last[second.identifier]["stopLoss"] == 1.092
    assert last[first.identifier]["reason"] == ""


async def test_break_even_does_not_undo_the_users_stop(rig: Rig) -> None:
    first, second = legs(rig)
    move(rig, second.identifier, stop_loss=HAND)
    await rig.run(1)
    rig.broker.bid, rig.broker.ask = D("1.106"), D("1.1061")
    rig.broker.hit(first.identifier, D("1.106"), "take_profit")
    await rig.run(10)
    assert rig.broker.book[second.identifier].stop_loss == HAND
    assert modifications(rig) == []


async def test_break_even_still_moves_what_the_user_left_alone(rig: Rig) -> None:
    first, second = legs(rig)
    rig.broker.bid, rig.broker.ask = D("1.106"), D("1.1061")
    rig.broker.hit(first.identifier, D("1.106"), "take_profit")
    await rig.run(10)
    assert rig.broker.book[second.identifier].stop_loss == rig.broker.book[second.identifier].entry_price
    assert alerts(rig) == [], "our own change is not the user's"


@pytest.mark.parametrize(
    ("level", "update"),
    [
        ("stop_loss", ModifyStop(scope=ABOUT, price=D("1.097"))),
        ("stop_loss", BreakEven(scope=ABOUT)),
        ("take_profit", ModifyTargets(scope=ABOUT, take_profits=(D("1.107"), D("1.112")))),
    ],
    ids=["stop", "break-even", "targets"],
)
async def test_an_update_moves_the_other_leg_and_says_why_not_this_one(
    rig: Rig, level: str, update: Action
) -> None:
    first, second = legs(rig)
    rig.broker.bid, rig.broker.ask = D("1.103"), D("1.1031")
    mine = HAND if level == "stop_loss" else D("1.12")
    move(rig, second.identifier, **{level: mine})
    await rig.run(1)
    lines = await say(rig, update)
    assert getattr(rig.broker.book[second.identifier], level) == mine
    assert {(x["identifier"], x["state"], x["reason"]) for x in lines} == {
        (first.identifier, "executed", ""),
        (second.identifier, "not_executed", "changed_by_hand"),
    }


async def test_a_moved_target_does_not_keep_the_stop_from_moving(rig: Rig) -> None:
    _, second = legs(rig)
    move(rig, second.identifier, take_profit=D("1.12"))
    await rig.run(1)
    await say(rig, ModifyStop(scope=ABOUT, price=D("1.097")))
    held = rig.broker.book[second.identifier]
    assert (held.stop_loss, held.take_profit) == (D("1.097"), D("1.12"))


async def test_close_half_counts_from_what_the_user_left(rig: Rig) -> None:
    first, second = legs(rig)
    whole = rig.broker.book[second.identifier].volume
    rig.broker.part_by_hand(second.identifier, whole - D("0.04"))
    rig.broker.part_by_hand(first.identifier, rig.broker.book[first.identifier].volume - D("0.02"))
    await rig.run(1)
    assert [leg.trade.by_hand for leg in legs(rig)] == [("volume",), ("volume",)]
    assert len(alerts(rig)) == 2
    await say(rig, Close(scope=ABOUT, fraction=D("0.5")))
    assert [p.volume for p in rig.broker.book.values()] == [D("0.01"), D("0.02")]
    assert len(alerts(rig)) == 2, "our own close is not the user's"


async def test_a_trade_closed_by_hand_says_so_and_is_not_opened_again(rig: Rig) -> None:
    first, second = legs(rig)
    rig.broker.part_by_hand(second.identifier, rig.broker.book[second.identifier].volume)
    await rig.run(2)
    closed = legs(rig)[1]
    assert (closed.state, closed.trade.reason) == ("closed", "client")
    assert list(rig.broker.book) == [first.identifier]
    lines = await say(rig, Close(scope=ABOUT))
    assert [x["state"] for x in lines] == ["executed"]
    assert not rig.broker.book
    assert len(rig.broker.entries()) == 2


async def test_the_users_own_command_from_the_dashboard_is_no_hand_change(rig: Rig) -> None:
    _, second = legs(rig)
    now = rig.clock.now()
    args = {"identifier": second.identifier, "stopLoss": 1.096}
    ends = now + timedelta(seconds=60)
    rig.terminal.desk.accept(
        Command(id="c", terminal_seq=1, kind="modify", args=args, issued_at=now, expires_at=ends)
    )
    await rig.run(2)
    assert legs(rig)[1].trade.stop_loss == D("1.096")
    assert alerts(rig) == []


async def test_moving_our_break_even_back_is_the_users_will(rig: Rig) -> None:
    first, second = legs(rig)
    rig.broker.bid, rig.broker.ask = D("1.106"), D("1.1061")
    rig.broker.hit(first.identifier, D("1.106"), "take_profit")
    await rig.run(10)
    move(rig, second.identifier, stop_loss=D("1.095"))
    await rig.run(20)
    assert rig.broker.book[second.identifier].stop_loss == D("1.095")
    assert len(modifications(rig)) == 1


async def test_a_change_while_the_app_was_down_is_seen_at_the_start(rig: Rig) -> None:
    first, second = legs(rig)
    await rig.crash()
    move(rig, second.identifier, stop_loss=HAND)
    rig._open()
    await rig.start()
    await rig.run(1)
    assert legs(rig)[1].trade.by_hand == ("stop",)
    rig.broker.bid, rig.broker.ask = D("1.106"), D("1.1061")
    rig.broker.hit(first.identifier, D("1.106"), "take_profit")
    await rig.restart()
    await rig.run(10)
    assert rig.broker.book[second.identifier].stop_loss == HAND


async def test_a_stop_that_waits_for_its_market_is_given_up_when_the_user_moves_it(rig: Rig) -> None:
    _, second = legs(rig)
    rig.broker.faults = lambda request: "closed"
    await say(rig, ModifyStop(scope=ABOUT, price=D("1.097")))
    move(rig, second.identifier, stop_loss=HAND)
    await rig.run(1)
    rig.broker.faults = lambda request: ""
    await rig.run(5)
    assert [rig.broker.book[leg.identifier].stop_loss for leg in legs(rig)] == [D("1.097"), HAND]


async def test_a_waiting_order_moved_by_hand_keeps_its_price(rig: Rig) -> None:
    limit = replace(BUY, order=OrderKind.LIMIT, entry=(D("1.098"),), take_profits=(D("1.106"),))
    rig.say(3, "limit", limit)
    await rig.run(1)
    (ticket,) = rig.broker.waiting
    rig.broker.waiting[ticket] = replace(rig.broker.waiting[ticket], price=D("1.097"), stop_loss=HAND)
    await rig.run(1)
    (leg,) = legs(rig, 3)
    assert leg.trade.by_hand == ("stop", "price")
    rig.say(4, "stop", ModifyStop(scope=Scope(Reach.ONE, target=3), price=D("1.094")))
    await rig.run(1)
    assert rig.broker.waiting[ticket].stop_loss == HAND
    rig.broker.fill(ticket)
    await rig.run(1)
    (filled,) = legs(rig, 3)
    assert (filled.state, filled.trade.by_hand) == ("open", ("stop", "price"))
