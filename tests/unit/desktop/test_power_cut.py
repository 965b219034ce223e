"""A power cut undoes what the disk was not waited for: a message with its position, and nothing that was told."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.desktop.journal import Journal
from signalos.desktop.pipeline import SYNC_AFTER_SECONDS
from signalos.desktop.wire_events import alert_event
from signalos.domain.order import OrderRequest
from signalos.domain.signal import Open, Side
from signalos.kit.ids import SeededIds
from signalos.sources.base import Post
from tests.support.power import Disk, on_disk
from tests.support.rig import CHAT, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"), D("1.11")))
NOTHING: tuple[str | None, str | None, list[str]] = (None, None, [])


class Computer:
    """A rig whose journal lies on a disk that a power cut may hit."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._disk = Disk(folder / "home", folder / "disk")
        self.rig = Rig(folder / "home", connection=on_disk(self._disk))

    def left(self) -> tuple[str | None, str | None, list[str]]:
        """(text of message 1, source position, states of the intents) in the journal after a power cut now."""
        home = self._disk.after_a_cut(self._folder / "after")
        journal = Journal(home, clock=self.rig.clock, market=self.rig.clock, ids=SeededIds(1))
        try:
            stored = next(iter(journal.messages.versions(CHAT, 1)), None)
            states = [intent.state for intent in journal.intents.everything()]
            return (
                None if stored is None else stored.message.text,
                journal.messages.position("test"),
                states,
            )
        finally:
            journal.close()


@pytest.fixture
def computer(tmp_path: Path) -> Iterator[Computer]:
    made = Computer(tmp_path)
    yield made
    made.rig.journal.close()


async def test_a_message_that_is_given_again_goes_with_its_position_or_stays_with_it(
    computer: Computer,
) -> None:
    rig = computer.rig
    await rig.start()
    rig.say(1, "good morning")
    assert computer.left() == NOTHING
    await rig.run(2 * SYNC_AFTER_SECONDS)
    assert computer.left() == ("good morning", "1", [])
    await rig.crash()


async def test_no_order_leaves_before_all_of_it_is_safe(computer: Computer) -> None:
    rig = computer.rig
    found = []

    def sent(request: OrderRequest) -> str:
        found.append(computer.left())
        return ""

    rig.broker.faults = sent
    await rig.start()
    rig.say(1, "buy", BUY)
    assert computer.left() == NOTHING
    await rig.run(0.5)
    await rig.crash()
    assert found == [("buy", "1", ["sending", "planned"]), ("buy", "1", ["executed", "sending"])]


async def test_the_server_hears_only_of_what_is_safe(computer: Computer) -> None:
    computer.rig.say(1, "good morning")
    assert computer.left() == NOTHING
    assert [event.kind for event in computer.rig.journal.outbox.pending_events(10)] == ["message"]
    assert computer.left() == ("good morning", "1", [])


async def test_what_its_sender_is_told_of_is_safe_at_once(computer: Computer) -> None:
    rig = computer.rig
    post = Post("test", CHAT, "Test", 1, "good morning", rig.clock.now())
    rig.pipeline.receive(post, "1")
    assert computer.left() == ("good morning", "1", [])


async def test_nothing_is_waited_for_twice(computer: Computer) -> None:
    journal = computer.rig.journal
    assert journal.unsynced, "what the life before left"
    journal.sync()
    writes = journal.writes
    journal.sync()
    assert (journal.writes, journal.unsynced) == (writes, False)
    with journal.transaction(synced=False):
        journal.set_meta("a", "1")
    assert journal.unsynced
    with journal.transaction():
        journal.meta("a")  # reads only: the disk was not waited for
    assert journal.unsynced
    with journal.transaction():
        journal.set_meta("a", "1")  # as it was: SQLite may write nothing
    assert journal.unsynced
    with journal.transaction():
        journal.outbox.add("alert", None, alert_event("code", "info", "text"))
    assert not journal.unsynced
