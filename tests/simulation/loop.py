"""An event loop in which time passes only when there is nothing left to do, and every step is counted."""

from __future__ import annotations

import asyncio
import heapq
import itertools
from asyncio import events
from collections import deque
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any


class Process:
    """What belongs together and dies together: everything begun in its context runs until it is dead.

    ``before_step`` is called before each of its steps, with the number of the step.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.dead = False
        self.steps = 0
        self.tasks: list[asyncio.Task[Any]] = []
        self.before_step: Callable[[int], None] = lambda step: None
        self.context = copy_context()
        self.context.run(_PROCESS.set, self)


_PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class Handle:
    """A callback that is due, with the context it runs in."""

    __slots__ = ("args", "at", "callback", "context", "dropped")

    def __init__(self, callback: Any, args: tuple[Any, ...], context: Context | None, at: float) -> None:
        self.callback = callback
        self.args = args
        self.context = context if context is not None else copy_context()
        self.at = at
        self.dropped = False

    def cancel(self) -> None:
        self.dropped = True

    def cancelled(self) -> bool:
        return self.dropped

    def when(self) -> float:
        return self.at


class NothingLeft(RuntimeError):
    """Nobody is due and nobody sleeps: what is waited for never comes."""


class SimLoop(asyncio.AbstractEventLoop):
    """Runs callbacks in the order in which they became due. ``errors`` collects what nobody caught."""

    def __init__(self) -> None:
        self._ready: deque[Handle] = deque()
        self._timers: list[tuple[float, int, Handle]] = []
        self._order = itertools.count()
        self._now = 0.0
        self._running = False
        self.steps = 0
        self.errors: list[dict[str, Any]] = []

    # -- what asyncio asks of a loop ---------------------------------------------------------------

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Any, *args: Any, context: Context | None = None) -> Any:
        handle = Handle(callback, args, context, self._now)
        self._ready.append(handle)
        return handle

    def call_later(
        self, delay: float, callback: Any, *args: Any, context: Context | None = None
    ) -> Any:
        return self.call_at(self._now + delay, callback, *args, context=context)

    def call_at(self, when: float, callback: Any, *args: Any, context: Context | None = None) -> Any:
        handle = Handle(callback, args, context, when)
        heapq.heappush(self._timers, (when, next(self._order), handle))
        return handle

    def create_future(self) -> asyncio.Future[Any]:
        return asyncio.Future(loop=self)

    def create_task(
        self, coro: Any, *, name: str | None = None, context: Context | None = None
    ) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coro, loop=self, name=name, context=context)
        process = (context or copy_context()).get(_PROCESS)
        if process is not None:
            process.tasks.append(task)
        return task

    def get_debug(self) -> bool:
        return False

    def is_running(self) -> bool:
        return self._running

    def is_closed(self) -> bool:
        return False

    def call_exception_handler(self, context: dict[str, Any]) -> None:
        self.errors.append(context)

    # -- running -----------------------------------------------------------------------------------

    def run(self, main: Coroutine[Any, Any, Any]) -> Any:
        """Run ``main`` and whatever it begins until it returns. Raises NothingLeft."""
        before = events._get_running_loop()
        events._set_running_loop(self)
        self._running = True
        try:
            task = self.create_task(main)
            while not task.done():
                self._step()
            return task.result()
        finally:
            self._running = False
            events._set_running_loop(before)

    def _step(self) -> None:
        if not self._ready:
            self._wake_sleepers()
        handle = self._ready.popleft()
        if handle.dropped:
            return
        process = handle.context.get(_PROCESS)
        if process is not None and not process.dead:
            process.steps += 1
            process.before_step(process.steps)
        self.steps += 1
        try:
            handle.context.run(handle.callback, *handle.args)
        except Exception as why:  # noqa: BLE001 -- a callback's error is the loop's to report
            self.call_exception_handler({"message": f"in {handle.callback!r}", "exception": why})

    def _wake_sleepers(self) -> None:
        timers = self._timers
        while timers and timers[0][2].dropped:
            heapq.heappop(timers)
        if not timers:
            raise NothingLeft("everything waits for something that never comes")
        self._now = max(self._now, timers[0][0])
        while timers and timers[0][0] <= self._now:
            handle = heapq.heappop(timers)[2]
            if not handle.dropped:
                self._ready.append(handle)
