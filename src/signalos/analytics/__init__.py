"""Closed trades in, figures out. Pure arithmetic: no clock, no database, no framework.

Money is Decimal in account currency, ratios are floats. What is not defined (a profit factor without a
loss, a Sharpe ratio of one day) is None: never infinite, never 0 by convention.
"""

from signalos.analytics.curve import Curve, Point, balance_curve
from signalos.analytics.cuts import CUTS, cut
from signalos.analytics.figures import ClosedTrade, Figures, figures, wilson
from signalos.analytics.ratios import daily_returns, sharpe, sortino

__all__ = [
    "CUTS",
    "ClosedTrade",
    "Curve",
    "Figures",
    "Point",
    "balance_curve",
    "cut",
    "daily_returns",
    "figures",
    "sharpe",
    "sortino",
    "wilson",
]
