"""The way of a message through the desktop app, from top to bottom.

1. ``receive``: a source's post is journalled together with the source's position.
2. ``read``: the journalled message is parsed, what was read is journalled, the server is told.
3. Each terminal's :class:`Lane` takes the read messages in order of arrival and, for each action,
   decides once, journals the decision with its intents, sends them, and journals the outcomes.

Every step starts from the journal, so a start after a crash is the same code as a quiet one.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from signalos.desktop.journal import Journal
from signalos.desktop.journal.messages import JournalledMessage
from signalos.desktop.lane import Lane
from signalos.desktop.wire_events import message_event, signal_event
from signalos.domain.message import Message
from signalos.domain.signal import EntryState, ReadEntry, Reading, ReadingContext
from signalos.sources.base import Post

log = logging.getLogger(__name__)

Parse = Callable[[Message, ReadingContext], Reading]
MEMORY = 60
"""How many earlier messages of a chat the parser may look back to."""


class Pipeline:
    """Messages in, decisions and orders out."""

    def __init__(self, journal: Journal, parse: Parse, lanes: Sequence[Lane]) -> None:
        self._journal = journal
        self._parse = parse
        self._lanes = lanes
        self._arrived = asyncio.Event()

    def receive(self, post: Post, position: str) -> None:
        """Journal a post; durable with its source's position when this returns."""
        if self._journal.messages.add(post, position) is not None:
            self._arrived.set()

    async def run(self) -> None:
        """Read what arrives until cancelled, waking the lanes."""
        while True:
            self._arrived.clear()
            while self.read_next():
                for lane in self._lanes:
                    lane.wake()
                await asyncio.sleep(0)  # let the lanes act on each message at once
            await self._arrived.wait()

    def read_next(self) -> bool:
        """Read the oldest unread message; False if there is none."""
        waiting = self._journal.messages.unread()
        if waiting is None:
            return False
        message = waiting.message
        if message.deleted:
            reading = Reading(reason="deleted")
        elif message.forwarded:
            # What another channel wrote is a quote: only this channel's own words are instructions.
            reading = Reading(reason="forwarded")
        else:
            reading = self._read(waiting)
        with self._journal.transaction():
            self._journal.messages.set_reading(waiting.row, reading)
            self._journal.outbox.add("message", None, message_event(message, reading))
            for part, action in enumerate(reading.actions, start=1):
                self._journal.outbox.add("signal", None, signal_event(message, part, action))
        return True

    def _read(self, waiting: JournalledMessage) -> Reading:
        chat_id = waiting.message.chat_id
        earlier = self._journal.messages.recent(chat_id, waiting.row, MEMORY)
        oldest = min((e.message.message_id for e in earlier), default=0)
        legs = self._journal.legs.states(chat_id, oldest)
        verdicts = self._journal.decisions.verdicts(chat_id, oldest)
        newest: dict[int, ReadEntry] = {}
        for stored in earlier:
            # The newest version of each message counts, at the place of the first.
            number = stored.message.message_id
            state = _state(stored.reading, legs.get(number, set()), verdicts.get(number, set()))
            newest[number] = _entry(stored, state)
        return self._parse(waiting.message, ReadingContext(entries=tuple(newest.values())))


def _entry(stored: JournalledMessage, state: EntryState) -> ReadEntry:
    message, reading = stored.message, stored.reading or Reading()
    return ReadEntry(
        message_id=message.message_id,
        actions=reading.actions,
        state=state,
        reply_to=message.reply_to,
        announces=reading.announces,
        text=message.text,
    )


def _state(reading: Reading | None, legs: set[str], verdicts: set[str]) -> EntryState:
    """What became of a message's signals, over all terminals."""
    if reading is None or not reading.actions:
        return EntryState.CLOSED
    if "open" in legs:
        return EntryState.OPEN
    if "pending" in legs:
        return EntryState.PENDING
    if legs:
        return EntryState.CLOSED
    if verdicts == {"refuse"}:
        return EntryState.REFUSED
    return EntryState.OPEN  # not decided yet, or on its way
