"""The dashboard's commands on one terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest

from signalos.domain.order import ModifyPosition, OrderRequest
from signalos.domain.signal import Open, OrderKind, Side
from signalos.protocol.socket import Command, CommandResult
from tests.support.rig import Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    await made.start()
    made.say(1, "buy", BUY)
    await made.run(1)
    yield made
    await made.crash()


def command(rig: Rig, seq: int, kind: Any, **args: Any) -> Command:
    now = rig.clock.now()
    ends = None if kind == "stop" else now + timedelta(seconds=60)
    return Command(id=f"c{seq}", terminal_seq=seq, kind=kind, args=args, issued_at=now, expires_at=ends)


def result(rig: Rig, seq: int) -> CommandResult | None:
    return rig.journal.commands.result("t1", f"c{seq}")


def only(rig: Rig) -> str:
    (identifier,) = rig.broker.book
    return identifier


async def test_a_partial_close_whose_answer_was_lost_closes_once_and_says_done(rig: Rig) -> None:
    held = rig.broker.book[only(rig)].volume

    def lose(request: OrderRequest) -> str:
        rig.broker.up = False  # nothing can be looked up either
        return "lose_answer"

    rig.broker.faults = lose
    rig.terminal.desk.accept(command(rig, 1, "partial_close", identifier=only(rig), volume=0.3))
    await rig.run(1)
    assert result(rig, 1) is None, "not known yet"
    await rig.restart()
    rig.broker.faults = lambda request: ""
    rig.broker.up = True
    rig.clock.shift(120)
    await rig.run(5)
    done = result(rig, 1)
    assert done is not None
    assert done.success
    assert rig.broker.book[only(rig)].volume == held - D("0.3")
    assert (
        rig.terminal.desk.accept(command(rig, 1, "partial_close", identifier=only(rig), volume=0.3)) == done
    )


async def test_a_close_carried_out_before_a_crash_is_done_and_not_expired(rig: Rig) -> None:
    rig.broker.latency = 0.02
    rig.terminal.desk.accept(command(rig, 1, "close", identifier=only(rig)))
    await rig.run(0.03)
    await rig.crash()
    assert not rig.broker.book
    rig.clock.shift(3600)
    rig._open()
    await rig.start()
    await rig.run(5)
    done = result(rig, 1)
    assert done is not None
    assert done.success


async def test_what_was_answered_as_failed_does_not_happen_later(rig: Rig) -> None:
    rig.broker.faults = lambda request: "down"
    rig.terminal.desk.accept(command(rig, 1, "close", identifier=only(rig)))
    await rig.run(1)
    failed = result(rig, 1)
    assert failed is not None
    assert failed.reason == "terminal_down"
    rig.broker.faults = lambda request: ""
    await rig.run(5)
    assert len(rig.broker.book) == 1


async def test_a_close_in_a_closed_market_is_sent_when_it_opens(rig: Rig) -> None:
    rig.broker.faults = lambda request: "closed"
    rig.terminal.desk.accept(command(rig, 1, "close", identifier=only(rig)))
    await rig.run(1)
    waiting = result(rig, 1)
    assert waiting is not None
    assert waiting.reason == "waiting_for_session"
    rig.broker.faults = lambda request: ""
    await rig.run(3)
    assert not rig.broker.book


@pytest.mark.parametrize("volume", ["much", "NaN", None, [1]])
async def test_nonsense_is_answered_and_ends_nothing(rig: Rig, volume: object) -> None:
    rig.terminal.desk.accept(command(rig, 1, "partial_close", identifier=only(rig), volume=volume))
    await rig.run(1)
    failed = result(rig, 1)
    assert failed is not None
    assert failed.reason == "bad_arguments"


async def test_order_and_expiry(rig: Rig) -> None:
    rig.terminal.desk.accept(command(rig, 5, "pause"))
    await rig.run(0.2)
    rig.terminal.desk.accept(command(rig, 4, "resume"))
    await rig.run(0.2)
    late = command(rig, 6, "resume")
    rig.clock.shift(61)
    rig.terminal.desk.accept(late)
    rig.terminal.desk.accept(command(rig, 3, "stop", latchId="L"))
    await rig.run(2)
    found = {seq: result(rig, seq) for seq in (3, 4, 5, 6)}
    assert {seq: r and r.state for seq, r in found.items()} == {
        3: "done",
        4: "superseded",
        5: "done",
        6: "expired",
    }
    assert rig.journal.latches.halted("t1") == "stopped"


async def test_a_resume_ends_the_stop_it_names_and_answers_the_stop(rig: Rig) -> None:
    rig.broker.faults = lambda request: "closed"
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(1)
    rig.terminal.desk.accept(command(rig, 2, "resume", endStop="other"))
    rig.terminal.desk.accept(command(rig, 3, "resume", endStop="L"))
    await rig.run(1)
    other, named, stop = result(rig, 2), result(rig, 3), result(rig, 1)
    assert other is not None
    assert other.reason == "latch_changed"
    assert named is not None
    assert named.success
    assert stop is not None
    assert stop.state == "superseded"
    rig.broker.faults = lambda request: ""
    await rig.run(5)
    assert len(rig.broker.book) == 1, "nothing is closed in the name of an ended stop"
    assert rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L")) == stop


async def test_a_loosening_change_is_refused_at_the_gate_too(rig: Rig) -> None:
    held = rig.broker.book[only(rig)]
    rig.journal.latches.pause("t1")
    looser = ModifyPosition(identifier=only(rig), stop_loss=D("1.08"), take_profit=held.take_profit)
    rig.say(2, "nothing")
    key = rig.journal.legs.alive("t1")[0].key
    intent = rig.journal.intents.plan(type(key)(key.terminal_id, key.chat_id, 2, 1, 1, 1), "modify", looser)
    await rig.terminal.watcher.round()
    settled = rig.journal.intents.get(intent.key)
    assert (settled.state, settled.reason) == ("refused", "paused")
    assert rig.broker.book[only(rig)].stop_loss == held.stop_loss


async def test_in_a_pause_the_stop_of_a_waiting_order_is_only_tightened(rig: Rig) -> None:
    waiting = Open(
        symbol="EURUSD",
        side=Side.BUY,
        order=OrderKind.LIMIT,
        entry=(D("1.098"),),
        stop_loss=D("1.095"),
        take_profits=(D("1.106"),),
    )
    rig.say(2, "limit", waiting)
    await rig.run(1)
    (order,) = (await rig.broker.snapshot()).orders
    ticket = order.ticket
    rig.terminal.desk.accept(command(rig, 1, "pause"))
    rig.terminal.desk.accept(command(rig, 2, "modify", identifier=ticket, stopLoss=1.09))
    await rig.run(1)
    loosened = result(rig, 2)
    assert loosened is not None
    assert (loosened.success, loosened.reason) == (False, "stopped")
    rig.terminal.desk.accept(command(rig, 3, "modify", identifier=ticket, stopLoss=1.096))
    await rig.run(1)
    tightened = result(rig, 3)
    assert tightened is not None
    assert tightened.success


async def test_a_stop_that_the_strategy_requires_is_not_removed(rig: Rig) -> None:
    rig.terminal.desk.accept(command(rig, 1, "modify", identifier=only(rig), stopLoss=None))
    await rig.run(1)
    assert rig.broker.book[only(rig)].stop_loss == BUY.stop_loss
    done = result(rig, 1)
    assert done is not None
    assert (done.success, done.reason) == (False, "stop_required")


async def test_a_close_that_waits_for_its_session_is_made_though_a_later_try_is_lost(rig: Rig) -> None:
    fates = iter(["closed", "lose_request"])
    rig.broker.faults = lambda request: next(fates, "")
    rig.terminal.desk.accept(command(rig, 1, "close", identifier=only(rig)))
    await rig.run(0.05)
    told = result(rig, 1)
    assert told is not None
    assert told.reason == "waiting_for_session"
    await rig.run(6)
    assert not rig.broker.book


async def test_a_close_that_waits_for_its_session_is_made_though_the_terminal_was_away(rig: Rig) -> None:
    fates = iter(["closed", "down"])
    rig.broker.faults = lambda request: next(fates, "")
    rig.terminal.desk.accept(command(rig, 1, "close", identifier=only(rig)))
    await rig.run(3)
    assert not rig.broker.book


async def test_what_a_stop_had_under_way_when_it_was_resumed_is_not_sent_again(rig: Rig) -> None:
    rig.broker.faults = lambda request: "lose_request"
    rig.terminal.desk.accept(command(rig, 1, "stop", mode="close-all", latchId="s1"))
    await rig.run(0.3)
    rig.terminal.desk.accept(command(rig, 2, "resume", endStop="s1"))
    await rig.run(0.1)
    rig.broker.faults = lambda request: ""
    await rig.run(8)
    assert [line["state"] for line in rig.lines() if line["origin"] == "latch:s1"] == ["superseded"]
    assert rig.broker.book, "trading goes on, the trade as well"
