"""Growing pauses between tries, and pauses that can be cut short."""

from __future__ import annotations

import asyncio
import random

from signalos.kit.clock import Clock


class Backoff:
    """Pauses that double from ``first`` up to ``cap`` seconds, each cut at random to 50-100 %.

    The jitter keeps thousands of desktop apps from returning in step when a server comes back.
    """

    def __init__(self, rand: random.Random, *, first: float = 0.25, cap: float = 15.0) -> None:
        self._random = rand
        self._first = first
        self._cap = cap
        self._tries = 0

    def next(self) -> float:
        """Seconds to wait before the next try."""
        pause = min(self._cap, self._first * 2.0 ** min(self._tries, 32))
        self._tries += 1
        return pause * self._random.uniform(0.5, 1.0)

    def reset(self) -> None:
        """Begin anew: it worked."""
        self._tries = 0


async def pause(clock: Clock, seconds: float, woken: asyncio.Event) -> bool:
    """Wait ``seconds``, or until ``woken`` is set. Returns True where it was woken; clears nothing."""
    if woken.is_set():
        return True
    sleeping = asyncio.ensure_future(clock.sleep(seconds))
    waiting = asyncio.ensure_future(woken.wait())
    try:
        await asyncio.wait({sleeping, waiting}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        sleeping.cancel()
        waiting.cancel()
        await asyncio.gather(sleeping, waiting, return_exceptions=True)
    return woken.is_set()
