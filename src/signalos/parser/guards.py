"""What keeps talk talk: for every reading that could trade, the reasons why it must not.

A guard answers a short stable reason, or "" if nothing speaks against it. Reach: some words void a
whole message (an example, a quote), some their sentence (a condition, a question), some only their
clause (a negation, a past form).
"""

from __future__ import annotations

from itertools import pairwise

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.clauses import Sentence
from signalos.parser.drafts import Draft
from signalos.parser.headings import heading_reason, plan_reason, since_the_next
from signalos.parser.hours import at_an_hour
from signalos.parser.roles import NONE, first_reason
from signalos.parser.term import Term, joined

MESSAGE_ROLES = (
    (role.EXAMPLE, "example"),
    (role.FORWARDED, "quote"),
    (role.OPINION, "question"),
    (role.WAIT, "wait"),
)
"""(role, reason): void every order of the message wherever they stand."""

BARE_ROLES = (
    (role.IF, "condition"),
    (role.QUESTION, "question"),
    (role.NEGATION, "negation"),
    (role.PAST, "past_tense"),
    (role.REPORT, "report"),
    (role.RESULT, "result"),
    (role.TEASER, "advert"),
    (role.ADVERT, "advert"),
    (role.PLAN, "plan"),
    (role.GET_READY, "get_ready"),
    (role.OPTIONAL, "optional"),
    (role.EITHER, "optional"),
    (role.OLD, "old"),
    (role.EDUCATION, "education"),
    (role.ANALYSIS, "analysis"),
    (role.HOLD, "hold"),
    (role.UNTIL, "condition"),
    (role.ACTIVATED, "result"),
    (role.EXPIRED, "result"),
)
"""Speak against an order that states neither stop nor target, anywhere in its message."""

TRIGGER_ROLES = (
    (role.IF, "condition"),
    (role.PAST, "past_tense"),
    (role.REPORT, "report"),
    (role.RESULT, "result"),
    (role.PLAN, "plan"),
    (role.OPTIONAL, "optional"),
    (role.EITHER, "optional"),
    (role.OLD, "old"),
    (role.GET_READY, "get_ready"),
    (role.EDUCATION, "education"),
    (role.TEASER, "advert"),
    (role.EXPIRED, "result"),
)
"""Speak against an order if they stand in the sentence of its side."""

_COLUMN = 3
"""Prices without labels that make a full order: entry, stop, target."""
_FEWEST_OF_A_RECAP = 2
_TOLD_BY_SIDE = role.of("if past plan optional old result")
_OF_THE_PAST = frozenset({"past_tense", "result", "report", "old"})


def asks(sentence: Sentence) -> bool:
    """True for a question: a question mark, or a question word at the beginning."""
    if sentence.asks:
        return True
    first = next((term for term in sentence.terms if term.kind is kinds.WORD), None)
    return first is not None and bool(first.roles & role.QUESTION)


def message_reason(sentences: list[Sentence]) -> str:
    """Reason that voids every order of the message, or ""."""
    for sentence in sentences:
        reason = first_reason(sentence.roles, MESSAGE_ROLES)
        if reason == "wait" and sentence.roles & (role.IF | role.NEXT) and not sentence.roles & role.ENTER:
            reason = ""  # "if you missed it, wait for the next one"
        if reason:
            return reason
    return ""


def order_reason(draft: Draft, sentences: list[Sentence], *, complete: bool) -> str:
    """Why ``draft`` is no instruction, or "". ``complete``: it states a stop or target with a value."""
    trigger = draft.side_term
    if trigger is None:
        return "no_side"
    if complete and draft.has_prices:
        sentences = since_the_next(trigger, sentences)
    reason = (
        message_reason(sentences)
        or heading_reason(trigger, sentences)
        or plan_reason(draft, trigger, sentences)
        or _recap_reason(sentences)
        or ("cancelled" if complete and _called_off(trigger, sentences) else "")
    )
    if reason:
        return reason
    if complete and _all_reached(draft, sentences):
        return "result"
    for sentence in sentences:
        if sentence.terms[0].sentence == trigger.sentence:
            reason = _trigger_reason(draft, sentence, trigger, complete=complete) or _ahead_reason(
                draft, sentence, trigger
            )
        elif not complete:
            reason = "question" if asks(sentence) else first_reason(sentence.roles, BARE_ROLES)
        else:
            reason = _other_sentence_reason(draft, sentence)
        if reason:
            return reason
    return ""


def _called_off(trigger: Term, sentences: list[Sentence]) -> bool:
    """True if a word alone behind the order takes it back: "... TP 2350 ❌ cancelled", "- VOID -"."""
    for sentence in sentences:
        if sentence.roles & (role.IF | role.UNTIL):
            continue
        words = [
            t for t in sentence.terms if t.kind in (kinds.WORD, kinds.NUMBER) and t.roles != role.FILLER
        ]
        last = words[-1] if words else None
        if last is None or last.start < trigger.start or not last.roles & (role.CANCEL | role.VOID):
            continue
        before = words[-2] if len(words) > 1 else None
        if before is None or (before.clause != last.clause or before.numeral is not None):
            return True
    return False


def _recap_reason(sentences: list[Sentence]) -> str:
    """Several trades, most of them with a mark of how they ended: a list of results."""
    sides: set[int] = set()
    marked: set[int] = set()
    for sentence in sentences:
        if sentence.roles & role.SIDE:
            sides.add(sentence.line)
        if sentence.roles & role.RESULT or sentence.marked:
            marked.add(sentence.line)
    ended = sides & marked
    return "report" if len(ended) >= _FEWEST_OF_A_RECAP and 2 * len(ended) > len(sides) else ""


def _all_reached(draft: Draft, sentences: list[Sentence]) -> bool:
    """True if every target bears a mark, the stop none, and words beside the card tell of yesterday or of pips won."""
    lines = {s.line: s.marked for s in sentences}
    targets = {value.line for item in draft.targets for value in item.values}
    stops = {value.line for item in draft.stops for value in item.values}
    if (
        not targets
        or not all(lines.get(line) for line in targets)
        or any(lines.get(line) for line in stops)
    ):
        return False
    beside = [s for s in sentences if s.line not in draft.lines]
    return any(
        s.roles & (role.OLD | role.REPORT | role.RESULT)
        or any(t.numeral is not None and t.numeral.sign and t.numeral.unit == "pips" for t in s.terms)
        for s in beside
    )


def _other_sentence_reason(draft: Draft, sentence: Sentence) -> str:
    """A sentence beside a complete order voids it only if it speaks about entering."""
    roles = sentence.roles
    enters = bool(roles & (role.ENTER | role.BUY | role.SELL)) and not roles & (
        role.SL | role.TP | role.CLOSE | role.BE | role.MOVE
    )
    behind = draft.side_term is not None and sentence.line > draft.side_term.line
    if roles & role.IF and enters and not asks(sentence):
        return "condition"
    if (
        roles & role.NEGATION
        and roles & (role.ENTER | role.BUY | role.SELL)
        and roles & (role.UNTIL | role.NOW)
    ):
        return "negation"
    if sentence.line in draft.lines and roles & role.RESULT and not roles & role.OPEN_TARGET:
        return "result"
    if (
        behind
        and roles & role.RESULT
        and roles & (role.TP | role.ALL)
        and not roles & (role.IF | role.UNTIL | role.PLAN)
    ):
        return "result"
    if roles & role.REPORT and (
        roles & (role.RESULT | role.PAST | role.CLOSED) or (behind and _titled(sentence))
    ):
        return "report"
    if _closing_price(sentence):
        return "report"
    signed = any(
        t.numeral is not None and t.numeral.sign and t.numeral.unit == "pips" for t in sentence.terms
    )
    if signed and roles & role.REPORT:
        return "report"
    if (
        roles & role.OLD
        and roles & (role.PAST | role.FORWARDED | role.RESULT)
        and not _apart(draft, sentence)
    ):
        return "old"
    return ""


def _titled(sentence: Sentence) -> bool:
    """True for ``Result: ...``."""
    terms = sentence.terms
    return len(terms) > 1 and terms[1].text in ":=" and bool(terms[0].roles & role.REPORT)


def _apart(draft: Draft, sentence: Sentence) -> bool:
    """True if empty lines stand between a heading about earlier trades and the order."""
    return draft.side_term is not None and bool(draft.lines) and sentence.line < min(draft.lines) - 1


def _closing_price(sentence: Sentence) -> bool:
    """``Close 2401.30`` or ``Exit: 2401.30``: the line of a card about a trade that is over."""
    terms = [t for t in sentence.terms if t.kind is not kinds.PUNCT]
    return len(terms) >= 2 and bool(terms[0].roles & role.CLOSE) and terms[1].price


def _trigger_reason(draft: Draft, sentence: Sentence, trigger: Term, *, complete: bool) -> str:
    terms = sentence.terms
    terms = _without_heading(terms, trigger) if complete else terms
    if asks(sentence):
        return "question"
    used = {id(item.label) for item in (*draft.targets, *draft.stops, *draft.entries)}
    roles = NONE
    started = complete and not any(term.roles & role.FIRST_PERSON for term in terms)
    for term in terms:
        if started and term.roles & role.ACTIVATED:
            continue  # "Opened BUY ...": a forwarder's card of a trade that just began
        if id(term) in used:
            continue
        if term.roles & role.SIDE:
            roles |= term.roles & _TOLD_BY_SIDE
        else:
            roles |= term.roles if not term.roles & role.OPEN_TARGET else NONE
    reason = first_reason(roles, TRIGGER_ROLES if complete else BARE_ROLES)
    if reason in _OF_THE_PAST and complete and draft.now is not None and draft.now.clause == trigger.clause:
        # "London swept the low, so we buy GBPUSD now at ...": the story before it is past, the order is not
        own = joined(t for t in terms if t.clause == trigger.clause and id(t) not in used)
        reason = first_reason(own, TRIGGER_ROLES)
    if reason:
        return reason
    place = next(i for i, term in enumerate(terms) if term is trigger)
    if any(term.roles & role.HOLD and term.clause == trigger.clause for term in terms[:place]):
        return "hold"
    if draft.now is None and not draft.has_prices and _still_open(terms, trigger):
        return "hold"
    near = terms[max(0, place - 6) : place]
    if any(term.roles & role.NEGATION and term.clause == trigger.clause for term in near):
        return "negation"
    if any(t.numeral is not None and t.numeral.sign and t.numeral.unit in ("", "pips") for t in terms):
        return "result"
    # Behind a full order's side analysis gives its reason; before it, the side is part of the analysis.
    full = bool(draft.stops and draft.targets)
    mine = [t for t in terms if t.clause == trigger.clause and (not full or t.start < trigger.start)]
    if any(t.roles & role.ANALYSIS for t in mine):
        return "analysis"
    settled = draft.now is not None or (complete and draft.has_prices)
    refers = joined(t for t in terms[max(0, place - 2) : place] if t.clause == trigger.clause)
    if refers & role.REFERENCE and not settled:
        return "reference"
    return _person_reason(draft, terms, complete=complete)


def _ahead_reason(draft: Draft, sentence: Sentence, trigger: Term) -> str:
    """Refuse "below 1.0800 we sell": the price in front says when. With stop and target it is a stop order."""
    if draft.now is not None or draft.kind or (draft.stops and draft.targets):
        return ""
    if at_an_hour([t for t in sentence.terms if t.clause == trigger.clause and t.start < trigger.start]):
        return "plan"
    entries = [item for item in (*draft.prices, *draft.entries) if item.values]
    ahead = [item for item in entries if item.beyond and item.values[0].start < trigger.start]
    return "condition" if any(i.values[0].sentence == trigger.sentence for i in ahead) else ""


def _still_open(terms: list[Term], trigger: Term) -> bool:
    """True for "the gold buy is still open, SL 2308, TP 2340"; "buy and hold" opens."""
    own = [t for t in terms if t.clause == trigger.clause]
    return any(t.roles & role.HOLD and not before.roles & role.AND for before, t in pairwise(own))


def _person_reason(draft: Draft, terms: list[Term], *, complete: bool) -> str:
    """Telling what one does ("I sell gold") is no order; "now" or levels make it one."""
    personal = any(term.roles & role.FIRST_PERSON for term in terms)
    if personal and not complete and draft.now is None:
        return "talk"
    return ""


def _without_heading(terms: list[Term], trigger: Term) -> list[Term]:
    """Drop what stands before a colon in front of the side: a heading does not undo an order."""
    for place, term in enumerate(terms):
        if term is trigger:
            break
        if term.text == ":" and place + 1 < len(terms):
            rest = terms[place + 1 :]
            if any(t is trigger for t in rest):
                heading = joined(t for t in terms[:place] if not t.roles & role.ACTIVATED)
                if not heading & (
                    role.WAIT
                    | role.IF
                    | role.EXAMPLE
                    | role.GET_READY
                    | role.PAST
                    | role.RESULT
                    | role.OLD
                    | role.REPORT
                    | role.HOLD
                ):
                    return _without_heading(rest, trigger)
    return terms


def bare_words_reason(draft: Draft, terms: list[Term]) -> str:
    """An order without stop and target must consist of an order's words alone: refuse on any unknown word."""
    trigger = draft.side_term
    if trigger is None:
        return "no_side"
    if any(item.beyond for item in (*draft.prices, *draft.entries)):
        return "condition"
    again = any(term.roles & role.AGAIN for term in terms)
    if not again and any(not item.open_target for item in (*draft.targets, *draft.stops)):
        return "unclear_levels"  # labels whose values are missing
    if not draft.has_prices and any(t.fraction is not None and t.clause == trigger.clause for t in terms):
        return "talk"  # "sell half" speaks of a trade that is open
    column = sum(len(item.values) for item in draft.prices) >= _COLUMN
    for term in terms:
        if term.kind in (kinds.LINK, kinds.MENTION) and not column:
            return "advert"
        if not term.known and term.line == trigger.line:
            return "talk"
    unknown = sum(not term.known for term in terms)
    return "talk" if unknown > 2 else ""
