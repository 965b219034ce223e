"""What a repository may do with the database within one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from signalos.protocol import encode
from signalos.server.db.values import stamp

Row = sqlite3.Row


class Durable(NamedTuple):
    """A durable event as stored: ``data`` is its JSON."""

    user_id: int
    seq: int
    type: str
    at: str
    data: bytes


class Reading:
    """A consistent view of the database. SQL takes named parameters (``:name``)."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db

    def all(self, sql: str, /, **values: Any) -> list[Row]:
        """Every row."""
        return self._db.execute(sql, values).fetchall()

    def first(self, sql: str, /, **values: Any) -> Row | None:
        """The first row, or None."""
        row: Row | None = self._db.execute(sql, values).fetchone()
        return row

    def value(self, sql: str, /, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = self._db.execute(sql, values).fetchone()
        return None if row is None else row[0]


class Writing(Reading):
    """One item of a writer's batch: everything in it is stored together, or nothing.

    ``emit`` appends a durable event with the user's next sequence number; it is broadcast once the
    batch is on disk. ``after`` runs a function on the event loop at that same moment.
    """

    def __init__(self, db: sqlite3.Connection, now: datetime) -> None:
        super().__init__(db)
        self.now = now
        self.durables: list[Durable] = []
        self.callbacks: list[Callable[[], None]] = []

    def run(self, sql: str, /, **values: Any) -> int:
        """Execute; answers the number of rows changed."""
        return self._db.execute(sql, values).rowcount

    def emit(self, user_id: int, kind: str, data: Any) -> int:
        """Append a durable event for ``user_id`` and answer its sequence number."""
        at = stamp(self.now)
        body = encode(data)
        seq: int = self.value("UPDATE users SET seq = seq + 1 WHERE id = :id RETURNING seq", id=user_id)
        self.run(
            "INSERT INTO user_events (user_id, seq, type, at, data)"
            " VALUES (:user, :seq, :type, :at, :data)",
            user=user_id,
            seq=seq,
            type=kind,
            at=at,
            data=body.decode(),
        )
        self.durables.append(Durable(user_id, seq, kind, at, body))
        return seq

    def after(self, callback: Callable[[], None]) -> None:
        """Run ``callback`` on the event loop once this is on disk."""
        self.callbacks.append(callback)

    def nested(self) -> Nested:
        """A part of this item that may fail by itself: ``with tx.nested(): ...`` undoes it alone."""
        return Nested(self, self._db)


class Nested:
    """Undoes what was done inside it when the block raises; the exception goes on."""

    def __init__(self, tx: Writing, db: sqlite3.Connection) -> None:
        self._tx = tx
        self._db = db
        self._durables = 0
        self._callbacks = 0

    def __enter__(self) -> None:
        self._durables = len(self._tx.durables)
        self._callbacks = len(self._tx.callbacks)
        self._db.execute("SAVEPOINT part")

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: object) -> None:
        if kind is None:
            self._db.execute("RELEASE part")
            return
        if self._db.in_transaction:
            self._db.execute("ROLLBACK TO part")
            self._db.execute("RELEASE part")
        del self._tx.durables[self._durables :]
        del self._tx.callbacks[self._callbacks :]
