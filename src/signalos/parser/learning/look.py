"""How one message is built: its prices with the words before them, its side, and its unknown names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from signalos.domain.signal import Open, Reading, Side
from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.normalise import normalise
from signalos.parser.numbers import Numeral
from signalos.parser.prices import far, resolve
from signalos.parser.reading import MAX_LENGTH
from signalos.parser.roles import ROLES, names
from signalos.parser.tagging import tag
from signalos.parser.term import Term, joined
from signalos.parser.vocabulary import Languages

_TALK = role.of("result past closed question if example education forwarded report expired")
_LABELS = role.LABEL
_SIDES = role.SIDE
_KINDS = role.of("limit stop stop_order pending now")
_JOINTS = role.of("at to from and or approx between price zone filler")
_MOST_WORDS = 4
_INDEX = 20


@dataclass(slots=True)
class Priced:
    """A price with the phrase before it; ``known`` is the label that a language knows it by, or ""."""

    phrase: str
    known: str
    price: Decimal
    line: int


@dataclass(slots=True)
class Look:
    """What was seen in one message.

    ``names`` are unknown words where an instrument would stand; ``side_words`` unknown words of the line
    that would say the side; ``footers`` are lines of plain words below others; ``numerals`` are
    (raw, readings) of what may be prices.
    """

    side: Side | None = None
    symbols: frozenset[str] = frozenset()
    prices: list[Priced] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    side_words: list[str] = field(default_factory=list)
    footers: list[str] = field(default_factory=list)
    numerals: list[tuple[str, tuple[Decimal, ...]]] = field(default_factory=list)
    tells: bool = False
    """True if a line with prices or a side tells of the past, asks, or sets a condition."""

    @property
    def signal(self) -> bool:
        """True if it is built as a signal is: several prices of one size, no talk among them."""
        if self.tells or len({p.price for p in self.prices}) < 2:
            return False
        first = self.prices[0].price
        return not any(far(p.price, first) for p in self.prices)

    def fully_read(self, reading: Reading) -> bool:
        """True if an order was read that takes every price of the message."""
        opens = [a for a in reading.actions if isinstance(a, Open)]
        used = {p for a in opens for p in (*a.entry, a.stop_loss, *a.take_profits)}
        return bool(opens) and {p.price for p in self.prices} <= used


def look_at(text: str, languages: Languages) -> Look:
    """Look at one message. Linear in its length; never raises."""
    source = normalise(text[:MAX_LENGTH])
    terms = tag(source, languages)
    seen = Look()
    sides = names(joined(terms) & _SIDES)
    if len(sides) == 1:
        seen.side = Side(sides[0])
    seen.symbols = frozenset(t.symbol for t in terms if t.symbol is not None)
    usual = languages.symbols.range_of(next(iter(seen.symbols))) if len(seen.symbols) == 1 else None
    clear = next(
        (t.numeral.value for t in terms if _is_price(t) and t.numeral and len(t.numeral.readings) == 1),
        None,
    )
    by_line: dict[int, list[Term]] = {}
    for term in terms:
        if term.kind is not kinds.BREAK:
            by_line.setdefault(term.line, []).append(term)
    last: Priced | None = None
    for place, line in enumerate(by_line.values()):
        last = _prices(seen, line, last, source.text, lambda numeral: resolve(numeral, usual, clear))
        if place and not any(t.numeral is not None for t in line):
            words = [t for t in line if t.kind is kinds.WORD]
            if len(words) >= 2 and not any(t.roles & (_SIDES | _LABELS) or t.symbol for t in words):
                seen.footers.append(_text(words, source.text))
    _names(seen, list(by_line.values()), source.text)
    return seen


def _is_price(term: Term) -> bool:
    """True for a number that may be a price: no distance, and not the number of a target."""
    numeral = term.numeral
    if numeral is None or not term.price or numeral.unit:
        return False
    return not (numeral.whole and numeral.value <= _INDEX)


def _prices(
    seen: Look, line: list[Term], last: Priced | None, text: str, value: Callable[[Numeral], Decimal]
) -> Priced | None:
    words: list[Term] = []
    fresh = True
    found = False
    for term in line:
        if term.kind is kinds.WORD:
            if fresh:
                words, fresh = [], False
            words.append(term)
        elif term.numeral is not None and _is_price(term):
            seen.numerals.append((term.numeral.raw, term.numeral.readings))
            if words or last is None:
                last = Priced(*_label(words, text), value(term.numeral), term.line)
            else:
                last = Priced(last.phrase, last.known, value(term.numeral), term.line)
            seen.prices.append(last)
            words, fresh, found = [], True, True
        elif term.kind is kinds.PUNCT and term.text in "-|,;•" and words:
            fresh = True
    if (found or any(t.roles & _SIDES for t in line)) and any(t.roles & _TALK for t in line):
        seen.tells = True
    return last


def _label(words: list[Term], text: str) -> tuple[str, str]:
    """(phrase, known label) of the words before a price."""
    for term in reversed(words):
        for label in ("sl", "tp", "entry"):
            if term.roles & ROLES[label]:
                return _text([term], text), label
        if term.roles & (_SIDES | _KINDS) or term.symbol is not None:
            return "", "entry"
    kept = list(words)
    while kept and kept[-1].roles and not kept[-1].roles & ~_JOINTS:
        kept.pop()
    while kept and kept[0].roles and not kept[0].roles & ~_JOINTS:
        kept.pop(0)
    return ("", "") if len(kept) > _MOST_WORDS else (_text(kept, text), "")


def _names(seen: Look, lines: list[list[Term]], text: str) -> None:
    """Unknown words beside the side, else of the first line that has words at all."""
    with_side = next((line for line in lines if any(t.roles & _SIDES for t in line)), None)
    first = next((line for line in lines if any(t.kind is kinds.WORD for t in line)), None)
    for line in (with_side, first):
        if line is not None and not seen.symbols:
            runs = _runs(line)
            if runs:
                seen.names = [_text(run, text) for run in runs]
                break
    if seen.side is None:
        place = next((line for line in lines if any(t.symbol for t in line)), first)
        seen.side_words = [_text(run, text) for run in _runs(place or [])]


def _runs(line: list[Term]) -> list[list[Term]]:
    """Runs of words that hold an unknown one, on this line before the first label."""
    runs: list[list[Term]] = [[]]
    for term in line:
        if term.roles & _LABELS:
            break
        if term.kind is kinds.WORD and not term.symbol and (not term.known or not term.roles & ~_JOINTS):
            runs[-1].append(term)
        elif term.kind is not kinds.EMOJI:
            runs.append([])
    kept = []
    for run in runs:
        while run and run[-1].known:
            run.pop()
        if run and len(run) <= _MOST_WORDS and any(not term.known for term in run):
            kept.append(run)
    return kept


def _text(terms: list[Term], text: str) -> str:
    """The terms as the message has them, marks between them left out."""
    # Not the terms' own text: a word cut at its apostrophe, or mended, is not what the channel writes.
    parts: list[str] = []
    end = -1
    for term in terms:
        piece = text[term.start : term.end]
        if term.start == end:
            parts[-1] += piece
        else:
            parts.append(piece)
        end = term.end
    return " ".join(" ".join(parts).split())
