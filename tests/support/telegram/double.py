"""Telegram's server on loopback: one account, its chats, pushes, and faults on demand."""

from __future__ import annotations

import asyncio
import functools
from collections import Counter, deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from telethon import utils
from telethon.tl import types

from tests.support.telegram.answers import Answers
from tests.support.telegram.transport import Keys, Link

ME = 5000
PHONE, CODE = "+4915550001", "12345"


@dataclass
class ChatDouble:
    """A chat and what was written in it. ``id`` is the bare one."""

    id: int
    title: str
    kind: str = "channel"
    username: str | None = None
    left: bool = False
    private: bool = False
    pts: int = 1
    top: int = 0
    messages: dict[int, types.Message] = field(default_factory=dict)
    events: list[tuple[int, Any]] = field(default_factory=list)
    admins: list[int] = field(default_factory=list)

    @property
    def peer(self) -> Any:
        """How messages name it."""
        if self.kind in ("channel", "supergroup"):
            return types.PeerChannel(self.id)
        return types.PeerChat(self.id) if self.kind == "group" else types.PeerUser(self.id)

    @property
    def marked(self) -> int:
        """Its id as clients write it."""
        return int(utils.get_peer_id(self.peer))

    @property
    def entity(self) -> Any:
        """What it is."""
        date = datetime(2024, 1, 1, tzinfo=UTC)
        if self.kind in ("channel", "supergroup"):
            return types.Channel(
                self.id,
                self.title,
                types.ChatPhotoEmpty(),
                date,
                access_hash=self.id * 7,
                broadcast=self.kind == "channel",
                megagroup=self.kind == "supergroup",
                username=self.username,
                left=self.left,
            )
        if self.kind == "group":
            return types.Chat(self.id, self.title, types.ChatPhotoEmpty(), 3, date, 1)
        return types.User(self.id, access_hash=self.id * 7, first_name=self.title, username=self.username)


class TelegramDouble:
    """One account's Telegram. ``lose_pushes`` keeps what happens from being told; requests still see it."""

    def __init__(self, *, password: str = "") -> None:
        self.keys = _keys()
        self.chats: dict[int, ChatDouble] = {}
        self.authorized: set[int] = set()
        self.password = password
        self.lose_pushes = False
        self.silent = False
        self.faults: dict[str, deque[tuple[int, str]]] = {}
        self.asked: Counter[str] = Counter()
        self.port = 0
        self.pts = 1
        self.clock = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)
        self.links: set[Link] = set()
        self._answers = Answers(self)
        self._number = 0
        self._changed = asyncio.Event()

    # ------------------------------------------------------------------ what happens in the chats

    def chat(self, number: int, title: str, kind: str = "channel", **more: Any) -> ChatDouble:
        """Make a chat that the account is in."""
        chat = self.chats[number] = ChatDouble(number, title, kind, **more)
        return chat

    def says(self, chat: ChatDouble, text: str, *, reply_to: int | None = None, **more: Any) -> int:
        """A new message; its id."""
        if chat.kind in ("channel", "supergroup"):
            chat.top += 1
            number = chat.top
        else:
            # Outside of channels the ids are the account's, one row for all chats.
            self._number += 1
            number = chat.top = self._number
        if reply_to is not None:
            more["reply_to"] = types.MessageReplyHeader(reply_to_msg_id=reply_to)
        if chat.kind == "channel":
            more.setdefault("post", True)
        message = types.Message(number, chat.peer, message=text, date=self.clock, **more)
        chat.messages[number] = message
        self._happened(
            chat,
            lambda pts: (
                types.UpdateNewChannelMessage(message, pts, 1)
                if _counts_alone(chat)
                else types.UpdateNewMessage(message, pts, 1)
            ),
        )
        return number

    def serves(self, chat: ChatDouble) -> int:
        """A service message (somebody joined, something was pinned); its id."""
        chat.top += 1
        action = types.MessageActionPinMessage()
        chat.messages[chat.top] = types.MessageService(chat.top, chat.peer, self.clock, action)
        return chat.top

    def edits(self, chat: ChatDouble, number: int, text: str) -> None:
        """Message ``number`` gets another text."""
        message = chat.messages[number]
        message.message, message.edit_date = text, self.clock
        self._happened(
            chat,
            lambda pts: (
                types.UpdateEditChannelMessage(message, pts, 1)
                if _counts_alone(chat)
                else types.UpdateEditMessage(message, pts, 1)
            ),
        )

    def deletes(self, chat: ChatDouble, *numbers: int) -> None:
        """Messages are taken back."""
        for number in numbers:
            del chat.messages[number]
        self._happened(
            chat,
            lambda pts: (
                types.UpdateDeleteChannelMessages(chat.id, list(numbers), pts, len(numbers))
                if _counts_alone(chat)
                else types.UpdateDeleteMessages(list(numbers), pts, len(numbers))
            ),
            len(numbers),
        )

    def _happened(self, chat: ChatDouble, make: Any, count: int = 1) -> None:
        if _counts_alone(chat):
            chat.pts += count
            update = make(chat.pts)
            chat.events.append((chat.pts, update))
        else:
            self.pts += count
            update = make(self.pts)
        if self.lose_pushes:
            return
        users, chats = self.entities()
        for link in list(self.links):
            if link.key is not None and link.key.key_id in self.authorized:
                link.push(types.Updates([update], users, chats, self.clock, 0))

    # ------------------------------------------------------------------ the server

    @asynccontextmanager
    async def running(self, port: int = 0) -> AsyncIterator[None]:
        """Serve on loopback until the block ends."""
        tasks: set[asyncio.Task[None]] = set()

        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            tasks.add(asyncio.current_task())  # type: ignore[arg-type]  # a handler runs as a task
            link = Link(reader, writer, self.keys)
            self.links.add(link)
            self._tell()
            try:
                await link.run(self._answer)
            except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
                pass
            finally:
                self.links.discard(link)
                writer.close()
                self._tell()

        server = await asyncio.start_server(client, "127.0.0.1", port)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await server.wait_closed()

    def drop(self) -> None:
        """Cut every connection."""
        for link in list(self.links):
            link.close()

    def fails(self, method: str, code: int, words: str) -> None:
        """The next request of ``method`` is refused."""
        self.faults.setdefault(method, deque()).append((code, words))

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until connections and requests make it so."""
        async with asyncio.timeout(30):
            while not true():
                self._changed.clear()
                await self._changed.wait()

    def entities(self) -> tuple[list[Any], list[Any]]:
        """Users and chats, as answers carry them along."""
        everything = [chat.entity for chat in self.chats.values()]
        users = [e for e in everything if isinstance(e, types.User)]
        return [self.me, *users], [e for e in everything if not isinstance(e, types.User)]

    @property
    def me(self) -> types.User:
        """The account."""
        return types.User(ME, is_self=True, access_hash=1, first_name="Ada", phone=PHONE.lstrip("+"))

    def _answer(self, link: Link, request: Any) -> Any:
        while hasattr(request, "query"):
            request = request.query  # invokeWithLayer, initConnection
        method = type(request).__name__.removesuffix("Request")
        self.asked[method] += 1
        self._tell()
        if self.silent:
            return None
        waiting = self.faults.get(method)
        if waiting:
            return types.RpcError(*waiting.popleft())
        return self._answers.to(link, method, request)

    def _tell(self) -> None:
        self._changed.set()


@functools.cache
def _keys() -> Keys:
    return Keys()  # takes seconds to make, and a server keeps it for years


def _counts_alone(chat: ChatDouble) -> bool:
    return chat.kind in ("channel", "supergroup")
