"""The database as services see it: ``read`` and ``write``, each one transaction."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from signalos.kit.clock import Clock
from signalos.server.db.session import Durable, Reading, Writing
from signalos.server.db.writer import Writer

T = TypeVar("T")
READERS = 2


def connect(path: Path, *, read_only: bool = False) -> sqlite3.Connection:
    """Open the SQLite file with explicit transactions and full sync; ``migrate`` has made it WAL."""
    db = sqlite3.connect(path, isolation_level=None, timeout=10, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA foreign_keys=ON")
    if read_only:
        db.execute("PRAGMA query_only=ON")
    return db


class Store:
    """Reads on a few threads with a connection each; all writes through the one :class:`Writer`."""

    def __init__(self, path: Path, clock: Clock, publish: Callable[[list[Durable]], None]) -> None:
        self._path = path
        self._local = threading.local()
        self._opened: list[sqlite3.Connection] = []
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="signalos-reader")
        self.writer = Writer(lambda: connect(path), clock, publish)

    def start(self) -> None:
        """Begin to take reads and writes on the running event loop."""
        self.writer.start()

    async def stop(self) -> None:
        """Finish all writes and close every connection."""
        await self.writer.stop()
        await asyncio.to_thread(self._readers.shutdown)
        for db in self._opened:
            db.close()

    async def write(self, work: Callable[[Writing], T]) -> T:
        """Run ``work`` as one item of the writer; answers when it is on disk. Raises StorageFailed."""
        return await self.writer.submit(work)

    async def read(self, work: Callable[[Reading], T]) -> T:
        """Run ``work`` on a reader's connection in one consistent view."""
        return await asyncio.get_running_loop().run_in_executor(self._readers, self._read, work)

    def _read(self, work: Callable[[Reading], T]) -> T:
        db: sqlite3.Connection | None = getattr(self._local, "db", None)
        if db is None:
            db = self._local.db = connect(self._path, read_only=True)
            self._opened.append(db)
        db.execute("BEGIN")
        try:
            return work(Reading(db))
        finally:
            db.execute("ROLLBACK")
