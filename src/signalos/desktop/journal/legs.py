"""Legs of signals that reached the broker, with what is known of them there."""

from __future__ import annotations

import sqlite3
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

    def put(self, leg: Leg) -> None:
        """Store a leg's state as it is now."""
        key = leg.key
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

    def alive(self, terminal_id: str) -> list[Leg]:
        """Legs with a position or a waiting order, in order of their messages."""
        return self._all(
            "terminal_id=? AND state IN ('pending','open') ORDER BY message_id, part, leg", terminal_id
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
        found = self._all("terminal_id=? AND identifier=?", terminal_id, identifier)
        return found[0] if found else None

    def states(self, chat_id: str, message_id: int) -> list[str]:
        """The states of a message's legs over all terminals."""
        rows = self._db.execute(
            "SELECT state FROM leg WHERE chat_id=? AND message_id=?", (chat_id, message_id)
        ).fetchall()
        return [str(r[0]) for r in rows]

    def _all(self, where: str, *values: object) -> list[Leg]:
        rows = self._db.execute(f"SELECT * FROM leg WHERE {where}", values).fetchall()  # noqa: S608
        return [
            Leg(
                key=LegKey(
                    r["terminal_id"], r["chat_id"], r["message_id"], r["version"], r["part"], r["leg"]
                ),
                tag=r["tag"],
                state=r["state"],
                symbol=r["symbol"],
                side=Side(r["side"]),
                target=None if r["target"] is None else Decimal(r["target"]),
                identifier=r["identifier"],
                trade=from_json(r["trade"], Trade),
            )
            for r in rows
        ]
