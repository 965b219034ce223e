"""Stands between the broker and its worker: direct questions, a look at what was sent, and one kill."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from signalos.brokers.mt5.link import TransportFactory
from signalos.brokers.mt5.process import WorkerProcess
from signalos.domain.errors import TerminalError
from signalos.kit.clock import Clock
from signalos.kit.wire import Answer, Transport, WireLost

_SECONDS = 30.0


class Recorder:
    """A transport factory over ``factory``, and the transport it hands out. Calls come one by one."""

    def __init__(self, factory: TransportFactory, clock: Clock) -> None:
        self._factory = factory
        self._clock = clock
        self._inner: Transport | None = None
        self.kill_after: float | None = None
        """Seconds after which the worker is killed in the middle of the next order."""
        self.sent: dict[str, Any] = {}
        self.answered: dict[str, Any] = {}
        """The last order's request, and the terminal's answer to it."""
        self.send_seconds: list[float] = []
        self.facts: dict[str, Any] = {}
        """What the first connection said: version, terminal, account."""

    async def __call__(self) -> Transport:
        self._inner = await self._factory()
        return self

    async def call(
        self, fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, deadline: float
    ) -> Answer:
        """Pass the call on. Raises what the worker's own transport raises, or WireLost for the kill."""
        if self._inner is None:
            raise WireLost(f"{fn}: there is no worker")
        if fn != "guarded_send":
            answer = await self._inner.call(fn, args, kwargs, deadline=deadline)
            if fn == "connect" and answer.ok and not self.facts:
                self.facts = dict(answer.ok)
            return answer
        self.sent, self.answered = dict(args[0]), {}
        if self.kill_after is not None:
            await self._killed(self._inner, args, kwargs, deadline)
        begun = self._clock.monotonic()
        answer = await self._inner.call(fn, args, kwargs, deadline=deadline)
        self.send_seconds.append(self._clock.monotonic() - begun)
        self.answered = dict((answer.ok or {}).get("result") or {})
        return answer

    async def ask(self, fn: str, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the module directly. Raises TerminalError."""
        if self._inner is None:
            raise TerminalError(f"{fn} could not be asked: there is no worker")
        answer = await self._inner.call(fn, args, kwargs, deadline=_SECONDS)
        if answer.error is not None or answer.ok is None:
            raise TerminalError(f"{fn} was not answered: {answer.error or answer.last_error}")
        return answer.ok

    async def close(self) -> None:
        """End the worker."""
        inner, self._inner = self._inner, None
        if inner is not None:
            await inner.close()

    async def _killed(
        self, inner: Transport, args: Sequence[Any], kwargs: Mapping[str, Any] | None, deadline: float
    ) -> None:
        """Send, kill the worker, and lose the answer, whether it came or not."""
        after, self.kill_after = self.kill_after, None
        sending = asyncio.ensure_future(inner.call("guarded_send", args, kwargs, deadline=deadline))
        await asyncio.wait({sending}, timeout=after)
        if isinstance(inner, WorkerProcess):
            await inner.kill()
        await asyncio.gather(sending, return_exceptions=True)
        raise WireLost("the worker was killed in the middle of the order, as this step asks")
