"""A term: one meaningful piece of a message."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from signalos.parser import kinds
from signalos.parser.kinds import Kind
from signalos.parser.numbers import Numeral
from signalos.parser.roles import NONE, Roles, names
from signalos.parser.vocabulary import NO_WORD


class Term:
    """One meaningful piece of a message.

    ``start`` and ``end`` are offsets in the folded text. ``roles`` are those of the language chosen
    for it; a NUMBER has a ``numeral``; ``symbol`` is set where it names an instrument; ``word`` is what the
    vocabulary knows of a WORD.
    """

    __slots__ = (
        "clause", "currency", "end", "fraction", "glued", "kind", "language", "line", "maybe", "numeral", "ordinal",
        "roles", "sentence", "start", "symbol", "text", "word",
    )  # fmt: skip

    def __init__(self, kind: Kind, text: str, start: int, end: int, glued: bool, line: int) -> None:
        self.kind = kind
        self.text = text
        self.start = start
        self.end = end
        self.glued = glued
        self.line = line
        self.sentence = 0
        self.clause = 0
        self.roles: Roles = NONE
        self.maybe: Roles = NONE
        """The side that a word means in a language for which nothing else in the message speaks."""
        self.numeral: Numeral | None = None
        self.symbol: str | None = None
        self.currency: str | None = None
        self.ordinal: int | None = None
        self.fraction: Decimal | None = None
        self.language = ""
        self.word = NO_WORD

    def __repr__(self) -> str:
        extra = self.symbol or (self.numeral and self.numeral.unit) or ",".join(names(self.roles))
        return f"{self.kind.name}({self.text!r} {extra})"

    @property
    def known(self) -> bool:
        """True for anything but a word that no language file has."""
        return (
            self.kind is not kinds.WORD
            or bool(self.roles)
            or self.symbol is not None
            or self.currency is not None
            or self.text[0] == "'"
            or self.text[-1] == "'"
        )

    @property
    def price(self) -> bool:
        """True for a number that may be a price or a distance."""
        return self.numeral is not None and self.numeral.price


def joined(terms: Iterable[Term]) -> Roles:
    """All roles that ``terms`` play."""
    roles = NONE
    for term in terms:
        roles |= term.roles
    return roles
