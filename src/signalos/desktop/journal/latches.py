"""The stop, latched durably: what everything that adds exposure asks directly before it is sent."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec

from signalos.desktop.journal.serial import instant, instant_text
from signalos.kit.clock import Clock
from signalos.kit.ids import Ids
from signalos.kit.sqlite import transaction

MODES = ("stop-entries", "cancel-pendings", "own-only", "close-all")
EVERY_CHAT = ""


@dataclass(frozen=True, slots=True)
class Latch:
    """A stop on one terminal. ``left`` says for each ticket why it is still there."""

    latch_id: str
    terminal_id: str
    mode: str
    local: bool
    latched_at: datetime
    flat: bool
    closed: int
    total: int
    left: list[dict[str, Any]]
    ended: bool


class Latches:
    """The latch and pause tables."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids

    def set(self, terminals: list[str], mode: str, *, local: bool, latch_id: str | None = None) -> str:
        """Latch ``terminals``; durable when it returns. A known ``latch_id`` is not latched again."""
        named = latch_id or self._ids.uuid()
        with transaction(self._db):
            for terminal_id in terminals:
                self._db.execute(
                    "INSERT OR IGNORE INTO latch (latch_id, terminal_id, mode, local, latched_at)"
                    " VALUES (?,?,?,?,?)",
                    (named, terminal_id, mode, local, instant_text(self._clock.now())),
                )
        return named

    def progress(
        self, latch: Latch, *, flat: bool, closed: int, total: int, left: list[dict[str, Any]]
    ) -> None:
        """Store how far a stop has come."""
        self._db.execute(
            "UPDATE latch SET flat=?, closed=?, total=?, left=? WHERE latch_id=? AND terminal_id=?",
            (flat, closed, total, msgspec.json.encode(left), latch.latch_id, latch.terminal_id),
        )

    def end(self, terminal_id: str, latch_id: str) -> None:
        """End one latch."""
        self._db.execute(
            "UPDATE latch SET ended_at=? WHERE latch_id=? AND terminal_id=? AND ended_at IS NULL",
            (instant_text(self._clock.now()), latch_id, terminal_id),
        )

    def active(self, terminal_id: str) -> list[Latch]:
        """Latches in force, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM latch WHERE terminal_id=? AND ended_at IS NULL ORDER BY latched_at, latch_id",
            (terminal_id,),
        ).fetchall()
        return [_latch(r) for r in rows]

    def get(self, terminal_id: str, latch_id: str) -> Latch | None:
        """One latch, in force or ended."""
        row = self._db.execute(
            "SELECT * FROM latch WHERE terminal_id=? AND latch_id=?", (terminal_id, latch_id)
        ).fetchone()
        return None if row is None else _latch(row)

    def pause(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> None:
        """Pause a terminal, or one channel on it."""
        self._db.execute(
            "INSERT OR IGNORE INTO pause VALUES (?,?,?)",
            (terminal_id, chat_id, instant_text(self._clock.now())),
        )

    def unpause_all(self, terminal_id: str) -> None:
        """End the terminal's pause and those of all channels on it."""
        self._db.execute("DELETE FROM pause WHERE terminal_id=?", (terminal_id,))

    def unpause(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> None:
        """End a pause."""
        self._db.execute("DELETE FROM pause WHERE terminal_id=? AND chat_id=?", (terminal_id, chat_id))

    def halted(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> str:
        """Answer "stopped", "paused" or "", from the file each time: another process stops too."""
        row = self._db.execute(
            "SELECT 1 FROM latch WHERE terminal_id=? AND ended_at IS NULL LIMIT 1", (terminal_id,)
        ).fetchone()
        if row is not None:
            return "stopped"
        row = self._db.execute(
            "SELECT 1 FROM pause WHERE terminal_id=? AND chat_id IN ('', ?) LIMIT 1", (terminal_id, chat_id)
        ).fetchone()
        return "" if row is None else "paused"


def _latch(row: sqlite3.Row) -> Latch:
    return Latch(
        latch_id=row["latch_id"],
        terminal_id=row["terminal_id"],
        mode=row["mode"],
        local=bool(row["local"]),
        latched_at=instant(row["latched_at"]),
        flat=bool(row["flat"]),
        closed=row["closed"],
        total=row["total"],
        left=msgspec.json.decode(row["left"]),
        ended=row["ended_at"] is not None,
    )
