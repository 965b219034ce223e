"""SQL of terminals."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from signalos.protocol import firebridge
from signalos.protocol.shapes import TerminalStatus
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import document, exact, moment, read_document, stamp, stamp_or_none


def add(tx: Writing, user_id: int, name: str, status: TerminalStatus, **more: str | None) -> int:
    """Insert a terminal; ``more`` may give terminal_id, platform, version and token_hash."""
    row_id: int = tx.value(
        "INSERT INTO terminals (user_id, terminal_id, name, platform, version, status, token_hash, created_at)"
        " VALUES (:user, :terminal_id, :name, :platform, :version, :status, :token_hash, :at) RETURNING id",
        user=user_id,
        name=name,
        status=status,
        terminal_id=more.get("terminal_id"),
        platform=more.get("platform") or "",
        version=more.get("version") or "",
        token_hash=more.get("token_hash"),
        at=stamp(tx.now),
    )
    return row_id


def describe(tx: Writing, row_id: int, terminal_id: str, name: str, platform: str, version: str) -> None:
    """Store what a desktop app says about itself; one that names itself by its id keeps its user's name."""
    tx.run(
        "UPDATE terminals SET terminal_id = :terminal_id, platform = :platform,"
        " name = CASE WHEN :name = :terminal_id THEN name ELSE :name END,"
        " version = :version WHERE id = :id",
        id=row_id,
        terminal_id=terminal_id,
        name=name,
        platform=platform,
        version=version,
    )


def set_status(tx: Writing, row_id: int, status: TerminalStatus) -> None:
    """Approve, deny or revoke; a revoked terminal loses its token."""
    tx.run(
        "UPDATE terminals SET status = :status,"
        " token_hash = CASE WHEN :status = 'revoked' THEN NULL ELSE token_hash END WHERE id = :id",
        id=row_id,
        status=status,
    )


def set_token(tx: Writing, row_id: int, token_hash: str) -> None:
    """Store the hash of the token that was handed out."""
    tx.run("UPDATE terminals SET token_hash = :hash WHERE id = :id", id=row_id, hash=token_hash)


def row(db: Reading, row_id: int) -> Row | None:
    """A terminal's row."""
    return db.first("SELECT * FROM terminals WHERE id = :id", id=row_id)


def rows(db: Reading, user_id: int, before: int, limit: int) -> list[Row]:
    """A user's terminals, newest first."""
    return db.all(
        "SELECT * FROM terminals WHERE user_id = :user AND id < :before ORDER BY id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )


def every_row(db: Reading) -> list[Row]:
    """All terminals that have reported a state, for the start of the server."""
    return db.all("SELECT * FROM terminals WHERE state IS NOT NULL")


def save_state(
    tx: Writing,
    row_id: int,
    status: firebridge.Status,
    seen_at: datetime,
    day: str | None,
    day_start_equity: Decimal | None,
) -> None:
    """Store a terminal's latest state."""
    latch = status.modules.mt5.latch
    tx.run(
        "UPDATE terminals SET state = :state, last_seen_at = :seen, day = :day, day_start_equity = :start,"
        " latch = :latch WHERE id = :id",
        id=row_id,
        state=document(status),
        seen=stamp_or_none(seen_at),
        day=day,
        start=exact(day_start_equity),
        latch=None if latch is None else document(latch),
    )


def add_equity(tx: Writing, row_id: int, at: datetime, balance: Decimal, equity: Decimal) -> None:
    """Append a point to a terminal's equity curve."""
    tx.run(
        "INSERT INTO equity (terminal, at, balance, equity) VALUES (:terminal, :at, :balance, :equity)"
        " ON CONFLICT (terminal, at) DO NOTHING",
        terminal=row_id,
        at=stamp(at),
        balance=exact(balance),
        equity=exact(equity),
    )


def set_latch(tx: Writing, row_id: int, latch: firebridge.LatchState | None) -> None:
    """Store the stop as the terminal last told it."""
    tx.run(
        "UPDATE terminals SET latch = :latch WHERE id = :id",
        id=row_id,
        latch=None if latch is None else document(latch),
    )


def latch_of(db: Reading, row_id: int) -> firebridge.LatchState | None:
    """The stop as the terminal last told it."""
    text = db.value("SELECT latch FROM terminals WHERE id = :id", id=row_id)
    found: firebridge.LatchState | None = read_document(text, firebridge.LatchState)
    return found


def want_stop(tx: Writing, row_id: int, latch_id: str | None) -> None:
    """Remember the stop that a terminal has not confirmed yet; None once it has, or it was called off."""
    tx.run("UPDATE terminals SET stop_wanted = :latch WHERE id = :id", id=row_id, latch=latch_id)


def known_latches(db: Reading, row_id: int) -> set[str]:
    """The latches in force at a terminal: told by it, or on the way to it."""
    found = db.first("SELECT latch, stop_wanted FROM terminals WHERE id = :id", id=row_id)
    if found is None:
        return set()
    told = read_document(found["latch"], firebridge.LatchState)
    return {latch for latch in (found["stop_wanted"], told.latch_id if told else None) if latch}


def record_latch(
    tx: Writing, row_id: int, data: firebridge.LatchData, at: datetime
) -> tuple[int, datetime]:
    """Store a latch's progress; answers the row's id and when the latch was set."""
    found = tx.first(
        "INSERT INTO latches (terminal, latch_id, mode, state, closed, total, flat, left, text, set_at, updated_at)"
        " VALUES (:terminal, :latch, :mode, :state, :closed, :total, :flat, :left, :text, :at, :at)"
        " ON CONFLICT (terminal, latch_id) DO UPDATE SET state = excluded.state, closed = excluded.closed,"
        " total = excluded.total, flat = excluded.flat, left = excluded.left, text = excluded.text,"
        " updated_at = excluded.updated_at RETURNING id, set_at",
        terminal=row_id,
        latch=data.latch_id,
        mode=data.mode,
        state=data.state,
        closed=data.closed,
        total=data.total,
        flat=int(data.flat),
        left=document(data.left),
        text=data.text,
        at=stamp(at),
    )
    assert found is not None  # noqa: S101 -- RETURNING answers the row
    return found["id"], moment(found["set_at"])
