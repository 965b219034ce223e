"""A Telegram Desktop export (``result.json``), posted again at the pace of the market's clock.

An export keeps only the last text of an edited message and none of the deleted ones: each message is
delivered once, at its own date, with its final text. A replay of it therefore knows more than the
channel's readers did, and misses what the channel took back.
"""

from __future__ import annotations

import asyncio
import bisect
import logging
import re
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Annotated, Any, BinaryIO, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta

from signalos.domain.errors import ConfigError
from signalos.kit.clock import Clock
from signalos.sources._export_index import Chat, Index, read_index, read_time
from signalos.sources._json_scan import read_value
from signalos.sources.base import Deliver, Post, SourceHealth, SourceParts, clean_text

log = logging.getLogger(__name__)

_HALF = re.compile("[\ud800-\udfff]")
_LONGEST_NAP = 5.0
"""Market seconds between two looks at the clock: a demo clock skips closed hours, so that a nap until
the next message would last too long."""


class ExportSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of ``sources`` for an export.

    ``time_zone`` (IANA name) is what dates without a unix time mean; ``start`` says what happens at
    the very first start with messages that are older than the market's clock; ``chats`` picks chats of
    a full export by id or name (default: all channels and groups); ``round`` (from 1) counts how often
    the recording has begun anew.
    """

    type: str
    path: Annotated[str, Meta(min_length=1)]
    name: Annotated[str, Meta(min_length=1, max_length=200)] = "export"
    time_zone: str | None = None
    start: Literal["beginning", "now"] = "beginning"
    chats: list[str | int] = []
    round: Annotated[int, Meta(ge=1)] | None = None


class _Place(msgspec.Struct, frozen=True, rename="camel"):
    round: int
    at: int
    chat: int
    id: int


class ExportSource:
    """Delivers an export's messages when ``market_clock`` reaches their dates.

    ``round_number`` above 1 marks another run through the same recording: chat ids get ``/<round>``
    appended, so that its messages are new ones. The position is the (time, chat, id) of the last
    delivered message: a newer export of the same chat goes on where the older one ended.
    """

    type = "export"

    def __init__(
        self,
        path: Path,
        market_clock: Clock,
        name: str = "export",
        round_number: int = 1,
        *,
        time_zone: str | None = None,
        start: Literal["beginning", "now"] = "beginning",
        chats: tuple[str, ...] = (),
    ) -> None:
        self.name = name
        self.health = SourceHealth()
        self.finished = False
        """True once the last message has been delivered."""
        self._path = path
        self._clock = market_clock
        self._round = round_number
        self._zone = _zone(name, time_zone)
        self._start = start
        self._chats = chats

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        try:
            with closing(self._open()) as file:
                index = await asyncio.to_thread(read_index, self._path, file, self._zone)
                self.health.connected = True
                await self._post_all(file, index, start_position, deliver)
                self.finished = True
                log.info("source %s: the last of %d messages has been delivered", self.name, len(index.ids))
                while True:
                    await self._clock.sleep(3600)
        finally:
            self.health.connected = False

    def posts(self) -> Iterator[Post]:
        """Every message in order of its date, at once. Raises ConfigError: no export, or not one chat's."""
        with closing(self._open()) as file:
            index = read_index(self._path, file, self._zone)
            wanted = self._wanted(file, index)
            if len(wanted) > 1:
                names = ", ".join(
                    f"{name} ({index.chats[place].chat_id})" for place, name in wanted.items()
                )
                raise ConfigError(f"{self._path} holds several chats: {names}. Say which one is meant.")
            for row in index.order:
                chat = index.chat[row]
                if chat in wanted:
                    message = self._read(file, index.offsets[row], index.sizes[row])
                    yield self._post(index.chats[chat], wanted[chat], message)

    def _open(self) -> BinaryIO:
        try:
            return self._path.open("rb")
        except OSError as why:
            raise ConfigError(
                f"source {self.name!r} cannot read {self._path}: {why.strerror}. Give the path of the "
                "result.json that Telegram Desktop exported."
            ) from why

    async def _post_all(self, file: BinaryIO, index: Index, position: str | None, deliver: Deliver) -> None:
        wanted = self._wanted(file, index)
        for row in index.order[self._first(index, position) :]:
            chat = index.chat[row]
            if chat not in wanted:
                continue
            await self._until(index.times[row])
            message = self._read(file, index.offsets[row], index.sizes[row])
            post = self._post(index.chats[chat], wanted[chat], message)
            place = _Place(self._round, *index.row_key(row))
            deliver(post, msgspec.json.encode(place).decode())
            self.health.last_message_at = post.posted_at
            await self._clock.sleep(0)

    def _wanted(self, file: BinaryIO, index: Index) -> dict[int, str]:
        """Places of the chats to deliver, with their names."""
        named = {}
        for place, chat in enumerate(index.chats):
            name = str(self._read(file, *chat.name_at)) if chat.name_at[1] else chat.chat_id
            if self._chats:
                if {name, chat.chat_id, str(chat.number)} & set(self._chats):
                    named[place] = name
            elif len(index.chats) == 1 or "channel" in chat.kind or "group" in chat.kind:
                named[place] = name
        if self._chats and not named:
            raise ConfigError(
                f"source {self.name!r}: {self._path} holds none of the chats {', '.join(self._chats)}. "
                "`chats` takes ids or exact names."
            )
        return named

    def _first(self, index: Index, position: str | None) -> int:
        """Where to begin in the order of delivery."""
        if position is not None:
            try:
                last = msgspec.json.decode(position, type=_Place)
            except msgspec.DecodeError:
                log.warning("source %s: its stored position cannot be read; it begins anew", self.name)
            else:
                # Another round is another run through the recording, from its beginning.
                if last.round != self._round:
                    return 0
                return bisect.bisect_right(index.order, (last.at, last.chat, last.id), key=index.row_key)
        if self._start == "now":
            now = self._clock.now().timestamp()
            return bisect.bisect_left(index.order, now, key=lambda row: index.times[row])
        return 0

    async def _until(self, at: int) -> None:
        moment = datetime.fromtimestamp(at, UTC)
        while (left := (moment - self._clock.now()).total_seconds()) > 0:
            await self._clock.sleep(min(left, _LONGEST_NAP))

    def _read(self, file: BinaryIO, offset: int, size: int) -> Any:
        file.seek(offset)
        try:
            return read_value(file.read(size))
        except ValueError as why:
            raise ConfigError(
                f"{self._path} was changed while it was being replayed (byte {offset}): {why}. Start "
                "again, and let a new export go to another folder."
            ) from why

    def _post(self, chat: Chat, name: str, message: dict[str, Any]) -> Post:
        sender = message.get("from_id")
        # In a channel every post is the channel's; in a private chat the other side's; in a group the
        # group's own (anonymous admins). Whoever else writes there is a member.
        own = "channel" in chat.kind or sender in (f"channel{chat.number}", f"user{chat.number}", None)
        reply = message.get("reply_to_message_id")
        chat_id = chat.chat_id if self._round == 1 else f"{chat.chat_id}/{self._round}"
        posted_at = read_time(message, "date", self._zone)
        if posted_at is None:
            raise ConfigError(f"{self._path} was changed while it was being replayed. Start again.")
        return Post(
            source=self.name,
            chat_id=chat_id,
            chat_name=_readable(name)[:200],
            message_id=message["id"],
            text=_readable(plain_text(message.get("text", ""))),
            posted_at=posted_at,
            edited_at=read_time(message, "edited", self._zone),
            # A reply into another chat names a message that is not in this one.
            reply_to=reply if isinstance(reply, int) and "reply_to_peer_id" not in message else None,
            sender="channel" if own else "member",
            forwarded=message.get("forwarded_from") is not None,
        )


def first_message_at(path: Path, time_zone: str | None = None) -> datetime:
    """When the export's first message was posted. Raises ConfigError: no export, or no message in it."""
    try:
        with path.open("rb") as file:
            index = read_index(path, file, _zone(path.name, time_zone))
    except OSError as why:
        raise ConfigError(f"{path} cannot be read: {why.strerror}") from why
    if not index.order:
        raise ConfigError(f"{path} holds no message")
    return datetime.fromtimestamp(index.times[index.order[0]], UTC)


def plain_text(text: Any) -> str:
    """Join an export's text: a string, or a list of strings and ``{"type", "text"}`` parts."""
    if isinstance(text, str):
        return text
    if not isinstance(text, list):
        return ""
    return "".join(
        part if isinstance(part, str) else str(part.get("text", "")) if isinstance(part, dict) else ""
        for part in text
    )


def _readable(text: str) -> str:
    # Half of a surrogate pair cannot be stored as UTF-8.
    return clean_text(_HALF.sub("\ufffd", text))


def _zone(name: str, zone: str | None) -> tzinfo | None:
    if zone is None:
        return None
    try:
        return ZoneInfo(zone)
    except (KeyError, ValueError, OSError) as why:
        raise ConfigError(
            f'source {name!r}: time_zone {zone!r} is not known. Use an IANA name such as "Europe/Berlin".'
        ) from why


def build(settings: ExportSettings, parts: SourceParts) -> ExportSource:
    """Make the source that an entry of ``sources`` describes. Raises ConfigError."""
    return ExportSource(
        Path(settings.path),
        parts.market,
        settings.name,
        parts.round_number if settings.round is None else settings.round,
        time_zone=settings.time_zone,
        start=settings.start,
        chats=tuple(str(chat) for chat in settings.chats),
    )
