"""Between a model's answer and the journal: every part of an order must be seen in the message itself.

Pure, and it believes nothing: an answer may be invented, steered by the message, or both.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import TypeVar

from signalos.domain.signal import Open, OrderKind, Reading, Side, Span
from signalos.language_model.asking import ModelOrder
from signalos.language_model.seen import Seen, look
from signalos.parser.geometry import fault, nearest_first
from signalos.parser.orders import plausible
from signalos.parser.vocabulary import Languages

T = TypeVar("T", Side, OrderKind)
MOST_ORDERS = 3
MOST_ENTRIES = 2
MOST_TARGETS = 12
CONFIDENCE = 0.5
_PRICE = re.compile(r"[0-9]{1,12}(\.[0-9]{1,10})?")


class _Refused(Exception):
    """One order does not hold; ``reason`` is the stable code."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason


def fence(
    text: str,
    orders: Sequence[ModelOrder],
    *,
    model: str,
    languages: Languages,
    default_symbol: str | None,
) -> Reading:
    """Return the orders as a reading of ``text``, or one without actions and with the reason. Never raises.

    One order that does not hold refuses the whole answer: who invents one has not read the others either.
    """
    try:
        seen = look(text, languages, default_symbol)
        _check_as_a_whole(orders)
        opened = tuple(_order(order, seen, languages, default_symbol) for order in orders)
        _check_against_each_other(opened)
    except _Refused as why:
        return Reading(reason=why.reason, notes=(str(why),))
    return Reading(opened, notes=(f"read by the language model {model}",))


def _check_as_a_whole(orders: Sequence[ModelOrder]) -> None:
    if not orders:
        raise _Refused("model_no_order", "the model found no order in the message")
    if len(orders) > MOST_ORDERS:
        raise _Refused("model_too_many", f"{len(orders)} orders; at most {MOST_ORDERS} are taken")


def _check_against_each_other(opened: Sequence[Open]) -> None:
    for place, order in enumerate(opened):
        for other in opened[:place]:
            if order == other:
                raise _Refused("model_twice", "the same order is given twice")
            if order.symbol == other.symbol and order.side is not other.side:
                raise _Refused("model_both_sides", f"{order.symbol} is to be bought and sold at once")


def _order(order: ModelOrder, seen: Seen, languages: Languages, default_symbol: str | None) -> Open:
    symbol = _symbol(order.symbol, seen, languages, default_symbol)
    side = _one_of(Side, order.side, "side")
    kind = _one_of(OrderKind, order.order, "order")
    if len(order.entry) > MOST_ENTRIES or len(order.take_profits) > MOST_TARGETS:
        raise _Refused("model_too_many", "more entries or targets than any signal has")
    entry = sorted({_price(p, seen) for p in order.entry})
    stop = None if order.stop_loss is None else _price(order.stop_loss, seen)
    targets = [_price(p, seen) for p in order.take_profits]
    if kind is not OrderKind.MARKET and not entry:
        raise _Refused("model_no_entry", f"a {kind} order without a price")
    wrong = fault(side, entry, stop, targets)
    if wrong is not None:
        raise _Refused(f"model_{wrong[0]}", wrong[1])
    stated = [*entry, *targets] if stop is None else [*entry, stop, *targets]
    if not plausible(stated, languages.symbols.range_of(symbol)):
        raise _Refused("model_price_outlier", f"{symbol} never had such a price")
    _must_show(side, entry, stop, targets, seen)
    return Open(
        symbol=symbol,
        side=side,
        order=kind,
        entry=tuple(entry),
        stop_loss=stop,
        take_profits=nearest_first(side, targets),
        spans=_spans(symbol, side, entry, stop, targets, seen),
        confidence=CONFIDENCE,
    )


def _symbol(name: str, seen: Seen, languages: Languages, default_symbol: str | None) -> str:
    """The canonical symbol: known, and named in the message, or the channel's own where none is named."""
    symbol = name if name in languages.symbols else languages.symbols.find(name.strip().lower())
    if symbol is None:
        raise _Refused("model_unknown_symbol", "the symbol is not known")
    if symbol in seen.symbols or (symbol == default_symbol and not seen.symbols):
        return symbol
    raise _Refused("model_symbol_not_named", f"the message does not name {symbol}")


def _one_of(kind: type[T], word: str, what: str) -> T:
    try:
        return kind(word)
    except ValueError:
        raise _Refused("model_unusable", f"the {what} is none that is known") from None


def _price(written: str, seen: Seen) -> Decimal:
    if not _PRICE.fullmatch(written):
        raise _Refused("model_unusable", "a price is not written as a plain number")
    price = Decimal(written)
    if price not in seen.prices:
        raise _Refused("model_invented_number", f"{price:f} does not stand in the message as a price")
    return price


def _must_show(
    side: Side, entry: Sequence[Decimal], stop: Decimal | None, targets: Sequence[Decimal], seen: Seen
) -> None:
    """Refuse a side that the message neither says nor shows by where its levels lie (checked before)."""
    if seen.sides and side not in seen.sides:
        raise _Refused("model_side_not_shown", f"the message says {side.opposite}, not {side}")
    said = side in seen.sides and side.opposite not in seen.sides
    shown = sum((bool(entry), stop is not None, bool(targets))) > 1
    if not (said or shown):
        raise _Refused("model_side_not_shown", f"nothing in the message shows that it is a {side}")


def _spans(
    symbol: str,
    side: Side,
    entry: Sequence[Decimal],
    stop: Decimal | None,
    targets: Sequence[Decimal],
    seen: Seen,
) -> tuple[Span, ...]:
    stops = () if stop is None else (stop,)
    named = (("entry", entry), ("stop_loss", stops), ("take_profit", targets))
    spans = {seen.span(name, seen.prices[price]) for name, prices in named for price in prices}
    if symbol in seen.symbols:
        spans.add(seen.span("symbol", seen.symbols[symbol]))
    if side in seen.sides:
        spans.add(seen.span("side", seen.sides[side]))
    return tuple(sorted(spans, key=lambda span: (span.start, span.end, span.field)))
