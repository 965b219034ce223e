"""Numbers under labels that no language knows, placed by arithmetic: between stop and target, or beyond one of them."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from signalos.domain.signal import Side
from signalos.parser.items import Item
from signalos.parser.numbers import Numeral, decimals
from signalos.parser.term import Term

NEAR = Decimal("0.05")
"""A loose number further from the order's prices than this share of them is something else."""


class Placer:
    """The loose numbers of one order, and what they may be.

    ``known``: the prices that were read, with their numerals. A loose number counts if it is written as they
    are: about as many decimals, within 5 %.
    """

    def __init__(
        self,
        loose: list[Item],
        side: Side,
        known: list[tuple[Numeral, Decimal]],
        resolve: Callable[[Numeral, Decimal], Decimal],
    ) -> None:
        self.side = side
        self.found: list[tuple[Term, Decimal]] = []
        if not known:
            return
        anchor = known[0][1]
        written = [decimals(numeral) for numeral, _ in known]
        for term in (value for item in loose for value in item.values):
            numeral = term.numeral
            if numeral is None:
                continue
            price = resolve(numeral, anchor)
            alike = min(written) - 1 <= decimals(numeral) <= max(written) + 1
            if alike and abs(price - anchor) <= NEAR * anchor and len(numeral.digits) >= 2:
                self.found.append((term, price))

    def between(self, stop: Decimal, target: Decimal) -> list[tuple[Term, Decimal]]:
        """Those between the stop and the nearest target: where the order enters."""
        low, high = sorted((stop, target))
        return [(term, price) for term, price in self.found if low < price < high]

    def losing(self, entry: Decimal) -> list[tuple[Term, Decimal]]:
        """Those on the loss side of ``entry``."""
        return [(term, price) for term, price in self.found if (price - entry) * self.side.sign < 0]

    def winning(self, entry: Decimal) -> list[tuple[Term, Decimal]]:
        """Those on the profit side of ``entry``."""
        return [(term, price) for term, price in self.found if (price - entry) * self.side.sign > 0]
