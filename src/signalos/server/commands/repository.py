"""SQL of commands and how far each terminal is with them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from signalos.protocol import socket, views
from signalos.protocol.shapes import CommandState
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import document, moment, moment_or_none, read_document, stamp, stamp_or_none

FINAL: frozenset[str] = frozenset(("done", "failed", "expired", "superseded"))
_PROGRESS: tuple[CommandState, ...] = ("queued", "sent", "acknowledged")
_WORST_FIRST: tuple[CommandState, ...] = ("failed", "expired", "superseded", "done")


class Target(NamedTuple):
    """A command at one terminal."""

    command_id: str
    user_id: int
    kind: str
    args: dict[str, Any]
    state: str
    answered: bool


def overall(states: Sequence[CommandState]) -> CommandState:
    """One word for a command's states at all its terminals: the slowest one still going, else the worst."""
    for state in (*_PROGRESS, *_WORST_FIRST):
        if state in states:
            return state
    return "done"


def add(
    tx: Writing, command_id: str, user_id: int, kind: str, args: dict[str, Any], expires_at: datetime | None
) -> None:
    """Insert a command."""
    tx.run(
        "INSERT INTO commands (id, user_id, kind, args, issued_at, expires_at)"
        " VALUES (:id, :user, :kind, :args, :at, :expires)",
        id=command_id,
        user=user_id,
        kind=kind,
        args=document(args),
        at=stamp(tx.now),
        expires=stamp_or_none(expires_at),
    )


def skip_numbers(tx: Writing, count: int) -> None:
    """Leave out ``count`` numbers in every terminal's order of commands."""
    tx.run("UPDATE terminals SET command_seq = command_seq + :count", count=count)


def add_target(tx: Writing, command_id: str, terminal: int) -> int:
    """Queue a command for a terminal; answers its number in the terminal's order."""
    seq: int = tx.value(
        "UPDATE terminals SET command_seq = command_seq + 1 WHERE id = :id RETURNING command_seq",
        id=terminal,
    )
    tx.run(
        "INSERT INTO command_targets (command_id, terminal, terminal_seq, state, reason, text, results)"
        " VALUES (:command, :terminal, :seq, 'queued', '', '', '[]')",
        command=command_id,
        terminal=terminal,
        seq=seq,
    )
    return seq


def set_state(tx: Writing, command_id: str, terminal: int, state: CommandState, reason: str = "") -> None:
    """Store a step on the way; ``sent`` and ``acknowledged`` keep their time, final words are stored."""
    column = {"sent": "sent_at", "acknowledged": "acked_at"}.get(state)
    extra = f", {column} = :at" if column else ""
    tx.run(
        f"UPDATE command_targets SET state = :state, reason = :reason{extra}"  # noqa: S608 -- a column of our own
        " WHERE command_id = :command AND terminal = :terminal",
        command=command_id,
        terminal=terminal,
        state=state,
        reason=reason,
        **({"at": stamp(tx.now)} if column else {}),
    )


def conclude(
    tx: Writing, command_id: str, terminal: int, state: CommandState, result: socket.CommandResult
) -> None:
    """Store a terminal's answer; the command is not sent to it again."""
    tx.run(
        "UPDATE command_targets SET state = :state, reason = :reason, text = :text, flat = :flat,"
        " results = :results, result_at = :at WHERE command_id = :command AND terminal = :terminal",
        command=command_id,
        terminal=terminal,
        state=state,
        reason=result.reason,
        text=result.text,
        flat=None if result.flat is None else int(result.flat),
        results=document(result.results),
        at=stamp(tx.now),
    )


def target(db: Reading, command_id: str, terminal: int) -> Target | None:
    """A command at a terminal."""
    row = db.first(
        "SELECT t.command_id, c.user_id, c.kind, c.args, t.state, t.result_at IS NOT NULL AS answered"
        " FROM command_targets t JOIN commands c ON c.id = t.command_id"
        " WHERE t.command_id = :command AND t.terminal = :terminal",
        command=command_id,
        terminal=terminal,
    )
    return None if row is None else _target(row)


def _target(row: Row) -> Target:
    return Target(
        row["command_id"],
        row["user_id"],
        row["kind"],
        read_document(row["args"]),
        row["state"],
        bool(row["answered"]),
    )


def waiting(db: Reading, terminal: int) -> list[tuple[str, socket.Command]]:
    """A terminal's commands without a stored result, in order, each with its state."""
    rows = db.all(
        "SELECT c.id, t.terminal_seq, c.kind, c.args, c.issued_at, c.expires_at, t.state FROM command_targets t"
        " JOIN commands c ON c.id = t.command_id"
        " WHERE t.result_at IS NULL AND t.terminal = :terminal ORDER BY t.terminal_seq",
        terminal=terminal,
    )
    return [
        (
            row["state"],
            socket.Command(
                id=row["id"],
                terminal_seq=row["terminal_seq"],
                kind=row["kind"],
                args=read_document(row["args"]),
                issued_at=moment(row["issued_at"]),
                expires_at=moment_or_none(row["expires_at"]),
            ),
        )
        for row in rows
    ]


def unacknowledged(db: Reading, terminal: int, before: datetime) -> list[socket.Command]:
    """Commands that were sent to a terminal before ``before`` and not acknowledged."""
    ids = {
        row["command_id"]
        for row in db.all(
            "SELECT command_id FROM command_targets WHERE result_at IS NULL AND terminal = :terminal"
            " AND state = 'sent' AND sent_at < :before",
            terminal=terminal,
            before=stamp(before),
        )
    }
    return [command for _, command in waiting(db, terminal) if command.id in ids] if ids else []


def overdue(db: Reading, now: datetime) -> list[tuple[str, int, str]]:
    """Commands that were not acknowledged in time: (command, terminal, state)."""
    rows = db.all(
        "SELECT t.command_id, t.terminal, t.state FROM command_targets t JOIN commands c ON c.id = t.command_id"
        " WHERE t.result_at IS NULL AND t.state IN ('queued', 'sent') AND c.expires_at <= :now",
        now=stamp(now),
    )
    return [(row["command_id"], row["terminal"], row["state"]) for row in rows]


def unsent(db: Reading, terminal: int, kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Commands of a kind that never left for a terminal, with their arguments."""
    rows = db.all(
        "SELECT c.id, c.args FROM command_targets t JOIN commands c ON c.id = t.command_id"
        " WHERE t.result_at IS NULL AND t.terminal = :terminal AND t.state = 'queued' AND c.kind = :kind",
        terminal=terminal,
        kind=kind,
    )
    return [(row["id"], read_document(row["args"])) for row in rows]


_SELECT = "SELECT rowid AS number, id, kind, args, issued_at, expires_at FROM commands"


def view(db: Reading, user_id: int, command_id: str) -> views.CommandView | None:
    """A user's command."""
    row = db.first(f"{_SELECT} WHERE user_id = :user AND id = :id", user=user_id, id=command_id)
    return None if row is None else _view(db, row)


def page(db: Reading, user_id: int, before: int, limit: int) -> list[tuple[int, views.CommandView]]:
    """A user's commands, newest first, each with its number for the cursor."""
    rows = db.all(
        f"{_SELECT} WHERE user_id = :user AND rowid < :before ORDER BY rowid DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )
    return [(row["number"], _view(db, row)) for row in rows]


def _view(db: Reading, row: Row) -> views.CommandView:
    targets = [
        views.TerminalCommandView(
            terminal_id=at["terminal_id"] or "",
            state=at["state"],
            reason=at["reason"],
            text=at["text"],
            flat=None if at["flat"] is None else bool(at["flat"]),
            results=read_document(at["results"]),
        )
        for at in db.all(
            "SELECT m.terminal_id, t.state, t.reason, t.text, t.flat, t.results FROM command_targets t"
            " JOIN terminals m ON m.id = t.terminal WHERE t.command_id = :id ORDER BY m.id",
            id=row["id"],
        )
    ]
    return views.CommandView(
        id=row["id"],
        kind=row["kind"],
        args=read_document(row["args"]),
        state=overall([at.state for at in targets]),
        issued_at=moment(row["issued_at"]),
        expires_at=moment_or_none(row["expires_at"]),
        terminals=targets,
    )
