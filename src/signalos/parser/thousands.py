"""Thousands written with a space: 64 250, joined where the symbol's magnitude asks for it."""

from __future__ import annotations

from itertools import pairwise

from signalos.parser import roles as role
from signalos.parser.items import MAX_INDEX
from signalos.parser.normalise import Normalised
from signalos.parser.numbers import Numeral, readings
from signalos.parser.symbols import SymbolTable
from signalos.parser.term import Term


def join_thousands(
    terms: list[Term], source: Normalised, table: SymbolTable, default: str | None = None
) -> list[Term]:
    """Join ``58 900`` into one number.

    A no-break or thin space between the groups joins by itself; an ordinary space, or one behind what may be
    the number of a target, only if the joined number has the usual magnitude of the message's one symbol and
    the first group alone has not.
    """
    numbers = [place for place, term in enumerate(terms) if term.numeral is not None]
    if not any(second - first == 1 for first, second in pairwise(numbers)):
        return terms
    names = {term.symbol for term in terms if term.symbol is not None}
    usual = table.range_of(names.pop()) if len(names) == 1 else None if names else table.range_of(default)
    result: list[Term] = []
    for term in terms:
        last = result[-1] if result else None
        if (
            last is not None
            and last.numeral is not None
            and term.numeral is not None
            and _groups(last, term)
        ):
            gap = source.text[last.end : term.start]
            values = readings(last.numeral.raw + term.numeral.raw)
            fits = (
                usual is not None
                and values
                and usual.holds(values[0])
                and not usual.holds(last.numeral.value)
            )
            numbered = len(result) > 1 and result[-2].roles & role.TP and last.numeral.value <= MAX_INDEX
            if values and ((gap == "\u00a0" and not numbered) or (gap in " \u00a0" and fits)):
                last.numeral = Numeral(last.numeral.raw + term.numeral.raw, values[:1])
                last.text = last.numeral.raw
                last.end = term.end
                continue
        result.append(term)
    return result


def _groups(first: Term, second: Term) -> bool:
    """True for one to three digits (or joined groups) before exactly three digits."""
    if first.numeral is None or second.numeral is None or first.line != second.line or second.glued:
        return False
    head, tail = first.numeral.raw, second.numeral.raw.split(".")[0].split(",")[0]
    joined = first.end - first.start > len(head)
    return head.isdecimal() and (len(head) <= 3 or joined) and len(tail) == 3
