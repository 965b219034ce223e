"""SQL of sampled equity."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from signalos.protocol import views
from signalos.server.db.session import Reading, Writing
from signalos.server.db.values import moment, stamp


def equity(
    db: Reading, user_id: int, points: int, *, terminal_id: str | None = None, since: datetime | None = None
) -> list[views.EquityPoint]:
    """Equity points of each of the user's terminals, oldest first, thinned to about ``points`` a terminal.

    The first and the newest point of each terminal are always among them.
    """
    rows = db.all(
        "WITH mine AS (SELECT e.terminal, m.terminal_id, e.at, e.balance, e.equity,"
        " row_number() OVER (PARTITION BY e.terminal ORDER BY e.at) AS place,"
        " count(*) OVER (PARTITION BY e.terminal) AS total"
        " FROM equity e JOIN terminals m ON m.id = e.terminal WHERE m.user_id = :user"
        " AND (:terminal IS NULL OR m.terminal_id = :terminal) AND (:since IS NULL OR e.at >= :since))"
        " SELECT terminal_id, at, balance, equity FROM mine"
        " WHERE place = 1 OR place = total OR place % (1 + total / :points) = 0 ORDER BY at",
        user=user_id,
        terminal=terminal_id,
        since=None if since is None else stamp(since),
        points=points,
    )
    return [
        views.EquityPoint(
            at=moment(row["at"]),
            balance=Decimal(row["balance"]),
            equity=Decimal(row["equity"]),
            terminal_id=row["terminal_id"] or "",
        )
        for row in rows
    ]


def prune(tx: Writing, before: datetime) -> None:
    """Drop points older than ``before``."""
    tx.run("DELETE FROM equity WHERE at < :before", before=stamp(before))
