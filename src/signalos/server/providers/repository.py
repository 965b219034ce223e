"""SQL of providers: the channels that have posted."""

from __future__ import annotations

from datetime import datetime

from signalos.protocol import views
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import moment_or_none, stamp

_SELECT = (
    "SELECT p.id, p.chat_id, p.name, p.last_message_at, (SELECT count(*) FROM signals s"
    " WHERE s.user_id = p.user_id AND s.chat_id = p.chat_id) AS signals FROM providers p"
)


def seen(tx: Writing, user_id: int, chat_id: str, name: str, posted_at: datetime) -> None:
    """Remember that a channel posted."""
    tx.run(
        "INSERT INTO providers (user_id, chat_id, name, last_message_at) VALUES (:user, :chat, :name, :at)"
        " ON CONFLICT (user_id, chat_id) DO UPDATE SET"
        " name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE name END,"
        " last_message_at = max(coalesce(last_message_at, ''), excluded.last_message_at)",
        user=user_id,
        chat=chat_id,
        name=name,
        at=stamp(posted_at),
    )


def chat_of(db: Reading, user_id: int, provider_id: int) -> str | None:
    """The chat behind a provider's id."""
    found: str | None = db.value(
        "SELECT chat_id FROM providers WHERE user_id = :user AND id = :id", user=user_id, id=provider_id
    )
    return found


def page(db: Reading, user_id: int, before: int, limit: int) -> list[views.ProviderView]:
    """A user's providers, newest first."""
    rows = db.all(
        f"{_SELECT} WHERE p.user_id = :user AND p.id < :before ORDER BY p.id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )
    return [_view(row) for row in rows]


def one(db: Reading, user_id: int, provider_id: int) -> views.ProviderView | None:
    """A user's provider."""
    row = db.first(f"{_SELECT} WHERE p.user_id = :user AND p.id = :id", user=user_id, id=provider_id)
    return None if row is None else _view(row)


def _view(row: Row) -> views.ProviderView:
    return views.ProviderView(
        id=row["id"],
        chat_id=row["chat_id"],
        name=row["name"],
        signals=row["signals"],
        last_message_at=moment_or_none(row["last_message_at"]),
    )
