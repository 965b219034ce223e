"""Sends journalled events to the server: in journal order, within moments, again until they are stored."""

from __future__ import annotations

import asyncio
import logging
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, TypeAlias

import msgspec

from signalos.desktop.backoff import Backoff, pause
from signalos.domain.errors import ServerDown, ServerRefused
from signalos.kit.clock import Clock
from signalos.protocol import encode
from signalos.protocol.firebridge import BATCH_LIMIT, Event, EventBatch, EventsAnswer

log = logging.getLogger(__name__)

BYTES_LIMIT = 900_000
"""Event bytes of one batch: below the server's limit for a body with room for the frame."""
GATHER_SECONDS = 0.02
"""From an event to its sending: the order that follows goes first, and what belongs together goes together."""
REFUSED_PAUSE = 30.0
"""Seconds between tries while the server refuses this app: only a person can mend that."""
_LOOK_AHEAD = 10 * BATCH_LIMIT
_SPLIT = frozenset({400, 413, 415, 422})
"""Refusals that are about the body: one event in it may be the reason."""

Alert: TypeAlias = Callable[[str, str], None]
"""Told (stable code, plain words) of what a person should know."""


@dataclass(frozen=True, slots=True)
class OutboxEvent:
    """A journalled event. ``seq`` is its place in the journal, ``data`` its JSON."""

    seq: int
    event_id: str
    kind: str
    at: datetime
    terminal_id: str | None
    data: bytes


class OutboxStore(Protocol):
    """Where the events wait: the journal."""

    def pending_events(self, limit: int) -> list[OutboxEvent]:
        """The oldest events that are neither sent nor rejected, in journal order."""
        ...

    def mark_sent(self, seqs: list[int]) -> None:
        """The server has stored these."""
        ...

    def mark_rejected(self, seq: int, code: str, detail: str) -> None:
        """The server can never store this one."""
        ...


class EventsPort(Protocol):
    """The one call of the server that the sender needs."""

    async def post_events(self, batch: EventBatch) -> EventsAnswer: ...


def _quiet(_code: str, _text: str) -> None:
    return None


class OutboxSender:
    """Empties the journal's outbox into the server, one batch in flight, dropping nothing.

    A batch holds the events of one terminal and those of none, in journal order. While the server is
    away it is tried again with growing pauses. An event that the server can never store is marked so
    and does not block its neighbours; a refused terminal (its token revoked, say) is tried slowly,
    ``alert`` is told once, and the other terminals' events go on.
    """

    def __init__(
        self,
        store: OutboxStore,
        api: EventsPort,
        clock: Clock,
        rand: random.Random,
        alert: Alert = _quiet,
    ) -> None:
        self._store = store
        self._api = api
        self._clock = clock
        self._alert = alert
        self._backoff = Backoff(rand)
        self._woken = asyncio.Event()
        self._hurried = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._blocked: dict[str | None, float] = {}
        self._refusals: dict[str | None, str] = {}
        self._most = BATCH_LIMIT
        self.last_error = ""
        """Why the last try failed; "" while all is well."""

    def wake(self) -> None:
        """Say that events were added; from any thread."""
        self._on_loop(self._woken.set)

    def hurry(self) -> None:
        """Try again now: the server is back, or the token is another one. From any thread."""
        self._on_loop(self._try_now)

    async def run(self) -> None:
        """Send until cancelled. Errors of the store end it: the journal must be mended first."""
        self._loop = asyncio.get_running_loop()
        while True:
            self._woken.clear()
            self._hurried.clear()
            batch = self._next_batch()
            if batch:
                await self._send(batch)
            elif self._blocked:
                # Not woken by each new event: looking ahead past the blocked ones reads many rows.
                wait = min(self._blocked.values()) - self._clock.monotonic()
                await pause(self._clock, min(max(wait, 0.05), 1.0), self._hurried)
            else:
                await self._woken.wait()
                await self._clock.sleep(GATHER_SECONDS)

    def _try_now(self) -> None:
        self._blocked.clear()
        self._woken.set()
        self._hurried.set()

    def _on_loop(self, call: Callable[[], None]) -> None:
        loop = self._loop
        try:
            here = loop is None or asyncio.get_running_loop() is loop
        except RuntimeError:
            here = False
        if here or loop is None:
            call()
        elif not loop.is_closed():
            loop.call_soon_threadsafe(call)

    def _next_batch(self) -> list[OutboxEvent]:
        now = self._clock.monotonic()
        self._blocked = {terminal: until for terminal, until in self._blocked.items() if until > now}
        if None in self._blocked:
            return []  # what belongs to no terminal (signals, say) must not be overtaken by what follows
        events = self._store.pending_events(self._most if not self._blocked else _LOOK_AHEAD)
        batch: list[OutboxEvent] = []
        owner: str | None = None
        size = 0
        for event in events:
            if event.terminal_id in self._blocked:
                continue
            if event.terminal_id is not None:
                if owner is not None and event.terminal_id != owner:
                    break
                owner = event.terminal_id
            size += len(event.data) + 200
            if batch and (size > BYTES_LIMIT or len(batch) >= self._most):
                break
            batch.append(event)
        return batch

    async def _send(self, batch: Sequence[OutboxEvent]) -> None:
        owner = next((e.terminal_id for e in batch if e.terminal_id is not None), None)
        events = [
            msgspec.Raw(encode(Event(event_id=e.event_id, kind=e.kind, at=e.at, data=msgspec.Raw(e.data))))
            for e in batch
        ]
        try:
            answer = await self._api.post_events(EventBatch(terminal_id=owner, events=events))
        except ServerDown as why:
            await self._wait(str(why), why.retry_after)
        except ServerRefused as why:
            self._refused(batch, owner, why)
        else:
            await self._settle(batch, answer, owner)

    async def _settle(self, batch: Sequence[OutboxEvent], answer: EventsAnswer, owner: str | None) -> None:
        places = {e.event_id: e.seq for e in batch}
        sent = sorted({places[a.event_id] for a in answer.accepted if a.event_id in places})
        if sent:
            self._store.mark_sent(sent)
        known = set(sent)
        for rejected in answer.rejected:
            seq = places.get(rejected.event_id)
            if seq is not None and seq not in known:
                known.add(seq)
                self._reject(seq, rejected.event_id, rejected.code, rejected.detail)
        if not known:
            await self._wait("the server's answer names none of the events that were sent", None)
            return
        self._most = min(BATCH_LIMIT, self._most * 2)
        self._backoff.reset()
        self._refusals.pop(owner, None)
        if self.last_error:
            log.info("the server takes events again")
            self.last_error = ""

    def _refused(self, batch: Sequence[OutboxEvent], owner: str | None, why: ServerRefused) -> None:
        """Decide what a refusal of the whole batch means."""
        if why.status in _SPLIT and len(batch) > 1:
            self._most = max(1, len(batch) // 2)
            log.warning("the server refused %d events at once (%s); fewer are tried", len(batch), why)
            return
        if why.status in _SPLIT:
            self._reject(batch[0].seq, batch[0].event_id, why.code, why.detail)
            return
        self.last_error = str(why)
        self._blocked[owner] = self._clock.monotonic() + REFUSED_PAUSE
        if self._refusals.get(owner) != why.code:
            self._refusals[owner] = why.code
            log.warning("the server refuses events: %s", why)
            self._alert(
                "events_refused",
                f"the server does not take what this desktop app reports ({why}). Trading goes on and nothing "
                "is lost: it is kept and tried again. Check that the terminal is approved and its token stored.",
            )

    def _reject(self, seq: int, event_id: str, code: str, detail: str) -> None:
        log.error(
            "the server cannot store an event; it is kept in the journal only",
            extra={"data": {"seq": seq, "eventId": event_id, "code": code, "detail": detail[:500]}},
        )
        self._store.mark_rejected(seq, code, detail[:500])

    async def _wait(self, why: str, asked: float | None) -> None:
        if not self.last_error:
            log.warning("events wait for the server: %s", why)
        self.last_error = why
        await pause(self._clock, max(asked or 0.0, self._backoff.next()), self._hurried)
