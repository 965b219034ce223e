"""Clauses in which a side says which open trade is meant, and opens none."""

from __future__ import annotations

from signalos.parser.clauses import Sentence
from signalos.parser.term import Term

_CHANGING = frozenset({"close", "cancel", "out", "void", "be", "move", "reduce", "update"})


def referring_clauses(sentences: list[Sentence]) -> set[int]:
    """Clauses in which a side names what is closed or cancelled instead of what is opened."""
    found: set[int] = set()
    for sentence in sentences:
        for clause in sentence.clauses:
            if not clause.terms or not (sentence.roles & _CHANGING):
                continue
            side = next((i for i, t in enumerate(clause.terms) if t.roles & {"buy", "sell"}), None)
            if side is None or _turns(clause.terms[:side]):
                continue
            if _names_open_trade(clause.terms, side, sentence):
                found.add(clause.terms[0].clause)
                continue
            before = {r for t in clause.terms[:side] for r in t.roles}
            if "move" in clause.terms[side].roles and before & {"sl", "tp"} and "to" in before:
                found.add(clause.terms[0].clause)  # Turkish "stopu 2345'e al": take, which is also buy
                continue
            told = before
            if (
                "update" in sentence.roles
            ):  # "Update: SL 2331, TP 2360 for the buy": what stands in the whole sentence
                first = clause.terms[side].start
                told = {r for t in sentence.terms if t.start < first for r in t.roles}
            changed = "move" in before or "update" in told
            if changed and told & {"sl", "tp", "be"} and not _priced(clause.terms[side + 1 :]):
                found.add(clause.terms[0].clause)  # "move your stop to 2331 on the gold sell"
                continue
            after = {r for t in clause.terms[side + 1 :] for r in t.roles if not t.roles & {"entry", "now"}}
            pure_before = any(
                t.roles & {"close", "cancel"} and not t.roles & {"enter", "reverse"}
                for t in clause.terms[:side]
            )
            if (
                pure_before
                or (before & {"all"} and after & {"out", "close"})
                or after & {"out", "cancel", "void"}
            ):
                found.add(clause.terms[0].clause)
    return found


def _names_open_trade(terms: list[Term], side: int, sentence: Sentence) -> bool:
    """True for "gold short: move SL to 2390", "gold longs close": the side says which trade is meant."""
    term = terms[side]
    behind = terms[side + 1 :]
    if any("enter" in t.roles and "move" not in t.roles for t in terms[:side]):
        return False
    for following in behind:
        if following.roles & {"sl", "tp", "move", "close", "be", "reduce"}:
            break
        if following.price and following.numeral is not None and not following.numeral.unit:
            return False  # an entry price behind the side
    changes = {r for t in behind for r in t.roles if not t.roles & {"now", "enter"}}
    if changes & {"reduce", "cancel"} or any(
        "close" in t.roles and not t.roles & {"sl", "tp", "entry"} for t in behind
    ):
        return True
    later = {r for t in sentence.terms[sentence.terms.index(term) + 1 :] for r in t.roles}
    return "move" in later and bool(later & {"sl", "be", "tp"})


def _priced(terms: list[Term]) -> bool:
    """True if a price or level stands in ``terms``: an order of its own."""
    return any(t.price or t.roles & {"sl", "tp"} for t in terms)


def _turns(terms: list[Term]) -> bool:
    """True if the last verb turns the trade: "close and reverse to" speaks of a side that opens."""
    verb = next((t for t in reversed(terms) if t.roles & {"reverse", "close", "cancel", "out"}), None)
    return verb is not None and "reverse" in verb.roles
