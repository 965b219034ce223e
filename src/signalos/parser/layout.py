"""How numbers lie on the lines of a message: bare lines, tables, indices glued to prices."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.items import MAX_INDEX, SKIPPED, STOPPING, Item
from signalos.parser.term import Term

LETTERS = {letter: n for n, letter in enumerate("abcdef", start=1)} | {
    numeral: n for n, numeral in enumerate(("i", "ii", "iii", "iv", "v", "vi"), start=1)
}
"""Letters and Roman numerals that number targets."""


def lettered(terms: list[Term]) -> bool:
    """True if a second target is named by a letter, so that "TP A" is the first and no "take profit a 2372"."""
    return any(
        after.text in ("b", "ii") and before.roles & (role.TP | role.EMOJI_TP)
        for before, after in pairwise(terms)
    )


def glued_index(term: Term, item: Item) -> None:
    """``TP1.2405``: the price may be what stands behind the point; which it is, the entry decides."""
    numeral = term.numeral
    if numeral is None or not term.glued or numeral.raw.count(".") != 1 or "," in numeral.raw:
        return
    number, price = numeral.raw.split(".")
    if (
        term.start == item.label.end
        and int(number) <= MAX_INDEX
        and len(price) >= 3
        and not price.startswith("0")
    ):
        term.numeral = numeral.with_readings((*numeral.readings, Decimal(price)))


def small(term: Term) -> bool:
    """A count or number of something, no price."""
    return term.numeral is not None and term.numeral.whole and term.numeral.value <= MAX_INDEX


def read_table(terms: list[Term], found: list[Item]) -> None:
    """A line of labels over lines of values: ``Entry | SL | TP`` and below it the numbers in that order."""
    empty: dict[int, list[Item]] = {}
    for item in found:
        if item.kind in ("sl", "tp", "entry") and not item.values and not item.open_target:
            empty.setdefault(item.line, []).append(item)
    for line, labels in empty.items():
        if len(labels) < 2:
            continue
        written = {term.line for term in terms if term.kind in (kinds.WORD, kinds.NUMBER) or term.symbol}
        row = line + 1 if line + 1 in written else line + 2  # a rule of dashes may stand below the head
        first = row
        while len(numbers := [term for term in terms if term.line == row and term.price]) == len(labels):
            _read_row(found, labels, numbers, first=row == first)
            row += 1


def _read_row(found: list[Item], labels: list[Item], numbers: list[Term], *, first: bool) -> None:
    """Give the labels of a table's head the values of one row; the head's own items become the first row's."""
    row = numbers[0].line
    found[:] = [i for i in found if not (i.kind in ("price", "loose") and i.line == row)]
    side = next((i for i in found if i.kind == "side" and i.line == row), None)
    items = labels if first else [Item(label.kind, numbers[0], index=label.index) for label in labels]
    if not first or side is not None:  # the labels belong to the order below them
        place = max((n for n, i in enumerate(found) if i.line == row), default=len(found) - 1) + 1
        if first:
            place -= sum(found.index(label) < place for label in labels)
            for label in labels:
                found.remove(label)
        found[place:place] = items
    for item, number in zip(items, numbers, strict=True):
        item.values = [number]


def bare_lines(terms: list[Term]) -> set[int]:
    """Lines that hold nothing but numbers, marks, emoji and words that stand around prices."""
    allowed = SKIPPED | role.of("and now pips filler or")
    bare: set[int] = set()
    spoilt: set[int] = set()
    for term in terms:
        if term.numeral is not None:
            bare.add(term.line)
            if term.numeral.unit not in ("", "pips", "noise", "percent", "ratio"):
                spoilt.add(term.line)
        elif (
            (term.kind is kinds.WORD and (not term.roles & allowed or term.roles & STOPPING))
            or term.kind in (kinds.LINK, kinds.MENTION)
            or term.symbol is not None
        ):
            spoilt.add(term.line)
    return bare - spoilt
