"""SQL of strategies and their versions."""

from __future__ import annotations

from typing import Any

from signalos.protocol import strategies as wire
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import document, moment, read_document, stamp

_SELECT = "SELECT id, name, version, config, notes, active, updated_at FROM strategies"


def _view(row: Row) -> wire.StrategyView:
    return wire.StrategyView(
        id=row["id"],
        name=row["name"],
        version=str(row["version"]),
        config=read_document(row["config"]),
        active=bool(row["active"]),
        updated_at=moment(row["updated_at"]),
        notes=row["notes"],
    )


def add(
    tx: Writing, user_id: int, name: str, config: dict[str, Any], *, active: bool, notes: str = ""
) -> int:
    """Insert a strategy with its first version and answer its id."""
    strategy_id: int = tx.value(
        "INSERT INTO strategies (user_id, name, version, config, notes, active, updated_at)"
        " VALUES (:user, :name, 1, :config, :notes, :active, :at) RETURNING id",
        user=user_id,
        name=name,
        config=document(config),
        notes=notes,
        active=int(active),
        at=stamp(tx.now),
    )
    _remember(tx, strategy_id)
    return strategy_id


def _remember(tx: Writing, strategy_id: int) -> None:
    """Keep the present version."""
    tx.run(
        "INSERT INTO strategy_versions (strategy_id, version, name, config, notes, saved_at)"
        " SELECT id, version, name, config, notes, updated_at FROM strategies WHERE id = :id",
        id=strategy_id,
    )


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
    _remember(tx, strategy_id)


def activate(tx: Writing, user_id: int, strategy_id: int) -> None:
    """Make a strategy the one in force."""
    tx.run("UPDATE strategies SET active = (id = :id) WHERE user_id = :user", user=user_id, id=strategy_id)


def remove(tx: Writing, user_id: int, strategy_id: int) -> None:
    """Delete a strategy with its versions."""
    tx.run("DELETE FROM strategies WHERE user_id = :user AND id = :id", user=user_id, id=strategy_id)


def versions(db: Reading, strategy_id: int, before: int, limit: int) -> list[wire.StrategyVersion]:
    """A strategy's versions, newest first."""
    rows = db.all(
        "SELECT * FROM strategy_versions WHERE strategy_id = :id AND version < :before"
        " ORDER BY version DESC LIMIT :limit",
        id=strategy_id,
        before=before,
        limit=limit,
    )
    return [_version(row) for row in rows]


def version(db: Reading, strategy_id: int, number: int) -> wire.StrategyVersion | None:
    """One version of a strategy."""
    row = db.first(
        "SELECT * FROM strategy_versions WHERE strategy_id = :id AND version = :version",
        id=strategy_id,
        version=number,
    )
    return None if row is None else _version(row)


def _version(row: Row) -> wire.StrategyVersion:
    return wire.StrategyVersion(
        version=str(row["version"]),
        name=row["name"],
        config=read_document(row["config"]),
        notes=row["notes"],
        saved_at=moment(row["saved_at"]),
    )


def page(db: Reading, user_id: int, before: int, limit: int) -> list[wire.StrategyView]:
    """Strategies of a user, newest first."""
    rows = db.all(
        f"{_SELECT} WHERE user_id = :user AND id < :before ORDER BY id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )
    return [_view(row) for row in rows]


def one(db: Reading, user_id: int, strategy_id: int) -> wire.StrategyView | None:
    """A strategy of a user."""
    row = db.first(f"{_SELECT} WHERE user_id = :user AND id = :id", user=user_id, id=strategy_id)
    return None if row is None else _view(row)


def active(db: Reading, user_id: int) -> wire.StrategyView | None:
    """The user's strategy in force."""
    row = db.first(f"{_SELECT} WHERE user_id = :user AND active = 1 ORDER BY id LIMIT 1", user=user_id)
    return None if row is None else _view(row)
