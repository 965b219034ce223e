"""The stop, latched durably: what everything that adds exposure asks directly before it is sent."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
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
    """A stop on one terminal. ``left`` says for each ticket why it is still there.

    ``flat`` is what the last look showed, ``proven`` that it has been flat once.
    """

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
    proven: bool


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

    def extend(self, terminals: Collection[str]) -> list[Latch]:
        """Latch ``terminals`` by each local stop in force that has not reached them; answers what that added.

        A local stop is the whole app's, a server's is each terminal's own. A resume ends it at all terminals
        of the app at once, so one end is the end, whatever is left at terminals that were removed before.
        What was placed by hand at a terminal that the stop did not know is not closed by it.
        """
        added: list[tuple[str, str]] = []
        with transaction(self._db):
            for terminal_id in terminals:
                rows = self._db.execute(
                    "INSERT OR IGNORE INTO latch (latch_id, terminal_id, mode, local, latched_at)"
                    " SELECT latch_id, ?, replace(mode, 'close-all', 'own-only'), local, MIN(latched_at)"
                    " FROM latch WHERE local=1"
                    " GROUP BY latch_id HAVING COUNT(ended_at)=0 RETURNING latch_id",
                    (terminal_id,),
                ).fetchall()
                added += [(terminal_id, row[0]) for row in rows]
        return [latch for where in added if (latch := self.get(*where)) is not None]

    def progress(
        self, latch: Latch, *, flat: bool, closed: int, total: int, left: list[dict[str, Any]]
    ) -> None:
        """Store how far a stop has come."""
        self._db.execute(
            "UPDATE latch SET flat=?, proven=MAX(proven, ?), closed=?, total=?, left=?"
            " WHERE latch_id=? AND terminal_id=?",
            (flat, flat, closed, total, msgspec.json.encode(left), latch.latch_id, latch.terminal_id),
        )

    def end(self, terminal_id: str, latch_id: str) -> None:
        """End one latch."""
        with transaction(self._db):
            ended = self._db.execute(
                "UPDATE latch SET ended_at=? WHERE latch_id=? AND terminal_id=? AND ended_at IS NULL",
                (instant_text(self._clock.now()), latch_id, terminal_id),
            )
            if ended.rowcount:
                self._resumed(terminal_id, EVERY_CHAT, "stopped")

    def active(self, terminal_id: str) -> list[Latch]:
        """Latches in force, oldest first."""
        rows = self._db.execute(
            "SELECT * FROM latch WHERE terminal_id=? AND ended_at IS NULL ORDER BY latched_at, latch_id",
            (terminal_id,),
        ).fetchall()
        return [_latch(r) for r in rows]

    def wants(self, terminal_id: str, origin: str) -> bool:
        """False if ``origin`` (of an intent) is a stop that was ended, or has been proven flat."""
        kind, _, latch_id = origin.partition(":")
        latch = self.get(terminal_id, latch_id) if kind == "latch" else None
        return latch is None or not (latch.ended or latch.flat)

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
        for chat_id in (EVERY_CHAT, *self.paused_chats(terminal_id)):
            self.unpause(terminal_id, chat_id)

    def unpause(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> None:
        """End a pause."""
        with transaction(self._db):
            ended = self._db.execute(
                "DELETE FROM pause WHERE terminal_id=? AND chat_id=?", (terminal_id, chat_id)
            )
            if ended.rowcount:
                self._resumed(terminal_id, chat_id, "paused")

    def _resumed(self, terminal_id: str, chat_id: str, reason: str) -> None:
        self._db.execute(
            "INSERT OR REPLACE INTO resumed VALUES (?,?,?,?)",
            (terminal_id, chat_id, reason, instant_text(self._clock.now())),
        )

    def held_back(self, terminal_id: str, chat_id: str, arrived: datetime) -> str:
        """Answer why what ``arrived`` (wall time) then opens nothing although trading is on: "stopped", "paused" or "".

        It came before a resume and was not decided by then, for an order without an answer held it up, say.
        """
        row = self._db.execute(
            "SELECT reason FROM resumed WHERE terminal_id=? AND chat_id IN ('', ?) AND at>? LIMIT 1",
            (terminal_id, chat_id, instant_text(arrived)),
        ).fetchone()
        return "" if row is None else str(row[0])

    def paused_chats(self, terminal_id: str) -> list[str]:
        """The channels that are paused on a terminal."""
        rows = self._db.execute(
            "SELECT chat_id FROM pause WHERE terminal_id=? AND chat_id<>'' ORDER BY chat_id", (terminal_id,)
        ).fetchall()
        return [str(row[0]) for row in rows]

    def switch_off(self, chats: Collection[str]) -> None:
        """Let exactly ``chats`` be the channels that are switched off."""
        with transaction(self._db):
            self._db.execute("DELETE FROM channel_off")
            self._db.executemany("INSERT INTO channel_off VALUES (?)", [(chat,) for chat in chats])

    def halted(self, terminal_id: str, chat_id: str = EVERY_CHAT) -> str:
        """Answer why nothing new may be opened: "stopped", "paused", "channel_off" or "".

        Read from the file each time: another process stops too.
        """
        row = self._db.execute(
            "SELECT CASE WHEN EXISTS (SELECT 1 FROM latch WHERE terminal_id=? AND ended_at IS NULL)"
            " THEN 'stopped'"
            " WHEN EXISTS (SELECT 1 FROM pause WHERE terminal_id=? AND chat_id IN ('', ?)) THEN 'paused'"
            " WHEN EXISTS (SELECT 1 FROM channel_off WHERE chat_id=?) THEN 'channel_off' ELSE '' END",
            (terminal_id, terminal_id, chat_id, chat_id),
        ).fetchone()
        return str(row[0])


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
        proven=bool(row["proven"]),
    )
