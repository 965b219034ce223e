"""Which price a numeral means, given the symbol and the prices beside it."""

from __future__ import annotations

from decimal import Decimal

from signalos.domain.signal import Side
from signalos.parser.numbers import Numeral, expand
from signalos.parser.symbols import Range
from signalos.parser.term import Term

OUTLIER_SHARE = Decimal("0.4")
"""A level further from the entry than this share of it is a slip (corpus conventions)."""
SHORT_SHARE = Decimal("0.02")
"""A stop or target written short must land this near to the entry."""


def far(price: Decimal, reference: Decimal) -> bool:
    """True if ``price`` cannot belong to the same order as ``reference``."""
    return abs(price - reference) > OUTLIER_SHARE * abs(reference)


def resolve(numeral: Numeral, usual: Range | None, reference: Decimal | None = None) -> Decimal:
    """Choose among a numeral's readings: near ``reference`` first, then the symbol's usual magnitude."""
    options = numeral.readings
    if len(options) == 1:
        return options[0]
    if reference is not None:
        near = [option for option in options if not far(option, reference)]
        if near:
            return min(near, key=lambda option: abs(option - reference))
    if usual is not None:
        fitting = [option for option in options if usual.holds(option)]
        if fitting:
            return fitting[0]
    return options[0]


def resolve_range(terms: list[Term], usual: Range | None) -> list[Decimal]:
    """Prices of an entry written as one or more numbers; later ones may leave out leading digits."""
    prices: list[Decimal] = []
    first: Numeral | None = None
    for term in terms:
        numeral = term.numeral
        if numeral is None:
            continue
        if first is None:
            first = numeral
            prices.append(resolve(numeral, usual))
            continue
        price = resolve(numeral, usual, prices[0])
        decimals = len(first.digits) - len(str(int(prices[0])))
        short = numeral.whole and term.glued and len(numeral.digits) <= decimals  # "97.80/95"
        if (short or far(price, prices[0])) and len(numeral.digits) < len(first.digits):
            options = expand(numeral, prices[0], first.digits)
            if options:
                price = min(options, key=lambda option: abs(option - prices[0]))
        prices.append(price)
    return prices


def resolve_level(
    numeral: Numeral,
    usual: Range | None,
    entry: Decimal | None,
    entry_digits: str,
    side: Side,
    *,
    target: bool,
) -> Decimal:
    """A stop's or target's price; one written short takes the entry's leading digits if that fits."""
    price = resolve(numeral, usual, entry)
    if entry is None or not far(price, entry) or len(numeral.digits) >= len(entry_digits):
        return price
    sign = side.sign if target else -side.sign
    for option in expand(numeral, entry, entry_digits)[:1]:
        if (option - entry) * sign > 0 and abs(option - entry) <= SHORT_SHARE * entry:
            return option
    return price


def resolve_targets(
    terms: list[Term], usual: Range | None, entry: Decimal | None, entry_digits: str, side: Side
) -> list[Decimal]:
    """All targets in order of writing; later ones may leave out the leading digits of the first."""
    prices: list[Decimal] = []
    first: Numeral | None = None
    for term in terms:
        numeral = term.numeral
        if numeral is None:
            continue
        if first is None:
            first = numeral
            prices.append(resolve_level(numeral, usual, entry, entry_digits, side, target=True))
            continue
        price = resolve(numeral, usual, prices[0])
        if far(price, prices[0]) and len(numeral.digits) < len(first.digits):
            options = expand(numeral, prices[0], first.digits)
            onward = [option for option in options if (option - prices[0]) * side.sign > 0]
            near = [option for option in onward if not far(option, prices[0])]
            if near:
                price = near[0]
        elif entry is not None and far(price, entry):
            price = resolve_level(numeral, usual, entry, entry_digits, side, target=True)
        prices.append(price)
    return prices
