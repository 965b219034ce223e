"""The same figures by another program: quantstats on random accounts."""

from __future__ import annotations

import importlib
import random
import warnings
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from signalos.analytics import ClosedTrade, balance_curve, daily_returns, figures, sharpe, sortino

START = D(10_000)
FIRST = datetime(2025, 3, 3, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def qs() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module("quantstats.stats")


@pytest.fixture(scope="module")
def pd() -> Any:
    return importlib.import_module("pandas")


def account(seed: int, days: int, low: int = -200, high: int = 230) -> list[ClosedTrade]:
    """One trade a weekday, each net a whole number of cents and never 0."""
    rand = random.Random(seed)
    trades: list[ClosedTrade] = []
    at = FIRST
    while len(trades) < days:
        if at.weekday() < 5:
            cents = rand.randint(low * 100, high * 100) or 1
            trades.append(ClosedTrade(D(cents) / 100, D(0), at, at + timedelta(hours=1)))
        at += timedelta(days=1)
    return trades


def series(pd: Any, trades: list[ClosedTrade]) -> Any:
    """Daily returns reckoned from the balances by pandas."""
    balances = [START]
    for trade in trades:
        balances.append(balances[-1] + trade.net)
    index = pd.DatetimeIndex([FIRST - timedelta(days=3), *(t.closed_at for t in trades)]).tz_localize(None)
    return pd.Series([float(b) for b in balances], index=index.normalize()).pct_change().dropna()


CASES = [(seed, 120, -200, 230) for seed in range(8)] + [(20, 2, -200, 230), (21, 400, -100, 80)]


@pytest.mark.parametrize(("seed", "days", "low", "high"), CASES)
def test_ratios_and_drawdown_agree(qs: Any, pd: Any, seed: int, days: int, low: int, high: int) -> None:
    trades = account(seed, days, low, high)
    curve = balance_curve(START, trades)
    returns = daily_returns(curve)
    oracle = series(pd, trades)
    assert returns == pytest.approx(list(oracle), abs=1e-12)
    assert sharpe(returns) == pytest.approx(qs.sharpe(oracle), rel=1e-9)
    if any(r < 0 for r in returns):
        assert sortino(returns) == pytest.approx(qs.sortino(oracle), rel=1e-9)
    assert curve.max_drawdown_share == pytest.approx(-qs.max_drawdown(oracle), rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_trade_figures_agree(qs: Any, pd: Any, seed: int) -> None:
    """Its functions work on returns; a trade's net as a share of one fixed sum is such a return."""
    trades = account(100 + seed, 60)
    oracle = pd.Series([float(t.net) / 1_000_000 for t in trades])
    found = figures(trades)
    assert found.win_rate == pytest.approx(qs.win_rate(oracle), rel=1e-9)
    assert found.profit_factor == pytest.approx(qs.profit_factor(oracle), rel=1e-9)
    assert found.payoff == pytest.approx(qs.payoff_ratio(oracle), rel=1e-9)
    assert float(found.expectancy or 0) / 1_000_000 == pytest.approx(oracle.mean(), rel=1e-9)
    assert float(found.best or 0) / 1_000_000 == pytest.approx(qs.best(oracle), rel=1e-9)
    assert float(found.worst or 0) / 1_000_000 == pytest.approx(qs.worst(oracle), rel=1e-9)


def test_where_we_differ_on_purpose(qs: Any, pd: Any) -> None:
    """Without a loss there is no profit factor: the other program answers 0 or infinity there."""
    only_wins = account(1, 10, low=1, high=50)
    assert figures(only_wins).profit_factor is None
    assert figures(only_wins).payoff is None
    oracle = pd.Series([float(t.net) / 1_000_000 for t in only_wins])
    assert not 0 < float(qs.profit_factor(oracle)) < float("inf")
