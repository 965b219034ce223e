"""Signals by hand and second decisions go the way of every message."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.domain.signal import Open
from signalos.domain.strategy import Filters, Strategy
from signalos.protocol.socket import Command, CommandResult
from tests.support.rig import CHAT, Rig
from tests.unit.desktop.test_pipeline_way import BUY

ENTERED = "BUY EURUSD NOW by hand"


class Asked:
    """A rig and the results its desk sent."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.results: dict[str, CommandResult] = {}
        self._seq = 0
        self.listen()

    def listen(self) -> None:
        def keep(result: CommandResult) -> None:
            self.results[result.id] = result

        self.rig.terminal.desk.send_result = keep

    async def ask(self, name: str, **args: Any) -> CommandResult:
        self._seq += 1
        now = self.rig.clock.now()
        command = Command(
            id=name,
            terminal_seq=self._seq,
            kind="signal",
            args=args,
            issued_at=now,
            expires_at=now + timedelta(seconds=60),
        )
        stored = self.rig.terminal.desk.accept(command)
        await self.rig.run(1)
        return stored or self.results[name]

    def decisions(self) -> list[tuple[str, int, str]]:
        found = [msgspec.json.decode(data) for data in self.rig.events("decision")]
        return [(d["chatId"], d["version"], d["reason"] or d["verdict"]) for d in found]


@pytest.fixture
async def asked(tmp_path: Path) -> Any:
    rig = Rig(tmp_path)
    await rig.start()
    yield Asked(rig)
    await rig.crash()


def opening() -> Open:
    return replace(BUY, take_profits=BUY.take_profits[:1])


async def test_a_signal_by_hand_is_traded_once(asked: Asked) -> None:
    asked.rig.says[ENTERED] = (opening(),)
    args = {"chatId": "hand", "messageId": 1, "text": ENTERED}
    assert (await asked.ask("c1", **args)).success
    assert (await asked.ask("c2", **args)).success, "the same message again is known already"
    assert (await asked.ask("c1", **args)).success, "a repeated command answers its stored result"
    assert asked.decisions() == [("hand", 1, "pass")]
    assert len(asked.rig.broker.book) == 1


async def test_one_for_another_terminal_is_not_heard(asked: Asked) -> None:
    asked.rig.says[ENTERED] = (opening(),)
    await asked.ask("c1", chatId="hand:other", messageId=1, text=ENTERED)
    assert asked.decisions() == []
    await asked.ask("c2", chatId="hand:t1", messageId=1, text=ENTERED)
    assert asked.decisions() == [("hand:t1", 1, "pass")]


async def test_a_stop_holds_for_signals_by_hand(asked: Asked) -> None:
    asked.rig.says[ENTERED] = (opening(),)
    asked.rig.journal.latches.set(["t1"], "stop-entries", local=True)
    await asked.ask("c1", chatId="hand", messageId=1, text=ENTERED)
    assert asked.decisions() == [("hand", 1, "stopped")]
    assert asked.rig.broker.book == {}


async def test_an_expired_command_trades_nothing(asked: Asked) -> None:
    now = asked.rig.clock.now()
    late = Command(
        id="late",
        terminal_seq=1,
        kind="signal",
        args={"chatId": "hand", "messageId": 1, "text": ENTERED},
        issued_at=now - timedelta(seconds=61),
        expires_at=now - timedelta(seconds=1),
    )
    asked.rig.terminal.desk.accept(late)
    await asked.rig.run(1)
    assert asked.results["late"].state == "expired"
    assert asked.decisions() == []


@pytest.mark.parametrize(
    "args",
    [
        {},
        {"chatId": "hand", "messageId": "1", "text": "BUY"},
        {"chatId": "-1001", "messageId": 9, "text": "BUY"},
        {"chatId": "hand", "messageId": 1, "text": ""},
        {"chatId": "hand", "messageId": 1, "text": ["BUY"]},
        {"chatId": "hand", "messageId": True, "text": "BUY"},
        {"chatId": CHAT, "messageId": 4, "part": 0, "again": True},
        {"chatId": CHAT, "messageId": 4, "part": 1, "again": True},
    ],
)
async def test_what_makes_no_sense_is_answered_and_journals_nothing(
    asked: Asked, args: dict[str, Any]
) -> None:
    result = await asked.ask("c1", **args)
    assert not result.success
    assert result.reason in ("bad_arguments", "signal_unknown")
    assert asked.rig.events("message") == []


async def test_a_late_signal_is_taken_after_all(asked: Asked) -> None:
    rig = asked.rig
    rig.say(5, "late one", opening(), posted_at=rig.ago(3600))
    await rig.run(1)
    assert asked.decisions() == [(CHAT, 1, "too_old")]
    result = await asked.ask("again", chatId=CHAT, messageId=5, part=1, again=True)
    assert result.success
    assert asked.decisions()[-1] == (CHAT, 2, "pass")
    assert len(rig.broker.book) == 1
    posted = [msgspec.json.decode(data)["postedAt"] for data in rig.events("signal")]
    assert len(posted) == 2
    assert len(set(posted)) == 1, "the post stays as old as it is"
    await asked.ask("twice", chatId=CHAT, messageId=5, part=1, again=True)
    assert asked.decisions()[-1] == (CHAT, 3, "already_opened")
    assert len(rig.broker.book) == 1


async def test_a_wish_for_another_terminal_is_not_heard(asked: Asked) -> None:
    rig = asked.rig
    rig.say(5, "late one", opening(), posted_at=rig.ago(3600))
    await rig.run(1)
    rig.journal.messages.add_again("t2", CHAT, 5, 1, rig.clock.now())
    rig.pipeline.wake()
    await rig.run(1)
    assert asked.decisions() == [(CHAT, 1, "too_old")]


async def test_only_the_asked_part_is_decided_again(asked: Asked) -> None:
    rig = asked.rig
    other = replace(opening(), symbol="XAUUSD")
    rig.say(5, "two of them", opening(), other, posted_at=rig.ago(3600))
    await rig.run(1)
    await asked.ask("again", chatId=CHAT, messageId=5, part=1, again=True)
    assert [d for d in asked.decisions() if d[1] == 2] == [(CHAT, 2, "pass")]


async def test_a_wish_survives_a_crash_before_its_decision(asked: Asked) -> None:
    rig = asked.rig
    rig.say(5, "late one", opening(), posted_at=rig.ago(3600))
    await rig.run(1)
    rig.journal.messages.add_again("t1", CHAT, 5, 1, rig.clock.now())
    await rig.restart()
    await rig.run(1)
    assert asked.decisions()[-1] == (CHAT, 2, "pass")
    assert len(rig.broker.book) == 1


async def test_a_signal_waits_for_the_users_yes(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=Strategy(filters=Filters(confirm_by_hand=True)))
    await rig.start()
    asked = Asked(rig)
    rig.say(5, "buy it", opening())
    await rig.run(1)
    assert asked.decisions() == [(CHAT, 1, "waiting_for_confirmation")]
    await asked.ask("yes", chatId=CHAT, messageId=5, part=1, again=True)
    assert asked.decisions()[-1] == (CHAT, 2, "pass")
    await rig.crash()
