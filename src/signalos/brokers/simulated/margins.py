"""Margin in use, and what it would be with one more deal."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple

from signalos.brokers.simulated.market import Market
from signalos.brokers.simulated.records import ZERO, AccountSettings, Position


class Leg(NamedTuple):
    """So much of a symbol on one side, at a price in points."""

    symbol: str
    buys: bool
    volume: int
    price: int | Decimal


def legs(positions: Iterable[Position]) -> list[Leg]:
    """What ``positions`` need margin for."""
    return [Leg(p.symbol, p.is_buy, p.volume, p.price) for p in positions]


def with_added(held: list[Leg], added: Leg, *, netting: bool) -> list[Leg]:
    """``held`` and one more deal, which on a netting account is set off against an opposite position."""
    if not netting:
        return [*held, added]
    kept, left = [], added
    for leg in held:
        if leg.symbol != added.symbol or leg.buys is added.buys:
            kept.append(leg)
            continue
        met = min(leg.volume, left.volume)
        left = left._replace(volume=left.volume - met)
        kept.append(leg._replace(volume=leg.volume - met))
    return [leg for leg in [*kept, left] if leg.volume]


def needed(market: Market, settings: AccountSettings, held: Iterable[Leg]) -> Decimal:
    """Margin of ``held``: of each symbol's two sides the larger one counts (hedging by the larger leg)."""
    sides: dict[str, list[Decimal]] = {}
    for symbol, buys, volume, price in held:
        both = sides.setdefault(symbol, [ZERO, ZERO])
        both[0 if buys else 1] += market.margin(symbol, volume, price) / settings.leverage
    return market.cents(sum((max(both) for both in sides.values()), ZERO))
