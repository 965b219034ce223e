"""SQLite files opened the same way everywhere, with numbered schema steps."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path


class SchemaTooNew(RuntimeError):
    """The file was written by a newer version: nothing is touched; start the newer version again."""


def open_sqlite(path: Path, steps: Sequence[str], *, any_thread: bool = False) -> sqlite3.Connection:
    """Open ``path`` with WAL and full sync, and bring its schema up to date.

    ``steps`` are SQL scripts; ``PRAGMA user_version`` counts how many have run. Transactions are
    explicit (``isolation_level=None``): use :func:`transaction`. Raises SchemaTooNew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, isolation_level=None, check_same_thread=not any_thread, timeout=10)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.execute("PRAGMA foreign_keys=ON")
    (done,) = db.execute("PRAGMA user_version").fetchone()
    if done > len(steps):
        db.close()
        raise SchemaTooNew(f"{path} has schema {done}, this version knows {len(steps)}")
    for number, script in enumerate(steps[done:], start=done + 1):
        db.executescript(f"BEGIN IMMEDIATE;\n{script}\n;PRAGMA user_version={number};\nCOMMIT;")
    return db


@contextlib.contextmanager
def transaction(db: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """All or nothing, on disk before it returns. Nested use joins the outer transaction."""
    if db.in_transaction:
        yield db
        return
    db.execute("BEGIN IMMEDIATE")
    try:
        yield db
    except BaseException:
        db.execute("ROLLBACK")
        raise
    db.execute("COMMIT")
