"""The way of a message through the desktop app, from top to bottom.

1. ``receive``: a source's post is journalled together with the source's position, and with the next step.
2. ``read``: the journalled message is parsed, what was read is journalled, the server is told.
   Where the rules could not read it, and only if the user turned that on, a question about it is journalled:
   ``model_reading`` asks a language model and journals what it read as a version of its own. Nothing waits for it.
3. Each terminal's :class:`Lane` takes the read messages in order of arrival and, for each action,
   decides once, journals the decision with its intents, sends them, and journals the outcomes.

Every step starts from the journal, so a start after a crash is the same code as a quiet one.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
from collections.abc import Callable, Sequence

from signalos.desktop.channel_book import ChannelBook
from signalos.desktop.channel_memory import ChannelMemory
from signalos.desktop.journal import Journal
from signalos.desktop.journal.messages import JournalledMessage
from signalos.desktop.lane import Lane
from signalos.desktop.wire_events import alert_event, message_event, signal_event
from signalos.domain.message import Message
from signalos.domain.signal import Reading, ReadingContext
from signalos.kit.clock import Clock
from signalos.parser import Languages
from signalos.sources.base import Post

log = logging.getLogger(__name__)

SYNC_AFTER_SECONDS = 0.02
"""From a message to the wait for the disk on its account alone: an order on its way does that itself, and sooner."""

Parse = Callable[[Message, ReadingContext, Languages | None], Reading]
"""What reads a message; the languages are the channel's own where it has a profile, else None."""
Ask = Callable[[int, Message, Reading], None]
"""Told of every message just read, at its row and within its transaction: it may journal a question."""


class Pipeline:
    """Messages in, decisions and orders out."""

    def __init__(
        self,
        journal: Journal,
        parse: Parse,
        lanes: Sequence[Lane],
        channels: ChannelBook,
        ask: Ask = lambda row, message, reading: None,
        *,
        clock: Clock,
    ) -> None:
        self._clock = clock
        self._ask = ask
        self._journal = journal
        self._parse = parse
        self._lanes = lanes
        self._channels = channels
        self._arrived = asyncio.Event()
        journal.on_unsynced(self._arrived.set)
        self._memory = ChannelMemory(journal)
        for lane in lanes:
            lane.on_idle = self._get_ready

    def receive(self, post: Post, position: str, *, given_again: bool = False) -> None:
        """Journal a post and its source's position, as :class:`signalos.sources.base.Deliver` says.

        What is read from it is journalled in the same step: one wait for the disk less on the way to the order. That
        of a post that is ``given_again`` is left to the decision's step, or to :meth:`run` a moment later.
        """
        if given_again:
            # Not seen before, as its place says: the terminal is asked while it is journalled.
            for lane in self._lanes:
                lane.expect_from(post.source)
        with self._journal.transaction(synced=not given_again):
            if self._journal.messages.add(post, position) is None:
                return
            self.read_next(expected=given_again)
        for lane in self._lanes:
            lane.wake()
        self._arrived.set()  # an older one may be unread

    def wake(self) -> None:
        """Say that something was journalled without a source."""
        self._arrived.set()

    async def run(self) -> None:
        """Read what arrives until cancelled, waking the lanes."""
        while True:
            self._arrived.clear()
            while self.read_next():
                for lane in self._lanes:
                    lane.wake()
                await asyncio.sleep(0)  # let the lanes act on each message at once
            if not self._journal.unsynced:
                await self._arrived.wait()
                continue
            await self._clock.sleep(SYNC_AFTER_SECONDS)
            self._journal.sync()

    def read_next(self, *, expected: bool = False) -> bool:
        """Read the oldest unread message; False if there is none. ``expected``: the lanes know that one is coming."""
        waiting = self._journal.messages.unread()
        if waiting is None:
            return False
        message = waiting.message
        if message.again_part is not None:
            reading = self._read_before(message)
        elif message.deleted:
            reading = Reading(reason="deleted")
        elif message.forwarded:
            # What another channel wrote is a quote: only this channel's own words are instructions.
            reading = Reading(reason="forwarded")
        else:
            if not expected:
                for lane in self._lanes:
                    lane.expect(message)
            reading = self._read(waiting)
            for lane in self._lanes:
                lane.expect(message, reading.actions)
        with self._journal.transaction():
            self._journal.messages.set_reading(waiting, reading)
            self._journal.outbox.add("message", None, message_event(message, reading))
            for part, action in enumerate(reading.actions, start=1):
                if message.again_part in (None, part):
                    self._journal.outbox.add("signal", None, signal_event(message, part, action))
            self._ask(waiting.row, message, reading)
        return True

    def _get_ready(self) -> None:
        """Have at hand what the next message is read against, as soon as nothing is in a hurry."""
        if all(lane.idle for lane in self._lanes) and self._journal.messages.unread() is None:
            self._memory.get_ready()

    def _read_before(self, message: Message) -> Reading:
        """What the user asks to decide once more was read before: it is not read anew."""
        part = message.again_part or 0
        for stored in reversed(self._journal.messages.versions(message.chat_id, message.message_id)):
            actions = () if stored.reading is None else stored.reading.actions
            if stored.message.text == message.text and len(actions) >= part:
                return Reading(actions=actions)
        return Reading(reason="unknown")

    def _read(self, waiting: JournalledMessage) -> Reading:
        chat_id = waiting.message.chat_id
        rules = self._channels.of(chat_id)
        word = rules.ignored.found_in(waiting.message.text)
        if word is not None:
            return Reading(
                reason="ignored_word", notes=(f"this channel's messages with {word!r} are not read",)
            )
        try:
            entries = self._memory.before(chat_id, waiting.row)
            context = ReadingContext(entries, rules.profile.default_symbol)
            return self._parse(waiting.message, context, rules.languages)
        except sqlite3.Error:
            raise  # that is no fault of the message's
        except Exception as why:
            # One message that cannot be read trades nothing, and holds up no other one for ever.
            log.exception("message %s cannot be read", waiting.message.message_id)
            text = f"message {waiting.message.message_id} could not be read and was skipped: {why!r}"
            self._journal.outbox.add("alert", None, alert_event("unreadable", "error", text))
            return Reading(reason="unreadable")
