"""What a message visibly holds: prices, symbols and sides, found by the parser's own eyes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from signalos.domain.signal import Side, Span
from signalos.parser.normalise import Normalised, normalise
from signalos.parser.reading import MAX_LENGTH
from signalos.parser.roles import ROLES
from signalos.parser.tagging import tag
from signalos.parser.term import Term
from signalos.parser.vocabulary import Languages


@dataclass(frozen=True, slots=True)
class Seen:
    """The first place of each thing. ``prices`` holds every reading of a numeral that may be a price."""

    source: Normalised
    prices: Mapping[Decimal, Term] = field(default_factory=dict)
    numbers: int = 0
    symbols: Mapping[str, Term] = field(default_factory=dict)
    sides: Mapping[Side, Term] = field(default_factory=dict)

    def span(self, name: str, term: Term) -> Span:
        """Where ``term`` stands in the message, as the part of an order called ``name``."""
        return Span(name, *self.source.span(term.start, term.end))


def look(text: str, languages: Languages, default_symbol: str | None) -> Seen:
    """Find what ``text`` holds. Linear in its length; a text that the rules do not read holds nothing."""
    if len(text) > MAX_LENGTH:
        return Seen(normalise(""))
    source = normalise(text)
    prices: dict[Decimal, Term] = {}
    symbols: dict[str, Term] = {}
    sides: dict[Side, Term] = {}
    numbers = 0
    for term in tag(source, languages, default_symbol):
        if term.symbol is not None:
            symbols.setdefault(term.symbol, term)
        for side in Side:
            if term.roles & ROLES[side.value]:
                sides.setdefault(side, term)
        # Times, percentages, lots and pips are numbers too, but no prices.
        if term.numeral is not None and term.price and term.numeral.unit == "":
            numbers += 1
            for reading in term.numeral.readings:
                prices.setdefault(reading, term)
    return Seen(source, prices, numbers, symbols, sides)
