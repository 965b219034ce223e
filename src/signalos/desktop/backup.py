"""Copies of the journal, and putting one back without trading anything twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import msgspec

from signalos.desktop.journal.schema import STEPS
from signalos.desktop.journal.store import FILE_NAME, TERMINALS, Journal
from signalos.desktop.wire_events import latch_event
from signalos.kit.backup import Manifest, put_back, swap_in, verify
from signalos.kit.clock import Clock
from signalos.kit.ids import Ids


class JournalKind:
    """A desktop app's journal; its schema is the number of steps that have run."""

    name = "desktop"

    def schema(self, db: sqlite3.Connection) -> str:
        """The number of schema steps. Raises sqlite3.DatabaseError where it is no journal."""
        (done,) = db.execute("PRAGMA user_version").fetchone()
        db.execute("SELECT 1 FROM intent LIMIT 1").fetchone()
        return str(done)

    def known(self, schema: str) -> bool:
        """False for a journal of a newer version."""
        return int(schema) <= len(STEPS)


KIND = JournalKind()
STOPPED = "an older journal was put back: no entries until trading is resumed here"


def restore(file: Path, home: Path, clock: Clock, ids: Ids) -> tuple[Manifest, Path | None, list[str]]:
    """Put the copy ``file`` back as the journal in ``home``; the app must not run.

    What was traded since is not in it, and the sources would bring the same messages again. So every
    terminal starts with entries stopped: what comes in meanwhile is refused for good, and the user
    resumes. Answers the manifest, where the replaced journal is kept, and the stopped terminals.
    Raises BackupFailed.
    """
    manifest = verify(file, KIND)
    target = home / FILE_NAME
    with put_back(file, target) as fresh:
        with closing(Journal(fresh.parent, clock=clock, market=clock, ids=ids)) as journal:
            stored = journal.meta(TERMINALS)
            terminals: list[str] = [] if stored is None else msgspec.json.decode(stored, type=list[str])
            if terminals:
                latch_id = journal.latches.set(terminals, "stop-entries", local=True)
                for latch in (journal.latches.get(terminal, latch_id) for terminal in terminals):
                    if latch is not None:
                        journal.outbox.add("latch", latch.terminal_id, latch_event(latch, "set", STOPPED))
        kept = swap_in(fresh, target, clock.now())
    return manifest, kept, terminals
