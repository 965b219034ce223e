"""Clauses in which a side says which open trade is meant, and opens none."""

from __future__ import annotations

from signalos.parser import roles as role
from signalos.parser.clauses import Sentence
from signalos.parser.term import Term, joined

_CHANGING = role.of("close cancel out void be move reduce update")


def referring_clauses(sentences: list[Sentence]) -> set[int]:
    """Clauses in which a side names what is closed or cancelled instead of what is opened."""
    found: set[int] = set()
    for sentence in sentences:
        for clause in sentence.clauses:
            if not clause.terms or not (sentence.roles & _CHANGING):
                continue
            side = next((i for i, t in enumerate(clause.terms) if t.roles & role.SIDE), None)
            if side is None or _turns(clause.terms[:side]):
                continue
            if _names_open_trade(clause.terms, side, sentence):
                found.add(clause.terms[0].clause)
                continue
            before = joined(clause.terms[:side])
            if clause.terms[side].roles & role.MOVE and before & role.LEVEL and before & role.TO:
                found.add(clause.terms[0].clause)  # Turkish "stopu 2345'e al": take, which is also buy
                continue
            told = before
            if (
                sentence.roles & role.UPDATE
            ):  # "Update: SL 2331, TP 2360 for the buy": what stands in the whole sentence
                first = clause.terms[side].start
                told = joined(t for t in sentence.terms if t.start < first)
            changed = before & role.MOVE or told & role.UPDATE
            if changed and told & (role.SL | role.TP | role.BE) and not _priced(clause.terms[side + 1 :]):
                found.add(clause.terms[0].clause)  # "move your stop to 2331 on the gold sell"
                continue
            after = joined(t for t in clause.terms[side + 1 :] if not t.roles & (role.ENTRY | role.NOW))
            pure_before = any(
                t.roles & (role.CLOSE | role.CANCEL) and not t.roles & (role.ENTER | role.REVERSE)
                for t in clause.terms[:side]
            )
            if (
                pure_before
                or (before & role.ALL and after & (role.OUT | role.CLOSE))
                or after & (role.OUT | role.CANCEL | role.VOID)
            ):
                found.add(clause.terms[0].clause)
    return found


def _names_open_trade(terms: list[Term], side: int, sentence: Sentence) -> bool:
    """True for "gold short: move SL to 2390", "gold longs close": the side says which trade is meant."""
    term = terms[side]
    behind = terms[side + 1 :]
    if any(t.roles & role.ENTER and not t.roles & role.MOVE for t in terms[:side]):
        return False
    for following in behind:
        if following.roles & (role.SL | role.TP | role.MOVE | role.CLOSE | role.BE | role.REDUCE):
            break
        if following.price and following.numeral is not None and not following.numeral.unit:
            return False  # an entry price behind the side
    changes = joined(t for t in behind if not t.roles & (role.NOW | role.ENTER))
    if changes & (role.REDUCE | role.CANCEL) or any(
        t.roles & role.CLOSE and not t.roles & role.LABEL for t in behind
    ):
        return True
    later = joined(sentence.terms[sentence.terms.index(term) + 1 :])
    return bool(later & role.MOVE and later & (role.LEVEL | role.BE))


def _priced(terms: list[Term]) -> bool:
    """True if a price or level stands in ``terms``: an order of its own."""
    return any(t.price or t.roles & role.LEVEL for t in terms)


def _turns(terms: list[Term]) -> bool:
    """True if the last verb turns the trade: "close and reverse to" speaks of a side that opens."""
    verb = next(
        (t for t in reversed(terms) if t.roles & (role.REVERSE | role.CLOSE | role.CANCEL | role.OUT)), None
    )
    return verb is not None and bool(verb.roles & role.REVERSE)
