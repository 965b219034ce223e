"""Channels and groups read by a Telegram bot that is a member of them.

The Bot API tells of new and edited messages while they are at most 24 hours old. It tells of no deletion,
and gives no history from before the bot was added: a source of type ``telegram`` has both.
"""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from signalos.domain.errors import ConfigError
from signalos.kit.clock import Clock
from signalos.sources.base import Deliver, Post, SourceHealth, SourceParts, clean_text

log = logging.getLogger(__name__)

_KINDS = ("message", "edited_message", "channel_post", "edited_channel_post")
_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 30.0
_CONFLICT_PAUSE = 10.0
_ADMINS_SECONDS = 300.0
_MOST_STRANGERS = 20


class TelegramBotSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of ``sources`` for a bot.

    ``chats`` are the ids or @names that are read: anybody can add a bot to a chat of his own, so nothing
    else is. ``token_variable`` names the environment variable with the bot's token; ``api`` is the Bot
    API's address; ``poll_seconds`` how long a request waits for news.
    """

    type: str
    chats: Annotated[list[str | int], Meta(min_length=1)]
    name: Annotated[str, Meta(min_length=1, max_length=200)] = "telegram-bot"
    token_variable: Annotated[str, Meta(pattern="^[A-Za-z_][A-Za-z0-9_]{0,99}$")] = "TELEGRAM_BOT_TOKEN"  # noqa: S105 -- the variable's name, not what is in it
    api: Annotated[str, Meta(pattern="^https?://")] = "https://api.telegram.org"
    poll_seconds: Annotated[float, Meta(ge=1, le=50)] = 50.0


class _Chat(msgspec.Struct, frozen=True):
    id: int
    type: str = ""
    title: str = ""
    username: str = ""

    @property
    def names(self) -> set[str]:
        return {str(self.id)} | ({self.username.lower()} if self.username else set())


class _Who(msgspec.Struct, frozen=True):
    id: int


class _Reply(msgspec.Struct, frozen=True):
    message_id: int
    chat: _Chat


class _Message(msgspec.Struct, frozen=True):
    message_id: int
    date: int
    chat: _Chat
    edit_date: int = 0
    text: str = ""
    caption: str = ""
    from_: _Who | None = msgspec.field(default=None, name="from")
    sender_chat: _Who | None = None
    reply_to_message: _Reply | None = None
    forward_origin: Any = None
    forward_date: int = 0


class _Update(msgspec.Struct, frozen=True):
    update_id: int
    message: _Message | None = None
    edited_message: _Message | None = None
    channel_post: _Message | None = None
    edited_channel_post: _Message | None = None


class _Number(msgspec.Struct, frozen=True):
    update_id: int


class _Member(msgspec.Struct, frozen=True):
    user: _Who


class TelegramBotSource:
    """Reads a bot's updates by long polling. The position is ``<bot id>:<next update>``.

    An update is confirmed to Telegram by the request after it, when its message is journalled: what a
    crash interrupts comes again. Positions of another bot mean nothing and are left.
    """

    type = "telegram_bot"

    def __init__(self, settings: TelegramBotSettings, parts: SourceParts) -> None:
        self.name = settings.name
        self.health = SourceHealth()
        self._settings = settings
        self._environ = parts.environ
        self._clock: Clock = parts.wall
        self._on_problem = parts.on_problem
        self._chats = {str(chat).lower().removeprefix("@") for chat in settings.chats}
        self._strangers: set[int] = set()
        self._admins: dict[int, tuple[float, frozenset[int]]] = {}
        self._pause = _FIRST_PAUSE

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        # Imported where it is used: the app needs no HTTP client without it.
        from signalos.sources._bot_api import BotApi

        token = self._token()
        bot = token.partition(":")[0]
        offset = _next_update(start_position, bot)
        api = BotApi(self._settings.api, token)
        try:
            while True:
                updates = await self._ask(
                    api,
                    "getUpdates",
                    wait=self._settings.poll_seconds,
                    offset=offset,
                    timeout=int(self._settings.poll_seconds),
                    allowed_updates=_KINDS,
                )
                for raw in updates or ():
                    number = msgspec.convert(raw, _Number).update_id
                    offset = max(offset, number + 1)
                    post = await self._read(api, raw)
                    if post is not None:
                        deliver(post, f"{bot}:{offset}")
                        self.health.last_message_at = post.posted_at
        finally:
            self.health.connected = False
            await api.close()

    def _token(self) -> str:
        token = self._environ.get(self._settings.token_variable, "").strip()
        bot, colon, rest = token.partition(":")
        if not (colon and bot.isdecimal() and rest.replace("-", "").replace("_", "").isalnum()):
            raise ConfigError(
                f"source {self.name!r} needs a bot's token in the environment variable "
                f"{self._settings.token_variable}; it is {'no token' if token else 'not set'}. @BotFather gives one "
                "out; add the bot to the channel as an administrator."
            )
        return token

    # ------------------------------------------------------------------ asking

    async def _ask(self, api: Any, method: str, *, wait: float = 0.0, **arguments: Any) -> Any:
        """Ask until there is an answer; waits through what may pass. Raises ConfigError."""
        from signalos.sources._bot_api import NoBotAnswer

        while True:
            try:
                answer = await api.call(method, wait=wait, **arguments)
            except NoBotAnswer as why:
                await self._wait(f"Telegram's Bot API does not answer ({why}); it is tried again.")
                continue
            if answer.ok:
                self.health.connected, self.health.error = True, ""
                self._pause = _FIRST_PAUSE
                return answer.result
            await self._refused(answer.error_code, answer.description, answer.parameters.retry_after)

    async def _refused(self, code: int, words: str, retry_after: float) -> None:
        if code in (401, 404):
            raise ConfigError(
                f"source {self.name!r}: Telegram does not know the token in {self._settings.token_variable} ({code}). "
                "It was revoked or mistyped: ask @BotFather for it and set the variable anew."
            )
        if code == 409:
            text = (
                f"source {self.name!r}: something else reads this bot's messages ({words}). A bot has one reader: "
                "end the other program, or remove its webhook (deleteWebhook), or use a bot of its own here."
            )
            if self.health.error != text:
                self._on_problem("source_conflict", text)
            await self._wait(text, _CONFLICT_PAUSE)
        elif code == 429:
            await self._wait(
                f"Telegram asks to wait {retry_after:g} s; then it goes on.", retry_after or 1.0
            )
        elif code >= 500:
            await self._wait(f"Telegram's Bot API has a fault ({code} {words}); it is tried again.")
        else:
            raise ConfigError(f"source {self.name!r}: Telegram refuses the bot's request: {words} ({code})")

    async def _wait(self, text: str, seconds: float | None = None) -> None:
        if self.health.error != text:
            log.warning("source %s: %s", self.name, text)
        self.health.connected, self.health.error = False, text
        if seconds is None:
            seconds, self._pause = self._pause, min(_LONGEST_PAUSE, self._pause * 2)
        await self._clock.sleep(seconds)

    # ------------------------------------------------------------------ reading

    async def _read(self, api: Any, raw: Any) -> Post | None:
        try:
            update = msgspec.convert(raw, _Update)
        except msgspec.ValidationError as why:
            self._on_problem("source_line_bad", f"source {self.name!r}: an update cannot be read: {why}")
            return None
        kind = next((kind for kind in _KINDS if getattr(update, kind) is not None), None)
        if kind is None:
            return None
        message: _Message = getattr(update, kind)
        text = message.text or message.caption
        if not self._chats & message.chat.names:
            self._stranger(message.chat)
            return None
        if not text:
            return None
        reply = message.reply_to_message
        return Post(
            source=self.name,
            chat_id=str(message.chat.id),
            chat_name=message.chat.title or message.chat.username or self.name,
            message_id=message.message_id,
            text=clean_text(text),
            posted_at=datetime.fromtimestamp(message.date, UTC),
            edited_at=datetime.fromtimestamp(message.edit_date, UTC) if message.edit_date else None,
            reply_to=reply.message_id if reply is not None and reply.chat.id == message.chat.id else None,
            edit=kind.startswith("edited"),
            sender="channel" if kind.endswith("channel_post") else await self._sender(api, message),
            forwarded=message.forward_origin is not None or bool(message.forward_date),
        )

    async def _sender(self, api: Any, message: _Message) -> str:
        """``admin`` for the group itself, its administrators, and the person of a private chat."""
        chat = message.chat
        if chat.type == "private" or (
            message.sender_chat is not None and message.sender_chat.id == chat.id
        ):
            return "admin"
        if message.from_ is None:
            return "member"
        now = self._clock.monotonic()
        read_at, admins = self._admins.get(chat.id, (-_ADMINS_SECONDS, frozenset()))
        if now - read_at >= _ADMINS_SECONDS:
            try:
                rows = await self._ask(api, "getChatAdministrators", chat_id=chat.id)
            except ConfigError as why:
                self._on_problem("source_admins_unknown", f"{why}. What members write there is not traded.")
                rows = []
            admins = frozenset(row.user.id for row in msgspec.convert(rows, list[_Member]))
            self._admins[chat.id] = (now, admins)
        return "admin" if message.from_.id in admins else "member"

    def _stranger(self, chat: _Chat) -> None:
        if chat.id in self._strangers or len(self._strangers) >= _MOST_STRANGERS:
            return
        self._strangers.add(chat.id)
        self._on_problem(
            "source_chat_unknown",
            f"source {self.name!r}: a message of {clean_text(chat.title or chat.username)[:100]!r} ({chat.id}) is "
            f"left out, since `chats` does not name it. If it is yours, add {chat.id} there.",
        )


def _next_update(position: str | None, bot: str) -> int:
    whose, _, number = (position or "").partition(":")
    with contextlib.suppress(ValueError):
        return int(number) if whose == bot else 0
    return 0


def build(settings: TelegramBotSettings, parts: SourceParts) -> TelegramBotSource:
    """Make the source that an entry of ``sources`` describes."""
    return TelegramBotSource(settings, parts)
