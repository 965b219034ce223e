"""A message of a channel, as a source delivers it and the journal keeps it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One version of one message.

    ``version`` counts from 1 (the post) and rises with each edit; a deletion is a version of its own.
    ``posted_at`` is the ORIGINAL post's time, also for an edit: ages count from it. ``edited_at`` is
    the edit's time. ``sender`` is channel | admin | member;
    ``forwarded``: written by another chat. ``again_part`` is set on a version that nobody wrote: the user
    asks at ``again_at`` that this part of what was read be decided once more by ``again_terminal``.
    ``read_by`` names the language model that read such a version ("": the rules did).
    Times are aware UTC, in the source's market time.
    """

    source: str
    chat_id: str
    message_id: int
    version: int
    text: str
    posted_at: datetime
    edited_at: datetime | None = None
    reply_to: int | None = None
    deleted: bool = False
    sender: str = "channel"
    forwarded: bool = False
    chat_name: str = ""
    again_part: int | None = None
    again_at: datetime | None = None
    again_terminal: str | None = None
    read_by: str = ""

    @property
    def is_edit(self) -> bool:
        """True for the second and later versions that still have a text and that somebody wrote."""
        return self.version > 1 and not self.deleted and self.again_part is None and not self.read_by

    @property
    def waits_for_yes(self) -> bool:
        """True for what a language model read, until the user asks for it by hand."""
        return bool(self.read_by) and self.again_part is None
