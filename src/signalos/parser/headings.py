"""What stands above an order or before it: "VIP yesterday:" tells of the past, "My plan:" of what may be."""

from __future__ import annotations

from itertools import pairwise

from signalos.parser import roles as role
from signalos.parser.clauses import Sentence
from signalos.parser.drafts import Draft
from signalos.parser.roles import first_reason
from signalos.parser.term import Term

_HEADINGS = (
    (role.OLD, "old"),
    (role.EXPIRED, "result"),
    (role.CLOSED, "report"),
    (role.STANDING, "report"),
)
_LONGEST_HEADING = 10
_HEADING_LINES = 2


def _row(sentence: Sentence) -> bool:
    """True for a line that holds an order of its own."""
    return any(t.roles & role.SIDE for t in sentence.terms) and any(t.price for t in sentence.terms)


def heading_reason(trigger: Term, sentences: list[Sentence]) -> str:
    """Say why a card is of the past: "VIP yesterday:" or "ORDER EXPIRED" right above it, or ""."""
    above = [s for s in sentences if s.line < trigger.line]
    below = trigger.line
    while above and below - above[-1].line <= 1 and _row(above[-1]):  # rows of a list share its heading
        below = above.pop().line
    if not above:
        return ""
    heading = above[-1]
    if below - heading.line > 1 or len(heading.terms) > _LONGEST_HEADING:
        return ""
    if any(t.price or t.roles & (role.NEXT | role.NOW | role.BUY | role.SELL) for t in heading.terms):
        return ""
    return first_reason(heading.roles, _HEADINGS)


def plan_reason(draft: Draft, trigger: Term, sentences: list[Sentence]) -> str:
    """Refuse for "My plan:" above or before what is no full order (side, price, stop and target)."""
    if draft.now is not None or (draft.has_prices and draft.stops and draft.targets):
        return ""
    for sentence in sentences:
        heading: list[Term] = []
        if sentence.line == trigger.line:
            heading = [t for t in sentence.terms if t.start < trigger.start]
        elif 0 < trigger.line - sentence.line <= _HEADING_LINES:
            heading = sentence.terms
        colon = next((i for i, t in enumerate(heading) if t.text == ":"), 0)
        titled = sentence.line == trigger.line or colon == len(heading) - 1
        if (
            0 < colon <= _LONGEST_HEADING
            and titled
            and any(t.roles & (role.PLAN | role.GET_READY) for t in heading[:colon])
        ):
            return "plan"
    return ""


def since_the_next(trigger: Term, sentences: list[Sentence]) -> list[Sentence]:
    """Leave out what is told before "Next one:", the heading of a full order: a story of an earlier trade."""
    own = next((i for i, s in enumerate(sentences) if any(t is trigger for t in s.terms)), 0)
    for place in (own, own - 1):
        terms = sentences[place].terms if place >= 0 else []
        heading = [t for t in terms if t.start < trigger.start]
        if len(heading) <= _LONGEST_HEADING and any(
            term.roles & role.NEXT and after.text == ":" for term, after in pairwise(heading)
        ):
            return sentences[place:]
    return sentences
