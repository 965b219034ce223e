"""``signalos parse --learn``: a channel's history -> a proposed profile; and profiles read from files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from signalos.domain.errors import ConfigError
from signalos.domain.message import Message
from signalos.kit.clock import SystemClock
from signalos.parser import Languages
from signalos.parser.learning import propose, report
from signalos.parser.profile import Profile
from signalos.parser.profile_check import ProfileError, checked
from signalos.parser.profile_document import from_document, to_document
from signalos.sources.export import ExportSource

_LIMIT = 1 << 20


def learn(
    path: Path, chat: str | None, time_zone: str | None, languages: Languages, sink: TextIO, words: TextIO
) -> None:
    """Write the proposed profile as JSON to ``sink`` and what led to it to ``words``. Raises ConfigError."""
    proposal = propose(lambda: _messages(path, chat, time_zone), languages)
    words.write(report(proposal))
    words.flush()
    sink.write(json.dumps(to_document(proposal.profile), ensure_ascii=False, indent=2) + "\n")


def load_profile(path: Path, languages: Languages) -> Profile:
    """Read and check a profile. Raises ConfigError naming what is wrong with it."""
    try:
        with path.open("rb") as file:
            data = file.read(_LIMIT + 1)
    except OSError as why:
        raise ConfigError(f"the profile {path} cannot be read: {why.strerror}") from why
    if len(data) > _LIMIT:
        raise ConfigError(f"the profile {path} is larger than {_LIMIT} bytes: it is none")
    try:
        return checked(from_document(json.loads(data.decode("utf-8-sig"))), languages)
    except (UnicodeDecodeError, json.JSONDecodeError, RecursionError) as why:
        raise ConfigError(f"the profile {path} is not readable JSON: {why}") from why
    except ProfileError as why:
        raise ConfigError(f"the profile {path} cannot be used: {why}") from None


def _messages(path: Path, chat: str | None, time_zone: str | None) -> Iterator[Message]:
    """The channel's own posts with a text, oldest first."""
    chats = () if chat is None else (chat,)
    source = ExportSource(path, SystemClock(), path.name, time_zone=time_zone, chats=chats)
    for post in source.posts():
        if post.text.strip() and not post.forwarded and post.sender == "channel":
            yield Message(
                source=post.source,
                chat_id=post.chat_id,
                message_id=post.message_id,
                version=1,
                text=post.text,
                posted_at=post.posted_at,
                reply_to=post.reply_to,
            )
