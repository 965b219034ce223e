"""Verbs written in two parts: "macht den Trade bitte zu" closes, though "macht" alone only makes."""

from __future__ import annotations

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.term import Term

_REACH = 12
"""Terms between a verb and the particle that ends its clause."""
_ENDS = frozenset(".,;!?…()|")
_PARTICLE = role.FILLER


def join_separable(terms: list[Term]) -> None:
    """Give a verb at the head of its clause the roles that it has with the particle at the clause's end."""
    for place in [place for place, term in enumerate(terms) if term.word.particles]:
        term = terms[place]
        particles = term.word.particles
        if not _heads(terms, place):
            continue
        end = place + 1
        last: Term | None = None
        while end < min(len(terms), place + _REACH) and _inside(terms[end], term):
            if last is not None and terms[end].roles & role.AND:
                break
            last = terms[end]
            end += 1
        particle = last.text.rpartition(" ")[2] if last is not None else ""
        if last is not None and particle in particles:
            term.roles = particles[particle]
            last.roles = _PARTICLE


def _inside(term: Term, verb: Term) -> bool:
    if term.kind is kinds.PUNCT:
        return term.line == verb.line and term.text not in _ENDS
    return term.line == verb.line and term.kind in (kinds.WORD, kinds.NUMBER)


def _heads(terms: list[Term], place: int) -> bool:
    """True for an order's verb; "the market closes" tells."""
    before = terms[place - 1] if place else None
    if before is None or before.line != terms[place].line or before.kind is not kinds.WORD:
        return True
    if before.roles & (role.AND | role.FIRST_PERSON):
        return True
    return bool(before.roles & role.FILLER) and not before.roles & (role.REFERENCE | role.NOW)
