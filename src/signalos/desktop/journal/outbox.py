"""Events on their way to the server: added in the transaction of what they tell of, kept until stored there."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime

from signalos.desktop.journal.serial import instant, instant_text
from signalos.desktop.outbox import OutboxEvent
from signalos.kit.clock import Clock
from signalos.kit.ids import Ids
from signalos.kit.sqlite import transaction
from signalos.protocol import encode
from signalos.protocol.shapes import Wire


class Outbox:
    """The outbox table; the sender's ``OutboxStore``."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids
        self.listener: Callable[[], None] | None = None
        self.added = 0
        """How many events this process has added, counting those whose transaction was undone."""
        self.before_telling: Callable[[], None] = lambda: None
        """Makes what is told safe from a power cut: the server must not know more than the journal."""

    def add(self, kind: str, terminal_id: str | None, data: Wire) -> str:
        """Add an event; its id is made here and stays for good."""
        event_id = self._ids.uuid()
        self._db.execute(
            "INSERT INTO outbox (event_id, kind, terminal_id, at, data) VALUES (?,?,?,?,?)",
            (event_id, kind, terminal_id, instant_text(self._clock.now()), encode(data)),
        )
        self.added += 1
        if self.listener is not None:
            self.listener()
        return event_id

    def pending_events(self, limit: int) -> list[OutboxEvent]:
        """The oldest events that the server has not confirmed, in journal order; safe from a power cut."""
        self.before_telling()
        rows = self._db.execute(
            "SELECT * FROM outbox WHERE state='waiting' ORDER BY seq LIMIT ?", (limit,)
        ).fetchall()
        return [_event(row) for row in rows]

    def newest(self, kinds: tuple[str, ...], limit: int) -> list[OutboxEvent]:
        """The newest events of ``kinds``, sent or not, the newest first; looks at the last 5,000 of all."""
        # Kinds as one JSON text: the statement stays the same however many there are.
        rows = self._db.execute(
            "SELECT * FROM outbox WHERE seq > (SELECT MAX(seq) FROM outbox) - 5000"
            " AND kind IN (SELECT value FROM json_each(?)) ORDER BY seq DESC LIMIT ?",
            (json.dumps(kinds), limit),
        ).fetchall()
        return [_event(row) for row in rows]

    def mark_sent(self, seqs: list[int]) -> None:
        """Note that the server has stored these events."""
        with transaction(self._db):
            self._db.executemany("UPDATE outbox SET state='sent' WHERE seq=?", [(s,) for s in seqs])

    def mark_rejected(self, seq: int, code: str, detail: str) -> None:
        """Note that the server will never store this event, and why."""
        self._db.execute(
            "UPDATE outbox SET state='rejected', detail=? WHERE seq=?", (f"{code}: {detail}", seq)
        )

    def waiting(self) -> int:
        """How many events the server has not confirmed."""
        (count,) = self._db.execute("SELECT COUNT(*) FROM outbox WHERE state='waiting'").fetchone()
        return int(count)

    def send_again(self, since: datetime) -> int:
        """Let everything that was sent wait anew if it happened at or after ``since``; answers how many.

        The server takes each event once, so what it still knows changes nothing there.
        """
        with transaction(self._db):
            return self._db.execute(
                "UPDATE outbox SET state='waiting' WHERE state='sent' AND at >= ?", (instant_text(since),)
            ).rowcount

    def look_again(self) -> None:
        """Tell the sender that another process may have added events."""
        if self.listener is not None:
            self.listener()


def _event(row: sqlite3.Row) -> OutboxEvent:
    return OutboxEvent(
        seq=row["seq"],
        event_id=row["event_id"],
        kind=row["kind"],
        at=instant(row["at"]),
        terminal_id=row["terminal_id"],
        data=bytes(row["data"]),
    )
