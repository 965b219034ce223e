"""What a power cut leaves of a journal: everything up to the last wait for the disk."""

from __future__ import annotations

import shutil
import sqlite3
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
        self._changes = 0
        self._version = 0

    def carry_out(self, db: sqlite3.Connection, sql: str, run: Callable[[], T]) -> T:
        """``run`` a statement of ``db``, and see what it makes of the disk."""
        self._before(db, sql)
        try:
            return run()
        finally:
            self._after(db)

    def _before(self, db: sqlite3.Connection, sql: str) -> None:
        if sql.startswith("PRAGMA synchronous="):
            self._synced = sql.endswith("FULL")
        elif sql == "COMMIT" and not self._synced and not self._loses:
            self._copy(self._home, self._kept)
            self._loses = True
            self._version = _version(db)

    def _after(self, db: sqlite3.Connection) -> None:
        # The wait for one commit is a wait for all before it.
        if not db.in_transaction and db.total_changes != self._changes:
            self._changes = db.total_changes
            if self._synced:
                self._loses = False

    def loses(self, db: sqlite3.Connection) -> bool:
        """Tell whether a power cut would undo something now. Another process's commit was waited for as well."""
        return self._loses and _version(db) == self._version

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


def _version(db: sqlite3.Connection) -> int:
    # The connection's own ``execute`` may be watched: this look is nobody's statement.
    return int(sqlite3.Connection.execute(db, "PRAGMA data_version").fetchone()[0])
