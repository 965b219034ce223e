"""Figures of a set of closed trades."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

ZERO = Decimal(0)
Z_95 = 1.959963984540054
"""The normal distribution's two-sided 95 % quantile."""


@dataclass(frozen=True, slots=True)
class ClosedTrade:
    """A trade that has ended. ``net`` includes ``costs`` (swap, commission and fee; negative = paid).

    Times are aware UTC in the account's own time. ``provider`` is its id as text, "" for none.
    """

    net: Decimal
    costs: Decimal
    opened_at: datetime
    closed_at: datetime
    symbol: str = ""
    side: str = ""
    provider: str = ""
    provider_name: str = ""


@dataclass(frozen=True, slots=True)
class Figures:
    """See :func:`figures` for each definition."""

    trades: int
    wins: int
    losses: int
    net: Decimal
    gross_profit: Decimal
    gross_loss: Decimal
    costs: Decimal
    win_rate: float | None
    win_rate_low: float | None
    win_rate_high: float | None
    profit_factor: float | None
    expectancy: Decimal | None
    payoff: float | None
    best: Decimal | None
    worst: Decimal | None


def figures(trades: Iterable[ClosedTrade]) -> Figures:
    """Compute the figures of ``trades``, in any order.

    A trade with net > 0 is a win, with net < 0 a loss, with exactly 0 neither. ``gross_profit`` and
    ``gross_loss`` are the sums of the wins' and of the losses' nets, both >= 0.
    win rate = wins / (wins + losses); its bounds are the Wilson interval at 95 %.
    profit factor = gross profit / gross loss (MetaTrader's definition, after costs).
    expectancy = net / trades: what an average trade brought, break-even ones included.
    payoff = average win / average loss.
    """
    every = list(trades)
    nets = [trade.net for trade in every]
    won = [net for net in nets if net > 0]
    lost = [-net for net in nets if net < 0]
    gross_profit, gross_loss = sum(won, ZERO), sum(lost, ZERO)
    low, high = wilson(len(won), len(won) + len(lost)) or (None, None)
    return Figures(
        trades=len(nets),
        wins=len(won),
        losses=len(lost),
        net=sum(nets, ZERO),
        gross_profit=gross_profit,
        gross_loss=gross_loss,
        costs=sum((trade.costs for trade in every), ZERO),
        win_rate=len(won) / (len(won) + len(lost)) if won or lost else None,
        win_rate_low=low,
        win_rate_high=high,
        profit_factor=float(gross_profit / gross_loss) if lost else None,
        expectancy=sum(nets, ZERO) / len(nets) if nets else None,
        payoff=float((gross_profit / len(won)) / (gross_loss / len(lost))) if won and lost else None,
        best=max(nets, default=None),
        worst=min(nets, default=None),
    )


def wilson(successes: int, trials: int, z: float = Z_95) -> tuple[float, float] | None:
    """The Wilson score interval of a share; None without trials.

    Source: E. B. Wilson, Probable inference, the law of succession, and statistical inference,
    Journal of the American Statistical Association 22 (1927), 209-212.
    """
    if trials == 0:
        return None
    share = successes / trials
    scale = 1 + z * z / trials
    middle = (share + z * z / (2 * trials)) / scale
    half = z / scale * math.sqrt(share * (1 - share) / trials + z * z / (4 * trials * trials))
    # Where all or none succeeded, rounding must not push a bound past the share itself.
    return min(share, max(0.0, middle - half)), max(share, min(1.0, middle + half))
