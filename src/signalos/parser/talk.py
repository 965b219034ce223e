"""Messages in which no word could act: nothing to do, and the reason why."""

from __future__ import annotations

from signalos.domain.signal import Reading
from signalos.parser.clauses import parts_clauses
from signalos.parser.guards import first_reason
from signalos.parser.kinds import Kind
from signalos.parser.term import Term

_ACTING = frozenset(
    "buy sell sl tp close out be cancel reduce secure part reverse void expired again emoji_sl emoji_tp".split()
)
"""Roles of the words without one of which no message asks for anything."""
_REASONS = (
    ("question", "question"), ("if", "condition"), ("example", "example"), ("negation", "negation"),
    ("result", "result"), ("past", "past_tense"), ("advert", "advert"), ("plan", "plan"), ("wait", "wait"),
    ("hold", "hold"), ("analysis", "analysis"), ("education", "education"),
)  # fmt: skip


def only_talk(terms: list[Term]) -> Reading | None:
    """The reading of a message without a word that could act; None if there is one."""
    roles = set[str]()
    for term in terms:
        if term.roles:
            roles |= term.roles
    if not _ACTING.isdisjoint(roles):
        return None
    # As every term counts and none acts, it does not matter here in which sentence each of them stands.
    return Reading(reason=talk_reason(roles, asks=_asks(terms)), announces=announced(terms, roles))


def talk_reason(roles: set[str], *, asks: bool) -> str:
    """Why a message with words of ``roles`` that asks for nothing does so."""
    return "question" if asks else first_reason(roles, _REASONS) or "talk"


def announced(terms: list[Term], roles: set[str]) -> str | None:
    """The symbol of a message that says the next signal will be on it."""
    if "get_ready" not in roles and "next" not in roles:
        return None
    names = {term.symbol for term in terms if term.symbol is not None}
    return names.pop() if len(names) == 1 else None


def _asks(terms: list[Term]) -> bool:
    """True if there is a question mark, and something that it could ask."""
    return any(term.text == "?" for term in terms) and any(
        term.kind not in (Kind.BREAK, Kind.EMOJI) and not parts_clauses(term) for term in terms
    )
