"""Time, handed in: nothing in SignalOS asks the operating system for the time by itself."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec


class Clock(Protocol):
    """What a part may know about time.

    ``now`` is an aware UTC datetime; ``monotonic`` counts seconds and never jumps back;
    ``sleep`` waits in this clock's own seconds.
    """

    def now(self) -> datetime: ...

    def monotonic(self) -> float: ...

    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(max(0.0, seconds))


class DemoTime(msgspec.Struct, rename="camel", frozen=True):
    """The demo clock as ``up`` writes it to a file, shared by all demo processes.

    ``data_start`` is the recorded time shown at wall time ``wall_start``; ``speed`` recorded seconds
    pass in one wall second; ``closed`` are spans of recorded time ([from, to), ascending) in which no
    market was open: they are skipped; ``data_end`` is where the recording ends and time stands still;
    ``round`` counts how often the recording has begun anew.
    """

    data_start: datetime
    wall_start: datetime
    speed: float
    data_end: datetime
    closed: tuple[tuple[datetime, datetime], ...] = ()
    round: int = 1

    def at(self, wall: datetime) -> datetime:
        """Recorded time at ``wall`` (both aware UTC)."""
        left = max(0.0, (wall - self.wall_start).total_seconds()) * self.speed
        here = self.data_start
        for begin, end in self.closed:
            if end <= here:
                continue
            if begin <= here:
                here = end
                continue
            open_for = (begin - here).total_seconds()
            if left < open_for:
                break
            left -= open_for
            here = end
        return min(here + timedelta(seconds=left), self.data_end)

    def wall_at(self, recorded: datetime) -> datetime:
        """Wall time at which recorded time ``recorded`` is reached; the inverse of ``at``."""
        seconds = max(0.0, (recorded - self.data_start).total_seconds())
        for begin, end in self.closed:
            lo, hi = max(begin, self.data_start), min(end, recorded)
            if hi > lo:
                seconds -= (hi - lo).total_seconds()
        return self.wall_start + timedelta(seconds=seconds / self.speed)


class DemoClock:
    """Recorded time passing at the pace of a :class:`DemoTime`, over a base clock."""

    def __init__(self, demo: DemoTime, base: Clock) -> None:
        self.demo = demo
        self._base = base

    def now(self) -> datetime:
        return self.demo.at(self._base.now())

    def monotonic(self) -> float:
        return self._base.monotonic() * self.demo.speed

    async def sleep(self, seconds: float) -> None:
        await self._base.sleep(seconds / self.demo.speed)


class VirtualClock:
    """A clock for tests: time passes only when ``advance`` is called."""

    def __init__(self, start: datetime) -> None:
        self._start = start
        self._seconds = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._seconds)

    def monotonic(self) -> float:
        return self._seconds

    async def sleep(self, seconds: float) -> None:
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._seconds + seconds, next(self._order), waiter))
        await waiter

    def shift(self, seconds: float) -> None:
        """Move time at once, waking nobody: for code under test that does not sleep."""
        self._seconds += seconds

    async def advance(self, seconds: float) -> None:
        """Let ``seconds`` pass, waking each sleeper at its moment, in order."""
        until = self._seconds + seconds
        await _settle()
        while self._sleepers and self._sleepers[0][0] <= until:
            due, _, waiter = heapq.heappop(self._sleepers)
            self._seconds = max(self._seconds, due)
            if not waiter.done():
                waiter.set_result(None)
            await _settle()
        self._seconds = until


async def _settle(turns: int = 20) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)


def closed_spans(
    times: Sequence[datetime], longest_gap: timedelta
) -> tuple[tuple[datetime, datetime], ...]:
    """Spans between neighbours of ``times`` (ascending) that lie further apart than ``longest_gap``."""
    return tuple((a, b) for a, b in itertools.pairwise(times) if b - a > longest_gap)
