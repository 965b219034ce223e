"""A clock that is off is told once, and once more when it is wrong or right again."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

from signalos.desktop.clock_watch import ClockWatch
from signalos.domain.errors import TerminalDown
from tests.support.fake_broker import FakeBroker
from tests.support.rig import Rig


@dataclass
class TimedBroker(FakeBroker):
    """Knows how far the machine's clock is off."""

    off: float | None = None

    async def clock_off(self) -> float | None:
        if not self.up:
            raise TerminalDown("away")
        return self.off


class Watched:
    """A watch at work over a broker that tells the time."""

    def __init__(self, folder: Path) -> None:
        self.rig = Rig(folder)
        self.broker = TimedBroker(self.rig.clock)
        self._watch = ClockWatch("t1", self.broker, self.rig.journal, self.rig.clock)

    async def codes_after(self, off: float | None) -> list[str]:
        """All codes told, after a minute and a half with the clock ``off``."""
        self.broker.off = off
        task = asyncio.create_task(self._watch.run())
        for _ in range(90):
            await self.rig.clock.advance(1)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        return [msgspec.json.decode(event)["code"] for event in self.rig.events("alert")]


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    made = Watched(tmp_path)
    yield made
    await made.rig.crash()


@pytest.mark.parametrize("off", [None, 0.0, 1.9, -1.9])
async def test_a_clock_that_is_right_or_not_known_is_not_spoken_of(
    watched: Watched, off: float | None
) -> None:
    assert await watched.codes_after(off) == []


@pytest.mark.parametrize("off", [2.5, -2.5, 14.9])
async def test_a_clock_that_is_off_is_told_once(watched: Watched, off: float) -> None:
    assert await watched.codes_after(off) == ["clock_off"]


async def test_worse_and_right_again_is_told_too(watched: Watched) -> None:
    assert await watched.codes_after(3) == ["clock_off"]
    assert await watched.codes_after(-16) == ["clock_off", "clock_wrong"]
    assert await watched.codes_after(0.4) == ["clock_off", "clock_wrong", "clock_right"]


async def test_a_terminal_that_is_away_is_asked_again_later(watched: Watched) -> None:
    watched.broker.up = False
    assert await watched.codes_after(20) == []
    watched.broker.up = True
    assert await watched.codes_after(20) == ["clock_wrong"]
