"""Status is state: the newest is posted, at most four times a second, and never queued."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from signalos.desktop.status import StatusReporter
from signalos.domain.errors import ServerDown, ServerRefused
from signalos.kit.clock import VirtualClock
from signalos.protocol.firebridge import AccountInfo, Modules, Mt5Module, Status, SyncUser
from signalos.protocol.shapes import Number


class Server:
    def __init__(self, clock: VirtualClock) -> None:
        self.fault: Exception | None = None
        self.slow = 0.0
        self.seen: list[tuple[float, int]] = []
        self.tries = 0
        self._clock = clock

    async def report_status(self, status: SyncUser) -> None:
        self.tries += 1
        if self.slow:
            await self._clock.sleep(self.slow)
        if self.fault is not None:
            raise self.fault
        self.seen.append((self._clock.monotonic(), int(status.status.modules.mt5.account_info.equity)))


class World:
    def __init__(self) -> None:
        self.clock = VirtualClock(datetime(2024, 3, 4, tzinfo=UTC))
        self.server = Server(self.clock)
        self.equity: int | None = 100
        self.reporter = StatusReporter(self.server, self.collect, self.clock, rand=random.Random(3))

    def collect(self) -> SyncUser | None:
        if self.equity is None:
            return None
        module = Mt5Module(connected=True, account_info=AccountInfo(equity=Number(self.equity)))
        return SyncUser(
            user_id=1, terminal_id="t", status=Status(is_connected=True, modules=Modules(mt5=module))
        )

    @asynccontextmanager
    async def reporting(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.reporter.run())
        try:
            yield
            assert not task.done()
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def changing(self, seconds: float) -> None:
        for _ in range(int(seconds * 20)):
            self.equity = (self.equity or 0) + 1
            await self.clock.advance(0.05)


@pytest.fixture
def world() -> World:
    return World()


async def test_posts_the_newest_at_most_four_times_a_second(world: World) -> None:
    async with world.reporting():
        await world.changing(10)
    assert 38 <= len(world.server.seen) <= 41
    equities = [equity for _, equity in world.server.seen]
    assert equities == sorted(equities)


async def test_an_unchanged_state_is_told_once_a_second(world: World) -> None:
    async with world.reporting():
        await world.clock.advance(10)
    assert 10 <= len(world.server.seen) <= 11


async def test_nothing_is_said_before_there_is_something_to_say(world: World) -> None:
    world.equity = None
    async with world.reporting():
        await world.clock.advance(5)
        assert world.server.tries == 0
        world.equity = 5
        await world.clock.advance(0.3)
    assert [equity for _, equity in world.server.seen] == [5]


async def test_a_server_that_was_away_hears_only_the_newest(world: World) -> None:
    world.server.fault = ServerDown("away")
    async with world.reporting():
        await world.changing(60)
        assert world.server.tries < 15
        assert world.reporter.last_error == "away"
        world.server.fault = None
        world.reporter.hurry()
        await world.clock.advance(0)
        assert world.reporter.last_error == ""
    assert [equity for _, equity in world.server.seen] == [world.equity]


async def test_a_refusal_is_tried_slowly(world: World) -> None:
    world.server.fault = ServerRefused(403, "terminal_not_approved", "wait")
    async with world.reporting():
        await world.changing(30)
    assert world.server.tries <= 4


async def test_a_slow_server_is_never_asked_twice_at_once(world: World) -> None:
    world.server.slow = 2.0
    async with world.reporting():
        await world.changing(10)
    assert [at for at, _ in world.server.seen] == pytest.approx([2, 4, 6, 8, 10], abs=0.3)
