"""Which terminals exist, remembered in memory for the hot path."""

from __future__ import annotations

from typing import NamedTuple

from signalos.protocol.shapes import TerminalStatus
from signalos.server.db.session import Reading
from signalos.server.db.store import Store


class Known(NamedTuple):
    """A terminal's identity: ``row_id`` is ours, ``terminal_id`` what the desktop app calls itself."""

    row_id: int
    user_id: int
    terminal_id: str | None
    status: TerminalStatus


_COLUMNS = "SELECT id, user_id, terminal_id, status FROM terminals"


class TerminalIndex:
    """Remembers terminals by token and by name; ``forget`` after every change of their table."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._by_token: dict[str, Known] = {}
        self._by_name: dict[tuple[int, str], Known] = {}
        self._generation = 0

    def forget(self) -> None:
        """Read everything anew from the database at the next question."""
        self._generation += 1
        self._by_token.clear()
        self._by_name.clear()

    async def of_token(self, token_hash: str) -> Known | None:
        """The terminal that holds a token."""
        known = self._by_token.get(token_hash)
        if known is None:
            generation = self._generation
            known = await self._store.read(lambda db: of_token(db, token_hash))
            if known is not None and generation == self._generation:
                self._by_token[token_hash] = known
        return known

    async def of_name(self, user_id: int, terminal_id: str) -> Known | None:
        """The user's terminal of a name."""
        known = self._by_name.get((user_id, terminal_id))
        if known is None:
            generation = self._generation
            known = await self._store.read(lambda db: of_name(db, user_id, terminal_id))
            if known is not None and generation == self._generation:
                self._by_name[(user_id, terminal_id)] = known
        return known


def of_token(db: Reading, token_hash: str) -> Known | None:
    """The terminal of a token's hash."""
    row = db.first(f"{_COLUMNS} WHERE token_hash = :hash", hash=token_hash)
    return None if row is None else Known(*row)


def of_name(db: Reading, user_id: int, terminal_id: str) -> Known | None:
    """The user's terminal of a name."""
    row = db.first(
        f"{_COLUMNS} WHERE user_id = :user AND terminal_id = :name", user=user_id, name=terminal_id
    )
    return None if row is None else Known(*row)


def of_row(db: Reading, user_id: int, row_id: int) -> Known | None:
    """The user's terminal of a row id."""
    row = db.first(f"{_COLUMNS} WHERE user_id = :user AND id = :id", user=user_id, id=row_id)
    return None if row is None else Known(*row)


def approved(db: Reading, user_id: int) -> list[Known]:
    """The user's approved terminals that have an identity, oldest first."""
    rows = db.all(
        f"{_COLUMNS} WHERE user_id = :user AND status = 'approved' AND terminal_id IS NOT NULL ORDER BY id",
        user=user_id,
    )
    return [Known(*row) for row in rows]
