"""What the numbers of a message are: prices, distances, percentages, times, results, or noise."""

from __future__ import annotations

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.numbers import decimals
from signalos.parser.term import Term, joined

_LABELS = role.of("sl tp entry buy sell emoji_tp emoji_sl at to from zone")
_BEHIND = {
    "%": "percent",
    "٪": "percent",
    "x": "leverage",
    "r": "ratio",
    "h": "time",
    "m": "time",
    "hr": "time",
    "hrs": "time",
    "am": "time",
    "pm": "time",
    "min": "time",
    "mins": "time",
    "minutes": "time",
    "minute": "time",
    "hours": "time",
    "hour": "time",
    "days": "time",
    "day": "time",
    "gmt": "time",
    "utc": "time",
    "bps": "noise",
    "members": "noise",
    "traders": "noise",
    "signals": "noise",
    "trades": "noise",
}
_ORDINAL_ENDINGS = frozenset({"st", "nd", "rd", "th"})
_CUT = frozenset({"xx", "xxx", "xxxx", "x"})
_JOINED_LIMIT = 3
_RESULT_DIGITS = 3
_MOST_LOTS = 100
_LOT_DECIMALS = 3
_LEAST_BEFORE = 2
"""Terms in front of a number that takes the place of another: that other and "not"."""
_TAKEN_BACK = role.NEGATION | role.INSTEAD_OF
_COLONS = frozenset(":=@-")
_FAR = 5
_LEAST_PRICE = 10


def mark_units(terms: list[Term]) -> None:
    """Set unit and sign of every number that is no price. One pass with a look at the neighbours."""
    numbers = [place for place, term in enumerate(terms) if term.numeral is not None]
    if not numbers:
        return
    for place in numbers:
        _mark_one(terms, place)
    for place in numbers:
        if place > _LEAST_BEFORE and terms[place - 1].roles & _TAKEN_BACK == _TAKEN_BACK:
            _settle_not(terms, place - 1)
    if joined(terms) & role.IGNORE_VALUE:
        _mark_after_ignored(terms)


def _settle_not(terms: list[Term], place: int) -> None:
    """Let the "not" of "TP 2349, not 2340" take the second number back instead of denying the whole."""
    term = terms[place]
    before = terms[place - 2 if terms[place - 1].text == "," else place - 1]
    after = terms[place + 1]
    if before.numeral is not None and after.numeral is not None and before.line == after.line:
        term.roles = role.INSTEAD_OF


def _mark_one(terms: list[Term], place: int) -> None:
    term = terms[place]
    numeral = term.numeral
    if numeral is None or numeral.unit:
        return
    before = terms[place - 1] if place else None
    after = terms[place + 1] if place + 1 < len(terms) else None
    if before is not None and before.line == term.line and term.glued:
        if before.text in "%٪" and not before.glued and (after is None or after.text not in "%٪"):
            term.numeral = numeral.with_unit("percent")  # "%50", as Turkish writes it
            return
        _signed(terms, place, before)
    if after is not None and after.line == term.line:
        if _behind(terms, place, after):
            return
        _clock_or_ratio(terms, place, after, before)


def _behind(terms: list[Term], place: int, after: Term) -> bool:
    """A unit written behind the number."""
    term = terms[place]
    numeral = term.numeral
    if numeral is None:
        return False
    unit = _BEHIND.get(after.text)
    if after.roles & role.PIPS:
        unit = "pips"
    elif after.text == "p" and after.glued:
        unit = "pips"
    elif after.roles & role.PERCENT:
        unit = "percent"
    elif after.text == "-" and after.glued and _pips_behind(terms, place + 1):
        unit = "pips"  # "a 25-pip stop"
    elif after.glued and (after.text in _CUT or after.text in "*?") and len(numeral.digits) >= 2:
        marks = after.text if after.text != "x" else ""
        if place and terms[place - 1].text == "*":
            return False  # bold in a chat's markup
        if marks or (
            place and terms[place - 1].roles & (role.SL | role.TP | role.ENTRY | role.BUY | role.SELL)
        ):
            unit = "cut"
    elif after.glued and after.text in _ORDINAL_ENDINGS and numeral.whole and numeral.value <= 20:
        term.ordinal = after.ordinal = int(numeral.value)
        unit = "ordinal"
        after.roles = role.FILLER
    elif (
        after.text == "@"
        and not _numbers_a_label(terms, place)
        and numeral.value <= _MOST_LOTS
        and _price_far_above(terms, place)
    ):
        unit = "lots"  # "BUY 0.50 @ 3342.18"
    elif (after.roles & role.LOTS and _counts_lots(terms, place)) or (
        after.symbol is not None and _lots_before_symbol(terms, place)
    ):
        unit = "lots"  # "0.5 lots", "SELL 0.01 GOLD 2410"
    if unit is None:
        return False
    if (
        unit in ("leverage", "ratio", "time")
        and len(after.text) <= 2
        and not after.glued
        and after.text in "xrhm"
    ):
        return False
    if unit == "time":
        _minutes(terms, place)
    if after.kind is kinds.WORD and not after.roles:
        after.roles = role.FILLER
    term.numeral = numeral.with_unit(unit)
    return True


def _minutes(terms: list[Term], place: int) -> None:
    """Take the 30 of "18h30" as time too."""
    minutes = terms[place + 2] if place + 2 < len(terms) else None
    if (
        minutes is not None
        and minutes.glued
        and terms[place + 1].text == "h"
        and minutes.numeral is not None
    ):
        minutes.numeral = minutes.numeral.with_unit("time")


def _counts_lots(terms: list[Term], place: int) -> bool:
    """True for "0.5 lots"; false for "TP 29.80 small lot" and "sell at 30.20, lot 0.02", whose number is a price."""
    numeral = terms[place].numeral
    if numeral is None or numeral.value > _MOST_LOTS or decimals(numeral) > _LOT_DECIMALS:
        return False
    line = terms[place].line
    behind = [t for t in terms[place + 2 : place + 5] if t.line == line and t.text not in _COLONS]
    own = behind[0].numeral if behind else None
    if own is not None and numeral.value >= _FAR * own.value:
        return False
    before = next((t for t in reversed(terms[max(0, place - 3) : place]) if t.text not in _COLONS), None)
    labelled = before is not None and before.line == line and before.roles & role.LEVEL
    return not labelled or (not behind and numeral.value < _LEAST_PRICE)


def _lots_before_symbol(terms: list[Term], place: int) -> bool:
    """True for the 0.01 of "SELL 0.01 GOLD 2410", and where every later number is far above it."""
    numeral = terms[place].numeral
    if (
        numeral is None
        or numeral.value >= _LEAST_PRICE
        or not place
        or not terms[place - 1].roles & role.SIDE
    ):
        return False
    later = [t.numeral.value for t in terms[place + 2 : place + 40] if t.numeral is not None]
    line = terms[place].line
    near = [
        t.numeral.value for t in terms[place + 2 : place + 6] if t.numeral is not None and t.line == line
    ]
    return any(value > numeral.value for value in near) or (
        bool(later) and all(value >= _FAR * numeral.value for value in later)
    )


def _price_far_above(terms: list[Term], place: int) -> bool:
    second = terms[place + 2] if place + 2 < len(terms) else None
    numeral = terms[place].numeral
    if second is None or second.numeral is None or numeral is None or second.line != terms[place].line:
        return False
    return second.numeral.value >= _FAR * numeral.value


def _pips_behind(terms: list[Term], place: int) -> bool:
    following = terms[place + 1] if place + 1 < len(terms) else None
    return following is not None and following.glued and bool(following.roles & role.PIPS)


def _clock_or_ratio(terms: list[Term], place: int, after: Term, before: Term | None) -> bool:
    """``14:30``, ``1:2.4`` and ``12/05/2024``: both numbers are no prices."""
    numeral = terms[place].numeral
    if numeral is None or place + 2 >= len(terms):
        return False
    second = terms[place + 2]
    if second.numeral is None or second.line != terms[place].line:
        return False
    on_word = terms[place].glued and before is not None and before.kind is kinds.WORD
    if after.text == ":" and not on_word and numeral.whole and numeral.value < 25:
        labelled = _numbers_a_label(terms, place)
        close = second.glued and after.glued
        if close and len(second.numeral.raw) == 2 and second.numeral.whole and not labelled:
            return _set(terms, place, second, "time")
        if numeral.value <= 10 and second.numeral.value <= 20 and not labelled:
            return _set(terms, place, second, "ratio")
    if after.text == "/" and after.glued and second.glued and numeral.whole and numeral.value <= 31:
        third = terms[place + 4] if place + 4 < len(terms) and terms[place + 3].text == "/" else None
        if third is not None and third.numeral is not None and second.numeral.value <= 31:
            third.numeral = third.numeral.with_unit("date")
            return _set(terms, place, second, "date")
    return False


def _numbers_a_label(terms: list[Term], place: int) -> bool:
    """True for the 1 of "TP 1: 2400", "entry_1: 2390"."""
    for term in reversed(terms[max(0, place - 2) : place]):
        if term.line != terms[place].line:
            return False
        if term.roles & (
            role.TP | role.SL | role.ENTRY | role.LIMIT | role.EMOJI_TP | role.AIM | role.BAIL
        ):
            return True
        if term.text not in "_#.-":
            return False
    return False


def _set(terms: list[Term], place: int, second: Term, unit: str) -> bool:
    first = terms[place]
    if first.numeral is not None and second.numeral is not None:
        first.numeral = first.numeral.with_unit(unit)
        second.numeral = second.numeral.with_unit(unit)
    return True


def _signed(terms: list[Term], place: int, before: Term) -> None:
    """``+130`` and ``-50`` are results; a dash between two prices or behind a label is none."""
    numeral = terms[place].numeral
    if numeral is None or before.text not in ("+", "-"):
        if before.text == "#" and numeral is not None and not _after_label(terms, place - 1):
            terms[place].numeral = numeral.with_unit("noise")
        return
    if before.text == "+":
        terms[place].numeral = numeral.with_sign("+")
        return
    earlier = terms[place - 2] if place > 1 and terms[place - 2].line == before.line else None
    if earlier is None:
        return
    if earlier.kind is kinds.EMOJI and len(numeral.digits) <= _RESULT_DIGITS:
        terms[place].numeral = numeral.with_sign("-")  # "SL ❌ -120"
        return
    ranged = earlier.numeral is not None and (before.glued or earlier.numeral.unit == "")
    if not ranged and not before.glued and not earlier.roles & _LABELS:
        terms[place].numeral = numeral.with_sign("-")


def _after_label(terms: list[Term], place: int) -> bool:
    return place > 0 and bool(terms[place - 1].roles & (role.TP | role.SL | role.ENTRY | role.EMOJI_TP))


def _mark_after_ignored(terms: list[Term]) -> None:
    """Numbers behind ``Risk``, ``Lot``, ``Leverage`` and the like are noise up to the next label or line."""
    ignoring = False
    seen = 0
    for place, term in enumerate(terms):
        if term.kind is kinds.BREAK:
            ignoring = False
            continue
        if term.roles & (role.SL | role.TP | role.BUY | role.SELL) or (
            term.roles & role.ENTRY and not term.roles & role.IGNORE_VALUE
        ):
            ignoring = False
        elif term.roles & role.IGNORE_VALUE and not term.roles & role.TP:
            before = terms[place - 1].numeral if place else None
            after = terms[place + 1] if place + 1 < len(terms) else None
            price_next = after is not None and (after.numeral is not None or after.roles & role.AT)
            sized = term.roles & role.LOTS and before is not None and before.unit == "lots" and price_next
            ignoring, seen = not sized, 0  # "0.5 lots 2330": the word's number stands before it
        elif ignoring and term.numeral is not None:
            seen += 1
            if term.numeral.unit == "" and seen <= _JOINED_LIMIT:
                term.numeral = term.numeral.with_unit("noise")
        elif ignoring and (term.text in (",", ";", ")") or (term.text == "." and not term.glued)):
            ignoring = False
        elif ignoring and term.kind is kinds.WORD and not term.roles:
            ignoring = seen == 0
