"""Exact arithmetic on prices, volumes and money: Decimal in, Decimal out, rounding always named."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation

ZERO = Decimal(0)


def decimal(value: Decimal | float | int | str) -> Decimal:
    """Return ``value`` exactly as written (floats by their shortest text). Raises ValueError."""
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        raise ValueError(f"{value!r} is not a number") from None
    if not number.is_finite():
        raise ValueError(f"{value!r} is not a finite number")
    return number


def floor_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Largest multiple of ``step`` (> 0) that is not above ``value``."""
    return (value / step).to_integral_value(ROUND_FLOOR) * step


def ceil_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Smallest multiple of ``step`` (> 0) that is not below ``value``."""
    return (value / step).to_integral_value(ROUND_CEILING) * step


def round_to_step(value: Decimal, step: Decimal) -> Decimal:
    """Multiple of ``step`` (> 0) nearest to ``value``, halves away from zero."""
    return (value / step).to_integral_value(ROUND_HALF_UP) * step


@dataclass(frozen=True, slots=True, order=True)
class Money:
    """An amount in one currency; amounts of two currencies never mix (ValueError)."""

    amount: Decimal
    currency: str

    def __add__(self, other: Money) -> Money:
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount, self.currency)

    def times(self, factor: Decimal) -> Money:
        """This amount ``factor`` times."""
        return Money(self.amount * factor, self.currency)

    def cents(self, digits: int = 2) -> Money:
        """Rounded half up to the currency's ``digits``."""
        return Money(round_to_step(self.amount, Decimal(1).scaleb(-digits)), self.currency)

    def _same(self, other: Money) -> Decimal:
        if other.currency != self.currency:
            raise ValueError(f"cannot combine {self.currency} with {other.currency}")
        return other.amount
