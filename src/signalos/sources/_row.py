"""The JSON form of one message, as the followed file and the webhook take it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import msgspec
from msgspec import Meta

from signalos.sources.base import Post, clean_text

_Id = Annotated[int, Meta(ge=0, le=2**63 - 1)]


class MessageRow(msgspec.Struct, frozen=True, rename="camel"):
    """``{"chatId", "id", "date", "text", "replyTo"?, "editOf"?, "deleted"?, "chatName"?}``.

    With ``editOf`` the row is the new text of that message; with ``deleted`` message ``id`` was deleted.
    """

    chat_id: Annotated[str, Meta(min_length=1, max_length=120)]
    id: _Id
    date: datetime | None = None
    text: str | None = None
    reply_to: _Id | None = None
    edit_of: _Id | None = None
    deleted: bool = False
    chat_name: Annotated[str, Meta(max_length=200)] = ""


def post_of(row: MessageRow, *, source: str, chat_name: str, now: datetime, dated: bool = True) -> Post:
    """Make a post of ``row``; ``now`` dates a deletion that says no date.

    ``dated``: everything else must say its date, too. Raises ValueError for what contradicts itself.
    """
    if row.text is None and not row.deleted:
        raise ValueError("`text` is missing")
    if row.deleted and row.edit_of is not None:
        raise ValueError("`deleted` and `editOf` contradict each other")
    if row.date is not None:
        date = _utc(row.date)
    elif row.deleted or not dated:
        date = now
    else:
        raise ValueError("`date` is missing")
    return Post(
        source=source,
        chat_id=row.chat_id,
        chat_name=row.chat_name or chat_name,
        message_id=row.id if row.edit_of is None else row.edit_of,
        text="" if row.deleted else clean_text(row.text or ""),
        posted_at=date,
        edited_at=None if row.edit_of is None else date,
        reply_to=row.reply_to,
        edit=row.edit_of is not None,
        deleted=row.deleted,
    )


def _utc(date: datetime) -> datetime:
    return date.replace(tzinfo=UTC) if date.tzinfo is None else date.astimezone(UTC)
