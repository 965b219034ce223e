"""Reads a text as the desktop app would, for what users enter or try; nothing is stored or traded."""

from __future__ import annotations

from datetime import datetime

from signalos.domain.message import Message
from signalos.domain.signal import Reading, ReadingContext
from signalos.parser import Languages, parse
from signalos.parser.profile import Profile, overlay

_NOTHING_BEFORE = ReadingContext()


class Reader:
    """The parser with its languages, which the composition root loads once."""

    def __init__(self, languages: Languages) -> None:
        self._languages = languages

    def under(self, profile: Profile) -> Reader:
        """What reads as a channel with this (checked) profile writes."""
        return Reader(overlay(self._languages, profile))

    def read(self, text: str, posted_at: datetime, context: ReadingContext = _NOTHING_BEFORE) -> Reading:
        """Read ``text`` as a channel's next message after what ``context`` remembers."""
        newest = max((entry.message_id for entry in context.entries), default=0)
        message = Message(
            source="", chat_id="", message_id=newest + 1, version=1, text=text, posted_at=posted_at
        )
        return parse(message, context, self._languages)
