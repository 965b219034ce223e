"""The chats of an account, and which of them a source reads."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from telethon import TelegramClient


@dataclass(frozen=True, slots=True)
class Chat:
    """A channel, a group or a private chat. ``id`` is the marked one (-100... for channels), ``number`` the bare.

    ``peer`` is what Telethon addresses it by; ``own_ids`` says that its message ids are counted in this chat
    alone, so that a missing one is a deleted one.
    """

    id: int
    number: int
    name: str
    kind: Literal["channel", "group", "private"]
    peer: Any
    usernames: tuple[str, ...] = ()
    own_ids: bool = False
    joined: bool = True

    @property
    def answers_to(self) -> set[str]:
        """What ``chats`` may call it: both forms of the id, its @names, its title."""
        return (
            {str(self.id), str(self.number)}
            | {f"@{name.lower()}" for name in self.usernames}
            | {self.name.strip().casefold()}
        )


@dataclass(frozen=True, slots=True)
class Found:
    """The chats that are read, and for what is not found or not clear: why."""

    chats: tuple[Chat, ...]
    problems: tuple[str, ...]


async def all_chats(client: TelegramClient) -> list[Chat]:
    """Every chat of the account, the most recent first."""
    found = [_chat(d.entity, d.id, d.input_entity) async for d in client.iter_dialogs(ignore_migrated=True)]
    return [chat for chat in found if chat is not None]


async def find_chats(client: TelegramClient, wanted: Iterable[str | int]) -> Found:
    """Find what ``chats`` names among the account's chats, then public channels by their @names."""
    known = await all_chats(client)
    chats: dict[int, Chat] = {}
    problems = []
    for name in wanted:
        called = _called(name)
        matches = [chat for chat in known if called in chat.answers_to]
        if not matches and called.startswith("@"):
            matches = [chat for chat in [await _public(client, called)] if chat is not None]
        if not matches:
            problems.append(
                f"the account has no chat {name!r}: join it with this account, or correct `chats` (signalos desktop "
                "login --list-chats shows what it has)"
            )
        elif len(matches) > 1:
            ids = ", ".join(str(chat.id) for chat in matches)
            problems.append(f"{len(matches)} chats are called {name!r}: give one of their ids, {ids}")
        else:
            chats[matches[0].id] = matches[0]
    return Found(tuple(chats.values()), tuple(problems))


def _called(name: str | int) -> str:
    text = str(name).strip()
    for prefix in ("https://", "http://"):
        text = text.removeprefix(prefix)
    if text.startswith(("t.me/", "telegram.me/")):
        return "@" + text.partition("/")[2].strip("/").lower()
    return text.casefold()


async def _public(client: TelegramClient, name: str) -> Chat | None:
    from telethon import errors, utils

    try:
        entity = await client.get_entity(name)
    except (ValueError, errors.BadRequestError):
        return None
    return _chat(entity, utils.get_peer_id(entity), utils.get_input_peer(entity))


def _chat(entity: Any, chat_id: int, peer: Any) -> Chat | None:
    from telethon import utils
    from telethon.tl import types

    names = tuple(
        name
        for name in (
            getattr(entity, "username", None),
            *(u.username for u in getattr(entity, "usernames", None) or ()),
        )
        if name
    )
    title = utils.get_display_name(entity) or str(chat_id)
    if isinstance(entity, types.Channel):
        kind: Literal["channel", "group"] = "channel" if entity.broadcast else "group"
        return Chat(chat_id, entity.id, title, kind, peer, names, own_ids=True, joined=not entity.left)
    if isinstance(entity, types.Chat):
        return Chat(chat_id, entity.id, title, "group", peer, names)
    if isinstance(entity, types.User):
        return Chat(chat_id, entity.id, title, "private", peer, names)
    return None  # a chat that the account was put out of
