"""What a message reports about earlier signals: closed, stopped out, last target reached, activated."""

from __future__ import annotations

from dataclasses import dataclass

from signalos.domain.message import Message
from signalos.domain.signal import ReadingContext
from signalos.parser import roles as role
from signalos.parser.clauses import Clause, split
from signalos.parser.normalise import normalise
from signalos.parser.tagging import tag
from signalos.parser.targets import Memory
from signalos.parser.term import Term
from signalos.parser.vocabulary import Languages


@dataclass(frozen=True, slots=True)
class Report:
    """``kind`` is closed | activated; ``target`` the message id of the signal it is about."""

    kind: str
    target: int


def read_report(message: Message, context: ReadingContext, languages: Languages) -> Report | None:
    """Return what ``message`` reports, or None. Only for chats without a journal: there the broker knows."""
    terms = tag(normalise(message.text), languages)
    sentences = split(terms)
    memory = Memory(message, context)
    if not memory.live and not memory.signals:
        return None
    if any(sentence.asks for sentence in sentences):
        return None
    symbols = list(dict.fromkeys(t.symbol for t in terms if t.symbol is not None))
    scope = memory.resolve(symbols[0] if len(symbols) == 1 else None)
    if scope.target is None:
        return None
    for sentence in sentences:
        for clause in sentence.clauses:
            kind = _kind(clause, memory, scope.target)
            if kind:
                return Report(kind, scope.target)
    return None


def _kind(clause: Clause, memory: Memory, target: int) -> str:
    roles = clause.roles
    if roles & (role.NEGATION | role.IF | role.PLAN | role.UNTIL | role.WAIT):
        return ""
    texts = {t.text for t in clause.terms}
    if roles & role.RESULT and (
        roles & role.SL or any(t.startswith("sl ") or "stopped" in t for t in texts)
    ):
        return "closed"
    if roles & role.CLOSED:
        return "" if roles & (role.FRACTION | role.PART) else "closed"
    if roles & role.RESULT and (roles & role.TP or any("tp" in t or "target" in t for t in texts)):
        return "closed" if _last_target(clause, memory, target) else ""
    if roles & role.ACTIVATED:
        return "activated"
    if roles & role.EXPIRED:
        return "closed"
    return ""


def _last_target(clause: Clause, memory: Memory, target: int) -> bool:
    signal = memory.signal(target)
    if signal is None:
        return False
    count = max(len(order.take_profits) for order in signal.opens)
    if clause.roles & role.ALL or any(t.text.startswith("full") for t in clause.terms):
        return True
    number = _number(clause.terms)
    return count == 1 if number is None else number >= count


def _number(terms: list[Term]) -> int | None:
    for place, term in enumerate(terms):
        if not term.roles & role.TP:
            continue
        for near in terms[max(0, place - 1) : place + 2]:
            if near.ordinal is not None:
                return near.ordinal
            if near.numeral is not None and near.numeral.whole and near.numeral.value <= 20:
                return int(near.numeral.value)
    return None
