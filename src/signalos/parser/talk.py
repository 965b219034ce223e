"""Messages in which no word could act: nothing to do, and the reason why."""

from __future__ import annotations

from signalos.domain.signal import Reading
from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.clauses import parts_clauses
from signalos.parser.roles import Roles, first_reason
from signalos.parser.term import Term, joined

_ACTING = role.of(
    "buy sell sl tp close out be cancel reduce secure part reverse void expired again emoji_sl emoji_tp"
)
"""Roles of the words without one of which no message asks for anything."""
_REASONS = (
    (role.QUESTION, "question"), (role.IF, "condition"), (role.EXAMPLE, "example"), (role.NEGATION, "negation"),
    (role.RESULT, "result"), (role.PAST, "past_tense"), (role.ADVERT, "advert"),
    (role.PLAN, "plan"), (role.WAIT, "wait"),
    (role.HOLD, "hold"), (role.ANALYSIS, "analysis"), (role.EDUCATION, "education"),
)  # fmt: skip


def only_talk(terms: list[Term]) -> Reading | None:
    """The reading of a message without a word that could act; None if there is one."""
    roles = joined(terms)
    if roles & _ACTING:
        return None
    # As every term counts and none acts, it does not matter here in which sentence each of them stands.
    return Reading(reason=talk_reason(roles, asks=_asks(terms)), announces=announced(terms, roles))


def talk_reason(roles: Roles, *, asks: bool) -> str:
    """Why a message with words of ``roles`` that asks for nothing does so."""
    return "question" if asks else first_reason(roles, _REASONS) or "talk"


def announced(terms: list[Term], roles: Roles) -> str | None:
    """The symbol of a message that says the next signal will be on it."""
    if not roles & role.GET_READY and not roles & role.NEXT:
        return None
    names = {term.symbol for term in terms if term.symbol is not None}
    return names.pop() if len(names) == 1 else None


def _asks(terms: list[Term]) -> bool:
    """True if there is a question mark, and something that it could ask."""
    return "?" in [term.text for term in terms] and any(
        term.kind not in (kinds.BREAK, kinds.EMOJI) and not parts_clauses(term) for term in terms
    )
