"""Pauses between tries grow, differ, and can be cut short."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime

from signalos.desktop.backoff import Backoff, pause
from signalos.kit.clock import VirtualClock


def test_pauses_double_up_to_the_cap_with_jitter() -> None:
    backoff = Backoff(random.Random(1), first=1.0, cap=15.0)
    pauses = [backoff.next() for _ in range(200)]
    for expected, pause_ in zip([1, 2, 4, 8, 15, 15], pauses, strict=False):
        assert expected / 2 <= pause_ <= expected
    assert max(pauses) <= 15
    assert len(set(pauses)) == 200
    backoff.reset()
    assert backoff.next() <= 1


async def test_a_pause_ends_by_time_or_when_woken() -> None:
    clock = VirtualClock(datetime(2024, 1, 1, tzinfo=UTC))
    woken = asyncio.Event()
    by_time = asyncio.create_task(pause(clock, 5, woken))
    await clock.advance(4.9)
    assert not by_time.done()
    await clock.advance(0.2)
    assert await by_time is False
    by_event = asyncio.create_task(pause(clock, 5, woken))
    await clock.advance(1)
    woken.set()
    assert await by_event is True
    assert await pause(clock, 5, woken) is True
    assert len(asyncio.all_tasks()) == 1
