"""What every message source is: it delivers posts, and each delivery is journalled when it returns."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol, TypeAlias

from signalos.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class Post:
    """One thing that happened in a chat: a message, an edit or a deletion.

    ``message_id`` is the message it is about: for an edit the edited one, for a deletion the deleted
    one. ``posted_at`` is the message's own time; a source that hears of an edit or a deletion without
    knowing the original's time gives the time of that edit, and the journal keeps the original's.
    ``sender`` is channel | admin | member; ``forwarded`` marks a post that another chat wrote.
    Times are aware UTC in the source's market time.
    """

    source: str
    chat_id: str
    chat_name: str
    message_id: int
    text: str
    posted_at: datetime
    edited_at: datetime | None = None
    reply_to: int | None = None
    edit: bool = False
    deleted: bool = False
    sender: str = "channel"
    forwarded: bool = False


class Deliver(Protocol):
    """Takes a post and the source's position behind it (opaque text), and journals both in one transaction.

    When it returns, both are durable, a power cut included, unless the post is ``given_again``: a source whose
    next start at the position before would certainly deliver it again, and that has told nobody outside that it was
    taken, says so. The disk is then waited for with what is decided on it. The next start hands the last position
    back to the source.
    """

    def __call__(self, post: Post, position: str, *, given_again: bool = False) -> None: ...


OnProblem: TypeAlias = Callable[[str, str], None]
"""Told (stable code, plain words) of what a person should know; it becomes an alert."""


@dataclass(slots=True)
class SourceHealth:
    """How a source is doing. ``error`` is "" while all is well; times are aware UTC."""

    connected: bool = False
    last_message_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class SourceParts:
    """What the composition root hands to each source.

    ``wall`` is the machine's time (for polling), ``market`` the time that dates are compared with;
    they differ only in the demo, where ``round_number`` counts how often the recording has begun anew.
    Secrets come from ``environ``; ``home`` is the folder of the app's own files.
    """

    wall: Clock
    market: Clock
    on_problem: OnProblem
    round_number: int = 1
    environ: Mapping[str, str] = field(default_factory=dict)
    home: Path = Path()


class Source(Protocol):
    """Where messages come from."""

    name: str
    type: str
    health: SourceHealth

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        """Deliver posts in order until cancelled, beginning behind ``start_position`` (None: never ran).

        Raises ConfigError for what the user must mend; everything that may pass is waited for, with
        ``health`` saying so. Errors of ``deliver`` end the run: nothing may go on unjournalled.
        """
        ...


_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean_text(text: str) -> str:
    """Replace control characters by spaces, one for one, so that character positions stay."""
    return _CONTROL.sub(" ", text)
