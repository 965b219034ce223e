"""SQL of users, sessions, refresh tokens and failed sign-ins."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from signalos.protocol import views
from signalos.server.db.session import Reading, Writing
from signalos.server.db.values import moment, moment_or_none, stamp, stamp_or_none


class StoredUser(NamedTuple):
    """A user with the password's hash."""

    view: views.UserView
    password: str


class StoredSession(NamedTuple):
    """A signed-in browser or app."""

    id: str
    user_id: int
    expires_at: datetime


def add_user(tx: Writing, email: str, password: str, *, demo: bool = False) -> int:
    """Insert a user and answer the id; the email is not taken yet."""
    user_id: int = tx.value(
        "INSERT INTO users (email, password, demo, created_at) VALUES (:email, :password, :demo, :at)"
        " RETURNING id",
        email=email,
        password=password,
        demo=int(demo),
        at=stamp(tx.now),
    )
    return user_id


def set_password(tx: Writing, user_id: int, password: str) -> None:
    """Replace the password's hash."""
    tx.run("UPDATE users SET password = :password WHERE id = :id", id=user_id, password=password)


def user_of_email(db: Reading, email: str) -> StoredUser | None:
    """The user of a (lower-case) email."""
    row = db.first("SELECT id, email, role, demo, password FROM users WHERE email = :email", email=email)
    if row is None:
        return None
    return StoredUser(
        views.UserView(id=row["id"], email=row["email"], role=row["role"], demo=bool(row["demo"])),
        row["password"],
    )


def user_of_id(db: Reading, user_id: int) -> views.UserView | None:
    """The user of an id."""
    row = db.first("SELECT id, email, role, demo FROM users WHERE id = :id", id=user_id)
    if row is None:
        return None
    return views.UserView(id=row["id"], email=row["email"], role=row["role"], demo=bool(row["demo"]))


class StoredFactor(NamedTuple):
    """A user's second factor: ``secret`` encrypted, ``since`` None until it is confirmed."""

    email: str
    password: str
    demo: bool
    secret: str | None
    since: datetime | None
    last_step: int


def factor(db: Reading, user_id: int) -> StoredFactor:
    """The second factor of a user who exists."""
    row = db.first(
        "SELECT email, password, demo, totp_secret, totp_since, totp_last_step FROM users WHERE id = :id",
        id=user_id,
    )
    assert row is not None  # noqa: S101 -- users are not deleted while they are signed in
    return StoredFactor(
        row["email"],
        row["password"],
        bool(row["demo"]),
        row["totp_secret"],
        moment_or_none(row["totp_since"]),
        row["totp_last_step"],
    )


def set_factor(tx: Writing, user_id: int, secret: str | None, since: datetime | None) -> None:
    """Store an encrypted secret, or None for no second factor; used steps stay used."""
    tx.run(
        "UPDATE users SET totp_secret = :secret, totp_since = :since WHERE id = :id",
        id=user_id,
        secret=secret,
        since=stamp_or_none(since),
    )


def confirm_factor(tx: Writing, user_id: int) -> None:
    """The second factor counts from now on."""
    tx.run("UPDATE users SET totp_since = :at WHERE id = :id", id=user_id, at=stamp(tx.now))


def use_step(tx: Writing, user_id: int, step: int) -> None:
    """Mark a time step, and all before it, as used."""
    tx.run("UPDATE users SET totp_last_step = :step WHERE id = :id", id=user_id, step=step)


def newest_seq(db: Reading, user_id: int) -> int:
    """The newest durable event's number; 0 before the first."""
    return int(db.value("SELECT seq FROM users WHERE id = :id", id=user_id) or 0)


def add_session(
    tx: Writing, session_id: str, user_id: int, cookie_hash: str, refresh_hash: str, expires_at: datetime
) -> None:
    """Store a new session with its first refresh token."""
    tx.run(
        "INSERT INTO sessions (id, user_id, cookie_hash, created_at, expires_at)"
        " VALUES (:id, :user, :cookie, :at, :expires)",
        id=session_id,
        user=user_id,
        cookie=cookie_hash,
        at=stamp(tx.now),
        expires=stamp(expires_at),
    )
    add_refresh(tx, session_id, refresh_hash)


def add_refresh(tx: Writing, session_id: str, refresh_hash: str) -> None:
    """Store the session's next refresh token."""
    tx.run(
        "INSERT INTO refresh_tokens (hash, session_id, created_at) VALUES (:hash, :session, :at)",
        hash=refresh_hash,
        session=session_id,
        at=stamp(tx.now),
    )


class RefreshToken(NamedTuple):
    """A refresh token as stored; ``used`` and ``ended`` make it worthless."""

    session: StoredSession
    used: bool
    ended: bool


def refresh_token(db: Reading, refresh_hash: str) -> RefreshToken | None:
    """The refresh token behind a hash."""
    row = db.first(
        "SELECT s.id, s.user_id, s.expires_at, s.ended_at, r.used_at FROM refresh_tokens r"
        " JOIN sessions s ON s.id = r.session_id WHERE r.hash = :hash",
        hash=refresh_hash,
    )
    if row is None:
        return None
    session = StoredSession(row["id"], row["user_id"], moment(row["expires_at"]))
    return RefreshToken(session, row["used_at"] is not None, row["ended_at"] is not None)


def use_refresh(tx: Writing, refresh_hash: str) -> None:
    """Mark a refresh token as used."""
    tx.run(
        "UPDATE refresh_tokens SET used_at = :at WHERE hash = :hash", at=stamp(tx.now), hash=refresh_hash
    )


def session_of_cookie(db: Reading, cookie_hash: str) -> StoredSession | None:
    """The living session of a cookie's hash."""
    row = db.first(
        "SELECT id, user_id, expires_at FROM sessions WHERE cookie_hash = :hash AND ended_at IS NULL",
        hash=cookie_hash,
    )
    return None if row is None else StoredSession(row["id"], row["user_id"], moment(row["expires_at"]))


def end_session(tx: Writing, session_id: str) -> None:
    """End a session with all its tokens."""
    tx.run(
        "UPDATE sessions SET ended_at = :at WHERE id = :id AND ended_at IS NULL",
        at=stamp(tx.now),
        id=session_id,
    )


def ended_since(db: Reading, since: datetime) -> list[tuple[str, datetime]]:
    """Sessions that ended at or after ``since``."""
    rows = db.all("SELECT id, ended_at FROM sessions WHERE ended_at >= :since", since=stamp(since))
    return [(row["id"], moment(row["ended_at"])) for row in rows]


def forget_expired(tx: Writing, before: datetime) -> None:
    """Delete sessions that expired before ``before``."""
    tx.run("DELETE FROM sessions WHERE expires_at < :before", before=stamp(before))


class Failures(NamedTuple):
    """Wrong passwords of one email from one address since ``since``."""

    times: int
    since: datetime


def failures(db: Reading, email: str, address: str) -> Failures | None:
    """The count of wrong passwords, if there is one."""
    row = db.first(
        "SELECT count, since FROM sign_in_failures WHERE email = :email AND address = :address",
        email=email,
        address=address,
    )
    return None if row is None else Failures(row["count"], moment(row["since"]))


def set_failures(tx: Writing, email: str, address: str, count: int, since: datetime) -> None:
    """Store the count of wrong passwords."""
    tx.run(
        "INSERT INTO sign_in_failures (email, address, count, since) VALUES (:email, :address, :count, :since)"
        " ON CONFLICT (email, address) DO UPDATE SET count = excluded.count, since = excluded.since",
        email=email,
        address=address,
        count=count,
        since=stamp(since),
    )


def clear_failures(tx: Writing, email: str, address: str) -> None:
    """Forget the wrong passwords after a right one."""
    tx.run(
        "DELETE FROM sign_in_failures WHERE email = :email AND address = :address",
        email=email,
        address=address,
    )


def forget_failures(tx: Writing, before: datetime) -> None:
    """Delete counts that began before ``before``."""
    tx.run("DELETE FROM sign_in_failures WHERE since < :before", before=stamp(before))
