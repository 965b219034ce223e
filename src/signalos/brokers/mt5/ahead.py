"""A question that is put to the worker before its answer is needed: it works while this process does."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, TypeAlias

from signalos.kit.wire import Answer, Transport, WireNeverSent

Question: TypeAlias = tuple[str, tuple[Any, ...]]
"""A reading function and its arguments."""
Moment: TypeAlias = tuple[int, float]
"""How often something had been sent, and the (monotonic) time in seconds."""

YOUNG_SECONDS = 0.25
"""An older answer than that serves nobody: the question is put anew."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question on its way, and when it was put."""

    question: Question
    at: Moment
    call: asyncio.Future[Answer]


class Ahead:
    """At most one question on its way. Its answer serves the very next call, or none."""

    def __init__(self) -> None:
        self._asked: Asked | None = None

    def ask(self, transport: Transport, question: Question, at: Moment, deadline: float) -> None:
        """Put ``question``, unless one is on its way. Never raises: who reads it later is told."""
        if self._asked is not None:
            return
        fn, args = question
        try:
            calling = transport.call(fn, args, {}, deadline=deadline)
        except WireNeverSent:
            return  # the reading itself begins with a new worker
        self._asked = Asked(question, at, asyncio.ensure_future(calling))

    def asked_at(self, question: Question, now: Moment) -> Moment | None:
        """When ``question`` was put, if it is on its way and its answer will serve."""
        asked = self._asked
        return None if asked is None or not _serves(asked, question, now) else asked.at

    async def answered(self, question: Question | None, now: Moment) -> Answer | None:
        """Wait for what is on its way; its answer where it serves ``question``.

        Raises WireLost, WireTimeout and WireNeverSent as the call does.
        """
        asked, self._asked = self._asked, None
        if asked is None:
            return None
        answer = await asked.call
        told = answer.error is None and answer.ok is not None
        return answer if told and question is not None and _serves(asked, question, now) else None


def _serves(asked: Asked, question: Question, now: Moment) -> bool:
    sends, time = now
    return asked.question == question and asked.at[0] == sends and 0 <= time - asked.at[1] <= YOUNG_SECONDS
