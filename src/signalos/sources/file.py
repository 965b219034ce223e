"""A file of JSON Lines, followed as it grows.

One line is ``{"chatId", "id", "date", "text", "replyTo"?, "editOf"?, "deleted"?}``; ``chatName`` is
taken where given. ``date`` is ISO 8601; one without an offset is UTC, as everywhere on our wire.
"""

from __future__ import annotations

import contextlib
import logging
from pathlib import Path
from typing import Annotated

import msgspec
from msgspec import Meta

from signalos.domain.errors import ConfigError
from signalos.kit.clock import Clock
from signalos.sources._follow import Change, FollowedFile, Line, Mark
from signalos.sources._row import MessageRow, post_of
from signalos.sources.base import Deliver, OnProblem, Post, SourceHealth, SourceParts

log = logging.getLogger(__name__)

_YIELD_EVERY = 16
"""Deliveries between two turns of the event loop while a backlog is read."""


class FileSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The entry of ``sources`` for a followed file; ``poll_ms`` is how often it is looked at."""

    type: str
    path: Annotated[str, Meta(min_length=1)]
    name: Annotated[str, Meta(min_length=1, max_length=200)] = "file"
    chat_name: Annotated[str, Meta(max_length=200)] = ""
    poll_ms: Annotated[float, Meta(ge=0.5, le=60_000)] = 2.0


class FileSource:
    """Delivers each complete line of a file; what was written while nobody read is read at the next start.

    The position is a byte offset with fingerprints of the text before it, so that a rotated, shortened
    or rewritten file is noticed: then it is read from its beginning and the journal's keys tell what is
    known already. A line that cannot be read is skipped, logged and reported, and never stops the
    lines behind it. A missing file is waited for.
    """

    type = "file"

    def __init__(
        self,
        path: Path,
        clock: Clock,
        on_problem: OnProblem,
        *,
        name: str = "file",
        chat_name: str = "",
        poll_ms: float = 2.0,
        market: Clock | None = None,
    ) -> None:
        self.name = name
        self.health = SourceHealth()
        self._path = path
        self._clock = clock
        self._market = market or clock
        self._on_problem = on_problem
        self._chat_name = chat_name or name
        self._poll = poll_ms / 1000
        self._file = FollowedFile(path)
        self._line_number = 0
        self._counted = True
        self._delivered = 0

    async def run(self, start_position: str | None, deliver: Deliver) -> None:
        mark = _read_mark(start_position)
        try:
            while True:
                await self._open(mark)
                mark = await self._follow(deliver)
        finally:
            self.health.connected = False
            self._file.close()

    async def _open(self, mark: Mark | None) -> None:
        """Wait for the file; find the place behind ``mark`` in it, or begin at its start."""
        while (same := self._opened(mark)) is None:
            await self._clock.sleep(max(self._poll, 0.05))
        if not self.health.connected:
            self.health.connected, self.health.error = True, ""
        self._line_number = 0
        # Behind an old position the lines before it were not counted: problems then name the byte.
        self._counted = self._file.offset == 0
        if not same:
            self._problem(
                "source_replaced",
                f"{self._path} is shorter or another text than when it was last read: it is read from "
                "its beginning, and messages that are known already are ignored. Nothing is to be done "
                "if that was meant.",
            )

    def _opened(self, mark: Mark | None) -> bool | None:
        try:
            return self._file.open_at(mark)
        except (FileNotFoundError, PermissionError) as why:
            self._wait_for_it(why)
            return None
        except OSError as why:
            raise ConfigError(
                f"source {self.name!r} cannot follow {self._path}: {why}. "
                "Give the path of a text file that another program appends to."
            ) from why

    def _wait_for_it(self, why: OSError) -> None:
        text = f"{self._path} cannot be read yet ({why.strerror}); it is waited for."
        if self.health.error != text:
            log.warning("source %s: %s", self.name, text)
        self.health.connected = False
        self.health.error = text

    async def _follow(self, deliver: Deliver) -> Mark | None:
        """Deliver what is there and what comes, until the file must be opened anew: behind which mark."""
        await self._drain(deliver)
        while True:
            change = self._file.look()
            if change is Change.NONE:
                await self._clock.sleep(self._poll)
            elif change is Change.GROWN:
                await self._drain(deliver)
            else:
                return await self._leave(change, deliver)

    async def _leave(self, change: Change, deliver: Deliver) -> Mark | None:
        log.warning("source %s: %s is %s; it is opened anew", self.name, self._path, change.value)
        if change is Change.REWRITTEN:
            self._problem(
                "source_replaced",
                f"{self._path} was shortened or rewritten while it was followed: it is read from its "
                "beginning, and messages that are known already are ignored. Append to it only.",
            )
            return None
        await self._drain(deliver)
        if rest := self._file.rest():
            self._problem(
                "source_line_bad",
                f"{self._path} was taken away with an unfinished last line of {len(rest)} bytes, which is "
                "not read. Its writer should end every line with a newline before the file is moved.",
            )
        return self._file.mark()

    async def _drain(self, deliver: Deliver) -> None:
        while lines := self._file.lines():
            for line in lines:
                self._take(line, deliver)
                self._delivered += 1
                if self._delivered % _YIELD_EVERY == 0:
                    await self._clock.sleep(0)
            await self._clock.sleep(0)

    def _take(self, line: Line, deliver: Deliver) -> None:
        self._line_number += 1
        if line.too_long:
            self._bad(line, "it is longer than 1 MB")
            return
        data = line.data.removeprefix(b"\xef\xbb\xbf")
        if not data.strip():
            return
        try:
            post = self._post(data)
        except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as why:
            self._bad(line, str(why))
            return
        deliver(post, msgspec.json.encode(line.after).decode())
        self.health.last_message_at = post.posted_at
        self.health.error = ""

    def _post(self, data: bytes) -> Post:
        row = msgspec.json.decode(data, type=MessageRow)
        return post_of(row, source=self.name, chat_name=self._chat_name, now=self._market.now())

    def _bad(self, line: Line, why: str) -> None:
        place = (
            f"line {self._line_number}" if self._counted else f"the line ending at byte {line.after.offset}"
        )
        self._problem(
            "source_line_bad",
            f"{self._path}, {place} cannot be read: {why}. It is skipped; write the message again as a "
            'new line {"chatId": text, "id": number, "date": ISO 8601 time, "text": text}.',
        )

    def _problem(self, code: str, text: str) -> None:
        log.warning("source %s: %s", self.name, text)
        self.health.error = text[:2000]
        self._on_problem(code, text[:2000])


def _read_mark(position: str | None) -> Mark | None:
    if position is None:
        return None
    # A position of another version or source: reading everything again is safe, skipping is not.
    with contextlib.suppress(msgspec.DecodeError):
        return msgspec.json.decode(position, type=Mark)
    log.warning("the stored position of a followed file cannot be read: it is read from its beginning")
    return None


def build(settings: FileSettings, parts: SourceParts) -> FileSource:
    """Make the source that an entry of ``sources`` describes."""
    return FileSource(
        Path(settings.path),
        parts.wall,
        parts.on_problem,
        name=settings.name,
        chat_name=settings.chat_name,
        poll_ms=settings.poll_ms,
        market=parts.market,
    )
