"""Questions that are put to the worker before their answers are needed: it works while this process does."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Any, TypeAlias

from signalos.kit.wire import Answer, Transport, WireNeverSent

Question: TypeAlias = tuple[str, tuple[Any, ...]]
"""A reading function and its arguments."""
Moment: TypeAlias = tuple[int, float]
"""How often something had been sent, and the (monotonic) time in seconds."""

YOUNG_SECONDS = 0.25
"""An older answer than that serves nobody: the question is put anew."""
MOST = 2
"""So many questions are on their way at most: what waits behind them waits longer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way, and when it was put."""

    question: Question
    at: Moment
    call: asyncio.Future[Answer]


class Ahead:
    """A few questions on their way. Their answers serve the very next calls, in that order, or none."""

    def __init__(self) -> None:
        self._asked: deque[Asked] = deque()

    def ask(self, transport: Transport, question: Question, at: Moment, deadline: float) -> None:
        """Put ``question`` behind those on their way. Never raises: who reads it later is told."""
        if self._asked and all(asked.call.done() and not _young(asked, at) for asked in self._asked):
            self._asked.clear()  # nobody wanted the answers
        if len(self._asked) >= MOST or any(asked.question == question for asked in self._asked):
            return
        fn, args = question
        try:
            calling = transport.call(fn, args, {}, deadline=deadline)
        except WireNeverSent:
            return  # the reading itself begins with a new worker
        call = asyncio.ensure_future(calling)
        call.add_done_callback(_seen)
        self._asked.append(Asked(question, at, call))

    def asked_at(self, question: Question, now: Moment) -> Moment | None:
        """When ``question`` was put, if its answer comes next and will serve."""
        asked = self._asked[0] if self._asked else None
        return asked.at if asked is not None and asked.question == question and _young(asked, now) else None

    async def answered(self, question: Question | None, now: Moment) -> Answer | None:
        """Wait for what is on its way, up to an answer that serves ``question``.

        Raises WireLost, WireTimeout and WireNeverSent as the calls do.
        """
        while self._asked:
            asked = self._asked.popleft()
            answer = await asked.call
            told = answer.error is None and answer.ok is not None
            if told and asked.question == question and _young(asked, now):
                return answer
        return None

    def forget(self) -> None:
        """Wait for nothing more: the worker is gone."""
        for asked in self._asked:
            asked.call.cancel()
        self._asked.clear()


def _seen(call: asyncio.Future[Answer]) -> None:
    """What went wrong with a question that nobody reads is nothing to complain about."""
    if not call.cancelled():
        call.exception()


def _young(asked: Asked, now: Moment) -> bool:
    """True while nothing was sent since, and it is not long ago."""
    sends, time = now
    return asked.at[0] == sends and 0 <= time - asked.at[1] <= YOUNG_SECONDS
