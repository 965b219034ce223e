"""What the journal does while nothing is in a hurry, so that orders need not wait for it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any, ClassVar

import pytest

from signalos.desktop.context import ContextBuilder
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.store import FILE_NAME, SHORTEN_AFTER_ROWS
from signalos.domain.order import LegKey, OpenLeg
from signalos.domain.signal import EntryState, Open, Side
from tests.support.rig import CHAT, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))


class FullDisk(sqlite3.Connection):
    """A connection to a file that cannot grow; its log still can."""

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        if "wal_checkpoint" in sql:
            raise sqlite3.OperationalError("disk I/O error")
        return super().execute(sql, parameters)


class Listening(sqlite3.Connection):
    """A connection that keeps the statements it is given."""

    heard: ClassVar[list[str]] = []

    def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
        self.heard.append(sql)
        return super().execute(sql, parameters)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    made = Rig(tmp_path)
    yield made
    made.journal.close()


@pytest.fixture
def contexts(rig: Rig) -> ContextBuilder:
    return ContextBuilder("t1", rig.broker, rig.journal, rig.clock, magic=lambda: 1)


async def living(rig: Rig, contexts: ContextBuilder) -> list[int]:
    """The messages of the signals that live, as a decision would be told."""
    return [record.message_id for record in contexts.records(await rig.broker.snapshot())]


def plan(rig: Rig, message: int) -> Intent:
    request = OpenLeg(symbol="EURUSD", side=Side.BUY, volume=D("0.01"))
    return rig.journal.intents.plan(LegKey("t1", CHAT, message, 1, 1, 1), "open", request)


async def planned_and_undone(rig: Rig, contexts: ContextBuilder) -> None:
    with rig.journal.transaction():
        plan(rig, 1)
        assert await living(rig, contexts) == [1]
        raise ZeroDivisionError


def hear(rig: Rig, message: int) -> None:
    rig.say(message, "buy", BUY)


async def test_the_next_decision_sees_what_has_changed_since_it_was_got_ready(
    rig: Rig, contexts: ContextBuilder
) -> None:
    hear(rig, 1)
    hear(rig, 2)
    contexts.get_ready()
    assert await living(rig, contexts) == []
    first = plan(rig, 1)
    assert await living(rig, contexts) == [1]
    plan(rig, 2)
    rig.journal.intents.mark(first, "refused", "stopped")
    assert await living(rig, contexts) == [2]


async def test_it_sees_that_a_leg_has_ended(rig: Rig, contexts: ContextBuilder) -> None:
    await rig.start()
    hear(rig, 1)
    await rig.run(1)
    assert await living(rig, contexts) == [1]
    (leg,) = rig.journal.legs.alive("t1")
    rig.journal.legs.put(replace(leg, state="closed"))
    assert await living(rig, contexts) == []
    await rig.crash()


async def test_it_sees_what_another_process_has_written(rig: Rig, contexts: ContextBuilder) -> None:
    hear(rig, 1)
    plan(rig, 1)
    assert await living(rig, contexts) == [1]
    other = sqlite3.connect(rig.home / FILE_NAME)
    other.execute("UPDATE intent SET state='refused'")
    other.commit()
    other.close()
    assert await living(rig, contexts) == []


async def test_it_does_not_see_what_was_undone(rig: Rig, contexts: ContextBuilder) -> None:
    hear(rig, 1)
    with pytest.raises(ZeroDivisionError):
        await planned_and_undone(rig, contexts)
    assert await living(rig, contexts) == []


async def test_a_message_finds_ready_what_its_decision_needs(tmp_path: Path) -> None:
    rig = Rig(tmp_path, connection=Listening)
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    Listening.heard.clear()
    rig.say(2, "buy again", BUY)
    await rig.run(0.5)
    decided = next(at for at, sql in enumerate(Listening.heard) if "INSERT INTO decision" in sql)
    assert not [sql for sql in Listening.heard[:decided] if "DISTINCT chat_id" in sql]
    await rig.crash()


async def test_the_log_is_shortened_between_messages(rig: Rig) -> None:
    await rig.start()
    log = rig.home / f"{FILE_NAME}-wal"
    longest = 0
    for number in range(1, SHORTEN_AFTER_ROWS):
        rig.say(number, "talk")
        await rig.run(0.1)
        longest = max(longest, log.stat().st_size)
    assert longest < 1000 * 4096, "SQLite itself would have shortened it only then"
    await rig.crash()


async def test_a_log_that_cannot_be_shortened_stops_nothing(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rig = Rig(tmp_path, connection=FullDisk)
    await rig.start()
    for number in range(1, SHORTEN_AFTER_ROWS):
        rig.say(number, "talk")
        await rig.run(0.1)
    assert "could not be shortened" in caplog.text
    rig.say(SHORTEN_AFTER_ROWS, "buy", BUY)
    await rig.run(0.5)
    assert [leg.state for leg in rig.journal.legs.alive("t1")] == ["open"]
    await rig.crash()


async def test_what_a_channel_wrote_before_is_at_hand_when_its_next_message_comes(tmp_path: Path) -> None:
    rig = Rig(tmp_path, connection=Listening)
    await rig.start()
    rig.say(1, "buy", BUY)
    await rig.run(1)
    assert rig.terminal.lane.idle
    Listening.heard.clear()
    rig.say(2, "talk")
    read = next(at for at, sql in enumerate(Listening.heard) if "UPDATE message SET reading" in sql)
    assert not [sql for sql in Listening.heard[:read] if "FROM leg" in sql or "FROM decision" in sql]
    (order,) = [entry for entry in rig.contexts[-1].entries if entry.message_id == 1]
    assert order.state is EntryState.OPEN
    await rig.crash()
