"""What is left of a trade to know it by where the broker replaced its comment."""

from __future__ import annotations

from decimal import Decimal

from signalos.brokers.base import Found
from signalos.domain.market import Deal, PendingOrder, Position
from signalos.domain.order import OpenLeg, is_tag


def has_levels(found: Found, request: OpenLeg, tick_size: Decimal) -> bool:
    """True for a position or order with the stop and target of ``request``; a deal tells neither."""
    row = found.position or found.order
    return row is not None and (
        same(row.stop_loss, request.stop_loss, tick_size)
        and same(row.take_profit, request.take_profit, tick_size)
        and (not isinstance(row, PendingOrder) or same(row.price, request.price, tick_size))
    )


def looks_like(row: Position | PendingOrder | Deal, request: OpenLeg, magic: int) -> bool:
    """True for a trade like ``request`` that carries no whole tag of ours."""
    return (
        row.symbol == request.symbol
        and row.side is request.side
        and row.volume == request.volume
        and row.magic == str(magic)
        and not is_tag(row.tag)
    )


def same(shown: Decimal | None, asked: Decimal | None, tick_size: Decimal) -> bool:
    """True for equal levels; the broker rounded what was asked to its tick size."""
    if shown is None or asked is None:
        return shown is asked
    return abs(shown - asked) < tick_size
