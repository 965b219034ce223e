"""A Telegram source beside its loopback double: signed in, with a clock that the test moves."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signalos.kit.clock import VirtualClock
from signalos.sources.base import Post, SourceParts
from signalos.sources.telegram import TelegramSettings, build
from signalos.sources.telegram.account import Account, Accounts, client_of
from signalos.sources.telegram.source import TelegramSource
from tests.support.telegram.double import CODE, PHONE, TelegramDouble

PASSPHRASE = "only-of-these-tests"
ENVIRON = {"SIGNALOS_PASSPHRASE": PASSPHRASE}
WITHIN = 30.0
"""A guard against hanging, in real seconds; nothing waits for it to pass."""


class ShortPauses(VirtualClock):
    """A clock whose pauses of a few seconds are over at once: a lost connection is connected again."""

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds if seconds >= 5 else 0)


@dataclass
class Inbox:
    """Takes posts as the journal does, and lets a test wait for them."""

    posts: list[Post] = field(default_factory=list)
    position: str | None = None
    given_again: dict[str, bool] = field(default_factory=dict)
    problems: list[tuple[str, str]] = field(default_factory=list)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    fails: Exception | None = None
    end: BaseException | None = None
    end_was_raised: bool = False

    def deliver(self, post: Post, position: str, *, given_again: bool = False) -> None:
        if self.fails is not None:
            raise self.fails
        self.position = position
        if post.message_id:
            self.posts.append(post)
            self.given_again[post.text] = given_again
        self.changed.set()

    def on_problem(self, code: str, text: str) -> None:
        self.problems.append((code, text))
        self.changed.set()

    async def until(self, true: Callable[[], Any]) -> None:
        """Wait until what was told makes it so. Raises what ended the source."""
        async with asyncio.timeout(WITHIN):
            while not true():
                if self.end is not None:
                    self.end_was_raised = True
                    raise self.end
                self.changed.clear()
                await self.changed.wait()

    def ended(self, task: asyncio.Task[None]) -> None:
        """The source is at its end."""
        self.end = None if task.cancelled() else task.exception()
        self.changed.set()

    async def has(self, *texts: str) -> None:
        """Wait until these texts were delivered."""
        await self.until(lambda: set(texts) <= set(self.texts))

    @property
    def texts(self) -> list[str]:
        return [post.text for post in self.posts if not post.deleted]

    @property
    def codes(self) -> list[str]:
        return [code for code, _ in self.problems]


class TelegramRig:
    """A double, a signed-in session in ``home``, and sources that read it."""

    def __init__(self, home: Path, double: TelegramDouble, clock: VirtualClock) -> None:
        self.home = home
        self.double = double
        self.clock = clock
        self.inbox = Inbox()
        self._marks = 0

    def settings(self, *chats: str | int, **more: Any) -> TelegramSettings:
        return TelegramSettings(
            type="telegram",
            chats=list(chats) or [chat.marked for chat in self.double.chats.values()],
            server=f"127.0.0.1:{self.double.port}",
            server_key=self.double.keys.pem,
            **more,
        )

    async def sign_in(self) -> None:
        """Make a session as ``signalos desktop login`` does, and keep it encrypted in ``home``."""
        account = Account(api_id=1, api_hash="hash-of-the-tests")
        client = client_of(account, self.settings("@any"), {})
        try:
            await client.connect()
            await client.send_code_request(PHONE)
            await client.sign_in(PHONE, CODE)
            kept = Account(account.api_id, account.api_hash, client.session.save())
        finally:
            await client.disconnect()
        Accounts(self.home, ENVIRON).write("telegram", kept)

    def source(
        self, *chats: str | int, environ: dict[str, str] | None = None, **more: Any
    ) -> TelegramSource:
        parts = SourceParts(
            wall=self.clock,
            market=self.clock,
            on_problem=self.inbox.on_problem,
            environ=ENVIRON if environ is None else environ,
            home=self.home,
        )
        return build(self.settings(*chats, **more), parts)

    @asynccontextmanager
    async def reading(self, *chats: str | int, **more: Any) -> AsyncIterator[TelegramSource]:
        """Run a source from the inbox's position until the block ends; its failure fails what waits."""
        source = self.source(*chats, **more)
        task = asyncio.create_task(source.run(self.inbox.position, self.inbox.deliver))
        task.add_done_callback(self.inbox.ended)
        try:
            yield source
        finally:
            task.cancel()
            await asyncio.wait([task])
            if self.inbox.end is not None and not self.inbox.end_was_raised:
                raise self.inbox.end

    async def begun(self) -> None:
        """Wait until every chat of the double has been read for the first time."""
        wanted = {str(chat.marked) for chat in self.double.chats.values()}
        await self.inbox.until(lambda: wanted <= set(json.loads(self.inbox.position or "{}")))

    async def handled(self) -> None:
        """Wait until all that happened so far is handled: one queue keeps the order, so marks end it.

        The first mark may be found amid a look at the chats; the second comes after that look.
        """
        for chat in [*self.double.chats.values()] * 2:
            self._marks += 1
            mark = f"mark {self._marks}"
            self.double.says(chat, mark)
            await self.inbox.has(mark)
        self.inbox.posts = [post for post in self.inbox.posts if not post.text.startswith("mark ")]

    async def reread(self) -> None:
        """Let the time until the next look at every chat pass."""
        await self.clock.advance(30.0)
        await self.handled()
