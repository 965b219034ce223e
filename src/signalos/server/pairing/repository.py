"""SQL of pairings."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from signalos.protocol.pairing import PairingState, PairTerminal
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import moment, moment_or_none, stamp


class Pairing(NamedTuple):
    """A desktop app that asks to be let in; ``interval`` in seconds. ``user_id`` has decided about it."""

    device_hash: str
    user_code: str
    terminal_id: str
    name: str
    platform: str
    version: str
    asked_at: datetime
    expires_at: datetime
    asked_last_at: datetime | None
    interval: int
    user_id: int | None
    state: PairingState


def add(
    tx: Writing, device_hash: str, user_code: str, asker: PairTerminal, expires_at: datetime, interval: int
) -> None:
    """Store a new pairing; its user code is in no other one."""
    tx.run(
        "INSERT INTO pairings (device_hash, user_code, terminal_id, name, platform, version, asked_at,"
        ' expires_at, "interval", state) VALUES (:hash, :code, :terminal_id, :name, :platform, :version, :at,'
        " :expires, :interval, 'pending')",
        hash=device_hash,
        code=user_code,
        terminal_id=asker.terminal_id,
        name=asker.name,
        platform=asker.platform,
        version=asker.version,
        at=stamp(tx.now),
        expires=stamp(expires_at),
        interval=interval,
    )


def of_code(db: Reading, user_code: str) -> Pairing | None:
    """The pairing of a user code, also an expired one."""
    return _read(db.first("SELECT * FROM pairings WHERE user_code = :code", code=user_code))


def of_device(db: Reading, device_hash: str) -> Pairing | None:
    """The pairing of a device code's hash, also an expired one."""
    return _read(db.first("SELECT * FROM pairings WHERE device_hash = :hash", hash=device_hash))


def decide(tx: Writing, device_hash: str, user_id: int, state: PairingState) -> None:
    """Store what the user decided."""
    tx.run(
        "UPDATE pairings SET user_id = :user, state = :state WHERE device_hash = :hash",
        hash=device_hash,
        user=user_id,
        state=state,
    )


def hand_out(tx: Writing, device_hash: str) -> None:
    """Mark the token as handed out."""
    tx.run("UPDATE pairings SET state = 'done' WHERE device_hash = :hash", hash=device_hash)


def asked(tx: Writing, device_hash: str, interval: int) -> None:
    """Note that the desktop app has just asked, and how long it has to wait from now on."""
    tx.run(
        'UPDATE pairings SET asked_last_at = :at, "interval" = :interval WHERE device_hash = :hash',
        hash=device_hash,
        at=stamp(tx.now),
        interval=interval,
    )


def prune(tx: Writing, before: datetime) -> None:
    """Delete pairings that expired before ``before``."""
    tx.run("DELETE FROM pairings WHERE expires_at < :before", before=stamp(before))


def _read(row: Row | None) -> Pairing | None:
    if row is None:
        return None
    values = {name: row[name] for name in Pairing._fields}
    for name in ("asked_at", "expires_at"):
        values[name] = moment(values[name])
    values["asked_last_at"] = moment_or_none(values["asked_last_at"])
    return Pairing(**values)
