"""What a Telegram message is as a post."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import UTC
from typing import Any

from signalos.sources.base import Post, clean_text
from signalos.sources.telegram.chats import Chat

_NAME_LENGTH = 200

Admins = Callable[[Chat], Awaitable[frozenset[int]]]
"""The ids of a group's administrators."""


async def post_of(source: str, chat: Chat, message: Any, admins: Admins, *, edit: bool) -> Post | None:
    """Return the post that ``message`` (Telethon's) is; None for service messages and pictures without words."""
    text = getattr(message, "message", None)
    if text is None or (not text and not edit):
        return None
    return Post(
        source=source,
        chat_id=str(chat.id),
        chat_name=clean_text(chat.name)[:_NAME_LENGTH],
        message_id=message.id,
        text=clean_text(text),
        posted_at=message.date.astimezone(UTC),
        edited_at=message.edit_date.astimezone(UTC) if message.edit_date else None,
        reply_to=_reply_to(message),
        edit=edit,
        sender=await _sender(chat, message, admins),
        forwarded=message.fwd_from is not None,
    )


def _reply_to(message: Any) -> int | None:
    reply = message.reply_to
    number = getattr(reply, "reply_to_msg_id", None)
    if number is None or reply.reply_to_peer_id is not None:
        return None  # a story, or a message of another chat
    # In a forum each message answers the one that opened its topic, which is no reply of the writer's.
    return None if reply.forum_topic and reply.reply_to_top_id is None else int(number)


async def _sender(chat: Chat, message: Any, admins: Admins) -> str:
    """Tell whose words they are: ``channel`` | ``admin`` | ``member``.

    A private chat's own are the other side's, and those of Saved Messages the user's.
    """
    if chat.kind == "channel" or message.sender_id in (chat.id, None):
        return "channel"
    if chat.kind == "private":
        return "member"
    return "admin" if message.sender_id in await admins(chat) else "member"
