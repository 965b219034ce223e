"""What in a message is not the channel's own word: polls, quoted lines, orders in quotation marks."""

from __future__ import annotations

import re

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.term import Term

_QUOTE_MARK = re.compile('["“”„«»>]')


def polls(text: str) -> bool:
    """Both thumbs: readers are asked."""
    return "👎" in text and "👍" in text


def _quoted_parts(terms: list[Term]) -> set[int]:
    """Terms inside quotation marks that hold a side while words stand outside: what somebody else says."""
    inside: set[int] = set()
    opened: int | None = None
    outside = False
    for place, term in enumerate(terms):
        if opened is None and term.text in '"“„«»':
            opened = place
        elif opened is not None and term.text in '"”“»«':
            part = terms[opened : place + 1]
            if any(t.roles & role.SIDE for t in part) and any(t.price for t in part):
                inside |= {id(t) for t in part}
            opened = None
        elif opened is None and term.kind is kinds.WORD:
            outside = True
    return inside if outside else set()


def without_quotes(terms: list[Term], text: str) -> list[Term]:
    """Drop quoted lines (``>``) and orders in quotation marks. ``text`` is the message, folded."""
    if not _QUOTE_MARK.search(text):
        return terms
    inside = _quoted_parts(terms)
    if inside:
        terms = [term for term in terms if id(term) not in inside]
    quoted: set[int] = set()
    first = True
    for term in terms:
        if term.kind is kinds.BREAK:
            first = True
            continue
        if first and term.text == ">":
            quoted.add(term.line)
        first = False
    if not quoted:
        return terms
    return [term for term in terms if term.line not in quoted]
