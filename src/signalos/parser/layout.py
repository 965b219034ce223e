"""How numbers lie on the lines of a message: bare lines, tables, indices glued to prices."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from signalos.parser.items import MAX_INDEX, SKIPPED, STOPPING, Item
from signalos.parser.lexer import Kind
from signalos.parser.term import Term


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
        term.numeral = replace(numeral, readings=(*numeral.readings, Decimal(price)))


def small(term: Term) -> bool:
    """A count or number of something, no price."""
    return term.numeral is not None and term.numeral.whole and term.numeral.value <= MAX_INDEX


def read_table(terms: list[Term], found: list[Item]) -> None:
    """A line of labels over a line of values: ``Entry | SL | TP`` and below it the numbers in that order."""
    empty: dict[int, list[Item]] = {}
    for item in found:
        if item.kind in ("sl", "tp", "entry") and not item.values and not item.open_target:
            empty.setdefault(item.line, []).append(item)
    for line, labels in empty.items():
        if len(labels) < 2:
            continue
        numbers = [term for term in terms if term.line == line + 1 and term.price]
        if len(numbers) != len(labels):
            continue
        for item in [i for i in found if i.kind == "price" and i.line == line + 1]:
            found.remove(item)
        side = next((i for i in found if i.kind == "side" and i.line == line + 1), None)
        for label, number in zip(labels, numbers, strict=True):
            label.values = [number]
            if side is not None:  # the labels belong to the order below them
                found.remove(label)
                found.append(label)


def bare_lines(terms: list[Term]) -> set[int]:
    """Lines that hold nothing but numbers, marks, emoji and words that stand around prices."""
    allowed = SKIPPED | {"and", "now", "pips", "filler", "or"}
    bare: set[int] = set()
    spoilt: set[int] = set()
    for term in terms:
        if term.numeral is not None:
            bare.add(term.line)
            if term.numeral.unit not in ("", "pips", "noise", "percent", "ratio"):
                spoilt.add(term.line)
        elif (
            (term.kind is Kind.WORD and (not term.roles & allowed or term.roles & STOPPING))
            or term.kind in (Kind.LINK, Kind.MENTION)
            or term.symbol is not None
        ):
            spoilt.add(term.line)
    return bare - spoilt
