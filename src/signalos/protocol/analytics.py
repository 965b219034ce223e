"""Figures on the wire. Undefined figures are null: never infinite, never 0 by convention."""

from __future__ import annotations

from signalos.protocol.shapes import Instant, Number, Wire


class Figures(Wire, frozen=True, kw_only=True):
    """Figures of closed trades; money in account currency, with costs.

    ``win_rate`` with its 95 % Wilson interval, shares of 1; gross profit, gross loss and drawdowns are
    positive sizes; ``costs`` are negative where they were paid.
    """

    trades: int
    wins: int
    losses: int
    net: Number
    gross_profit: Number
    gross_loss: Number
    costs: Number
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    profit_factor: float | None
    expectancy: Number | None
    payoff: float | None
    best: Number | None
    worst: Number | None


class Summary(Wire, frozen=True, kw_only=True):
    """Answer of GET /api/analytics/summary. Drawdowns of the balance curve; ratios from daily returns.

    ``start_balance`` is reckoned back from the balance now; None where the terminal never told one, and
    with it everything that is a share of a balance. ``days`` is how many daily returns there are.
    """

    currency: str
    figures: Figures
    start_balance: Number | None
    end_balance: Number | None
    return_share: float | None
    max_drawdown: Number
    max_drawdown_share: float | None
    days: int
    sharpe: float | None
    sortino: float | None
    first_at: Instant | None
    last_at: Instant | None


class Cut(Wire, frozen=True, kw_only=True):
    """One row of a breakdown: ``key`` is the provider's id, the symbol, or the hour (UTC) of the entry."""

    key: str
    label: str
    figures: Figures


class CurvePoint(Wire, frozen=True, kw_only=True):
    """A point of the balance curve after a deal; ``drawdown`` from the highest balance before, >= 0."""

    at: Instant
    balance: Number
    drawdown: Number
    drawdown_share: float | None


class Analytics(Wire, frozen=True, kw_only=True):
    """Answer of GET /api/analytics/report: all that the first page of figures shows.

    A long ``curve`` is thinned; its first, last, highest and lowest points stay.
    """

    summary: Summary
    curve: list[CurvePoint]
    by_provider: list[Cut]
    by_symbol: list[Cut]
    by_hour: list[Cut]


class Cuts(Wire, frozen=True, kw_only=True):
    """Answer of GET /api/analytics/cuts."""

    by: str
    currency: str
    rows: list[Cut]
