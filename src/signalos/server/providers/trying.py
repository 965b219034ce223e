"""The box that tries a message: read as the channel's next one, by its settings. Nothing is stored or traded."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Protocol

import msgspec

from signalos.domain.signal import Open, ReadEntry, Reading, ReadingContext, Reject
from signalos.domain.symbols import pip_size
from signalos.kit.clock import Clock
from signalos.parser import Languages
from signalos.parser.describe import in_words
from signalos.parser.ignored import IgnoredWords
from signalos.parser.memory import state_of, with_changes
from signalos.parser.profile import Profile
from signalos.parser.profile_check import ProfileError, checked
from signalos.parser.profile_document import profile_of
from signalos.protocol import providers as wire
from signalos.protocol.reading import signal_fields
from signalos.server.db.session import Reading as Db
from signalos.server.db.store import Store
from signalos.server.problems import Problem
from signalos.server.providers import repository
from signalos.server.providers.checking import checked_settings

MEMORY = 40
"""Earlier messages of the channel that are read first, so that "close it" finds what it is about."""
MEMORY_CHARACTERS = 60_000
WITHIN_SECONDS = 5.0
CHANNEL_OFF = "This channel is switched off: a trade that this opens is refused (channel_off)."


PROFILE_UNUSABLE = (
    "Not read: this channel's profile was saved for another version of the vocabulary. Save it again to see "
    "what is wrong with it."
)
_UNKNOWN = wire.ProviderView(id=0, chat_id="", name="", signals=0, last_message_at=None)


class Reads(Protocol):
    """What reads a text: :class:`signalos.server.reader.Reader`."""

    def read(self, text: str, posted_at: datetime, context: ReadingContext) -> Reading:
        """Read ``text`` after what ``context`` remembers."""
        ...

    def under(self, profile: Profile) -> Reads:
        """What reads as a channel with this profile writes."""
        ...


class TryBox:
    """Reads off the event loop, one text at a time; what takes too long is answered `reader_busy`."""

    def __init__(
        self,
        store: Store,
        reader: Reads,
        languages: Languages,
        clock: Clock,
        within: float = WITHIN_SECONDS,
    ) -> None:
        self._store = store
        self._reader = reader
        self._languages = languages
        self._clock = clock
        self._within = within
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="signalos-try")

    def close(self) -> None:
        """End the thread, without waiting for what it reads."""
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def read(self, user_id: int, asked: wire.TryMessage) -> wire.TriedMessage:
        """Read a text as a channel's next message. Raises Problem not_found, invalid or reader_busy.

        ``asked.settings`` stand in for the stored ones.
        """
        tried = None if asked.settings is None else checked_settings(asked.settings, self._languages)

        def find(db: Db) -> tuple[wire.ProviderView | None, list[repository.Earlier]]:
            if asked.provider_id is None:
                return None, []
            channel = repository.one(db, user_id, asked.provider_id)
            if channel is None:
                raise Problem("not_found", "you have no such provider")
            return channel, repository.earlier(db, user_id, channel.chat_id, MEMORY)

        channel, earlier = await self._store.read(find)
        if tried is not None:
            channel = _by_settings(channel or _UNKNOWN, tried)
        reading = asyncio.get_running_loop().run_in_executor(
            self._thread, self._try, asked.text, channel, earlier
        )
        try:
            return await asyncio.wait_for(reading, self._within)
        except TimeoutError:
            raise Problem(
                "reader_busy",
                f"the text was not read within {self._within:g} s: try a shorter one, or again",
            ) from None

    def _try(
        self, text: str, channel: wire.ProviderView | None, earlier: Sequence[repository.Earlier]
    ) -> wire.TriedMessage:
        if channel is None:
            return _answer(self._reader.read(text, self._clock.now(), ReadingContext()), [])
        word = IgnoredWords(channel.ignore_words).found_in(text)
        if word is not None:
            words = f'Not read: it holds "{word}", which you ignore in this channel.'
            return wire.TriedMessage(actions=[], reason="ignored_word", words=words)
        profile = self._usable(channel)
        if profile is None:
            return wire.TriedMessage(actions=[], reason="channel_off", words=PROFILE_UNUSABLE)
        reader = self._reader.under(profile)
        context = ReadingContext(self._memory(channel, earlier, reader), profile.default_symbol)
        reading = reader.read(text, self._clock.now(), context)
        opens = any(isinstance(action, Open) for action in reading.actions)
        if opens and not channel.enabled:
            return _answer(reading, [*_pips(reading, profile), CHANNEL_OFF], "channel_off")
        return _answer(reading, _pips(reading, profile))

    def _usable(self, channel: wire.ProviderView) -> Profile | None:
        """The channel's profile; None where the vocabulary has changed since it was saved."""
        try:
            return checked(profile_of(channel), self._languages)
        except ProfileError:
            return None

    def _memory(
        self, channel: wire.ProviderView, earlier: Sequence[repository.Earlier], reader: Reads
    ) -> tuple[ReadEntry, ...]:
        """The earlier messages as the desktop app would remember them, read anew by today's settings."""
        ignored = IgnoredWords(channel.ignore_words)
        room = MEMORY_CHARACTERS
        kept: list[repository.Earlier] = []
        for message in reversed(earlier):
            room -= len(message.text)
            if room < 0:
                break
            kept.append(message)
        entries: list[ReadEntry] = []
        for message in reversed(kept):
            if ignored.found_in(message.text) is not None:
                continue
            context = ReadingContext(with_changes(tuple(entries)), channel.default_symbol)
            reading = reader.read(message.text, message.posted_at or self._clock.now(), context)
            refused = (
                {"refuse"} if message.signals and message.signals <= {"refused", "rejected"} else set()
            )
            entries.append(
                ReadEntry(
                    message_id=message.message_id,
                    actions=reading.actions,
                    state=state_of(reading.actions, set(message.trades), refused),
                    reply_to=message.reply_to,
                    announces=reading.announces,
                    text=message.text,
                )
            )
        return with_changes(tuple(entries))


def _by_settings(channel: wire.ProviderView, tried: wire.ProviderSettings) -> wire.ProviderView:
    names = {field.name for field in msgspec.structs.fields(tried)} - {"name"}
    return msgspec.structs.replace(channel, **{name: getattr(tried, name) for name in names})


def _pips(reading: Reading, profile: Profile) -> list[str]:
    """What distances in pips come to in prices."""
    found: dict[str, None] = {}
    for action in reading.actions:
        if isinstance(action, Open) and (action.stop_loss_pips or action.take_profit_pips):
            own = profile.pip_sizes.get(action.symbol)
            size = own or pip_size(action.symbol)
            whose = "this channel" if own else "the house table"
            known = f"A pip of {action.symbol} is {size:f}, by {whose}." if size else ""
            found[
                known or f"No pip size of {action.symbol} is known: it is refused (pip_size_unknown)."
            ] = None
    return list(found)


def _answer(reading: Reading, notes: list[str], reason: str = "") -> wire.TriedMessage:
    return wire.TriedMessage(
        actions=[wire.TriedAction(**signal_fields(action)) for action in reading.actions],
        reason=reason or reading.reason or _rejected(reading),
        words="\n".join([in_words(reading), *reading.notes, *notes]),
        notes=[*reading.notes, *notes],
    )


def _rejected(reading: Reading) -> str:
    """Why an order that is clear must not be executed, where the message asks for nothing else."""
    reasons = [action.reason for action in reading.actions if isinstance(action, Reject)]
    return reasons[0] if reasons and len(reasons) == len(reading.actions) else ""
