"""The one writer: together on disk, each for itself, answered afterwards."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalos.kit.clock import VirtualClock
from signalos.server.db.migrate import migrate
from signalos.server.db.session import Durable, Writing
from signalos.server.db.store import Store, connect
from signalos.server.db.writer import StorageFailed, Writer

CLOCK = VirtualClock(datetime(2026, 1, 5, tzinfo=UTC))


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("db") / "signalos.sqlite"
    migrate(path)
    return path


class Rig:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.published: list[Durable] = []
        self.store = Store(path, CLOCK, self.published.extend)

    def add(self, email: str) -> asyncio.Future[int]:
        return self.store.writer.submit(lambda tx: add(tx, email))

    async def emails(self) -> list[str]:
        rows = await self.store.read(lambda db: db.all("SELECT email FROM users ORDER BY id"))
        return [row["email"] for row in rows]


def add(tx: Writing, email: str) -> int:
    row_id: int = tx.value(
        "INSERT INTO users (email, password, created_at) VALUES (:email, '', '') RETURNING id", email=email
    )
    tx.emit(row_id, "made", {"email": email})
    return row_id


@pytest.fixture
async def rig(migrated: Path, tmp_path: Path) -> AsyncIterator[Rig]:
    path = tmp_path / "signalos.sqlite"
    path.write_bytes(migrated.read_bytes())
    made = Rig(path)
    made.store.start()
    yield made
    await made.store.stop()


async def test_what_arrives_in_one_turn_is_one_transaction(rig: Rig) -> None:
    ids = await asyncio.gather(*(rig.add(f"u{n}") for n in range(50)))
    assert ids == list(range(1, 51))
    assert rig.store.writer.batches == 1
    assert rig.store.writer.items == 50


async def test_a_bad_row_does_not_fail_its_neighbours(rig: Rig) -> None:
    answers = await asyncio.gather(
        *(rig.add(email) for email in ("a", "b", "a", "c")), return_exceptions=True
    )
    assert answers[:2] == [1, 2]
    assert isinstance(answers[2], sqlite3.IntegrityError)
    assert answers[3] == 3
    assert await rig.emails() == ["a", "b", "c"]
    assert [event.user_id for event in rig.published] == [1, 2, 3], "nothing of the failed one is published"


async def test_what_an_item_did_before_it_failed_is_undone_with_its_events(rig: Rig) -> None:
    def half(tx: Writing) -> None:
        add(tx, "half")
        tx.after(lambda: ran.append("half"))
        raise ValueError("no")

    ran: list[str] = []
    with pytest.raises(ValueError, match="no"):
        await rig.store.write(half)
    assert await rig.emails() == []
    assert rig.published == []
    assert ran == []


async def test_a_nested_part_fails_alone(rig: Rig) -> None:
    def work(tx: Writing) -> None:
        add(tx, "kept")
        with contextlib.suppress(sqlite3.IntegrityError), tx.nested():
            add(tx, "lost")
            add(tx, "kept")
        add(tx, "also kept")

    await rig.store.write(work)
    assert await rig.emails() == ["kept", "also kept"]
    assert [event.data for event in rig.published] == [b'{"email":"kept"}', b'{"email":"also kept"}']


async def test_events_are_on_disk_before_they_are_published_and_before_the_answer(rig: Rig) -> None:
    order: list[str] = []

    def work(tx: Writing) -> None:
        add(tx, "a")
        tx.after(lambda: order.append("after"))

    def seen(events: list[Durable]) -> None:
        stored = other.execute("SELECT count(*) FROM user_events").fetchone()[0]
        order.append(f"published {stored} of {len(events)}")

    with contextlib.closing(connect(rig.path, read_only=True)) as other:
        rig.store.writer._publish = seen
        await rig.store.write(work)
        order.append("answered")
    assert order == ["published 1 of 1", "after", "answered"]


async def test_sequence_numbers_have_no_holes_when_items_fail(rig: Rig) -> None:
    user = await rig.add("a")

    def told(n: int) -> asyncio.Future[None]:
        def work(tx: Writing) -> None:
            tx.emit(user, "told", {"n": n})
            if n % 3 == 0:
                raise ValueError

        return rig.store.writer.submit(work)

    await asyncio.gather(*(told(n) for n in range(30)), return_exceptions=True)
    seqs = [event.seq for event in rig.published]
    assert seqs == list(range(1, len(seqs) + 1))
    assert len(seqs) == 21


async def test_a_refusing_disk_fails_the_batch_and_the_writer_goes_on(rig: Rig) -> None:
    def vanish(tx: Writing) -> None:
        add(tx, "gone")
        tx._db.execute("ROLLBACK")  # what SQLite does by itself when the disk is full
        raise sqlite3.OperationalError("database or disk is full")

    answers = await asyncio.gather(
        rig.add("a"), rig.store.writer.submit(vanish), rig.add("b"), return_exceptions=True
    )
    assert all(isinstance(answer, StorageFailed) for answer in answers)
    assert rig.published == []
    assert await rig.add("c") == 1
    assert await rig.emails() == ["c"]


async def test_stopping_stores_what_is_waiting_then_refuses(rig: Rig) -> None:
    waiting = [rig.add(f"u{n}") for n in range(5)]
    await rig.store.writer.stop()
    assert [await answer for answer in waiting] == [1, 2, 3, 4, 5]
    with pytest.raises(StorageFailed):
        rig.add("late")


async def test_a_caller_who_left_does_not_stop_the_others(rig: Rig) -> None:
    first, second = rig.add("a"), rig.add("b")
    first.cancel()
    assert await second == 2
    assert await rig.emails() == ["a", "b"]


def test_a_writer_that_never_started_says_so() -> None:
    writer = Writer(lambda: sqlite3.connect(":memory:"), CLOCK, lambda _: None)
    with pytest.raises(StorageFailed):
        writer.submit(lambda _: None)
