"""The forms of update clauses: what makes one a close, a cancel or a break-even, and what it states."""

from __future__ import annotations

from decimal import Decimal

from signalos.domain.signal import Open, Side
from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.clauses import Clause, Sentence
from signalos.parser.prices import far
from signalos.parser.term import Term, joined


def message_symbols(sentences: list[Sentence]) -> list[str]:
    """Symbols that the message names, in order."""
    return list(dict.fromkeys(t.symbol for s in sentences for t in s.terms if t.symbol is not None))


def anchor_of(known: Open | None) -> Decimal | None:
    """A price of the signal that new levels lie near: its entry, else its stop or first target."""
    if known is None:
        return None
    if known.entry:
        return known.entry[0]
    return known.stop_loss or (known.take_profits[0] if known.take_profits else None)


def completed(digits: str, price: Decimal, anchor: Decimal | None) -> Decimal:
    """A price written short takes the leading digits of the signal's entry if it lands within 2 %."""
    if anchor is None or not far(price, anchor):
        return price
    whole = str(anchor)
    bare = "".join(c for c in whole if c.isdecimal())
    if len(digits) >= len(bare) or len(digits) < 2:
        return price
    exponent = anchor.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) else 0
    candidate = Decimal(bare[: -len(digits)] + digits).scaleb(-decimals)
    return candidate if abs(candidate - anchor) <= anchor * Decimal("0.02") else price


def has_price(clause: Clause) -> bool:
    """True if a number stands in the clause that may be a price (small counts aside)."""
    return any(
        t.price and t.numeral is not None and not (t.numeral.whole and t.numeral.value <= 100)
        for t in clause.terms
    )


def share_in_percent(clause: Clause) -> Decimal | None:
    """Share stated in percent, as a fraction."""
    for term in clause.terms:
        if term.numeral is None or term.numeral.unit != "percent" or term.numeral.sign:
            continue
        share = term.numeral.value
        if 0 < share <= 100 and share == int(share):
            return share / 100
    return None


def written_ratio(clause: Clause) -> Decimal | None:
    """``1/2``, ``1/3`` written with digits."""
    terms = clause.terms
    for place in range(len(terms) - 2):
        ratio = _ratio(terms[place : place + 3])
        if ratio is not None:
            return ratio
    return None


def _ratio(terms: list[Term]) -> Decimal | None:
    """The share that begins ``terms``."""
    if len(terms) < 3 or terms[0].numeral is None or terms[1].text != "/" or terms[2].numeral is None:
        return None
    top, bottom = terms[0].numeral.value, terms[2].numeral.value
    return top / bottom if 0 < top < bottom <= 10 else None


def counts_lots(clause: Clause) -> bool:
    """True for "close 0.05 of your 0.10 lots": a part, though which is not known here."""
    return any(t.numeral is not None and t.numeral.unit == "lots" for t in clause.terms)


def side_of(clause: Clause) -> Side | None:
    """The side that the clause names first."""
    return side_of_terms(clause.terms)


def side_of_terms(terms: list[Term]) -> Side | None:
    """The side that is named first."""
    for term in terms:
        if term.roles & role.SIDE == role.BUY:
            return Side.BUY
        if term.roles & role.SIDE == role.SELL:
            return Side.SELL
    return None


def plural_side(clause: Clause) -> bool:
    """True for "buys", "longs": all of that side."""
    return any(t.roles & role.SIDE and t.text.endswith("s") for t in clause.terms)


def plural(clause: Clause) -> bool:
    """True if the clause speaks about orders or positions by that name."""
    return bool(clause.roles & (role.ORDER_NOUN | role.PENDING | role.LIMIT))


def risk_off(clause: Clause) -> bool:
    """True if the clause asks to take the risk away."""
    return bool(clause.roles & role.RISK_OFF)


def only_known(clause: Clause) -> bool:
    """True if no word of the clause is unknown."""
    return all(term.known for term in clause.terms)


_ARTICLES = role.FILLER | role.REFERENCE
_TOLD_OF_STOPS = role.of("result past closed activated above below permission")
_RISK_AWAY = role.BE | role.BE_VERB | role.RISK_OFF
"""Roles of a phrase that asks to take the risk away by itself: "no more risk"."""


def _auxiliary(term: Term, clause: Clause) -> bool:
    """True for the verb in "stops may be hit"."""
    if term.text != "be":
        return False
    following = clause.terms[clause.terms.index(term) + 1 :][:1]
    return any(t.kind is kinds.WORD and t.roles & _TOLD_OF_STOPS for t in following)


def _names_only(terms: list[Term]) -> bool:
    """True for symbols and the little words around them."""
    named = [t for t in terms if t.symbol is not None]
    return bool(named) and all(t.symbol is not None or t.roles & role.FILLER for t in terms)


def is_break_even(clause: Clause) -> bool:
    """A stop at the entry as the wanted state, or a break-even word as command."""
    roles = clause.roles
    if (
        roles & role.TP
        and not roles & role.RESULT
        and not any(t.roles & role.TP and t.roles & role.BE for t in clause.terms)
    ):
        return False
    be_terms = [t for t in clause.terms if t.roles & role.BE and not _auxiliary(t, clause)]
    strong = [t for t in be_terms if not t.roles & role.ENTRY]
    if not be_terms:
        return False
    stops = [t for t in clause.terms if t.roles & role.SL]
    if stops:
        return True
    if any("no more" in t.text or t.roles & _RISK_AWAY == _RISK_AWAY for t in strong):
        return True
    others = joined(t for t in clause.terms if t not in strong)
    told = roles & (role.RESULT | role.CLOSED | role.OUT) and not roles & role.MOVE
    if told or (
        roles & role.ORDER_NOUN
        and not others & (role.MOVE | role.BE_VERB | role.NOW | role.ALL | role.CLOSE)
    ):
        return False
    if not strong:
        moved = roles & role.MOVE and roles & role.TO and not roles & role.ENTER
        return bool(moved) and only_known(clause)
    if all(t.roles & role.RISK_OFF for t in strong):
        commanding = roles & (role.MOVE | role.BE_VERB) or any("no more" in t.text for t in strong)
        return bool(commanding)
    if strong[0].text == "be" and len(clause.terms) > 1 and not roles & (role.MOVE | role.NOW):
        if clause.terms[0] is strong[0] and _names_only(clause.terms[1:]):
            return True  # "BE on EURUSD please"
        return clause.terms[-1] is strong[0] and only_known(clause) and not roles & role.LIMIT
    if roles & (role.MOVE | role.BE_VERB | role.NOW | role.CLOSE | role.ALL):
        return True
    return only_known(clause)


def is_cancel(clause: Clause) -> bool:
    """An order or signal is called off."""
    roles = clause.roles
    counted = any(t.numeral is not None for t in clause.terms)  # "2 losers, 1 cancelled"
    if (
        roles & role.CANCEL
        and not counted
        and not _levels_named(clause)
        and not roles & (role.RISK_OFF | role.IGNORE_VALUE)
    ):
        verbs = [t for t in clause.terms if t.roles & role.CANCEL]
        pure = any(not t.roles & (role.CLOSE | role.MOVE) for t in verbs)
        noun = bool(roles & (role.ORDER_NOUN | role.PENDING | role.LIMIT | role.BUY | role.SELL)) or any(
            t.symbol is not None for t in clause.terms
        )
        waiting = bool(roles & (role.PENDING | role.LIMIT | role.STOP_ORDER))
        if pure and (noun or only_known(clause)):
            return True
        return waiting and not joined(t for t in verbs if t.text == "close") & role.CLOSE
    return bool(roles & role.VOID and roles & role.ORDER_NOUN) and only_known(clause)


def _levels_named(clause: Clause) -> bool:
    """True if a stop or target is named; the "stop" of a buy stop is none."""
    for place, term in enumerate(clause.terms):
        behind_side = place > 0 and clause.terms[place - 1].roles & role.SIDE and term.roles & role.STOP
        if term.roles & role.LEVEL and not behind_side:
            return True
    return False


def _unknown_object(behind: list[Term]) -> bool:
    """True for "close your seat now": what stands right behind the verb is nothing that trades."""
    near = True
    for term in behind:
        if term.kind is not kinds.WORD or term.roles & ~_ARTICLES:
            return bool(term.roles & role.ADVERT) or (near and bool(term.roles & role.PERIOD))
        if not term.known:
            return True
        near = near and bool(term.roles & role.REFERENCE)  # "close the week", but "close for the day"
    return False


def is_close(clause: Clause) -> bool:
    """A position is closed, wholly or in part."""
    roles = clause.roles
    if not roles & (role.CLOSE | role.OUT) or roles & role.SL:
        return False
    ordered = clause.terms[0].roles & role.CLOSE and roles & role.ALL  # "close all before the bank speaks"
    lead = next((t for t in clause.terms if not t.roles & (role.PERMISSION | role.FILLER)), clause.terms[0])
    won = roles & role.RESULT and not (
        lead.roles & role.CLOSE and not lead.roles & role.RESULT and roles & role.NOW
    )  # "close it in profit now"
    if (roles & role.ANALYSIS and not ordered) or won or roles & (role.TIMEFRAME | role.ABOVE | role.BELOW):
        return False
    verbs = [t for t in clause.terms if t.roles & (role.CLOSE | role.OUT)]
    if not verbs:
        return False  # its only verb turned out to name a level ("exit 2410")
    first = verbs[0]
    behind = clause.terms[clause.terms.index(first) + 1 :]
    if behind and behind[0].price and not roles & role.NOW and _ratio(behind) is None:
        return False  # "Close 2401.30" is a card's line
    if _unknown_object(behind):
        return False
    if roles & role.TP and not any(
        "profit" in t.text or t.roles & (role.ORDER_NOUN | role.SECURE)
        for t in clause.terms
        if t.roles & role.TP
    ):
        return False
    noun = bool(
        roles
        & (
            role.ORDER_NOUN
            | role.ALL
            | role.WHOLLY
            | role.REST
            | role.PART
            | role.FRACTION
            | role.NOW
            | role.BUY
            | role.SELL
        )
    ) or any(t.symbol is not None for t in clause.terms)
    if first.roles & role.CLOSE and not first.roles & (
        role.MOVE | role.SECURE | role.ENTER | role.RESULT | role.TP
    ):
        return noun or share_in_percent(clause) is not None or only_known(clause)
    if first.roles & role.OUT:
        return noun and only_known(clause)
    return (
        noun
        and bool(roles & (role.ORDER_NOUN | role.FRACTION | role.PART | role.REST))
        and only_known(clause)
    )
