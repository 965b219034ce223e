"""Find the messages of a Telegram Desktop export without holding the file in memory.

The scan keeps a few numbers a message (its time, chat, id and place in the file), so that an export
of hundreds of megabytes costs some tens.
"""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from pathlib import Path
from typing import Any, BinaryIO

from signalos.domain.errors import ConfigError
from signalos.sources._json_scan import JsonScan


@dataclass(slots=True)
class Chat:
    """A chat of the export. ``number`` is Telegram's bare id, ``kind`` its type there."""

    kind: str = ""
    number: int = 0
    name_at: tuple[int, int] = (0, 0)
    """Place and size of the name's JSON text."""

    @property
    def chat_id(self) -> str:
        """The id as Telegram's other interfaces write it: -100… for channels, -… for groups."""
        if "channel" in self.kind or "supergroup" in self.kind:
            return f"-100{self.number}"
        return f"-{self.number}" if "group" in self.kind else str(self.number)


@dataclass(slots=True)
class Index:
    """Where each message lies. The arrays run in the order of the file; ``order`` sorts them.

    ``times`` are epoch seconds, ``offsets`` and ``sizes`` bytes.
    """

    chats: list[Chat] = field(default_factory=list)
    times: array[int] = field(default_factory=lambda: array("q"))
    chat: array[int] = field(default_factory=lambda: array("i"))
    ids: array[int] = field(default_factory=lambda: array("q"))
    offsets: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("i"))
    order: array[int] = field(default_factory=lambda: array("q"))

    def row_key(self, row: int) -> tuple[int, int, int]:
        """(time, chat number, message id) of a row: the order of delivery."""
        return self.times[row], self.chats[self.chat[row]].number, self.ids[row]


def read_index(path: Path, file: BinaryIO, zone: tzinfo | None) -> Index:
    """Scan an export. ``zone`` is what local dates mean where the export has no unix times.

    Raises ConfigError: no export, broken JSON (with its place), or a date that cannot be understood.
    """
    index = Index()
    scan = JsonScan(path, file)
    top = Chat()
    found = False
    for key in scan.members():
        if key == "messages":
            found = True
            _messages(scan, index, top, zone)
        elif key in {"chats", "left_chats"} and scan.opens("{"):
            found = True
            _chats(scan, index, zone)
        else:
            _describe(scan, top, key)
    if not found:
        raise ConfigError(
            f"{path} is no Telegram Desktop export: it has neither `messages` nor `chats`. Export the "
            "chat as machine-readable JSON and give the path of its result.json."
        )
    index.order = array("q", sorted(range(len(index.ids)), key=index.row_key))
    return index


def _chats(scan: JsonScan, index: Index, zone: tzinfo | None) -> None:
    for key in scan.members():
        if key != "list":
            scan.value()
            continue
        for _ in scan.elements():
            chat = Chat()
            for name in scan.members():
                if name == "messages":
                    _messages(scan, index, chat, zone)
                else:
                    _describe(scan, chat, name)


def _describe(scan: JsonScan, chat: Chat, key: str) -> None:
    begin = scan.begin()
    value = scan.value()
    if key == "name" and isinstance(value, str):
        chat.name_at = (begin, scan.place - begin)
    elif key == "type" and isinstance(value, str):
        chat.kind = value
    elif key == "id" and isinstance(value, int):
        chat.number = value


def _messages(scan: JsonScan, index: Index, chat: Chat, zone: tzinfo | None) -> None:
    place = len(index.chats)
    index.chats.append(chat)
    for begin in scan.elements():
        message = scan.value()
        if not isinstance(message, dict) or message.get("type", "message") != "message":
            continue
        number = message.get("id")
        if not isinstance(number, int) or isinstance(number, bool):
            raise scan.wrong(begin, "a message without a number as `id`")
        when = read_time(message, "date", zone)
        if when is None:
            raise ConfigError(
                f"{scan.path}: message {number} says {message.get('date')!r} without a unix time. Add "
                '"time_zone" to this source, the zone of the computer that exported it, for example '
                '"Europe/Berlin".'
                if zone is None
                else f"{scan.path}: message {number} has no readable date ({message.get('date')!r})."
            )
        index.times.append(int(when.timestamp()))
        index.chat.append(place)
        index.ids.append(number)
        index.offsets.append(begin)
        index.sizes.append(scan.place - begin)


def read_time(message: dict[str, Any], key: str, zone: tzinfo | None) -> datetime | None:
    """Read ``key`` ("date" or "edited") of a message as aware UTC; None where it is absent.

    ``<key>_unixtime`` counts where it exists, else the local time in ``zone``; the hour that a zone
    has twice is taken as the first one. Old exports write 1970-01-01 for "not edited".
    """
    unix = message.get(f"{key}_unixtime")
    try:
        if isinstance(unix, str | int) and not isinstance(unix, bool):
            moment = datetime.fromtimestamp(int(unix), UTC)
        else:
            local = datetime.fromisoformat(str(message.get(key)))
            if local.tzinfo is None and zone is None:
                return None
            moment = (local if local.tzinfo else local.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None
    # A day of slack: the "not edited" mark is local midnight somewhere on earth.
    return moment if moment.timestamp() > 2 * 86_400 else None
