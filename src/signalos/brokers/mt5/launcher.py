"""Starts workers, and starts them again with growing pauses when they keep dying."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from random import Random

from signalos.brokers.mt5.process import WorkerProcess, spawn_worker
from signalos.kit.clock import Clock
from signalos.kit.wire import WireNeverSent

_STEADY_SECONDS = 10.0
"""A worker that lived this long was healthy: the count of failures starts anew."""
_FREE_RESTARTS = 2
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 2.0

Spawn = Callable[[Sequence[str], Mapping[str, str] | None], Awaitable[WorkerProcess]]


class WorkerLauncher:
    """A transport factory: each call gives a fresh worker, never two at once by itself.

    The first restarts come at once, so that one crash costs no time; then the pause doubles up to two
    seconds (a worker is a small local process, and trades may be waiting), spread by a fifth so that
    several terminals do not start in step.
    """

    def __init__(
        self,
        command: Sequence[str],
        clock: Clock,
        random: Random,
        environ: Mapping[str, str] | None = None,
        spawn: Spawn = spawn_worker,
    ) -> None:
        self._command = list(command)
        self._clock = clock
        self._random = random
        self._environ = environ
        self._spawn = spawn
        self._failures = 0
        self._started_at: float | None = None
        self._not_before = 0.0
        self.current: WorkerProcess | None = None

    @property
    def pid(self) -> int | None:
        """Process id of the running worker, None while there is none."""
        return self.current.pid if self.current is not None and self.current.alive else None

    async def __call__(self) -> WorkerProcess:
        """Start a worker. Raises WireNeverSent while it pauses, or when the start fails."""
        now = self._clock.monotonic()
        if now < self._not_before:
            raise WireNeverSent(
                f"the terminal's worker died {self._failures} times in a row; "
                f"it is started again in {self._not_before - now:.1f} s"
            )
        if self._started_at is not None and now - self._started_at < _STEADY_SECONDS:
            self._failures += 1
        else:
            self._failures = 0
        self._started_at = now
        self._not_before = now + self._pause()
        self.current = await self._spawn(self._command, self._environ)
        return self.current

    def _pause(self) -> float:
        if self._failures < _FREE_RESTARTS:
            return 0.0
        pause = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0 ** (self._failures - _FREE_RESTARTS))
        return pause * self._random.uniform(0.8, 1.2)
