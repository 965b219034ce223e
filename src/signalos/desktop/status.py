"""Reports the newest state to the server: state, not history, so nothing is queued."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable
from typing import Protocol

from signalos.desktop.backoff import Backoff, pause
from signalos.domain.errors import ServerDown, ServerRefused
from signalos.kit.clock import Clock
from signalos.protocol import encode
from signalos.protocol.firebridge import SyncUser

log = logging.getLogger(__name__)

REFUSED_PAUSE = 10.0
"""Seconds between tries while the server refuses the report (not approved yet, say)."""
UNCHANGED_SECONDS = 1.0
"""How often a state that did not change is reported, so that the server knows its age."""


class StatusPort(Protocol):
    """The one call of the server that the reporter needs."""

    async def report_status(self, status: SyncUser) -> None: ...


class StatusReporter:
    """Posts what ``collect`` returns, at most once in ``interval`` seconds (None: nothing to say yet).

    While the server is away or refuses, it pauses and then reports the state of that moment.
    """

    def __init__(
        self,
        api: StatusPort,
        collect: Callable[[], SyncUser | None],
        clock: Clock,
        interval: float = 0.25,
        rand: random.Random | None = None,
    ) -> None:
        self._api = api
        self._collect = collect
        self._clock = clock
        self._interval = interval
        self._backoff = Backoff(rand or random.Random())  # noqa: S311 -- jitter, no secret
        self._hurried = asyncio.Event()
        self._last = b""
        self._last_at = 0.0
        self.last_error = ""
        """Why the last report failed; "" while all is well."""

    def hurry(self) -> None:
        """Report now: the server is back."""
        self._hurried.set()

    async def run(self) -> None:
        """Report until cancelled."""
        while True:
            self._hurried.clear()
            began = self._clock.monotonic()
            wait = await self._report()
            spent = self._clock.monotonic() - began
            await pause(
                self._clock, max(wait - spent, 0.0) if wait <= self._interval else wait, self._hurried
            )

    async def _report(self) -> float:
        """Report once; returns the seconds until the next time."""
        status = self._collect()
        if status is None:
            return self._interval
        now = self._clock.monotonic()
        data = encode(status)
        if data == self._last and not self.last_error and now - self._last_at < UNCHANGED_SECONDS:
            return self._interval
        try:
            await self._api.report_status(status)
        except ServerDown as why:
            self._failed(str(why))
            return max(why.retry_after or 0.0, self._backoff.next())
        except ServerRefused as why:
            self._failed(str(why))
            return REFUSED_PAUSE
        if self.last_error:
            log.info("the server takes status reports again")
        self.last_error = ""
        self._last, self._last_at = data, now
        self._backoff.reset()
        return self._interval

    def _failed(self, why: str) -> None:
        if why != self.last_error:
            log.warning("the status was not reported: %s", why)
        self.last_error = why
