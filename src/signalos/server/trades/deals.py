"""SQL of deals: what the broker executed, as desktop apps told it."""

from __future__ import annotations

from collections.abc import Sequence

from signalos.protocol import firebridge
from signalos.server.db.session import Writing
from signalos.server.db.values import exact, stamp


def put(tx: Writing, terminal: int, trade_id: int, deals: Sequence[firebridge.DealData]) -> None:
    """Store a trade's deals; one that is known already is replaced, never counted twice."""
    for deal in deals:
        tx.run(
            "INSERT INTO deals (terminal, ticket, trade_id, entry, side, volume, price, profit, swap,"
            " commission, fee, reason, at) VALUES (:terminal, :ticket, :trade, :entry, :side, :volume, :price,"
            " :profit, :swap, :commission, :fee, :reason, :at) ON CONFLICT (terminal, ticket) DO UPDATE SET"
            " trade_id = excluded.trade_id, entry = excluded.entry, side = excluded.side,"
            " volume = excluded.volume, price = excluded.price, profit = excluded.profit, swap = excluded.swap,"
            " commission = excluded.commission, fee = excluded.fee, reason = excluded.reason, at = excluded.at",
            terminal=terminal,
            ticket=deal.ticket,
            trade=trade_id,
            entry=deal.entry,
            side=deal.side,
            volume=exact(deal.volume),
            price=exact(deal.price),
            profit=exact(deal.profit),
            swap=exact(deal.swap),
            commission=exact(deal.commission),
            fee=exact(deal.fee),
            reason=deal.reason,
            at=stamp(deal.at),
        )
