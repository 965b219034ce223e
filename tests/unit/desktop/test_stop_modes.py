"""The emergency stop: its modes, its progress, and the order in which commands count."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.desktop.journal.latches import Latch
from signalos.desktop.stop import Stopper
from signalos.desktop.terminal import Terminal
from signalos.domain.order import ClosePosition, OrderRequest
from signalos.domain.signal import Open, OrderKind, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.protocol.socket import Command, CommandResult
from tests.support.rig import Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"), D("1.11")))
LIMIT = replace(BUY, order=OrderKind.LIMIT, entry=(D("1.098"),), take_profits=(D("1.106"),))
HAND_POSITION, HAND_ORDER = "7", "8"


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    """Two positions and an order of ours, one of each made by hand."""
    made = Rig(tmp_path, strategy=Strategy(filters=Filters(skip_conflicts=False, skip_duplicates=False)))
    await made.start()
    made.say(1, "buy", BUY)
    made.say(2, "limit", LIMIT)
    await made.run(1)
    position = next(iter(made.broker.book.values()))
    order = next(iter(made.broker.waiting.values()))
    made.broker.book[HAND_POSITION] = replace(position, identifier="7", ticket="7", tag="", magic="0")
    made.broker.waiting[HAND_ORDER] = replace(order, ticket="8", tag="", magic="0")
    yield made
    await made.crash()


def command(rig: Rig, seq: int, kind: Any, **args: Any) -> Command:
    now = rig.clock.now()
    ends = None if kind == "stop" else now + timedelta(seconds=60)
    return Command(id=f"c{seq}", terminal_seq=seq, kind=kind, args=args, issued_at=now, expires_at=ends)


def result(rig: Rig, seq: int) -> CommandResult:
    found = rig.journal.commands.result("t1", f"c{seq}")
    assert found is not None
    return found


def seen(rig: Rig, latch_id: str) -> Latch:
    found = rig.journal.latches.get("t1", latch_id)
    assert found is not None
    return found


def progress(rig: Rig) -> list[tuple[int, int, bool]]:
    """(closed, total, flat) of each event that the dashboard gets of a stop."""
    told = [msgspec.json.decode(data) for data in rig.events("latch")]
    return [(e["closed"], e["total"], e["flat"]) for e in told if e["state"] in ("progress", "flat")]


@pytest.mark.parametrize(
    ("mode", "positions", "orders", "proof"),
    [
        ("stop-entries", 3, {True, False}, "no entry in flight"),
        ("cancel-pendings", 3, {False}, "no waiting order of ours left"),
        ("own-only", 1, {False}, "none of our positions left"),
        ("close-all", 0, set(), "account flat"),
    ],
)
async def test_each_mode_closes_what_it_names_and_no_more(
    rig: Rig, mode: str, positions: int, orders: set[bool], proof: str
) -> None:
    rig.terminal.desk.accept(command(rig, 1, "stop", mode=mode, latchId="L"))
    await rig.run(2)
    assert len(rig.broker.book) == positions
    assert {ticket != HAND_ORDER for ticket in rig.broker.waiting} == orders
    assert (HAND_POSITION in rig.broker.book) == (mode != "close-all")
    assert seen(rig, "L").flat
    assert result(rig, 1).flat
    assert proof in msgspec.json.decode(rig.events("latch")[-1])["text"]


@pytest.mark.parametrize("mode", ["stop-entries", "cancel-pendings", "own-only", "close-all"])
async def test_nothing_new_is_opened_in_any_mode_nor_later(rig: Rig, mode: str) -> None:
    rig.terminal.desk.accept(command(rig, 1, "stop", mode=mode, latchId="L"))
    before = len(rig.broker.entries())
    rig.say(
        3, "sell", Open(symbol="EURUSD", side=Side.SELL, stop_loss=D("1.11"), take_profits=(D("1.09"),))
    )
    rig.say(4, "limit 2", replace(LIMIT, entry=(D("1.0975"),)))
    await rig.run(2)
    rig.terminal.desk.accept(command(rig, 2, "resume", endStop="L"))
    await rig.run(5)
    late = {(x["messageId"], x["state"], x["reason"]) for x in rig.lines() if x["messageId"] in (3, 4)}
    assert late == {(3, "refused", "stopped"), (4, "refused", "stopped")}
    assert len(rig.broker.entries()) == before


async def test_what_arrived_while_stopped_is_not_traded_though_it_is_decided_after_the_resume(
    rig: Rig,
) -> None:
    rig.terminal.desk.accept(command(rig, 1, "stop", mode="stop-entries", latchId="L"))
    await rig.run(1)
    rig.broker.up = False  # nothing can be decided
    rig.say(3, "buy again", BUY)
    await rig.run(1)
    rig.terminal.desk.accept(command(rig, 2, "resume", endStop="L"))
    await rig.run(1)
    rig.broker.up = True
    rig.say(4, "buy after", BUY)
    await rig.run(3)
    told = {(x["messageId"], x["state"], x["reason"]) for x in rig.lines() if x["messageId"] in (3, 4)}
    assert told == {(3, "refused", "stopped"), (4, "executed", "")}


async def test_what_arrived_in_a_pause_is_not_traded_though_it_is_decided_after_it(rig: Rig) -> None:
    rig.terminal.desk.accept(command(rig, 1, "pause"))
    await rig.run(1)
    rig.broker.up = False
    rig.say(3, "buy again", BUY)
    await rig.run(1)
    rig.terminal.desk.accept(command(rig, 2, "resume"))
    await rig.run(1)
    rig.broker.up = True
    await rig.run(3)
    assert {(x["state"], x["reason"]) for x in rig.lines() if x["messageId"] == 3} == {
        ("refused", "paused")
    }


async def test_the_dashboard_sees_the_stop_close_one_thing_after_the_other(rig: Rig) -> None:
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(2)
    assert progress(rig) == [(n, 5, False) for n in range(1, 6)] + [(5, 5, True)]


async def test_progress_is_never_called_flat_before_the_account_was_read_again(rig: Rig) -> None:
    def reopen(request: OrderRequest) -> str:
        """By hand, while the last position closes."""
        if request == ClosePosition(identifier=HAND_POSITION) and "9" not in rig.broker.book:
            rig.broker.book["9"] = replace(rig.broker.book[HAND_POSITION], identifier="9", ticket="9")
        return ""

    rig.broker.faults = reopen
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(3)
    assert progress(rig)[-3:] == [(5, 6, False), (6, 6, False), (6, 6, True)]
    assert not rig.broker.book


async def test_a_closed_market_is_waited_for_and_closed_when_it_opens(rig: Rig) -> None:
    rig.broker.faults = lambda request: "closed"
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(3)
    assert {x["reason"] for x in seen(rig, "L").left} == {"waiting_for_session"}
    assert rig.journal.commands.result("t1", "c1") is None
    await rig.restart()
    rig.broker.faults = lambda request: ""
    await rig.run(3)
    assert result(rig, 1).flat
    assert not rig.broker.book


async def test_a_restart_in_the_middle_goes_on_and_closes_each_once(rig: Rig) -> None:
    rig.broker.latency = 0.1
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(0.5)
    assert 0 < len(rig.broker.book) + len(rig.broker.waiting) < 5, "it was in the middle"
    await rig.restart()
    await rig.run(10)
    assert seen(rig, "L").flat
    closes = [r.identifier for r in rig.broker.sends if isinstance(r, ClosePosition)]
    exits = [d.position for d in rig.broker.all_deals if d.reason == "expert" and d.profit]
    assert set(closes) >= set(exits)
    assert len(exits) == len(set(exits)) == 3


async def test_a_repeated_stop_answers_its_result_and_closes_nothing_again(rig: Rig) -> None:
    stop = command(rig, 1, "stop", latchId="L")
    later = replace(rig.broker.book[HAND_POSITION], identifier="9", ticket="9")
    rig.terminal.desk.accept(stop)
    await rig.run(2)
    rig.broker.book["9"] = later
    assert rig.terminal.desk.accept(stop) == result(rig, 1)
    await rig.run(2)
    assert list(rig.broker.book) == ["9"], "what the user opened after the proof is not of that stop"


async def test_an_order_that_the_broker_executes_after_the_proof_is_closed_too(rig: Rig) -> None:
    ours = next(iter(rig.broker.book.values()))
    theirs = rig.broker.book[HAND_POSITION]
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(2)
    assert seen(rig, "L").flat
    rig.broker.book["9"] = replace(theirs, identifier="9", ticket="9")
    await rig.run(3)
    assert seen(rig, "L").flat, "what the user opens after the proof is no part of it"
    rig.broker.book["10"] = replace(ours, identifier="10", ticket="10")
    await rig.run(3)
    assert list(rig.broker.book) == ["9"]
    assert progress(rig)[-3:] == [(5, 6, False), (6, 6, False), (6, 6, True)]
    assert result(rig, 1).flat


async def test_an_old_resume_does_not_lift_a_newer_stop(rig: Rig) -> None:
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="first"))
    await rig.run(2)
    old = command(rig, 2, "resume", endStop="first")  # it is held up on its way
    rig.broker.up = False  # so that the second stop has no result yet
    rig.terminal.desk.accept(command(rig, 3, "stop", latchId="second"))
    await rig.run(1)
    rig.terminal.desk.accept(old)
    await rig.run(1)
    assert result(rig, 2).state == "superseded"
    assert not seen(rig, "first").ended
    assert not seen(rig, "second").ended
    assert rig.journal.latches.halted("t1") == "stopped"


async def test_a_resume_and_a_stop_in_one_delivery_count_in_their_order(rig: Rig) -> None:
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="first"))
    await rig.run(2)
    rig.terminal.desk.accept(command(rig, 2, "resume", endStop="first"))
    rig.terminal.desk.accept(command(rig, 3, "stop", latchId="second"))
    await rig.run(2)
    assert (result(rig, 2).success, seen(rig, "first").ended, seen(rig, "second").ended) == (
        True,
        True,
        False,
    )
    assert rig.journal.latches.halted("t1") == "stopped"


async def test_a_partial_close_that_comes_again_and_again_closes_once(rig: Rig) -> None:
    identifier = next(iter(rig.broker.book))
    held = rig.broker.book[identifier].volume
    ask = command(rig, 1, "partial_close", identifier=identifier, volume=0.1)
    for _ in range(3):
        rig.terminal.desk.accept(ask)
        await rig.run(0.5)
    await rig.restart()
    rig.terminal.desk.accept(ask)
    await rig.run(1)
    assert rig.broker.book[identifier].volume == held - D("0.1")


async def test_a_close_that_was_asked_for_before_the_stop_is_no_obstacle(rig: Rig) -> None:
    identifier = next(iter(rig.broker.book))
    rig.terminal.desk.accept(command(rig, 1, "close", identifier=identifier))
    rig.terminal.desk.accept(command(rig, 2, "stop", mode="stop-entries", latchId="L"))
    await rig.run(2)
    assert identifier not in rig.broker.book
    assert result(rig, 1).success


class BlindStopper(Stopper):
    """The planted bug: the account is called flat while an order is on its way to it."""

    def _entries_in_flight(self) -> list[dict[str, Any]]:
        return []


class BlindTerminal(Terminal):
    stopper_class = BlindStopper


async def told_after_the_proof(home: Path, terminal: type[Terminal]) -> list[tuple[int, int, bool]]:
    """Stop while an order is on its way; what is still told of the stop once it has been called flat."""
    rig = Rig(home, terminal=terminal)
    await rig.start()
    rig.broker.latency = 0.5
    rig.say(1, "buy", BUY)
    await rig.run(0.1)
    rig.terminal.desk.accept(command(rig, 1, "stop", latchId="L"))
    await rig.run(10)
    assert rig.broker.entries(), "it was on its way"
    assert not rig.broker.book
    told = progress(rig)
    await rig.crash()
    return told[[flat for _, _, flat in told].index(True) + 1 :]


async def test_an_order_in_flight_is_found_and_closed_before_the_proof(tmp_path: Path) -> None:
    assert await told_after_the_proof(tmp_path, Terminal) == []


async def test_a_stop_that_does_not_look_for_orders_in_flight_is_seen(tmp_path: Path) -> None:
    assert await told_after_the_proof(tmp_path, BlindTerminal) != []
