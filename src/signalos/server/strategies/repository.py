"""SQL of strategies."""

from __future__ import annotations

from typing import Any

from signalos.protocol import views
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import document, moment, read_document, stamp

_SELECT = "SELECT id, name, version, config, active, updated_at FROM strategies"


def _view(row: Row) -> views.StrategyView:
    return views.StrategyView(
        id=row["id"],
        name=row["name"],
        version=str(row["version"]),
        config=read_document(row["config"]),
        active=bool(row["active"]),
        updated_at=moment(row["updated_at"]),
    )


def add(tx: Writing, user_id: int, name: str, config: dict[str, Any], *, active: bool) -> int:
    """Insert a strategy and answer its id."""
    strategy_id: int = tx.value(
        "INSERT INTO strategies (user_id, name, version, config, notes, active, updated_at)"
        " VALUES (:user, :name, 1, :config, '', :active, :at) RETURNING id",
        user=user_id,
        name=name,
        config=document(config),
        active=int(active),
        at=stamp(tx.now),
    )
    return strategy_id


def change(
    tx: Writing, user_id: int, strategy_id: int, name: str, config: dict[str, Any], notes: str
) -> None:
    """Replace a strategy's document; its version rises."""
    tx.run(
        "UPDATE strategies SET name = :name, config = :config, notes = :notes, version = version + 1,"
        " updated_at = :at WHERE user_id = :user AND id = :id",
        user=user_id,
        id=strategy_id,
        name=name,
        config=document(config),
        notes=notes,
        at=stamp(tx.now),
    )


def page(db: Reading, user_id: int, before: int, limit: int) -> list[views.StrategyView]:
    """Strategies of a user, newest first."""
    rows = db.all(
        f"{_SELECT} WHERE user_id = :user AND id < :before ORDER BY id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )
    return [_view(row) for row in rows]


def one(db: Reading, user_id: int, strategy_id: int) -> views.StrategyView | None:
    """A strategy of a user."""
    row = db.first(f"{_SELECT} WHERE user_id = :user AND id = :id", user=user_id, id=strategy_id)
    return None if row is None else _view(row)


def active(db: Reading, user_id: int) -> views.StrategyView | None:
    """The user's strategy in force."""
    row = db.first(f"{_SELECT} WHERE user_id = :user AND active = 1 ORDER BY id LIMIT 1", user=user_id)
    return None if row is None else _view(row)
