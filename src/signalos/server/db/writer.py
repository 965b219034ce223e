"""The one writer: a thread that stores everything that arrives together in one transaction.

Requests append their work to a list; the event loop hands the list over once a turn, and what
arrives while the thread is busy becomes the next list. So one fsync serves many requests, every
durable change has one order, and nobody is answered before the data is on disk.
"""

from __future__ import annotations

import asyncio
import logging
import sqlite3
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Generic, TypeVar

from signalos.kit.clock import Clock
from signalos.server.db.session import Durable, Writing

T = TypeVar("T")
log = logging.getLogger(__name__)


class StorageFailed(RuntimeError):
    """Nothing was stored (disk full, file gone): the caller answers 503 and may be asked again."""


class _Item(Generic[T]):
    __slots__ = ("answer", "callbacks", "durables", "error", "result", "work")

    def __init__(self, work: Callable[[Writing], T], answer: asyncio.Future[T]) -> None:
        self.work = work
        self.answer = answer
        self.result: T | None = None
        self.error: BaseException | None = None
        self.durables: list[Durable] = []
        self.callbacks: list[Callable[[], None]] = []


def _log_failure(answer: asyncio.Future[None]) -> None:
    if not answer.cancelled() and (error := answer.exception()) is not None:
        log.error("a write failed", exc_info=error)


class Writer:
    """Owns the only writing connection. ``publish`` gets the durable events of a batch, in order."""

    def __init__(
        self,
        connect: Callable[[], sqlite3.Connection],
        clock: Clock,
        publish: Callable[[list[Durable]], None],
    ) -> None:
        self._connect = connect
        self._clock = clock
        self._publish = publish
        self._waiting: list[_Item[Any]] = []
        self._busy = False
        self._scheduled = False
        self._batches: SimpleQueue[list[_Item[Any]] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False
        self.batches = 0
        self.items = 0
        self.failures = 0

    def start(self) -> None:
        """Start the thread; answers are given on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._thread = threading.Thread(target=self._run, name="signalos-writer", daemon=True)
        self._thread.start()

    async def stop(self) -> None:
        """Store what is waiting, then end the thread."""
        while self._waiting or self._busy:
            await self._nothing_matters()
        self._closed = True
        if self._thread is not None:
            self._batches.put(None)
            await asyncio.to_thread(self._thread.join)
            self._thread = None

    async def _nothing_matters(self) -> None:
        """One empty item: answered when everything before it is stored."""
        await self.submit(lambda _: None)

    def submit(self, work: Callable[[Writing], T]) -> asyncio.Future[T]:
        """Store what ``work`` does; the future answers with its result once it is on disk.

        ``work`` runs in the writer's thread. What it raises undoes its own changes alone and is
        raised to the caller. Raises StorageFailed when the disk refuses.
        """
        if self._loop is None or self._closed:
            raise StorageFailed("the server is stopping and stores nothing more; try again later")
        answer: asyncio.Future[T] = self._loop.create_future()
        self._waiting.append(_Item(work, answer))
        if not self._busy and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._hand_over)
        return answer

    def post(self, work: Callable[[Writing], None]) -> None:
        """Store what ``work`` does without waiting for it; a failure is logged."""
        try:
            self.submit(work).add_done_callback(_log_failure)
        except StorageFailed as why:
            log.warning("not stored: %s", why)

    def _hand_over(self) -> None:
        self._scheduled = False
        if self._waiting and not self._busy:
            self._busy = True
            batch, self._waiting = self._waiting, []
            self._batches.put(batch)

    # ------------------------------------------------------------ in the thread
    def _run(self) -> None:
        db = self._connect()
        try:
            while (batch := self._batches.get()) is not None:
                try:
                    self._store(db, batch)
                except sqlite3.Error as error:
                    log.exception("a batch of %d writes could not be stored", len(batch))
                    if db.in_transaction:
                        db.execute("ROLLBACK")
                    for item in batch:
                        item.error = StorageFailed(f"the database refused the write: {error}")
                        item.durables, item.callbacks = [], []
                    self.failures += 1
                if self._loop is not None and not self._loop.is_closed():
                    self._loop.call_soon_threadsafe(self._finish, batch)
        finally:
            db.close()

    def _store(self, db: sqlite3.Connection, batch: list[_Item[Any]]) -> None:
        db.execute("BEGIN IMMEDIATE")
        now = self._clock.now()
        for item in batch:
            tx = Writing(db, now)
            try:
                with tx.nested():
                    item.result = item.work(tx)
            except Exception as error:
                if not db.in_transaction:
                    raise sqlite3.OperationalError(str(error)) from error
                item.error = error
            else:
                item.durables, item.callbacks = tx.durables, tx.callbacks
        db.execute("COMMIT")
        self.batches += 1
        self.items += len(batch)

    # ------------------------------------------------------------ back on the loop
    def _finish(self, batch: list[_Item[Any]]) -> None:
        self._busy = False
        durables = [event for item in batch for event in item.durables]
        if durables:
            self._publish(durables)
        for item in batch:
            for callback in item.callbacks:
                callback()
            if item.answer.done():
                continue
            if item.error is not None:
                item.answer.set_exception(item.error)
            else:
                item.answer.set_result(item.result)
        self._hand_over()
