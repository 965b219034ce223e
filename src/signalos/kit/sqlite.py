"""SQLite files opened the same way everywhere, with numbered schema steps."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

_WAL_TRIES = 100


class SchemaTooNew(RuntimeError):
    """The file was written by a newer version: nothing is touched; start the newer version again."""


def open_sqlite(
    path: Path,
    steps: Sequence[str],
    *,
    any_thread: bool = False,
    connection: type[sqlite3.Connection] = sqlite3.Connection,
) -> sqlite3.Connection:
    """Open ``path`` with WAL and full sync, and bring its schema up to date.

    ``steps`` are SQL scripts; ``PRAGMA user_version`` counts how many have run. Transactions are
    explicit (``isolation_level=None``): use :func:`transaction`. Raises SchemaTooNew.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(
        path, isolation_level=None, check_same_thread=not any_thread, timeout=10, factory=connection
    )
    try:
        db.row_factory = sqlite3.Row
        _use_wal(db)
        db.execute("PRAGMA synchronous=FULL")
        db.execute("PRAGMA foreign_keys=ON")
        done = _steps_done(db)
        if done > len(steps):
            raise SchemaTooNew(f"{path} has schema {done}, this version knows {len(steps)}")
        for number, script in enumerate(steps[done:], start=done + 1):
            with transaction(db):
                # Another process may have opened the same new file and been first.
                if _steps_done(db) < number:
                    for statement in _statements(script):
                        db.execute(statement)
                    db.execute(f"PRAGMA user_version={number}")
    except BaseException:
        db.close()
        raise
    return db


def transaction(
    db: sqlite3.Connection, *, synced: bool = True
) -> contextlib.AbstractContextManager[sqlite3.Connection]:
    """All or nothing, on disk before it returns. Nested use joins the outer transaction.

    Not ``synced``: it survives the end of this process, but a power cut only once a later transaction is synced.
    """
    return contextlib.nullcontext(db) if db.in_transaction else _outermost(db, synced)


@contextlib.contextmanager
def _outermost(db: sqlite3.Connection, synced: bool) -> Iterator[sqlite3.Connection]:
    if not synced:
        db.execute("PRAGMA synchronous=NORMAL")
    try:
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            _roll_back(db)
            raise
    finally:
        if not synced:
            db.execute("PRAGMA synchronous=FULL")


def _use_wal(db: sqlite3.Connection) -> None:
    """Turn WAL on, also where others open the same new file at this moment. Raises OperationalError."""
    for tries_left in reversed(range(_WAL_TRIES)):
        try:
            db.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as why:
            if why.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or not tries_left:
                raise
            # This statement alone does not wait for a lock. One that does passes when the other has done it.
            with transaction(db):
                pass
        else:
            return


def _roll_back(db: sqlite3.Connection) -> None:
    # SQLite ends a transaction by itself on some errors (a full disk); the first error is the one to tell.
    if db.in_transaction:
        db.execute("ROLLBACK")


def _steps_done(db: sqlite3.Connection) -> int:
    (done,) = db.execute("PRAGMA user_version").fetchone()
    return int(done)


def _statements(script: str) -> Iterator[str]:
    """The statements of ``script`` one by one: ``executescript`` would commit the transaction it runs in."""
    begun = ""
    for piece in re.split(r"(?<=;)", script):
        begun += piece
        if sqlite3.complete_statement(begun):
            yield begun
            begun = ""
    if begun.strip():
        yield begun
