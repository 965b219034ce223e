"""What a phrase can mean: in one language, in all of them together, and in one message."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from signalos.parser.roles import NONE, Roles


@dataclass(
    frozen=True, slots=True, eq=False
)  # compared by identity: it is a key at every word of a message
class Meaning:
    """What a phrase can be in one language."""

    language: str
    roles: Roles
    ordinal: int | None = None
    fraction: Decimal | None = None
    symbol: str | None = None
    currency: str | None = None
    weak: bool = False
    bare: bool = False
    """Found without the accents that the file writes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a phrase means in this message: all that is chosen among its meanings."""

    language: str = ""
    roles: Roles = NONE
    maybe: Roles = NONE
    """The side that it means in a language for which nothing else in the message speaks."""
    ordinal: int | None = None
    fraction: Decimal | None = None
    symbol: str | None = None
    currency: str | None = None
    names: bool = False
    """True if any of the four is set."""


class Sense:
    """A phrase's meanings in all languages together, and what they say for a language. Made once a phrase."""

    __slots__ = ("languages", "lone", "meanings", "speaks", "tells")

    def __init__(self, meanings: tuple[Meaning, ...]) -> None:
        first = meanings[0]
        self.meanings = meanings
        self.languages = tuple([m.language for m in meanings])
        only = not first.weak and all(language == first.language for language in self.languages)
        self.speaks = first.language if only else ""
        """The one language that knows the phrase."""
        self.tells = any(m.roles for m in meanings)
        """False if it does nothing but name."""
        self.lone = chosen(meanings, first.roles) if only and len(meanings) == 1 else None
        """What its only meaning comes to."""


def chosen(meanings: Iterable[Meaning], roles: Roles, maybe: Roles = NONE) -> Choice:
    """The meanings' common choice; the last that says a figure or a name says it."""
    ordinal = fraction = symbol = currency = None
    language = ""
    for meaning in meanings:
        language = meaning.language
        ordinal = meaning.ordinal or ordinal
        fraction = meaning.fraction or fraction
        symbol = meaning.symbol or symbol
        currency = meaning.currency or currency
    names = any(value is not None for value in (ordinal, fraction, symbol, currency))
    return Choice(language, roles, maybe, ordinal, fraction, symbol, currency, names)
