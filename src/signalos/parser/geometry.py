"""Can this order be? Checks of the levels against each other, in the order of precedence."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from signalos.domain.signal import Side
from signalos.parser.prices import far


def fault(
    side: Side, entry: Sequence[Decimal], stop: Decimal | None, targets: Sequence[Decimal]
) -> tuple[str, str] | None:
    """Return (reason code, sentence) of the first fault, or None if the levels fit together.

    Order: price_outlier, sl_wrong_side, tp_wrong_side. Without an entry the stop must be on the loss
    side of every target.
    """
    levels = [*targets] if stop is None else [stop, *targets]
    if any(level <= 0 for level in (*entry, *levels)):
        return "price_outlier", "a price is zero"
    reference = (min(entry) + max(entry)) / 2 if entry else (levels[0] if levels else None)
    if reference is not None:
        for level in (*entry, *levels):
            if far(level, reference):
                return "price_outlier", f"{level} is more than 40 % away from {reference}"
    sign = side.sign
    if entry:
        worst = min(entry) if side is Side.BUY else max(entry)
        if stop is not None and (worst - stop) * sign <= 0:
            return "sl_wrong_side", f"a {side} at {worst} cannot have its stop at {stop}"
        best = max(entry) if side is Side.BUY else min(entry)
        for target in targets:
            if (target - best) * sign <= 0:
                return "tp_wrong_side", f"a {side} at {best} cannot have a target at {target}"
    elif stop is not None:
        for target in targets:
            if (target - stop) * sign <= 0:
                return "sl_wrong_side", f"a {side} cannot have its stop at {stop} and a target at {target}"
    return None


def place_unlabelled(
    side: Side, entry: Sequence[Decimal], later: Sequence[Decimal]
) -> tuple[Decimal | None, list[Decimal]] | None:
    """Split prices without labels into stop and targets by their side of the entry.

    At most one may lie on the loss side; None if they do not all fit.
    """
    low, high = min(entry), max(entry)
    stops: list[Decimal] = []
    targets: list[Decimal] = []
    for price in later:
        if far(price, low) or low <= price <= high:
            return None
        profit = price > high if side is Side.BUY else price < low
        (targets if profit else stops).append(price)
    if len(stops) > 1 or not targets:
        return None
    return (stops[0] if stops else None), targets


def nearest_first(side: Side, targets: Sequence[Decimal]) -> tuple[Decimal, ...]:
    """Targets sorted by distance from the entry, each once."""
    return tuple(sorted(set(targets), reverse=side is Side.SELL))
