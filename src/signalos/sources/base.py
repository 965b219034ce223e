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


Deliver: TypeAlias = Callable[[Post, str], None]
"""Takes a post and the source's position behind it (opaque text); when it returns, both are durable
in one transaction (see ``Source.gives_again``). The next start hands the last position back to the source."""

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
    gives_again: bool
    """True where a source that is started at an older position delivers again what came behind it. Its sender
    is told nothing, so that ``deliver`` need not wait for the disk: a power cut undoes post and position together."""

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
