"""The outbox sender: in order, at once, again until stored, and nothing ever dropped."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.desktop.outbox import GATHER_SECONDS, REFUSED_PAUSE, OutboxEvent, OutboxSender
from signalos.domain.errors import ServerDown, ServerRefused
from signalos.kit.clock import VirtualClock
from signalos.protocol.firebridge import Accepted, Event, EventBatch, EventsAnswer, Rejected

START = datetime(2024, 3, 4, 9, tzinfo=UTC)


@dataclass
class Store:
    """The journal's outbox table, in memory."""

    events: list[OutboxEvent] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)
    rejected: dict[int, str] = field(default_factory=dict)
    marked: asyncio.Event = field(default_factory=asyncio.Event)

    def add(self, terminal_id: str | None = "t1", size: int = 10) -> int:
        seq = len(self.events) + 1
        data = msgspec.json.encode({"n": seq, "fill": "x" * size})
        self.events.append(OutboxEvent(seq, f"event-{seq:04}", "alert", START, terminal_id, data))
        return seq

    def pending_events(self, limit: int) -> list[OutboxEvent]:
        done = {*self.sent, *self.rejected}
        return [e for e in self.events if e.seq not in done][:limit]

    def mark_sent(self, seqs: list[int]) -> None:
        self.sent += seqs
        self.marked.set()

    def mark_rejected(self, seq: int, code: str, detail: str) -> None:
        self.rejected[seq] = code


@dataclass
class Server:
    """Stores events as the server does: once by id. ``fault`` is asked before each batch."""

    fault: Callable[[EventBatch], Exception | None] = lambda batch: None
    poison: frozenset[str] = frozenset()
    stored: list[str] = field(default_factory=list)
    batches: list[EventBatch] = field(default_factory=list)
    under_way: int = 0

    async def post_events(self, batch: EventBatch) -> EventsAnswer:
        self.under_way += 1
        assert self.under_way == 1, "two batches in flight"
        self.batches.append(batch)
        await asyncio.sleep(0)
        self.under_way -= 1
        if (why := self.fault(batch)) is not None:
            raise why
        answer = EventsAnswer(accepted=[], rejected=[])
        for raw in batch.events:
            event = msgspec.json.decode(raw, type=Event)
            if event.event_id in self.poison:
                answer.rejected.append(Rejected(event_id=event.event_id, code="invalid_data"))
                continue
            if event.event_id not in self.stored:
                self.stored.append(event.event_id)
            answer.accepted.append(Accepted(event_id=event.event_id, id=1))
        return answer


@dataclass
class World:
    """A sender between a journal and a server, with the alerts it raised."""

    store: Store = field(default_factory=Store)
    server: Server = field(default_factory=Server)
    clock: VirtualClock = field(default_factory=lambda: VirtualClock(START))
    alerts: list[tuple[str, str]] = field(default_factory=list)

    @asynccontextmanager
    async def sending(self) -> AsyncIterator[OutboxSender]:
        sender = OutboxSender(
            self.store, self.server, self.clock, random.Random(7), lambda *alert: self.alerts.append(alert)
        )
        task = asyncio.create_task(sender.run())
        try:
            yield sender
            assert not task.done(), "the sender ended"
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    def add(self, sender: OutboxSender, *terminals: str | None) -> None:
        for terminal in terminals:
            self.store.add(terminal)
        sender.wake()


@pytest.fixture
def world() -> World:
    return World()


def ids(*numbers: int) -> list[str]:
    return [f"event-{n:04}" for n in numbers]


async def test_sends_what_waits_and_what_comes_at_once_and_in_order(world: World) -> None:
    for _ in range(3):
        world.store.add()
    async with world.sending() as sender:
        await world.clock.advance(0)
        assert world.server.stored == ids(1, 2, 3)
        world.add(sender, None, "t1")
        await world.clock.advance(GATHER_SECONDS)
    assert world.server.stored == ids(1, 2, 3, 4, 5)
    assert world.store.sent == [1, 2, 3, 4, 5]
    assert world.server.batches[0].terminal_id == "t1"
    event = msgspec.json.decode(world.server.batches[0].events[0], type=Event)
    assert (event.event_id, event.kind, event.at) == ("event-0001", "alert", START)
    assert msgspec.json.decode(event.data)["n"] == 1


async def test_waits_for_a_server_that_is_away_and_drops_nothing(world: World) -> None:
    world.server.fault = lambda batch: ServerDown("connection refused")
    async with world.sending() as sender:
        for _ in range(40):
            world.add(sender, "t1")
            await world.clock.advance(3)
        tries = len(world.server.batches)
        assert 8 <= tries <= 30, "pauses grow, and are not cut short by each new event"
        assert sender.last_error == "connection refused"
        world.server.fault = lambda batch: None
        await world.clock.advance(15)
        assert sender.last_error == ""
    assert world.server.stored == ids(*range(1, 41))


async def test_an_answer_that_got_lost_makes_no_second_event(world: World) -> None:
    lost = [True]

    class Loses(Server):
        async def post_events(self, batch: EventBatch) -> EventsAnswer:
            answer = await super().post_events(batch)
            if lost and lost.pop():
                raise ServerDown("the connection broke after sending")
            return answer

    world.server = Loses()
    async with world.sending() as sender:
        world.add(sender, "t1", "t1")
        await world.clock.advance(5)
    assert world.server.stored == ids(1, 2)
    assert world.store.sent == [1, 2]


async def test_the_pause_the_server_asks_for_is_kept_and_hurry_ends_it(world: World) -> None:
    world.server.fault = lambda batch: ServerDown("busy", retry_after=60.0)
    async with world.sending() as sender:
        world.add(sender, "t1")
        await world.clock.advance(59)
        assert len(world.server.batches) == 1
        world.server.fault = lambda batch: None
        sender.hurry()
        await world.clock.advance(0)
    assert world.server.stored == ids(1)


async def test_an_event_that_can_never_be_stored_does_not_block_its_neighbours(world: World) -> None:
    world.server.poison = frozenset(ids(2))
    async with world.sending() as sender:
        world.add(sender, "t1", "t1", "t1")
        await world.clock.advance(0)
    assert world.server.stored == ids(1, 3)
    assert world.store.rejected == {2: "invalid_data"}
    assert world.store.pending_events(10) == []


@pytest.mark.parametrize("status", [400, 413, 422])
async def test_a_body_that_is_refused_is_split_until_the_culprit_is_found(
    world: World, status: int
) -> None:
    def fault(batch: EventBatch) -> Exception | None:
        bad = any(b"event-0037" in bytes(raw) for raw in batch.events)
        return ServerRefused(status, "bad_body", "no") if bad else None

    world.server.fault = fault
    async with world.sending() as sender:
        world.add(sender, *["t1"] * 100)
        for _ in range(20):
            await world.clock.advance(0)
    assert world.server.stored == ids(*(n for n in range(1, 101) if n != 37))
    assert world.store.rejected == {37: "bad_body"}


async def test_batches_stay_below_the_limits(world: World) -> None:
    for _ in range(1100):
        world.store.add(size=10)
    for _ in range(5):
        world.store.add(size=400_000)
    async with world.sending():
        await world.clock.advance(1)
    assert world.server.stored == ids(*range(1, 1106))
    assert all(len(batch.events) <= 500 for batch in world.server.batches)
    assert all(sum(len(bytes(raw)) for raw in batch.events) < 1_000_000 for batch in world.server.batches)
    assert len(world.server.batches) == 3 + 2


@pytest.mark.parametrize("status", [401, 403])
async def test_a_refused_terminal_is_kept_told_once_and_tried_slowly(world: World, status: int) -> None:
    world.server.fault = lambda batch: ServerRefused(status, "terminal_revoked", "no longer")
    async with world.sending() as sender:
        world.add(sender, "t1")
        await world.clock.advance(REFUSED_PAUSE * 4 + 1)
        assert len(world.server.batches) <= 5
        assert [code for code, _ in world.alerts] == ["events_refused"]
        assert world.store.rejected == {}
        world.server.fault = lambda batch: None
        await world.clock.advance(REFUSED_PAUSE)
    assert world.server.stored == ids(1)


async def test_a_refused_terminal_does_not_hold_up_the_others(world: World) -> None:
    world.server.fault = lambda batch: (
        ServerRefused(403, "not_approved", "wait") if batch.terminal_id == "bad" else None
    )
    async with world.sending() as sender:
        world.add(sender, None, "bad", "good", None, "bad", "good")
        await world.clock.advance(5)
        assert world.server.stored == ids(1, 3, 4, 6)
        world.server.fault = lambda batch: None
        await world.clock.advance(REFUSED_PAUSE)
    assert world.server.stored == ids(1, 3, 4, 6, 2, 5)


async def test_what_belongs_to_no_terminal_is_never_overtaken(world: World) -> None:
    world.server.fault = lambda batch: (
        ServerRefused(401, "no_token", "none") if batch.terminal_id is None else None
    )
    async with world.sending() as sender:
        world.add(sender, None)
        await world.clock.advance(1)
        world.add(sender, "t1")
        await world.clock.advance(1)
        assert world.server.stored == []
        await world.clock.advance(REFUSED_PAUSE)  # now both fit into one batch, which t1's token carries
    assert world.server.stored == ids(1, 2)


async def test_an_answer_that_names_nothing_is_no_reason_to_storm(world: World) -> None:
    class Silent(Server):
        async def post_events(self, batch: EventBatch) -> EventsAnswer:
            await super().post_events(batch)
            return EventsAnswer()

    world.server = Silent()
    async with world.sending() as sender:
        world.add(sender, "t1")
        await world.clock.advance(60)
        assert len(world.server.batches) < 15
        assert "names none" in sender.last_error
    assert world.store.sent == []


async def test_the_events_of_one_signal_go_together_and_behind_its_order(world: World) -> None:
    async with world.sending() as sender:
        await world.clock.advance(0)
        world.add(sender, None)
        await world.clock.advance(0.9 * GATHER_SECONDS)
        assert world.server.batches == [], "the order that the message asks for goes first"
        world.add(sender, "t1")
        await world.clock.advance(0.1 * GATHER_SECONDS)
    assert [len(batch.events) for batch in world.server.batches] == [2]


async def test_wakes_from_another_thread(world: World) -> None:
    async with world.sending() as sender:
        await world.clock.advance(0)
        await asyncio.to_thread(world.add, sender, "t1")
        await world.clock.advance(GATHER_SECONDS)
        async with asyncio.timeout(10):
            await world.store.marked.wait()
    assert world.server.stored == ids(1)


async def test_a_broken_journal_ends_the_run(world: World) -> None:
    class Broken(Store):
        def mark_sent(self, seqs: list[int]) -> None:
            raise OSError("disk full")

    world.store = Broken()
    world.store.add()
    sender = OutboxSender(world.store, world.server, world.clock, random.Random(1))
    with pytest.raises(OSError, match="disk full"):
        await sender.run()


@settings(max_examples=60, deadline=None)
@given(
    terminals=st.lists(st.sampled_from([None, "a", "b"]), min_size=1, max_size=40),
    faults=st.lists(st.sampled_from(["down", "lost", "403a", "401", "413", "ok"]), max_size=25),
    poison=st.sets(st.integers(1, 40), max_size=4),
    seed=st.integers(0, 999),
)
def test_whatever_happens_each_event_is_stored_once_in_its_terminals_order(
    terminals: list[str | None], faults: list[str], poison: set[int], seed: int
) -> None:
    world = World()
    left = list(faults)

    class Flaky(Server):
        async def post_events(self, batch: EventBatch) -> EventsAnswer:
            fault = left.pop() if left else "ok"
            if fault == "down":
                raise ServerDown("away")
            if fault == "403a" and batch.terminal_id == "a":
                raise ServerRefused(403, "not_approved", "wait")
            if fault == "401":
                raise ServerRefused(401, "unauthorized", "no")
            if fault == "413" and len(batch.events) > 1:
                raise ServerRefused(413, "too_large", "less")
            answer = await super().post_events(batch)
            if fault == "lost":
                raise ServerDown("the answer got lost")
            return answer

    world.server = Flaky(poison=frozenset(ids(*poison)))

    async def scenario() -> None:
        rand = random.Random(seed)
        async with world.sending() as sender:
            for terminal in terminals:
                world.add(sender, terminal)
                await world.clock.advance(rand.choice([0, 0, 0.3, 5]))
            await world.clock.advance(2000)

    asyncio.run(scenario())
    good = [e for e in world.store.events if e.seq not in poison]
    assert sorted(world.server.stored) == [e.event_id for e in good]
    assert set(world.store.rejected) == {e.seq for e in world.store.events if e.seq in poison}
    place = {event_id: n for n, event_id in enumerate(world.server.stored)}
    for earlier, later in itertools.combinations(good, 2):
        # What belongs to no terminal may go ahead of a refused terminal's events, never the other way.
        if earlier.terminal_id is None or earlier.terminal_id == later.terminal_id:
            assert place[earlier.event_id] < place[later.event_id]
