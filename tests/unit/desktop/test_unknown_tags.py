"""What carries our mark and is in no journal stops entries until a person has looked."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.desktop.journal.store import TERMINALS
from signalos.desktop.standalone import resume_all
from signalos.domain.order import LegKey, OpenLeg
from signalos.domain.signal import Open, Side
from tests.support.rig import Rig

D = Decimal
BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.09"), take_profits=(D("1.12"),))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path)
    made.journal.set_meta(TERMINALS, '["t1"]')
    yield made
    await made.crash()


async def _opened_by_another(rig: Rig, message_id: int = 900, tag: str | None = None) -> None:
    """Let another install open a position on the account."""
    leg = OpenLeg(symbol="EURUSD", side=Side.BUY, volume=D("0.1"), stop_loss=D("1.09"))
    key = LegKey("t1", "-9", message_id, 1, 1, 1)
    await rig.broker.execute(
        leg, key=key, tag=key.tag("1@Fake") if tag is None else tag, magic=7, gate=lambda request: ""
    )


async def test_an_unknown_tag_at_the_start_stops_entries_and_is_told_once(rig: Rig) -> None:
    await _opened_by_another(rig)
    await rig.start()
    await rig.run(1)
    assert rig.journal.latches.halted("t1") == "stopped"
    (alert,) = (event for event in rig.events("alert") if b"unknown_tags" in event)
    assert b"Another install" in alert
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert [line["reason"] for line in rig.lines()] == ["stopped"]
    assert len(rig.broker.book) == 1


async def test_a_resume_adopts_them_for_good(rig: Rig) -> None:
    await _opened_by_another(rig)
    await rig.start()
    resume_all(rig.journal)
    await rig.run(1)
    assert rig.journal.latches.halted("t1") == ""
    await rig.restart()
    await rig.run(1)
    assert rig.journal.latches.halted("t1") == ""
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert [line["state"] for line in rig.lines()] == ["executed"]


async def test_a_second_install_that_begins_later_is_noticed(rig: Rig) -> None:
    await rig.start()
    await _opened_by_another(rig)
    await rig.run(1)
    assert rig.journal.latches.halted("t1") == "stopped"
    resume_all(rig.journal)
    await _opened_by_another(rig, 901)
    await rig.run(1)
    assert rig.journal.latches.halted("t1") == "stopped"


async def test_our_own_trades_and_those_by_hand_stop_nothing(rig: Rig) -> None:
    await _opened_by_another(rig, tag="my own trade")
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    await rig.restart()
    await rig.run(1)
    assert len(rig.broker.book) == 2
    assert rig.journal.latches.halted("t1") == ""


async def test_what_another_terminal_of_this_app_opened_is_ours(rig: Rig) -> None:
    other = LegKey("t2", "-9", 900, 1, 1, 1)
    rig.journal.intents.plan(other, "open", None, state="executed", account="1@Fake")
    await _opened_by_another(rig, tag=other.tag("1@Fake"))
    await rig.start()
    await rig.run(1)
    assert rig.journal.latches.halted("t1") == ""


async def test_a_lost_answer_is_ours(rig: Rig) -> None:
    rig.broker.faults = lambda request: "lose_answer"
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert len(rig.broker.book) == 1
    assert rig.journal.latches.halted("t1") == ""
