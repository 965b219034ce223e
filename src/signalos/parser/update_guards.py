"""What keeps talk of open trades talk: why a clause that could change one is no instruction."""

from __future__ import annotations

from itertools import pairwise

from signalos.parser.clauses import Clause, Sentence
from signalos.parser.guards import asks, first_reason
from signalos.parser.hours import at_an_hour
from signalos.parser.kinds import Kind

_UPDATE_SENTENCE = (
    ("if", "condition"),
    ("either", "optional"),
    ("optional", "optional"),
    ("example", "example"),
    ("forwarded", "quote"),
    ("education", "education"),
)
_UPDATE_CLAUSE = (
    ("past", "past_tense"),
    ("plan", "plan"),
    ("wait", "wait"),
    ("already", "past_tense"),
    ("report", "report"),
    ("old", "old"),
    ("negation", "negation"),
    ("get_ready", "get_ready"),
    ("teaser", "advert"),
)
_AT_WORDS = frozenset({"at", "bei", "en", "em", "à", "a", "на", "di", "saat"})
_WITH = frozenset({"with", "com", "con", "mit", "avec", "dengan", "с", "với"})


def _at_a_target(sentence: Sentence) -> bool:
    """True for "close half at TP1", "at TP1 we move to entry": it is to be done once price is there."""
    for before, after in pairwise(sentence.terms):
        if "at" in before.roles and "tp" in after.roles and "close" not in after.roles:
            return not sentence.roles & {"now", "result"} and before.text in _AT_WORDS
    return False


def _offers(clause: Clause) -> bool:
    """True for "close the deal with 40 % off": a share behind "with" is what an advert gives."""
    said = [
        t for t in clause.terms if not t.roles or not t.roles <= {"filler", "reference"} or t.text in _WITH
    ]
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
    if reason == "wait" and "next" in clause.roles:
        reason = ""  # "close it and wait for the next one"
    if reason == "old" and clause.terms[0].roles & {"close", "cancel", "move"}:
        reason = ""
    if not reason and "old" in sentence.roles and "old" not in clause.roles:
        reason = "old"
    if reason:
        return reason
    if any(
        t.numeral is not None and t.numeral.sign and t.numeral.unit == "pips" for t in clause.terms
    ) and any(t.text == "@" for t in clause.terms):
        return "report"  # a copier's card: "PARTIAL CLOSE SELL EURUSD 0.05 @1.0880 +20 pips"
    words = [term for term in clause.terms if term.kind is Kind.WORD]
    unknown = sum(not term.known for term in words)
    if unknown > 1 + len(words) // 6:
        return "talk"
    return ""
