"""Bugs put into the app on purpose: a campaign that does not see them proves nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from signalos.brokers.base import Gate
from signalos.desktop.executor import Executor
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.latches import Latch, Latches
from signalos.domain.order import ClosePosition, Outcome, OutcomeKind
from tests.simulation.desktop import Build


class ResendsOnTimeout(Executor):
    """Takes no answer for "not done" and sends again."""

    def adopt(self, intent: Intent, outcome: Outcome) -> Intent:
        if outcome.kind is OutcomeKind.UNKNOWN:
            outcome = replace(outcome, kind=OutcomeKind.NEVER_SENT, reason="no_answer")
        return super().adopt(intent, outcome)


class ForgetsLatch(Latches):
    """Keeps a stop in mind only until the first look at it."""

    def active(self, terminal_id: str) -> list[Latch]:
        return []

    def halted(self, terminal_id: str, chat_id: str = "") -> str:
        return ""


class SkipsJournal(Executor):
    """Sends first and writes afterwards that it was sent."""

    def begin(self, intent: Intent) -> bool:
        return True

    async def send_begun(self, intent: Intent) -> Intent:
        if intent.request is None:
            raise ValueError(f"{intent.key} has nothing to send")
        outcome = await self._broker.execute(
            intent.request,
            key=intent.key,
            tag=intent.tag,
            magic=intent.magic,
            gate=self._gate(intent),
        )
        self._journal.intents.sending(intent)
        return self.adopt(intent, outcome)


class LosesClose(Executor):
    """Believes that a close whose answer is lost was carried out."""

    def adopt(self, intent: Intent, outcome: Outcome) -> Intent:
        if outcome.kind is OutcomeKind.UNKNOWN and isinstance(intent.request, ClosePosition):
            outcome = replace(outcome, kind=OutcomeKind.DONE, identifier=intent.request.identifier)
        return super().adopt(intent, outcome)


class ClosesWhatIsNotOurs(Executor):
    """Closes a position that the user added to as if all of it were ours."""

    def begin(self, intent: Intent) -> bool:
        if isinstance(intent.request, ClosePosition) and intent.request.remaining:
            self._journal.intents.with_request(intent, ClosePosition(identifier=intent.request.identifier))
        return super().begin(intent)

    async def send_begun(self, intent: Intent) -> Intent:
        return await super().send_begun(self._journal.intents.get(intent.key))


class IgnoresLatchAtTheDoor(Executor):
    """Looks at the stop when it decides, and not again directly before it sends."""

    def _gate(self, intent: Intent) -> Gate:
        return lambda request: ""


class WaitsForNoDisk(Journal):
    """Sends what a power cut may still undo in the journal."""

    @contextmanager
    def transaction(self, *, synced: bool = True) -> Iterator[sqlite3.Connection]:
        with super().transaction(synced=False) as db:
            yield db

    def sync(self) -> None:
        pass


PLANTED: dict[str, Build] = {
    "resend on timeout": Build(executor=ResendsOnTimeout),
    "forgotten latch": Build(latches=ForgetsLatch),
    "skipped journal": Build(executor=SkipsJournal),
    "lost close": Build(executor=LosesClose),
    "latch not asked before the send": Build(executor=IgnoresLatchAtTheDoor),
    "the user's part closed": Build(executor=ClosesWhatIsNotOurs),
    "disk not waited for": Build(journal=WaitsForNoDisk),
}
"""Name and the app with that bug."""
