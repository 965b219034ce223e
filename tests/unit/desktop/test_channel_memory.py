"""What is kept of a channel is what a look at the journal alone would show, whatever happened in between."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.desktop.channel_memory import LENGTH, ChannelMemory
from signalos.desktop.journal import Journal
from signalos.desktop.journal.legs import Leg, Trade
from signalos.domain.decision import Decision, DecisionContext, Verdict
from signalos.domain.order import LegKey
from signalos.domain.signal import (
    Action,
    Close,
    EntryState,
    ModifyStop,
    Open,
    Reach,
    ReadEntry,
    Reading,
    Scope,
    Side,
)
from signalos.kit.clock import VirtualClock
from signalos.kit.ids import SeededIds
from signalos.sources.base import Post

START = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)
CHATS = ("-1001", "-1002")
NEVER = 1_000_000
"""A row after all others."""
BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.09"), take_profits=(D("1.12"),))


class Undone(Exception):
    """Ends a transaction without its writes."""


class Channels:
    """A journal in a folder, and the memory that has been there from the start."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = VirtualClock(START)
        self.journal = Journal(folder, clock=self.clock, market=self.clock, ids=SeededIds(1))
        self.memory = ChannelMemory(self.journal)
        self.posted: list[tuple[str, int]] = []

    def post(self, chat: str, number: int, text: str, *actions: Action, edit: bool = False) -> None:
        deleted = text == "deleted"
        post = Post("s", chat, "c", number, text, START, edit=edit and not deleted, deleted=deleted)
        if self.journal.messages.add(post, str(number)) is None:
            return
        stored = self.journal.messages.unread()
        assert stored is not None
        self.journal.messages.set_reading(stored, Reading(actions=actions))
        self.posted.append((chat, number))

    def leg(self, chat: str, number: int, state: str, leg: int = 1, terminal: str = "t1") -> None:
        key = LegKey(terminal, chat, number, 1, 1, leg)
        trade = Trade(volume=D("0.1"))
        self.journal.legs.put(
            Leg(key, "tag", state, "EURUSD", Side.BUY, None, f"{chat}{number}{leg}{terminal}", trade)
        )

    def decided(self, chat: str, number: int, verdict: Verdict, terminal: str = "t1") -> None:
        context = DecisionContext(terminal, chat, number, 1, START, START, None, {}, (), (), (), 0)
        if not self.journal.decisions.made(terminal, chat, number, 1, 1):
            self.journal.decisions.add(context, 1, "open", Decision(verdict, "why", ()), "v1")

    def kept(self, chat: str) -> tuple[ReadEntry, ...]:
        return self.memory.before(chat, NEVER)

    def fresh(self, chat: str) -> tuple[ReadEntry, ...]:
        """What a memory says that has kept nothing. It takes no part in what happens later."""
        journal = Journal(self.folder, clock=self.clock, market=self.clock, ids=SeededIds(2))
        try:
            return ChannelMemory(journal).before(chat, NEVER)
        finally:
            journal.close()


@pytest.fixture
def channels(tmp_path: Path) -> Iterator[Channels]:
    made = Channels(tmp_path)
    yield made
    made.journal.close()


CHAT = st.sampled_from(CHATS)
NUMBER = st.integers(1, 6)
STATE = st.sampled_from(["pending", "open", "closed", "cancelled"])
EVENTS = st.one_of(
    st.tuples(st.just("post"), CHAT, NUMBER, st.sampled_from(["buy", "nothing", "moves", "closes"])),
    st.tuples(st.just("edit"), CHAT, NUMBER, st.sampled_from(["buy 2", "moves", "nothing"])),
    st.tuples(st.just("delete"), CHAT, NUMBER, st.just("deleted")),
    st.tuples(st.just("leg"), CHAT, NUMBER, STATE),
    st.tuples(st.just("decided"), CHAT, NUMBER, st.sampled_from(["pass", "refuse"])),
    st.tuples(st.just("look"), CHAT, NUMBER, st.just("")),
    st.tuples(st.just("idle"), CHAT, NUMBER, st.just("")),
)


def happen(channels: Channels, event: tuple[str, str, int, str]) -> None:
    what, chat, number, word = event
    if what in ("post", "edit", "delete"):
        scope = Scope(Reach.ONE, target=number)
        actions: dict[str, tuple[Action, ...]] = {
            "buy": (BUY,),
            "buy 2": (replace(BUY, stop_loss=D("1.08")),),
            "moves": (ModifyStop(scope=scope, price=D("1.10")),),
            "closes": (Close(scope=scope),),
        }
        channels.post(chat, number, word, *actions.get(word, ()), edit=what == "edit")
    elif what == "leg":
        channels.leg(chat, number, word)
    elif what == "decided":
        channels.decided(chat, number, Verdict(word))
    elif what == "idle":
        channels.memory.get_ready()
    else:
        channels.kept(chat)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(EVENTS, st.booleans()), max_size=25))
def test_what_is_kept_is_what_the_journal_shows(
    story: list[tuple[tuple[str, str, int, str], bool]],
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        channels = Channels(Path(folder))
        try:
            for event, undone in story:
                with contextlib.suppress(Undone), channels.journal.transaction():
                    happen(channels, event)
                    if undone:
                        channels.kept(event[1])  # what is seen of it must be forgotten
                        raise Undone
            for chat in CHATS:
                assert channels.kept(chat) == channels.fresh(chat)
        finally:
            channels.journal.close()


def test_what_becomes_of_a_signal_is_seen_at_the_next_look(channels: Channels) -> None:
    channels.post(CHATS[0], 1, "buy", BUY)
    states = [channels.kept(CHATS[0])[0].state]
    for state in ("pending", "open", "closed"):
        channels.leg(CHATS[0], 1, state)
        states.append(channels.kept(CHATS[0])[0].state)
    assert states == [EntryState.OPEN, EntryState.PENDING, EntryState.OPEN, EntryState.CLOSED]


def test_what_another_terminal_does_much_later_is_seen(channels: Channels) -> None:
    channels.post(CHATS[0], 1, "buy", BUY)
    channels.leg(CHATS[0], 1, "closed")
    for number in range(2, 12):
        channels.post(CHATS[0], number, f"buy {number}", BUY)
    assert channels.kept(CHATS[0])[0].state is EntryState.CLOSED
    channels.leg(CHATS[0], 1, "open", terminal="t2")
    assert channels.kept(CHATS[0])[0].state is EntryState.OPEN


def test_only_what_something_became_of_is_made_anew(channels: Channels) -> None:
    for number in range(1, 6):
        channels.post(CHATS[0], number, f"buy {number}", BUY)
    before = channels.kept(CHATS[0])
    channels.leg(CHATS[0], 3, "closed")
    after = channels.kept(CHATS[0])
    assert [one is other for one, other in zip(before, after, strict=True)] == [
        True,
        True,
        False,
        True,
        True,
    ]


def test_no_more_is_shown_than_the_parser_looks_back_to(channels: Channels) -> None:
    for number in range(1, LENGTH + 11):
        channels.post(CHATS[0], number, f"text {number}")
    assert [e.message_id for e in channels.kept(CHATS[0])] == list(range(11, LENGTH + 11))


def test_levels_that_were_moved_are_in_what_is_shown(channels: Channels) -> None:
    channels.post(CHATS[0], 1, "buy", BUY)
    channels.memory.get_ready()
    channels.post(CHATS[0], 2, "moves", ModifyStop(scope=Scope(Reach.ONE, target=1), price=D("1.10")))
    (opened,) = channels.kept(CHATS[0])[0].opens
    assert opened.stop_loss == D("1.10")


def test_a_chat_whose_memory_cannot_be_read_holds_up_nothing(
    channels: Channels, caplog: pytest.LogCaptureFixture
) -> None:
    channels.post(CHATS[0], 1, "buy", BUY)
    channels.kept(CHATS[0])
    channels.leg(CHATS[0], 1, "open")
    channels.journal.close()
    channels.memory.get_ready()
    assert "could not be got ready" in caplog.text
