"""SQL of durable events and alerts."""

from __future__ import annotations

from datetime import datetime

from signalos.protocol import firebridge, views
from signalos.server.db.session import Durable, Reading, Writing
from signalos.server.db.values import moment, read_document, stamp


def after(db: Reading, user_id: int, seq: int, limit: int) -> list[Durable]:
    """A user's durable events above ``seq``, in order."""
    rows = db.all(
        "SELECT seq, type, at, data FROM user_events WHERE user_id = :user AND seq > :seq ORDER BY seq LIMIT :limit",
        user=user_id,
        seq=seq,
        limit=limit,
    )
    return [Durable(user_id, row["seq"], row["type"], row["at"], row["data"].encode()) for row in rows]


def oldest_seq(db: Reading, user_id: int) -> int | None:
    """The oldest durable event that is still kept."""
    found: int | None = db.value("SELECT min(seq) FROM user_events WHERE user_id = :user", user=user_id)
    return found


def page(
    db: Reading,
    user_id: int,
    before: int,
    limit: int,
    *,
    kind: str | None = None,
    severity: str | None = None,
    terminal_id: str | None = None,
    text: str | None = None,
) -> list[views.LogView]:
    """A user's durable events, newest first; each filter that is given must match.

    ``severity`` is an alert's; ``text`` occurs anywhere in the event's data, in small or capital letters.
    """
    rows = db.all(
        "SELECT seq, type, at, data FROM user_events WHERE user_id = :user AND seq < :before"
        " AND (:kind IS NULL OR type = :kind)"
        " AND (:severity IS NULL OR data ->> 'severity' = :severity)"
        " AND (:terminal IS NULL OR data ->> 'terminalId' = :terminal)"
        " AND (:text IS NULL OR instr(lower(data), lower(:text)) > 0)"
        " ORDER BY seq DESC LIMIT :limit",
        user=user_id,
        before=before,
        kind=kind,
        severity=severity,
        terminal=terminal_id,
        text=text,
        limit=limit,
    )
    return [
        views.LogView(
            id=row["seq"],
            seq=row["seq"],
            type=row["type"],
            at=moment(row["at"]),
            data=read_document(row["data"]),
        )
        for row in rows
    ]


def prune(tx: Writing, keep: int) -> None:
    """Drop each user's durable events below the newest ``keep``."""
    tx.run(
        "DELETE FROM user_events WHERE seq <= (SELECT seq FROM users WHERE id = user_events.user_id) - :keep",
        keep=keep,
    )


def add_alert(tx: Writing, user_id: int, data: firebridge.AlertData, at: datetime) -> int:
    """Store an alert and answer its id."""
    row_id: int = tx.value(
        "INSERT INTO alerts (user_id, code, severity, text, terminal_id, at)"
        " VALUES (:user, :code, :severity, :text, :terminal, :at) RETURNING id",
        user=user_id,
        code=data.code,
        severity=data.severity,
        text=data.text,
        terminal=data.terminal_id,
        at=stamp(at),
    )
    return row_id


def alerts(db: Reading, user_id: int, limit: int) -> list[views.AlertView]:
    """A user's newest alerts."""
    rows = db.all(
        "SELECT * FROM alerts WHERE user_id = :user ORDER BY id DESC LIMIT :limit",
        user=user_id,
        limit=limit,
    )
    return [
        views.AlertView(
            id=row["id"],
            code=row["code"],
            severity=row["severity"],
            text=row["text"],
            terminal_id=row["terminal_id"],
            at=moment(row["at"]),
        )
        for row in rows
    ]


def every_user(db: Reading) -> list[int]:
    """The ids of all users."""
    return [row["id"] for row in db.all("SELECT id FROM users ORDER BY id")]
