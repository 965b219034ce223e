"""Commands from the server: journalled before they are acted upon, their results kept for repeats."""

from __future__ import annotations

import sqlite3

from signalos.desktop.journal.serial import instant_text
from signalos.kit.clock import Clock
from signalos.protocol import decode, encode
from signalos.protocol.socket import Command, CommandResult


class Commands:
    """The command table."""

    def __init__(self, db: sqlite3.Connection, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def add(self, terminal_id: str, command: Command) -> bool:
        """Journal ``command``; False if it was journalled before."""
        before = self._db.total_changes
        self._db.execute(
            "INSERT OR IGNORE INTO command VALUES (?,?,?,?,NULL,?,NULL)",
            (
                command.id,
                terminal_id,
                command.terminal_seq,
                encode(command),
                instant_text(self._clock.now()),
            ),
        )
        return self._db.total_changes > before

    def result(self, terminal_id: str, command_id: str) -> CommandResult | None:
        """The stored result, if the command is finished."""
        row = self._db.execute(
            "SELECT result FROM command WHERE command_id=? AND terminal_id=?", (command_id, terminal_id)
        ).fetchone()
        return None if row is None or row["result"] is None else decode(row["result"], CommandResult)

    def finish(self, terminal_id: str, result: CommandResult) -> None:
        """Store a command's result."""
        self._db.execute(
            "UPDATE command SET result=?, done_at=? WHERE command_id=? AND terminal_id=?",
            (encode(result), instant_text(self._clock.now()), result.id, terminal_id),
        )

    def unfinished(self, terminal_id: str) -> list[Command]:
        """Commands without a result, in the server's order."""
        rows = self._db.execute(
            "SELECT command FROM command WHERE terminal_id=? AND result IS NULL ORDER BY terminal_seq",
            (terminal_id,),
        ).fetchall()
        return [decode(r["command"], Command) for r in rows]

    def newest_stop_before(self, terminal_id: str, command_id: str) -> int:
        """The highest terminalSeq of the stops that arrived before a command (0 = none)."""
        (seq,) = self._db.execute(
            "SELECT COALESCE(MAX(terminal_seq), 0) FROM command WHERE terminal_id=?"
            " AND json_extract(command, '$.kind')='stop' AND received_at <"
            " (SELECT received_at FROM command WHERE command_id=? AND terminal_id=?)",
            (terminal_id, command_id, terminal_id),
        ).fetchone()
        return int(seq)

    def newest_applied(self, terminal_id: str) -> int:
        """The highest terminalSeq that has been applied (0 = none)."""
        (seq,) = self._db.execute(
            "SELECT COALESCE(MAX(terminal_seq), 0) FROM command WHERE terminal_id=? AND result IS NOT NULL",
            (terminal_id,),
        ).fetchone()
        return int(seq)
