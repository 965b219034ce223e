"""Ratios of daily returns."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date, timedelta

from signalos.analytics.curve import Curve

DAYS_A_YEAR = 252
"""Trading days by which daily ratios are scaled to a year."""
_SATURDAY = 5


def daily_returns(curve: Curve) -> list[float]:
    """The balance's return of each day from the first to the last point, as shares.

    Days are UTC days, Monday to Friday; a weekend's result belongs to the Monday after it (crypto), or
    to the last day where none follows. A day without a closed trade has the return 0. Empty where a
    balance is not above 0: a return of nothing is not defined.
    """
    if curve.start <= 0 or not curve.points:
        return []
    ends: dict[date, float] = {}
    for point in curve.points:
        ends[point.at.date()] = float(point.balance)
    first, last = min(ends), max(ends)
    before, kept, returns = float(curve.start), float(curve.start), []
    day = first
    while day <= last:
        kept = ends.get(day, kept)
        if day.weekday() < _SATURDAY or day == last:
            if before <= 0:
                return []
            returns.append(kept / before - 1)
            before = kept
        day += timedelta(days=1)
    return returns


def sharpe(returns: Sequence[float]) -> float | None:
    """Annualised Sharpe ratio without a risk-free rate: mean / standard deviation (n - 1) x sqrt(252).

    None for fewer than two days or a deviation of 0. Source: W. F. Sharpe, The Sharpe ratio, Journal of
    Portfolio Management 21 (1994), 49-58.
    """
    if len(returns) < 2:
        return None
    mean = math.fsum(returns) / len(returns)
    deviation = math.sqrt(math.fsum((r - mean) ** 2 for r in returns) / (len(returns) - 1))
    # Equal returns leave rounding noise behind, and a ratio of 10^16 would say something.
    if deviation <= 1e-12 * max(1e-300, max(abs(r) for r in returns)):
        return None
    return mean / deviation * math.sqrt(DAYS_A_YEAR)


def sortino(returns: Sequence[float]) -> float | None:
    """Annualised Sortino ratio to a target of 0: mean / downside deviation x sqrt(252).

    The downside deviation is the root of the sum of squared negative returns over all days. None for
    fewer than two days or without a losing one. Source: F. A. Sortino, R. van der Meer, Downside risk,
    Journal of Portfolio Management 17 (1991), 27-31.
    """
    if len(returns) < 2:
        return None
    downside = math.sqrt(math.fsum(r * r for r in returns if r < 0) / len(returns))
    if downside == 0:
        return None
    return math.fsum(returns) / len(returns) / downside * math.sqrt(DAYS_A_YEAR)
