"""Opens the journal and hands out its parts."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

from signalos.desktop.journal.commands import Commands
from signalos.desktop.journal.decisions import Decisions
from signalos.desktop.journal.intents import Intents
from signalos.desktop.journal.latches import Latches
from signalos.desktop.journal.legs import Legs
from signalos.desktop.journal.messages import Messages
from signalos.desktop.journal.outbox import Outbox
from signalos.desktop.journal.questions import Questions
from signalos.desktop.journal.schema import STEPS
from signalos.kit.clock import Clock
from signalos.kit.ids import Ids
from signalos.kit.sqlite import open_sqlite, transaction

log = logging.getLogger(__name__)

FILE_NAME = "journal.sqlite3"
TERMINALS, CONFIG, STATE, QUIT = "terminals", "config", "state", "quit"
"""Single values: the app's terminals, its configuration's path, its state, and the wish that it ends."""
_SYNCED = "synced"
"""What is written where only the disk is waited for."""

SHORTEN_AFTER_ROWS = 500
"""So many rows are written until ``shorten_log`` has something to do: some dozens of messages."""
_LOG_PAGES = 10_000
"""Of 4 KiB. So long SQLite's log may become before a transaction takes the time to shorten it by itself."""


class Journal:
    """The open journal. ``clock`` is wall time, ``market`` the time messages and limits live in."""

    def __init__(
        self,
        home: Path,
        *,
        clock: Clock,
        market: Clock,
        ids: Ids,
        latches: type[Latches] = Latches,
        connection: type[sqlite3.Connection] = sqlite3.Connection,
    ) -> None:
        self._db = open_sqlite(home / FILE_NAME, STEPS, connection=connection)
        self._db.execute(f"PRAGMA wal_autocheckpoint={_LOG_PAGES}")
        self._shortened_at = 0
        self._ids = ids
        self.outbox = Outbox(self._db, clock, ids)
        self.messages = Messages(self._db, clock)
        self.decisions = Decisions(self._db, market)
        self.intents = Intents(self._db, clock, market)
        self.legs = Legs(self._db)
        self.commands = Commands(self._db, clock)
        self.questions = Questions(self._db, clock)
        self.latches = latches(self._db, clock, ids)
        self.outbox.before_telling = self.sync
        self._undone_times = 0
        self._undone: Callable[[], None] = lambda: None
        self._unsynced = True  # what the life before left
        self._on_unsynced: Callable[[], None] = lambda: None
        self._data_version = self._read_data_version()

    def transaction(self, *, synced: bool = True) -> AbstractContextManager[sqlite3.Connection]:
        """All writes inside are one durable step; nests: what is nested is a part of the outermost.

        Not ``synced``: a power cut may undo it until the next synced step, or ``sync``. Nobody outside may
        be told of it before.
        """
        return nullcontext(self._db) if self._db.in_transaction else self._outermost(synced)

    @contextmanager
    def _outermost(self, synced: bool) -> Iterator[sqlite3.Connection]:
        writes, events = self.writes, self.outbox.added
        try:
            with transaction(self._db, synced=synced) as db:
                yield db
        except BaseException:
            self.messages.forget()
            self._undone_times += 1
            self._undone()
            raise
        if self.writes == writes:
            return
        if not synced:
            self._unsynced = True
            self._on_unsynced()
        elif self.outbox.added != events:
            # A new row: SQLite does not wait for the disk where a row is only written as it was.
            self._unsynced = False

    @property
    def unsynced(self) -> bool:
        """True while a power cut may undo something."""
        return self._unsynced

    def sync(self) -> None:
        """Wait for the disk if something is not safe from a power cut yet."""
        if self._unsynced and not self._db.in_transaction:
            self.set_meta(_SYNCED, self._ids.uuid())  # another value each time, as below
            self._unsynced = False

    def shorten_log(self) -> None:
        """Take what SQLite's log holds over into the file, if that is much. Call it when nothing is in a hurry.

        By itself SQLite does it as part of a transaction, and an order waits some milliseconds longer for the disk.
        What cannot be taken over stays in the log, where it is as safe.
        """
        if self.writes - self._shortened_at < SHORTEN_AFTER_ROWS or self._db.in_transaction:
            return
        self._shortened_at = self.writes
        try:
            self._db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        except sqlite3.Error as why:
            log.warning("the journal's log could not be shortened: %s", why)

    def on_event(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever an event was added to the outbox."""
        self.outbox.listener = listener

    def on_signal_changed(self, listener: Callable[[str, int], None]) -> None:
        """Call ``listener`` with (chat, message) whenever something may have become of a message's signals."""
        self.legs.listener = self.decisions.listener = listener

    def on_unsynced(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever something was written that ``sync`` should soon be called for."""
        self._on_unsynced = listener

    def on_undone(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever a transaction was undone: what was read inside it never was."""
        self._undone = listener

    def meta(self, key: str) -> str | None:
        """A remembered single value."""
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_meta(self, key: str, value: str) -> None:
        """Remember a single value durably."""
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    @property
    def writes(self) -> int:
        """How many rows this process has written: the same number means that it has changed nothing since."""
        return self._db.total_changes

    @property
    def trades_stamp(self) -> tuple[int, int, int, int]:
        """As long as it is the same, all intents and legs are as they were."""
        return self._undone_times, self.intents.writes, self.legs.writes, self._read_data_version()

    def changed_elsewhere(self) -> bool:
        """True once after another process (a stop from the command line, say) wrote to the file."""
        version = self._read_data_version()
        changed = version != self._data_version
        self._data_version = version
        return changed

    def close(self) -> None:
        """Close the file."""
        self._db.close()

    def _read_data_version(self) -> int:
        return int(self._db.execute("PRAGMA data_version").fetchone()[0])
