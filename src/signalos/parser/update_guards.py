"""What keeps talk of open trades talk: why a clause that could change one is no instruction."""

from __future__ import annotations

from itertools import pairwise

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.clauses import Clause, Sentence
from signalos.parser.guards import asks
from signalos.parser.hours import at_an_hour
from signalos.parser.roles import first_reason

_UPDATE_SENTENCE = (
    (role.IF, "condition"),
    (role.EITHER, "optional"),
    (role.OPTIONAL, "optional"),
    (role.EXAMPLE, "example"),
    (role.FORWARDED, "quote"),
    (role.EDUCATION, "education"),
)
_UPDATE_CLAUSE = (
    (role.PAST, "past_tense"),
    (role.PLAN, "plan"),
    (role.WAIT, "wait"),
    (role.ALREADY, "past_tense"),
    (role.REPORT, "report"),
    (role.OLD, "old"),
    (role.NEGATION, "negation"),
    (role.GET_READY, "get_ready"),
    (role.TEASER, "advert"),
)
_AT_WORDS = frozenset({"at", "bei", "en", "em", "à", "a", "на", "di", "saat"})
_ARTICLES = role.FILLER | role.REFERENCE
_WITH = frozenset({"with", "com", "con", "mit", "avec", "dengan", "с", "với"})


def _at_a_target(sentence: Sentence) -> bool:
    """True for "close half at TP1", "at TP1 we move to entry": it is to be done once price is there."""
    for before, after in pairwise(sentence.terms):
        if before.roles & role.AT and after.roles & role.TP and not after.roles & role.CLOSE:
            return not sentence.roles & (role.NOW | role.RESULT) and before.text in _AT_WORDS
    return False


def _offers(clause: Clause) -> bool:
    """True for "close the deal with 40 % off": a share behind "with" is what an advert gives."""
    said = [t for t in clause.terms if not t.roles or t.roles & ~_ARTICLES or t.text in _WITH]
    for before, term in pairwise(said):
        if before.text in _WITH and term.numeral is not None and term.numeral.unit == "percent":
            return True
    return False


def update_reason(clause: Clause, sentence: Sentence) -> str:
    """Why an update in ``clause`` is no instruction, or ""."""
    if asks(sentence):
        return "question"
    reason = first_reason(sentence.roles, _UPDATE_SENTENCE)
    if reason:
        return reason
    if _at_a_target(sentence):
        return "condition"
    if at_an_hour(clause.terms):
        return "plan"
    if _offers(clause):
        return "advert"
    reason = first_reason(clause.roles, _UPDATE_CLAUSE)
    if reason == "wait" and clause.roles & role.NEXT:
        reason = ""  # "close it and wait for the next one"
    if reason == "old" and clause.terms[0].roles & (role.CLOSE | role.CANCEL | role.MOVE):
        reason = ""
    if not reason and sentence.roles & role.OLD and not clause.roles & role.OLD:
        reason = "old"
    if reason:
        return reason
    if any(
        t.numeral is not None and t.numeral.sign and t.numeral.unit == "pips" for t in clause.terms
    ) and any(t.text == "@" for t in clause.terms):
        return "report"  # a copier's card: "PARTIAL CLOSE SELL EURUSD 0.05 @1.0880 +20 pips"
    words = [term for term in clause.terms if term.kind is kinds.WORD]
    unknown = sum(not term.known for term in words)
    if unknown > 1 + len(words) // 6:
        return "talk"
    return ""
