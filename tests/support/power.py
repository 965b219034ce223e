"""What a power cut leaves of a journal: everything up to the last wait for the disk."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from signalos.desktop.journal.store import FILE_NAME

T = TypeVar("T")
_FILES = (FILE_NAME, f"{FILE_NAME}-wal")


class Disk:
    """The disk below the journal in ``home``: keeps in ``kept`` what would be left while that is less than all."""

    def __init__(self, home: Path, kept: Path) -> None:
        self._home = home
        self._kept = kept
        self._synced = True
        self._loses = False
        self._seen = self._transactions()

    def carry_out(self, db: sqlite3.Connection, sql: str, run: Callable[[], T]) -> T:
        """``run`` a statement of ``db``, and see what it makes of the disk."""
        if sql.startswith("PRAGMA synchronous="):
            self._synced = sql.endswith("FULL")
        if not self._writes(db, sql):
            return run()
        before = self._transactions()
        if before != self._seen:
            self._loses = False  # another process's commit: the wait for it was a wait for all before it
        if not self._synced and not self._loses:
            self._copy(self._home, self._kept)
            self._loses = True
        try:
            return run()
        finally:
            self._seen = self._transactions()
            if self._synced and self._seen != before:
                self._loses = False

    def loses(self) -> bool:
        """Tell whether a power cut would undo something now."""
        return self._loses and self._transactions() == self._seen

    def _writes(self, db: sqlite3.Connection, sql: str) -> bool:
        """True for what may end a transaction that writes."""
        return sql == "COMMIT" or (not db.in_transaction and sql.startswith(("INSERT", "UPDATE", "DELETE")))

    def _transactions(self) -> int:
        """Another number with every transaction that wrote something: ``iChange`` of SQLite's WAL-index header."""
        try:
            with (self._home / f"{FILE_NAME}-shm").open("rb") as index:
                return int.from_bytes(index.read(12)[8:], sys.byteorder)
        except FileNotFoundError:
            return 0

    def after_a_cut(self, folder: Path) -> Path:
        """Write into ``folder`` what a power cut would leave now, where no other process wrote; returns it."""
        self._copy(self._kept if self._loses else self._home, folder)
        return folder

    def cut(self) -> None:
        """Put the journal back to what was safe. Nobody may have it open."""
        self._copy(self._kept, self._home)
        self._loses = False

    def _copy(self, source: Path, target: Path) -> None:
        target.mkdir(parents=True, exist_ok=True)
        for old in target.glob(f"{FILE_NAME}*"):
            old.unlink()
        for name in _FILES:
            if (source / name).exists():
                shutil.copyfile(source / name, target / name)


def on_disk(disk: Disk) -> type[sqlite3.Connection]:
    """Connections to the journal on ``disk``."""

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            run = super().execute
            return disk.carry_out(self, sql, lambda: run(sql, parameters))

    return Watched
