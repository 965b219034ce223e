"""The limits that the user set on this machine, which no strategy and no command of a server exceeds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from signalos.domain.money import ZERO
from signalos.domain.strategy import Strategy


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Limits of each terminal's account; None = no such limit.

    ``max_risk_percentage``: what all legs of one signal together may lose at the stop, in % of equity;
    ``max_open_risk_percentage``: the same for everything of ours that is open, waiting or on its way.
    ``max_lots``: one order; ``max_open_lots``: everything of ours together. ``symbols``: canonical names.
    ``max_daily_loss_percentage``: of the equity at the start of the market day (UTC), floating loss and
    the new signal's planned loss included. ``max_daily_trades``: signals that opened on the market day.
    """

    max_risk_percentage: Decimal = Decimal(5)
    max_open_risk_percentage: Decimal | None = Decimal(20)
    max_lots: Decimal | None = None
    max_open_lots: Decimal | None = None
    symbols: tuple[str, ...] | None = None
    require_stop: bool = True
    max_daily_loss_percentage: Decimal | None = Decimal(20)
    max_daily_trades: int | None = None

    def risk(self, equity: Decimal) -> Decimal:
        """Most that one signal may lose at its stop, in account currency."""
        return max(ZERO, equity * self.max_risk_percentage / 100)


def bounded(strategy: Strategy, ceilings: Ceilings) -> Strategy:
    """``strategy`` with every rule that asks for more than ``ceilings`` allow brought down to them."""
    filters = strategy.filters
    counted = [n for n in (filters.max_daily_trades, ceilings.max_daily_trades) if n is not None]
    lots = strategy.allow_missing_stop_fixed_lots
    if lots is not None:
        if ceilings.require_stop:
            lots = None
        elif ceilings.max_lots is not None:
            lots = min(lots, ceilings.max_lots)
    return replace(
        strategy,
        risk_percentage=min(strategy.risk_percentage, ceilings.max_risk_percentage),
        allow_missing_stop_fixed_lots=lots,
        filters=replace(
            filters,
            require_stop=filters.require_stop or ceilings.require_stop,
            max_daily_trades=min(counted) if counted else None,
        ),
    )


@dataclass(frozen=True, slots=True)
class Exposure:
    """What the ceilings are held against, as the journal knows it; account currency and lots.

    ``day_start_equity`` is None, and ``risk`` is None, where it is not known: nothing is added then.
    """

    day_start_equity: Decimal | None
    risk: Decimal | None
    lots: Decimal
