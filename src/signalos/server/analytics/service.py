"""Figures of a user's closed trades, computed from their stored deals."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

import msgspec

from signalos.analytics import (
    ClosedTrade,
    Curve,
    Figures,
    Point,
    balance_curve,
    cut,
    daily_returns,
    figures,
    sharpe,
    sortino,
)
from signalos.protocol import analytics as wire
from signalos.server.analytics import repository
from signalos.server.db.session import Reading
from signalos.server.db.store import Store
from signalos.server.problems import Problem

POINTS = 1000
ZERO = Decimal(0)


class Question(NamedTuple):
    """What is asked for: trades closed in [since, until), of one terminal or provider or of all."""

    terminal_id: str | None = None
    provider_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None


class AnalyticsService:
    """Answers questions about closed trades; reads only."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def report(self, user_id: int, question: Question) -> wire.Analytics:
        """Summary, curve and the cuts of the first page. Raises Problem several_currencies."""

        def work(db: Reading) -> wire.Analytics:
            found = _found(db, user_id, question)
            return wire.Analytics(
                summary=_summary(found),
                curve=[_point(point) for point in thinned(found.curve.points)],
                by_provider=_cuts("provider", found.trades),
                by_symbol=_cuts("symbol", found.trades),
                by_hour=_cuts("hour", found.trades),
            )

        return await self._store.read(work)

    async def summary(self, user_id: int, question: Question) -> wire.Summary:
        """The figures of all of them together. Raises Problem several_currencies."""
        return await self._store.read(lambda db: _summary(_found(db, user_id, question)))

    async def cuts(self, user_id: int, question: Question, by: str) -> wire.Cuts:
        """The figures, cut. Raises Problem several_currencies."""

        def work(db: Reading) -> wire.Cuts:
            found = _found(db, user_id, question)
            return wire.Cuts(by=by, currency=found.currency, rows=_cuts(by, found.trades))

        return await self._store.read(work)


class _Found(NamedTuple):
    trades: list[ClosedTrade]
    currency: str
    balance_known: bool
    curve: Curve


def _found(db: Reading, user_id: int, question: Question) -> _Found:
    accounts = repository.accounts(db, user_id, question.terminal_id)
    currencies = sorted({account.currency for account in accounts if account.currency})
    if len(currencies) > 1:
        raise Problem(
            "several_currencies",
            f"your terminals hold {' and '.join(currencies)}, which cannot be added: name one with terminalId",
            errors=[{"field": "terminalId"}],
        )
    trades = repository.closed(
        db,
        user_id,
        terminal_id=question.terminal_id,
        provider_id=question.provider_id,
        since=question.since,
        until=question.until,
    )
    # Back from the balance now: what was closed since then has led from there to here.
    known = bool(accounts) and all(account.balance is not None for account in accounts)
    start = ZERO
    if known:
        later = repository.closed(db, user_id, terminal_id=question.terminal_id, since=question.since)
        start = sum((a.balance or ZERO for a in accounts), ZERO) - sum((t.net for t in later), ZERO)
    return _Found(trades, currencies[0] if currencies else "", known, balance_curve(start, trades))


def _summary(found: _Found) -> wire.Summary:
    curve, known = found.curve, found.balance_known and found.curve.start > 0
    total = figures(found.trades)
    returns = daily_returns(curve) if known else []
    return wire.Summary(
        currency=found.currency,
        figures=_figures(total),
        start_balance=curve.start if known else None,
        end_balance=curve.start + total.net if known else None,
        return_share=float(total.net / curve.start) if known else None,
        max_drawdown=curve.max_drawdown,
        max_drawdown_share=curve.max_drawdown_share if known else None,
        days=len(returns),
        sharpe=sharpe(returns),
        sortino=sortino(returns),
        first_at=curve.points[0].at if curve.points else None,
        last_at=curve.points[-1].at if curve.points else None,
    )


def _cuts(by: str, trades: Sequence[ClosedTrade]) -> list[wire.Cut]:
    return [wire.Cut(key=key, label=label, figures=_figures(part)) for key, label, part in cut(by, trades)]


def _figures(found: Figures) -> wire.Figures:
    return msgspec.convert(found, wire.Figures, from_attributes=True)


def _point(point: Point) -> wire.CurvePoint:
    return wire.CurvePoint(
        at=point.at,
        balance=point.balance,
        drawdown=point.drawdown,
        drawdown_share=point.drawdown_share,
    )


def thinned(points: Sequence[Point], most: int = POINTS) -> list[Point]:
    """At most about ``most`` points: of each stretch its lowest and its last, so that no fall is lost."""
    if len(points) <= most:
        return list(points)
    size = -(-len(points) * 2 // most)
    kept: list[Point] = []
    for begin in range(0, len(points), size):
        stretch = points[begin : begin + size]
        low = min(range(len(stretch)), key=lambda place: stretch[place].balance)
        kept += [stretch[place] for place in sorted({0 if begin == 0 else low, low, len(stretch) - 1})]
    return kept
