"""The balance after each closed trade, and how far it fell from its highest point."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from signalos.analytics.figures import ZERO, ClosedTrade


@dataclass(frozen=True, slots=True)
class Point:
    """The balance after a trade. ``drawdown`` >= 0 is the fall from the highest balance so far.

    ``drawdown_share`` is the same as a share of that highest balance, None where it is not above 0.
    """

    at: datetime
    balance: Decimal
    drawdown: Decimal
    drawdown_share: float | None


@dataclass(frozen=True, slots=True)
class Curve:
    """All points in order of time, with MetaTrader's two drawdowns of the balance.

    ``max_drawdown`` (its "maximal") is the deepest fall in money, ``max_drawdown_share`` (its
    "relative") the deepest as a share of the peak before it; they may be two different falls.
    """

    start: Decimal
    points: tuple[Point, ...]
    max_drawdown: Decimal
    max_drawdown_share: float | None


def balance_curve(start: Decimal, trades: Iterable[ClosedTrade]) -> Curve:
    """Add up the nets of ``trades`` from ``start``; the first peak is ``start`` itself."""
    balance = peak = start
    points: list[Point] = []
    for trade in sorted(trades, key=lambda trade: trade.closed_at):
        balance += trade.net
        peak = max(peak, balance)
        fall = peak - balance
        points.append(Point(trade.closed_at, balance, fall, float(fall / peak) if peak > 0 else None))
    shares = [p.drawdown_share for p in points if p.drawdown_share is not None]
    return Curve(
        start,
        tuple(points),
        max((p.drawdown for p in points), default=ZERO),
        max(shares, default=0.0 if start > 0 else None),
    )
