"""Clocks over the simulated loop: the true time, and a computer's clock that may jump."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from tests.simulation.loop import SimLoop

START = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)


class TrueClock:
    """The time as it is."""

    def __init__(self, loop: SimLoop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return START + timedelta(seconds=self._loop.time())

    def monotonic(self) -> float:
        return self._loop.time()

    async def sleep(self, seconds: float) -> None:
        waiter = self._loop.create_future()
        handle = self._loop.call_later(max(0.0, seconds), _release, waiter)
        try:
            await waiter
        finally:
            handle.cancel()


def _release(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_result(None)


class ComputerClock(TrueClock):
    """The clock of the user's computer: ``off_by`` seconds beside the true time."""

    def __init__(self, loop: SimLoop) -> None:
        super().__init__(loop)
        self.off_by = 0.0

    def now(self) -> datetime:
        return super().now() + timedelta(seconds=self.off_by)
