"""Where an action would enter now: at the market, or waiting at its price."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from signalos.domain.decision import Step, SymbolData
from signalos.domain.money import ZERO, round_to_step
from signalos.domain.signal import Open, OrderKind, Side
from signalos.engine.figures import price as shown
from signalos.engine.steps import passed, refused


@dataclass(frozen=True, slots=True)
class Way:
    """The chosen way in; see :class:`signalos.engine.question.PricedEntry` for the fields."""

    order: OrderKind
    price: Decimal
    sizing_price: Decimal
    stated: Decimal | None
    distance: Decimal


def choose_way(action: Open, data: SymbolData) -> tuple[Way | None, Step]:
    """Choose market or pending, and say why.

    A market order with a price or zone enters at the market; how far it may have run is the
    ``entry_distance`` filter's question. A limit or stop order waits at the zone's edge that the
    market reaches first; one whose price the market has reached, or is nearer to than the broker
    accepts a waiting order, enters at the market instead.
    """
    stated = tuple(sorted(round_to_step(p, data.spec.tick_size) for p in action.entry))
    if action.order is OrderKind.MARKET:
        return _market(action.side, data, stated, "")
    if not stated:
        text = f"a {action.order} order without a price cannot be placed; post or enter the price"
        return None, refused("order", "no_entry_price", text)
    return _waiting(action, data, stated)


def _waiting(action: Open, data: SymbolData, stated: tuple[Decimal, ...]) -> tuple[Way, Step]:
    spec, tick, side = data.spec, data.tick, action.side
    quote = tick.entry_price(side)
    above = (side is Side.BUY) == (action.order is OrderKind.LIMIT)
    at = stated[-1] if above else stated[0]
    gap = (quote - at) * side.sign
    if action.order is OrderKind.STOP:
        gap = -gap
        stated = (at,)
    name = f"{side} {action.order} at {shown(at, spec)}"
    if gap <= ZERO:
        return _market(
            side, data, stated, f"{name}: the market at {shown(quote, spec)} is there already, so "
        )
    if gap < spec.stops_distance:
        nearest = shown(spec.stops_distance, spec)
        return _market(
            side, data, stated, f"{name}: nearer than {nearest}, which the broker does not accept, so "
        )
    text = f"{name}, {shown(gap, spec)} from the market at {shown(quote, spec)}"
    step = passed("order", text, shown(quote, spec), shown(at, spec))
    return Way(action.order, at, at, at, ZERO), step


def _market(side: Side, data: SymbolData, stated: tuple[Decimal, ...], why: str) -> tuple[Way, Step]:
    quote = data.tick.entry_price(side)
    head = f"{why}{side} at the market, quote {shown(quote, data.spec)}"
    if not stated:
        return Way(OrderKind.MARKET, quote, quote, None, ZERO), passed(
            "order", head, shown(quote, data.spec)
        )
    low, high = stated[0], stated[-1]
    edge = high if side is Side.BUY else low
    distance = max(ZERO, (quote - edge) * side.sign)
    # A fill at a better quote may still come at the stated price: the size must bear that.
    nearest = min(max(quote, low), high)
    worse = max(quote, nearest) if side is Side.BUY else min(quote, nearest)
    zone = shown(low, data.spec) if low == high else f"{shown(low, data.spec)} to {shown(high, data.spec)}"
    where = f"{shown(distance, data.spec)} beyond" if distance else "at or better than"
    step = passed("order", f"{head}, {where} the stated {zone}", shown(quote, data.spec), zone)
    return Way(OrderKind.MARKET, quote, worse, edge, distance), step
