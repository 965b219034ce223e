"""What keeps talk talk: for every reading that could trade, the reasons why it must not.

A guard answers a short stable reason, or "" if nothing speaks against it. Reach: some words void a
whole message (an example, a quote), some their sentence (a condition, a question), some only their
clause (a negation, a past form).
"""

from __future__ import annotations

from itertools import pairwise

from signalos.parser.clauses import Sentence
from signalos.parser.drafts import Draft
from signalos.parser.hours import at_an_hour
from signalos.parser.kinds import Kind
from signalos.parser.term import Term

MESSAGE_ROLES = (("example", "example"), ("forwarded", "quote"), ("opinion", "question"), ("wait", "wait"))
"""(role, reason): void every order of the message wherever they stand."""

BARE_ROLES = (
    ("if", "condition"),
    ("question", "question"),
    ("negation", "negation"),
    ("past", "past_tense"),
    ("report", "report"),
    ("result", "result"),
    ("teaser", "advert"),
    ("advert", "advert"),
    ("plan", "plan"),
    ("get_ready", "get_ready"),
    ("optional", "optional"),
    ("either", "optional"),
    ("old", "old"),
    ("education", "education"),
    ("analysis", "analysis"),
    ("hold", "hold"),
    ("until", "condition"),
    ("activated", "result"),
    ("expired", "result"),
)
"""Speak against an order that states neither stop nor target, anywhere in its message."""

TRIGGER_ROLES = (
    ("if", "condition"),
    ("past", "past_tense"),
    ("report", "report"),
    ("result", "result"),
    ("plan", "plan"),
    ("optional", "optional"),
    ("either", "optional"),
    ("old", "old"),
    ("get_ready", "get_ready"),
    ("education", "education"),
    ("teaser", "advert"),
    ("expired", "result"),
)
"""Speak against an order if they stand in the sentence of its side."""

_COLUMN = 3
"""Prices without labels that make a full order: entry, stop, target."""
_FEWEST_OF_A_RECAP = 2
_TOLD_BY_SIDE = frozenset({"if", "past", "plan", "optional", "old", "result"})
_OF_THE_PAST = frozenset({"past_tense", "result", "report", "old"})


def first_reason(roles: set[str] | frozenset[str], table: tuple[tuple[str, str], ...]) -> str:
    """The reason of the first role of ``table`` that is present, or ""."""
    for role, reason in table:
        if role in roles:
            return reason
    return ""


def asks(sentence: Sentence) -> bool:
    """True for a question: a question mark, or a question word at the beginning."""
    if sentence.asks:
        return True
    first = next((term for term in sentence.terms if term.kind is Kind.WORD), None)
    return first is not None and "question" in first.roles


def message_reason(sentences: list[Sentence]) -> str:
    """Reason that voids every order of the message, or ""."""
    for sentence in sentences:
        reason = first_reason(sentence.roles, MESSAGE_ROLES)
        if reason == "wait" and {"if", "next"} & sentence.roles and "enter" not in sentence.roles:
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
        sentences = _since_the_next(trigger, sentences)
    reason = (
        message_reason(sentences)
        or _heading_reason(trigger, sentences)
        or _plan_reason(draft, trigger, sentences)
        or _recap_reason(sentences)
        or ("cancelled" if complete and _called_off(trigger, sentences) else "")
    )
    if reason:
        return reason
    if complete and _all_reached(draft, sentences):
        return "result"
    for sentence in sentences:
        own = any(term is trigger for term in sentence.terms)
        if own:
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


def _row(sentence: Sentence) -> bool:
    """True for a line that holds an order of its own."""
    return any(t.roles & {"buy", "sell"} for t in sentence.terms) and any(t.price for t in sentence.terms)


_FILLER = frozenset({"filler"})
_HEADINGS = (("old", "old"), ("expired", "result"), ("closed", "report"), ("standing", "report"))
_LONGEST_HEADING = 10
_HEADING_LINES = 2


def _heading_reason(trigger: Term, sentences: list[Sentence]) -> str:
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
    if any(t.price or t.roles & {"next", "now", "buy", "sell"} for t in heading.terms):
        return ""
    return first_reason(heading.roles, _HEADINGS)


def _plan_reason(draft: Draft, trigger: Term, sentences: list[Sentence]) -> str:
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
            and any(t.roles & {"plan", "get_ready"} for t in heading[:colon])
        ):
            return "plan"
    return ""


def _since_the_next(trigger: Term, sentences: list[Sentence]) -> list[Sentence]:
    """Leave out what is told before "Next one:", the heading of a full order: a story of an earlier trade."""
    own = next((i for i, s in enumerate(sentences) if any(t is trigger for t in s.terms)), 0)
    for place in (own, own - 1):
        terms = sentences[place].terms if place >= 0 else []
        heading = [t for t in terms if t.start < trigger.start]
        if len(heading) <= _LONGEST_HEADING and any(
            "next" in term.roles and after.text == ":" for term, after in pairwise(heading)
        ):
            return sentences[place:]
    return sentences


def _called_off(trigger: Term, sentences: list[Sentence]) -> bool:
    """True if a word alone behind the order takes it back: "... TP 2350 ❌ cancelled", "- VOID -"."""
    for sentence in sentences:
        if sentence.roles & {"if", "until"}:
            continue
        words = [t for t in sentence.terms if t.kind in (Kind.WORD, Kind.NUMBER) and t.roles != _FILLER]
        last = words[-1] if words else None
        if last is None or last.start < trigger.start or not last.roles & {"cancel", "void"}:
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
        if sentence.roles & {"buy", "sell"}:
            sides.add(sentence.line)
        if "result" in sentence.roles or sentence.marked:
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
        s.roles & {"old", "report", "result"}
        or any(t.numeral is not None and t.numeral.sign and t.numeral.unit == "pips" for t in s.terms)
        for s in beside
    )


def _other_sentence_reason(draft: Draft, sentence: Sentence) -> str:
    """A sentence beside a complete order voids it only if it speaks about entering."""
    roles = sentence.roles
    enters = bool(roles & {"enter", "buy", "sell"}) and not roles & {
        "sl",
        "tp",
        "close",
        "be",
        "move",
    }
    behind = draft.side_term is not None and sentence.line > draft.side_term.line
    if "if" in roles and enters and not asks(sentence):
        return "condition"
    if "negation" in roles and roles & {"enter", "buy", "sell"} and roles & {"until", "now"}:
        return "negation"
    if sentence.line in draft.lines and "result" in roles and "open_target" not in roles:
        return "result"
    if behind and "result" in roles and roles & {"tp", "all"} and not roles & {"if", "until", "plan"}:
        return "result"
    if "report" in roles and (roles & {"result", "past", "closed"} or (behind and _titled(sentence))):
        return "report"
    if _closing_price(sentence):
        return "report"
    signed = any(
        t.numeral is not None and t.numeral.sign and t.numeral.unit == "pips" for t in sentence.terms
    )
    if signed and "report" in roles:
        return "report"
    if "old" in roles and roles & {"past", "forwarded", "result"} and not _apart(draft, sentence):
        return "old"
    return ""


def _titled(sentence: Sentence) -> bool:
    """True for ``Result: ...``."""
    terms = sentence.terms
    return "report" in terms[0].roles and len(terms) > 1 and terms[1].text in ":="


def _apart(draft: Draft, sentence: Sentence) -> bool:
    """True if empty lines stand between a heading about earlier trades and the order."""
    return draft.side_term is not None and bool(draft.lines) and sentence.line < min(draft.lines) - 1


def _closing_price(sentence: Sentence) -> bool:
    """``Close 2401.30`` or ``Exit: 2401.30``: the line of a card about a trade that is over."""
    terms = [t for t in sentence.terms if t.kind is not Kind.PUNCT]
    return len(terms) >= 2 and "close" in terms[0].roles and terms[1].price


def _trigger_reason(draft: Draft, sentence: Sentence, trigger: Term, *, complete: bool) -> str:
    terms = sentence.terms
    terms = _without_heading(terms, trigger) if complete else terms
    if asks(sentence):
        return "question"
    used = {id(item.label) for item in (*draft.targets, *draft.stops, *draft.entries)}
    roles = set[str]()
    started = complete and not any("first_person" in term.roles for term in terms)
    for term in terms:
        if started and "activated" in term.roles:
            continue  # "Opened BUY ...": a forwarder's card of a trade that just began
        if id(term) in used:
            continue
        if term.roles & {"buy", "sell"}:
            roles |= term.roles & _TOLD_BY_SIDE
        else:
            roles |= term.roles if "open_target" not in term.roles else set()
    reason = first_reason(roles, TRIGGER_ROLES if complete else BARE_ROLES)
    if reason in _OF_THE_PAST and complete and draft.now is not None and draft.now.clause == trigger.clause:
        # "London swept the low, so we buy GBPUSD now at ...": the story before it is past, the order is not
        own = {r for t in terms if t.clause == trigger.clause and id(t) not in used for r in t.roles}
        reason = first_reason(own, TRIGGER_ROLES)
    if reason:
        return reason
    place = next(i for i, term in enumerate(terms) if term is trigger)
    if any("hold" in term.roles and term.clause == trigger.clause for term in terms[:place]):
        return "hold"
    if draft.now is None and not draft.has_prices and _still_open(terms, trigger):
        return "hold"
    near = terms[max(0, place - 6) : place]
    if any("negation" in term.roles and term.clause == trigger.clause for term in near):
        return "negation"
    if any(t.numeral is not None and t.numeral.sign and t.numeral.unit in ("", "pips") for t in terms):
        return "result"
    # Behind a full order's side analysis gives its reason; before it, the side is part of the analysis.
    full = bool(draft.stops and draft.targets)
    mine = [t for t in terms if t.clause == trigger.clause and (not full or t.start < trigger.start)]
    if any("analysis" in t.roles for t in mine):
        return "analysis"
    settled = draft.now is not None or (complete and draft.has_prices)
    refers = {r for t in terms[max(0, place - 2) : place] if t.clause == trigger.clause for r in t.roles}
    if "reference" in refers and not settled:
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
    return any("hold" in t.roles and "and" not in before.roles for before, t in pairwise(own))


def _person_reason(draft: Draft, terms: list[Term], *, complete: bool) -> str:
    """Telling what one does ("I sell gold") is no order; "now" or levels make it one."""
    personal = any("first_person" in term.roles for term in terms)
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
                heading = {role for t in terms[:place] if "activated" not in t.roles for role in t.roles}
                if not heading & {
                    "wait",
                    "if",
                    "example",
                    "get_ready",
                    "past",
                    "result",
                    "old",
                    "report",
                    "hold",
                }:
                    return _without_heading(rest, trigger)
    return terms


def bare_words_reason(draft: Draft, terms: list[Term]) -> str:
    """An order without stop and target must consist of an order's words alone: refuse on any unknown word."""
    trigger = draft.side_term
    if trigger is None:
        return "no_side"
    if any(item.beyond for item in (*draft.prices, *draft.entries)):
        return "condition"
    again = any("again" in term.roles for term in terms)
    if not again and any(not item.open_target for item in (*draft.targets, *draft.stops)):
        return "unclear_levels"  # labels whose values are missing
    if not draft.has_prices and any(t.fraction is not None and t.clause == trigger.clause for t in terms):
        return "talk"  # "sell half" speaks of a trade that is open
    column = sum(len(item.values) for item in draft.prices) >= _COLUMN
    for term in terms:
        if term.kind in (Kind.LINK, Kind.MENTION) and not column:
            return "advert"
        if not term.known and term.line == trigger.line:
            return "talk"
    unknown = sum(not term.known for term in terms)
    return "talk" if unknown > 2 else ""
