"""Figures of closed trades: a hand-computed example, the edges, and what must always hold."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.analytics import (
    CUTS,
    ClosedTrade,
    balance_curve,
    cut,
    daily_returns,
    figures,
    sharpe,
    sortino,
    wilson,
)

MONDAY = datetime(2026, 1, 5, 9, 30, tzinfo=UTC)


def trade(net: str | D, hours: float = 0, **more: Any) -> ClosedTrade:
    opened = MONDAY + timedelta(hours=hours)
    base: dict[str, Any] = {"costs": D(0), "opened_at": opened, "closed_at": opened + timedelta(minutes=30)}
    return ClosedTrade(net=D(net), **{**base, **more})


def test_an_example_reckoned_by_hand() -> None:
    found = figures(
        [
            trade("100", costs=D("-4")),
            trade("-50"),
            trade("30.50", costs=D("-1.5")),
            trade("0"),
            trade("-10"),
        ]
    )
    assert (found.trades, found.wins, found.losses) == (5, 2, 2)
    assert (found.net, found.gross_profit, found.gross_loss) == (D("70.50"), D("130.50"), D(60))
    assert found.costs == D("-5.5")
    assert found.win_rate == 0.5, "the break-even trade is neither"
    assert found.profit_factor == pytest.approx(130.5 / 60)
    assert found.expectancy == D("14.10")
    assert found.payoff == pytest.approx(65.25 / 30)
    assert (found.best, found.worst) == (D(100), D(-50))


def test_what_is_not_defined_is_none() -> None:
    nothing = figures([])
    assert nothing.trades == nothing.net == 0
    for name in ("win_rate", "win_rate_low", "profit_factor", "expectancy", "payoff", "best", "worst"):
        assert getattr(nothing, name) is None
    won = figures([trade("5")])
    assert won.profit_factor is None, "no loss: not infinite"
    assert won.payoff is None
    assert won.win_rate == 1
    lost = figures([trade("-5")])
    assert lost.profit_factor == 0
    assert lost.payoff is None
    assert figures([trade("0")]).win_rate is None


def test_wilsons_interval_is_that_of_the_books() -> None:
    low, high = wilson(15, 20) or (0, 0)
    assert low == pytest.approx(0.5313, abs=5e-5)
    assert high == pytest.approx(0.8881, abs=5e-5)
    assert wilson(0, 0) is None


@given(st.integers(1, 2000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_is_where_the_score_test_holds(pair: tuple[int, int]) -> None:
    """Its bounds solve (p - b)^2 = z^2 b (1 - b) / n, which is the test turned round."""
    wins, n = pair
    low, high = wilson(wins, n) or (0, 0)
    share = wins / n
    assert 0 <= low <= share <= high <= 1
    for bound in (low, high):
        if 0 < bound < 1:
            assert (share - bound) ** 2 == pytest.approx(1.959963984540054**2 * bound * (1 - bound) / n)


def test_the_balance_falls_from_its_highest_point() -> None:
    nets = ["100", "-250", "50", "900", "-450"]
    curve = balance_curve(D(1000), [trade(net, hour) for hour, net in enumerate(nets)])
    assert [p.balance for p in curve.points] == [1100, 850, 900, 1800, 1350]
    assert [p.drawdown for p in curve.points] == [0, 250, 200, 0, 450]
    assert curve.max_drawdown == 450
    assert curve.max_drawdown_share == pytest.approx(450 / 1800)
    steep = balance_curve(D(1000), [trade("-300"), trade("2000", 1), trade("-500", 2)])
    assert steep.max_drawdown == 500
    assert steep.max_drawdown_share == pytest.approx(0.3), "the deepest share is another fall"


def test_a_first_day_loss_counts() -> None:
    curve = balance_curve(D(1000), [trade("-100")])
    assert curve.max_drawdown == 100
    assert daily_returns(curve) == pytest.approx([-0.1])


def test_days_without_a_trade_count_and_weekends_do_not() -> None:
    # Monday +10 %, nothing on Tuesday, Wednesday -10 %, Saturday +1 counted on Monday.
    curve = balance_curve(
        D(1000), [trade("100"), trade("-110", 48), trade("9.9", 5 * 24), trade("99.99", 7 * 24)]
    )
    assert daily_returns(curve) == pytest.approx([0.1, 0, -0.1, 0, 0, (990 + 109.89) / 990 - 1])


def test_ratios_need_two_days_and_a_spread() -> None:
    assert sharpe([]) is sharpe([0.1]) is sharpe([0.01] * 10) is None
    assert sortino([0.01, 0.02]) is sortino([-0.1]) is None
    assert daily_returns(balance_curve(D(0), [trade("5")])) == []
    assert daily_returns(balance_curve(D(10), [trade("-10"), trade("5", 24)])) == []


NETS = st.decimals(-10_000, 10_000, places=2)
TRADES = st.lists(
    st.builds(
        lambda net, hours, symbol, provider: trade(net, hours, symbol=symbol, provider=provider),
        NETS,
        st.integers(0, 2000),
        st.sampled_from(["EURUSD", "XAUUSD", ""]),
        st.sampled_from(["", "1", "2"]),
    ),
    max_size=60,
)


@given(TRADES, st.sampled_from(sorted(CUTS)), st.randoms(use_true_random=False))
def test_parts_add_up_and_order_does_not_matter(
    trades: list[ClosedTrade], by: str, order: random.Random
) -> None:
    whole = figures(trades)
    assert whole.net == whole.gross_profit - whole.gross_loss
    assert whole.wins + whole.losses <= whole.trades
    rows = cut(by, trades)
    assert sum(part.trades for _, _, part in rows) == whole.trades
    assert sum((part.net for _, _, part in rows), D(0)) == whole.net
    assert len({key for key, _, _ in rows}) == len(rows)
    mixed = order.sample(trades, len(trades))
    assert figures(mixed) == whole


@given(TRADES, st.decimals(0, 100_000, places=2))
def test_a_curve_ends_at_start_plus_net_and_never_draws_up(trades: list[ClosedTrade], start: D) -> None:
    curve = balance_curve(start, trades)
    assert all(p.drawdown >= 0 for p in curve.points)
    if curve.points:
        assert curve.points[-1].balance == start + figures(trades).net
        highest = max(start, *(p.balance for p in curve.points))
        assert curve.max_drawdown <= highest - min(start, *(p.balance for p in curve.points))
    returns = daily_returns(curve)
    assert all(math.isfinite(r) for r in returns)
    for ratio in (sharpe(returns), sortino(returns)):
        assert ratio is None or math.isfinite(ratio)


def test_hours_and_days_are_those_of_the_entry() -> None:
    late = trade("5", 14.25)
    assert late.closed_at.hour == 0
    assert [(key, label) for key, label, _ in cut("hour", [late, trade("1")])] == [
        ("09", "09:00"),
        ("23", "23:00"),
    ]
    assert [label for _, label, _ in cut("weekday", [trade("1", 24), trade("2")])] == ["Monday", "Tuesday"]
    assert [key for key, _, _ in cut("symbol", [trade("1", symbol="A"), trade("2", symbol="B")])] == [
        "B",
        "A",
    ]
