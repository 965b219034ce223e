"""What is counted over a channel's history, with examples; every tally is bounded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from signalos.domain.signal import Side
from signalos.parser.learning.look import Look, Priced
from signalos.parser.symbols import SymbolTable

MOST_KEYS = 20_000
_EXAMPLES = 3
_PRICES = 400


@dataclass(slots=True)
class Seen:
    """How often something was seen, as what, and where. ``votes`` count roles, sides or symbols.

    ``unread`` counts those of its messages from which no order was read in full.
    """

    count: int = 0
    unread: int = 0
    votes: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    prices: list[Decimal] = field(default_factory=list)

    def add(self, text: str, vote: str = "", prices: Iterable[Decimal] = ()) -> None:
        self.count += 1
        if vote:
            self.votes[vote] += 1
        if len(self.examples) < _EXAMPLES and text not in self.examples:
            self.examples.append(text)
        if len(self.prices) < _PRICES:
            self.prices.extend(prices)

    def winner(self, share: float) -> str | None:
        """What most votes are for, None where they are divided."""
        if not self.votes:
            return None
        (best, times), *_ = self.votes.most_common(1)
        return best if times >= share * sum(self.votes.values()) else None


@dataclass(slots=True)
class Table:
    """Tallies by what was written; what comes after ``MOST_KEYS`` different ones is not counted."""

    rows: dict[str, Seen] = field(default_factory=dict)

    def row(self, key: str) -> Seen:
        if key not in self.rows and len(self.rows) >= MOST_KEYS:
            return Seen()
        return self.rows.setdefault(key, Seen())

    def often(self, least: int) -> list[tuple[str, Seen]]:
        """Those seen ``least`` times or more, the most frequent first."""
        found = [(key, seen) for key, seen in self.rows.items() if seen.count >= least]
        return sorted(found, key=lambda pair: (-pair[1].count, pair[0]))


def roles_of(look: Look) -> list[tuple[str, str]]:
    """(phrase, role) of each label that no language knows, by the side on which its prices lie.

    The entry is what is written as one, else the first price if others lie on both sides of it. Without
    an entry the outermost price on the loss side is the stop, and the others are targets.
    """
    if look.side is None:
        return []
    sign = look.side.sign
    entry = next((p for p in look.prices if p.known == "entry"), None)
    first = look.prices[0]
    others = [p for p in look.prices if p.price != first.price]
    if entry is None and not first.known:
        above = [p for p in others if (p.price - first.price) * sign > 0]
        if above and len(above) < len(others):
            entry = first
    votes: dict[str, set[str]] = {}
    for priced in look.prices:
        if priced.known or not priced.phrase:
            continue
        votes.setdefault(priced.phrase, set()).add(_role(priced, entry, look.prices, sign))
    # A label that stands on both sides in one message is none.
    return [(phrase, roles.pop()) for phrase, roles in votes.items() if len(roles) == 1]


def _role(priced: Priced, entry: Priced | None, prices: list[Priced], sign: int) -> str:
    if entry is not None:
        gain = (priced.price - entry.price) * sign
        return "entry" if gain == 0 or priced is entry else "tp" if gain > 0 else "sl"
    worst = min((p.price for p in prices), key=lambda price: price * sign)
    return "sl" if priced.price == worst else "tp"


def side_of(look: Look) -> Side | None:
    """The side that stop and targets imply in a message that says none."""
    stops = [p.price for p in look.prices if p.known == "sl"]
    targets = [p.price for p in look.prices if p.known == "tp"]
    if look.side is not None or not stops or not targets:
        return None
    if max(stops) < min(targets):
        return Side.BUY
    return Side.SELL if min(stops) > max(targets) else None


def style_votes(look: Look, table: SymbolTable) -> tuple[list[str], bool]:
    """(the price styles that this message's numerals speak for, whether one could be read in two ways)."""
    votes: list[str] = []
    usual = table.range_of(next(iter(look.symbols))) if len(look.symbols) == 1 else None
    plain = [values[0] for _, values in look.numerals if len(values) == 1]
    twofold = False
    for raw, values in look.numerals:
        marks = [c for c in raw if c in ".,"]
        if not marks:
            continue
        if len(values) == 1:
            if len(set(marks)) == 2 or (len(marks) == 1 and len(raw.split(marks[-1])[-1]) != 3):
                votes.append("decimal_point" if marks[-1] == "." else "decimal_comma")
            continue
        twofold = True
        fitting = [v for v in values if any(abs(v - p) <= p / 4 for p in plain)]
        if not fitting and usual is not None:
            fitting = [v for v in values if usual.holds(v)]
        if len(fitting) == 1:
            decimal = fitting[0] == min(values)
            votes.append("decimal_point" if decimal == (marks[0] == ".") else "decimal_comma")
    return votes, twofold
