"""What the tests of sources share: a journal that remembers, and a source that runs beside the test."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from signalos.sources.base import Post, Source

START = datetime(2024, 3, 4, 9, 0, tzinfo=UTC)


@dataclass
class Journal:
    """Takes posts as the desktop's journal does: post and position together."""

    posts: list[Post] = field(default_factory=list)
    position: str | None = None
    problems: list[tuple[str, str]] = field(default_factory=list)

    def deliver(self, post: Post, position: str, *, given_again: bool = False) -> None:
        self.posts.append(post)
        self.position = position

    def on_problem(self, code: str, text: str) -> None:
        self.problems.append((code, text))

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.posts]

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.problems]


@asynccontextmanager
async def running(source: Source, journal: Journal) -> AsyncIterator[asyncio.Task[None]]:
    """Run ``source`` from the journal's position until the block ends."""
    task = asyncio.create_task(source.run(journal.position, journal.deliver))
    try:
        yield task
    finally:
        if not task.done():
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


def line(number: int, text: str = "", **more: Any) -> bytes:
    row = {"chatId": "c1", "id": number, "date": "2024-03-04T09:00:00Z", "text": text or f"m{number}"}
    return json.dumps(row | more).encode() + b"\n"


def append(path: Path, *data: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(data))
