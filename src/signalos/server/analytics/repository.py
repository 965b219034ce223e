"""SQL of closed trades with their deals, and of sampled equity."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from signalos.analytics import ClosedTrade
from signalos.protocol import firebridge, views
from signalos.server.db.session import Reading, Writing
from signalos.server.db.values import moment, number, stamp

ZERO = Decimal(0)


class Account(NamedTuple):
    """A terminal's account as it last told; ``balance`` None and ``currency`` "" where it never did."""

    currency: str
    balance: Decimal | None


def accounts(db: Reading, user_id: int, terminal_id: str | None) -> list[Account]:
    """The accounts of the user's terminals that ever traded, or of the named one."""
    rows = db.all(
        "SELECT m.state FROM terminals m WHERE m.user_id = :user"
        " AND (:terminal IS NULL OR m.terminal_id = :terminal)"
        " AND EXISTS (SELECT 1 FROM trades t WHERE t.terminal = m.id)",
        user=user_id,
        terminal=terminal_id,
    )
    found = []
    for row in rows:
        try:
            status = msgspec.json.decode(row["state"] or b"", type=firebridge.Status)
        except msgspec.DecodeError:
            # Never told, or in an older version's shape: then only its trades are known.
            found.append(Account("", None))
            continue
        info = status.modules.mt5.account_info
        found.append(Account(info.currency, info.balance if info.currency else None))
    return found


def closed(
    db: Reading,
    user_id: int,
    *,
    terminal_id: str | None = None,
    provider_id: int | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[ClosedTrade]:
    """Trades closed in [since, until), oldest first. Their net is the sum of their deals.

    A trade that was told without deals (the narrow push) counts with its pnl.
    """
    sums: dict[int, tuple[Decimal, Decimal]] = {}
    where = (
        " FROM trades t JOIN terminals m ON m.id = t.terminal"
        " LEFT JOIN providers p ON p.user_id = t.user_id AND p.chat_id = t.chat_id"
        " WHERE t.user_id = :user AND t.status = 'closed' AND t.closed_at IS NOT NULL"
        " AND (:terminal IS NULL OR m.terminal_id = :terminal) AND (:provider IS NULL OR p.id = :provider)"
        " AND (:since IS NULL OR t.closed_at >= :since) AND (:until IS NULL OR t.closed_at < :until)"
    )
    values = {
        "user": user_id,
        "terminal": terminal_id,
        "provider": provider_id,
        "since": None if since is None else stamp(since),
        "until": None if until is None else stamp(until),
    }
    for row in db.all(
        "SELECT d.trade_id, d.profit, d.swap, d.commission, d.fee FROM deals d"  # noqa: S608 -- fixed texts only
        f" WHERE d.trade_id IN (SELECT t.id{where})",
        **values,
    ):
        costs = Decimal(row["swap"]) + Decimal(row["commission"]) + Decimal(row["fee"])
        net, paid = sums.get(row["trade_id"], (ZERO, ZERO))
        sums[row["trade_id"]] = (net + Decimal(row["profit"]) + costs, paid + costs)
    found = []
    for row in db.all(
        "SELECT t.id, t.pnl, t.opened_at, t.closed_at, t.symbol, t.side, p.id AS provider, p.name"
        f"{where} ORDER BY t.closed_at, t.id",
        **values,
    ):
        known = sums.get(row["id"])
        pnl = number(row["pnl"])
        if known is None and pnl is None:
            continue  # closed, but nobody told what it brought
        net, costs = known or (pnl or ZERO, ZERO)
        ended = moment(row["closed_at"])
        found.append(
            ClosedTrade(
                net=net,
                costs=costs,
                opened_at=moment(row["opened_at"]) if row["opened_at"] else ended,
                closed_at=ended,
                symbol=row["symbol"],
                side=row["side"] or "",
                provider="" if row["provider"] is None else str(row["provider"]),
                provider_name=row["name"] or "",
            )
        )
    return found


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
