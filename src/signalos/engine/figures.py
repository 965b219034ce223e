"""Figures as a person reads them: plain decimals, prices with the symbol's digits, shares as percent."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Context, Decimal

from signalos.domain.market import SymbolSpec

_WIDE = Context(prec=100)
"""A figure is for reading: however long, writing it down must not fail."""


def plain(number: Decimal) -> str:
    """Without exponent and trailing zeros: ``Decimal("1E+2")`` -> ``100``."""
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def places(number: Decimal, digits: int) -> str:
    """Rounded half up to ``digits`` decimal places."""
    return f"{number.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP, _WIDE):f}"


def price(number: Decimal, spec: SymbolSpec) -> str:
    """A price or distance with the symbol's digits."""
    return places(number, spec.digits)


def percent(share: Decimal) -> str:
    """A share as percent with at most one decimal: ``Decimal("0.425")`` -> ``42.5 %``."""
    return f"{plain(Decimal(places(share * 100, 1)))} %"


def money(amount: Decimal, currency: str) -> str:
    """An amount with two decimals and its currency."""
    return f"{places(amount, 2)} {currency}"


def seconds(number: float) -> str:
    """A duration: ``42 s``, ``12 min``, ``3.5 h``."""
    if number < 120:
        return f"{number:.0f} s"
    return f"{number / 60:.0f} min" if number < 7200 else f"{number / 3600:.1f} h"
