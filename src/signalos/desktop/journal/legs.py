"""Legs of signals that reached the broker, with what is known of them there."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from signalos.desktop.journal.serial import from_json, to_json
from signalos.domain.order import LegKey
from signalos.domain.signal import Side

ALIVE = ("pending", "open")


@dataclass(frozen=True, slots=True)
class Trade:
    """What the broker last said of a leg. Volumes in lots, money in account currency, terminal times."""

    volume: Decimal
    entry_price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    closed_volume: Decimal = Decimal(0)
    close_price: Decimal | None = None
    pnl: Decimal | None = None
    reason: str = ""
    ticket: str = ""
    by_hand: tuple[str, ...] = ()
    """What the user changed in the terminal: stop | target | volume | price (of a waiting order)."""
    opened_at: datetime | None = None
    closed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Leg:
    """A leg: ``state`` is pending | open | closed | cancelled; ``target`` the signal's own target for it.

    ``identifier`` is the position's identifier, or the order's ticket while it waits.
    """

    key: LegKey
    tag: str
    state: str
    symbol: str
    side: Side
    target: Decimal | None
    identifier: str
    trade: Trade

    @property
    def alive(self) -> bool:
        return self.state in ALIVE


class Legs:
    """The leg table."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self.writes = 0
        """Another number after everything that was written here by this process."""
        self.listener: Callable[[str, int], None] = lambda chat_id, message_id: None
        """Told of the chat and message of every leg that is stored."""

    def put(self, leg: Leg) -> None:
        """Store a leg's state as it is now."""
        key = leg.key
        self.writes += 1
        self._db.execute(
            "INSERT OR REPLACE INTO leg VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                key.terminal_id,
                key.chat_id,
                key.message_id,
                key.part,
                key.leg,
                key.version,
                leg.tag,
                leg.state,
                leg.symbol,
                leg.side,
                None if leg.target is None else str(leg.target),
                leg.identifier,
                to_json(leg.trade),
            ),
        )
        self.listener(key.chat_id, key.message_id)

    def alive(self, terminal_id: str) -> list[Leg]:
        """Legs with a position or a waiting order, in order of their messages."""
        return self._all(
            "terminal_id=? AND state IN ('pending','open') ORDER BY message_id, part, leg",
            terminal_id,
            index="leg_alive",
        )

    def of_message(self, terminal_id: str, chat_id: str, message_id: int) -> list[Leg]:
        """All legs of a message on a terminal."""
        return self._all(
            "terminal_id=? AND chat_id=? AND message_id=? ORDER BY part, leg",
            terminal_id,
            chat_id,
            message_id,
        )

    def by_identifier(self, terminal_id: str, identifier: str) -> Leg | None:
        """The leg of a position identifier or order ticket."""
        # Named, since SQLite would go through all of the terminal's legs instead.
        found = self._all("terminal_id=? AND identifier=?", terminal_id, identifier, index="leg_identifier")
        return found[0] if found else None

    def identifiers(self, terminal_id: str) -> frozenset[str]:
        """The positions and orders that are known as legs, alive or not."""
        rows = self._db.execute("SELECT identifier FROM leg WHERE terminal_id=?", (terminal_id,))
        return frozenset(row[0] for row in rows)

    def of_living_signals(self, terminal_id: str) -> list[Leg]:
        """All legs, ended ones too, of signals with a leg that is alive; in order of their messages."""
        return self._all(
            "terminal_id=? AND (chat_id, message_id, part) IN"
            " (SELECT chat_id, message_id, part FROM leg WHERE terminal_id=? AND state IN ('pending','open'))"
            " ORDER BY message_id, part, leg",
            terminal_id,
            terminal_id,
        )

    def targets_hit(self, terminal_id: str) -> dict[tuple[str, int, int], int]:
        """(chat, message, part) -> legs closed at their target, of signals that still have a position."""
        rows = self._db.execute(
            "SELECT chat_id, message_id, part, COUNT(*) FROM leg"
            " WHERE terminal_id=? AND state='closed' AND json_extract(trade, '$.reason')='take_profit'"
            " AND (chat_id, message_id, part) IN"
            # Both conditions: the index of living legs only serves a query that repeats its own.
            " (SELECT chat_id, message_id, part FROM leg WHERE terminal_id=? AND state='open'"
            "  AND state IN ('pending','open'))"
            " GROUP BY chat_id, message_id, part",
            (terminal_id, terminal_id),
        ).fetchall()
        return {(str(r[0]), int(r[1]), int(r[2])): int(r[3]) for r in rows}

    def states(self, chat_id: str, since_message: int) -> dict[int, set[str]]:
        """Message id -> the states of its legs over all terminals, from ``since_message`` on."""
        found: dict[int, set[str]] = {}
        for row in self._db.execute(
            "SELECT message_id, state FROM leg WHERE chat_id=? AND message_id>=?", (chat_id, since_message)
        ):
            found.setdefault(int(row[0]), set()).add(str(row[1]))
        return found

    def _all(self, where: str, *values: object, index: str = "") -> list[Leg]:
        by = f"INDEXED BY {index}" if index else ""
        rows = self._db.execute(f"SELECT * FROM leg {by} WHERE {where}", values).fetchall()  # noqa: S608 -- fixed texts only
        return [_leg(row) for row in rows]


def _leg(row: sqlite3.Row) -> Leg:
    # By place, as the schema has them: thousands are read at a start.
    terminal_id, chat_id, message_id, part, number, version = row[:6]
    tag, state, symbol, side, target, identifier, trade = row[6:]
    return Leg(
        key=LegKey(terminal_id, chat_id, message_id, version, part, number),
        tag=tag,
        state=state,
        symbol=symbol,
        side=Side(side),
        target=None if target is None else Decimal(target),
        identifier=identifier,
        trade=from_json(trade, Trade),
    )
