"""The source of type ``telegram``: an account's chats, live and read again.

What Telegram pushes is the fast way; what counts is what is read again at each start, each new connection and
every ``reread_seconds``: pushes get lost, and Telegram does not repeat lost edits and deletions.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import msgspec

from signalos.domain.errors import ConfigError
from signalos.sources.base import Deliver, Post, SourceHealth, SourceParts
from signalos.sources.telegram.account import Account, Accounts, client_of
from signalos.sources.telegram.chats import Chat, find_chats
from signalos.sources.telegram.places import Places
from signalos.sources.telegram.posts import post_of
from signalos.sources.telegram.reread import Reread
from signalos.sources.telegram.settings import TelegramSettings

if TYPE_CHECKING:
    from telethon import TelegramClient

log = logging.getLogger(__name__)
T = TypeVar("T")

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 60.0
_ANSWER_SECONDS = 60.0
_ADMINS_SECONDS = 300.0
_LONG_FLOOD = 60.0


@dataclass(frozen=True, slots=True)
class _Said:
    message: Any
    edit: bool


@dataclass(frozen=True, slots=True)
class _Deleted:
    chat_id: int | None
    message_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Due:
    """The chats are to be read again."""


@dataclass(frozen=True, slots=True)
class _Lost:
    """The connection is gone."""


_Event: TypeAlias = _Said | _Deleted | _Due | _Lost


class TelegramSource:
    """Reads the chats of a signed-in account. Its position is how far each chat has been read.

    Everything goes through one queue in one task, so that what is pushed waits while a chat is read again.
    """

    type = "telegram"

    def __init__(self, settings: TelegramSettings, parts: SourceParts) -> None:
        self.name = settings.name
        self.health = SourceHealth()
        self._settings = settings
        self._parts = parts
        self._clock = parts.wall
        self._events: asyncio.Queue[_Event] = asyncio.Queue()
        self._chats: dict[int, Chat] = {}
        self._rereads: dict[int, Reread] = {}
        self._places = Places(None)
        self._lost: set[int] = set()
        self._told: set[str] = set()
        self._admins: dict[int, tuple[float, frozenset[int]]] = {}
        self._deliver: Deliver | None = None
        self._undelivered: Exception | None = None
        self._pause = _FIRST_PAUSE

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        self._deliver = deliver
        self._places = self._begun(start_position)
        client = client_of(await asyncio.to_thread(self._account), self._settings, self._parts.environ)
        self._listen(client)
        try:
            while True:
                await self._connection(client)
        finally:
            self.health.connected = False
            with contextlib.suppress(OSError):
                await client.disconnect()

    def _account(self) -> Account:
        account = Accounts(self._parts.home, self._parts.environ).read(self.name)
        if account is None or not account.session:
            raise ConfigError(f"source {self.name!r} is not signed in to Telegram: {self._sign_in()}")
        return account

    def _sign_in(self) -> str:
        return f"run `signalos desktop login --home {self._parts.home} --config ... --source {self.name}`"

    def _begun(self, position: str | None) -> Places:
        try:
            return Places(position)
        except msgspec.DecodeError:
            self._tell(
                "source_position_bad", "its stored position cannot be read; it begins with what comes now"
            )
            return Places(None)

    # ------------------------------------------------------------------ one connection

    def _listen(self, client: TelegramClient) -> None:
        from telethon import events

        # Handlers must not fail: Telethon logs what they raise and does not call them again.
        async def on_new(event: Any) -> None:
            self._events.put_nowait(_Said(event.message, edit=False))

        async def on_edit(event: Any) -> None:
            self._events.put_nowait(_Said(event.message, edit=True))

        async def on_delete(event: Any) -> None:
            self._events.put_nowait(_Deleted(event.chat_id, tuple(event.deleted_ids)))

        client.add_event_handler(on_new, events.NewMessage())
        client.add_event_handler(on_edit, events.MessageEdited())
        client.add_event_handler(on_delete, events.MessageDeleted())

    async def _connection(self, client: TelegramClient) -> None:
        """Connect and follow the chats until the connection is lost. Raises ConfigError."""
        from telethon import errors

        events = self._events = asyncio.Queue()
        timer: asyncio.Task[None] | None = None
        try:
            await self._ask(client.connect)
            if await self._ask(client.get_me) is None:
                raise ConfigError(
                    f"source {self.name!r}: Telegram has ended its session. To go on, {self._sign_in()}"
                )
            client.disconnected.add_done_callback(partial(_on_lost, events))
            await self._find(client)
            self.health.connected, self.health.error = True, ""
            # Before anything that is pushed counts: a place moves on only over what has been read.
            await self._handle(client, _Due())
            self._pause = _FIRST_PAUSE
            timer = asyncio.create_task(self._keep_rereading())
            while not isinstance(event := await events.get(), _Lost):
                await self._handle(client, event)
            self._waits("the connection to Telegram is lost; it is connected again")
        except (errors.UnauthorizedError, errors.AuthKeyError, errors.AuthKeyNotFound) as why:
            raise ConfigError(self._thrown_out(why)) from why
        except _troubles() as why:
            if why is self._undelivered:
                raise
            self._waits(f"Telegram does not answer ({type(why).__name__}: {why}); it is tried again")
        finally:
            if timer is not None:
                timer.cancel()
            await client.disconnect()
        await self._clock.sleep(self._pause)
        self._pause = min(_LONGEST_PAUSE, self._pause * 2)

    def _thrown_out(self, why: Exception) -> str:
        from telethon import errors

        if isinstance(why, errors.AuthKeyDuplicatedError):
            return (
                f"source {self.name!r}: Telegram has ended its session, since another program used the same one at the "
                f"same time from another address. Each program needs a session of its own: {self._sign_in()}"
            )
        return (
            f"source {self.name!r}: Telegram does not take its session any more ({why}): {self._sign_in()}"
        )

    def _waits(self, text: str) -> None:
        if self.health.error != text:
            log.warning("source %s: %s", self.name, text)
        self.health.connected, self.health.error = False, text

    async def _keep_rereading(self) -> None:
        while True:
            await self._clock.sleep(max(self._settings.reread_seconds, float(len(self._chats))))
            self._events.put_nowait(_Due())

    async def _find(self, client: TelegramClient) -> None:
        if self._chats:
            return
        found = await self._ask(lambda: find_chats(client, self._settings.chats))
        for problem in found.problems:
            self._tell("source_chat_unknown", problem)
        if not found.chats:
            raise ConfigError(f"source {self.name!r} reads nothing: {'; '.join(found.problems)}")
        for chat in found.chats:
            self._chats[chat.id] = chat
            self._rereads[chat.id] = Reread(chat)
            if not chat.joined:
                self._tell(
                    "source_chat_not_joined",
                    f"the account is no member of {chat.name!r}: its messages are read every "
                    f"{self._settings.reread_seconds:g} s only. Join it to have them at once.",
                )

    # ------------------------------------------------------------------ events

    async def _handle(self, client: TelegramClient, event: _Event) -> None:
        if isinstance(event, _Due):
            for chat in self._chats.values():
                await self._read_again(client, chat)
            self.health.connected, self.health.error = True, ""
        elif isinstance(event, _Said):
            chat_id = event.message.chat_id
            if chat_id in self._chats and self._places.get(chat_id) is not None:
                await self._said(client, self._chats[chat_id], event.message, edit=event.edit)
        elif isinstance(event, _Deleted):
            for chat, number in self._deleted_of(event):
                self._give(_deletion(self.name, chat, number, self._clock.now()))

    async def _said(self, client: TelegramClient, chat: Chat, message: Any, *, edit: bool) -> None:
        async def admins(of: Chat) -> frozenset[int]:
            return await self._admins_of(client, of)

        reread = self._rereads[chat.id]
        post = await post_of(self.name, chat, message, admins, edit=edit)
        had_words = reread.had_words(message.id)
        reread.saw(message)
        # A picture without words that gets edited is none either, unless it had words.
        if post is not None and (post.text or had_words):
            place = self._places.get(chat.id)
            # An edit might not be found by reading again, and where no place is known a chat begins behind it.
            new = not edit and place is not None and message.id > place.last
            self._places.reached(chat.id, message.id)
            self._give(post, given_again=new)
            self.health.last_message_at = post.edited_at or post.posted_at

    def _deleted_of(self, event: _Deleted) -> list[tuple[Chat, int]]:
        if event.chat_id is not None:
            chats = [self._chats[event.chat_id]] if event.chat_id in self._chats else []
        else:
            # Outside of channels Telegram names the message alone: ids are the account's, not the chat's.
            chats = [chat for chat in self._chats.values() if not chat.own_ids]
        return [
            (chat, number)
            for chat in chats
            for number in event.message_ids
            if (chat.own_ids or self._rereads[chat.id].knows(number))
            and self._rereads[chat.id].is_gone(number)
        ]

    def _give(self, post: Post, *, given_again: bool = False) -> None:
        if self._deliver is None:
            raise RuntimeError("a source delivers while it runs only")
        try:
            self._deliver(post, self._places.text, given_again=given_again)
        except Exception as why:
            self._undelivered = why
            raise

    # ------------------------------------------------------------------ reading again

    async def _read_again(self, client: TelegramClient, chat: Chat) -> None:
        from telethon import errors

        try:
            await self._read(client, chat)
        except (errors.ChannelPrivateError, errors.ChannelInvalidError, errors.ChatForbiddenError) as why:
            if chat.id not in self._lost:
                self._lost.add(chat.id)
                self._tell(
                    "source_chat_lost",
                    f"the account may not read {chat.name!r} any more ({type(why).__name__}): it was put out, or the "
                    "chat is gone. Its open trades go on; nothing new comes from it.",
                )
        else:
            self._lost.discard(chat.id)

    async def _read(self, client: TelegramClient, chat: Chat) -> None:
        reread, place = self._rereads[chat.id], self._places.get(chat.id)
        page = await self._ask(partial(reread.newest, client))
        if place is None:
            # Nothing from before the app read this chat is an instruction to it.
            self._places.begin(chat.id, max((m.id for m in page), default=0))
            for message in page:
                reread.saw(message)
            self._give(_deletion(self.name, chat, 0, self._clock.now()))
            return
        while reread.leaves_out(page, place.last):
            missed = await self._ask(partial(reread.behind, client, place.last))
            for message in missed:
                await self._said(client, chat, message, edit=False)
                self._places.reached(chat.id, message.id)
            if not missed:
                break
        for message in reversed(page):
            if message.id > place.first and reread.is_news(message):
                await self._said(client, chat, message, edit=bool(message.edit_date))
        missing = reread.missing(page, place)
        if missing:
            for number in await self._ask(partial(reread.deleted, client, missing)):
                self._give(_deletion(self.name, chat, number, self._clock.now()))

    async def _admins_of(self, client: TelegramClient, chat: Chat) -> frozenset[int]:
        from telethon import errors
        from telethon.tl.types import ChannelParticipantsAdmins

        read_at, admins = self._admins.get(chat.id, (-_ADMINS_SECONDS, frozenset()))
        if self._clock.monotonic() - read_at < _ADMINS_SECONDS:
            return admins
        try:
            rows = await self._ask(
                lambda: client.get_participants(chat.peer, filter=ChannelParticipantsAdmins())
            )
        except errors.BadRequestError as why:
            self._tell(
                "source_admins_unknown",
                f"the administrators of {chat.name!r} cannot be read ({why}). What members write there is not traded.",
            )
            rows = []
        admins = frozenset(row.id for row in rows)
        self._admins[chat.id] = (self._clock.monotonic(), admins)
        return admins

    # ------------------------------------------------------------------ asking

    async def _ask(self, call: Callable[[], Awaitable[T]]) -> T:
        """Ask Telegram, waiting as long as it says. Raises OSError, EOFError and Telethon's errors."""
        from telethon import errors

        while True:
            try:
                async with asyncio.timeout(_ANSWER_SECONDS):
                    return await call()
            except errors.FloodWaitError as why:
                text = f"Telegram asks this account to wait {why.seconds} s; then it goes on"
                if why.seconds > _LONG_FLOOD:
                    self._tell("source_flood_wait", text)
                self._waits(text)
                await self._clock.sleep(float(why.seconds))
            except asyncio.CancelledError:
                task = asyncio.current_task()
                if task is not None and task.cancelling():
                    raise
                # Telethon cancels what waits for an answer when the connection is lost.
                raise ConnectionError("the connection was lost before the answer") from None

    def _tell(self, code: str, text: str) -> None:
        told = f"{code} {text}"
        if told not in self._told:
            self._told.add(told)
            self._parts.on_problem(code, f"source {self.name!r}: {text}")


def _troubles() -> tuple[type[Exception], ...]:
    """What may pass: no network, broken packets, and refusals that are no sign-out."""
    from telethon import errors

    return (
        OSError,
        EOFError,
        BufferError,
        errors.RPCError,
        errors.SecurityError,
        errors.InvalidChecksumError,
    )


def _on_lost(events: asyncio.Queue[_Event], done: asyncio.Future[Any]) -> None:
    if not done.cancelled():
        done.exception()  # looked at, so that asyncio does not complain; whatever was asked meanwhile tells it
    events.put_nowait(_Lost())


def _deletion(source: str, chat: Chat, number: int, now: datetime) -> Post:
    """A deletion; one of message 0, which none has, only makes the position durable."""
    return Post(
        source=source,
        chat_id=str(chat.id),
        chat_name=chat.name,
        message_id=number,
        text="",
        posted_at=now.astimezone(UTC),
        deleted=True,
    )


def build(settings: TelegramSettings, parts: SourceParts) -> TelegramSource:
    """Make the source that an entry of ``sources`` describes."""
    return TelegramSource(settings, parts)
