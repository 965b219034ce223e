"""The roles that a word can play, by what they are for. Language files use these names as keys.

A set of roles is an int with a bit for each: every word of a message is asked for roles many times, and an int
answers several times as fast as a set. Other modules import this one as ``role``: ``term.roles & role.SL``.
"""

from __future__ import annotations

from typing import TypeAlias

Roles: TypeAlias = int
"""A set of roles."""
NONE: Roles = 0

_ORDER = "buy sell enter limit stop stop_order pending now entry sl tp aim bail".split()
"""What an order is written with. ``stop`` alone is a stop loss or, right behind a side, a stop order."""
_PRICE = "zone between from to and or at approx above below open_target price".split()
"""What stands around prices."""
_NUMBERS = "pips lots ignore_value ordinal fraction percent instead_of replaced".split()
"""Words that say what a number is; after ``ignore_value`` a number is neither price nor pips.

``instead_of`` stands in front of the number that no longer counts, ``replaced`` behind it (Turkish "yerine")."""
_UPDATE = (
    "close out move be be_verb cancel part all wholly rest order_noun again reverse secure remove void "
    "risk_off this_one modified reduce let_run update"
).split()
"""What an open trade is changed with."""
_TALK = (
    "question if until past result advert negation plan wait optional hold example education analysis report "
    "old already opinion forwarded either get_ready next reference permission first_person timeframe "
    "activated expired teaser closed"
).split()
"""What marks talk, each with its own reach (see guards.py)."""
_OTHER = "filler header both against period standing".split()
"""Harmless words, and words of headings; ``period`` names a day, a week: who closes one closes no trade.

``standing`` names trades that run ("open positions"): as a heading it makes a list of what is read below it."""
_SIGNS = "emoji_sl emoji_tp".split()
"""What an emoji may stand for."""

_BITS = {
    name: 1 << place
    for place, name in enumerate([*_ORDER, *_PRICE, *_NUMBERS, *_UPDATE, *_TALK, *_OTHER, *_SIGNS])
}
ROLES: dict[str, Roles] = {name: _BITS[name] for name in _BITS if name not in _SIGNS}
"""Those that a language file may give to a word, each by its name."""

BUY, SELL, ENTER, LIMIT, STOP, STOP_ORDER, PENDING, NOW, ENTRY, SL, TP, AIM, BAIL = [
    _BITS[name] for name in _ORDER
]
ZONE, BETWEEN, FROM, TO, AND, OR, AT, APPROX, ABOVE, BELOW, OPEN_TARGET, PRICE = [
    _BITS[name] for name in _PRICE
]
PIPS, LOTS, IGNORE_VALUE, ORDINAL, FRACTION, PERCENT, INSTEAD_OF, REPLACED = [
    _BITS[name] for name in _NUMBERS
]
(
    CLOSE, OUT, MOVE, BE, BE_VERB, CANCEL, PART, ALL, WHOLLY, REST, ORDER_NOUN, AGAIN, REVERSE, SECURE, REMOVE,
    VOID, RISK_OFF, THIS_ONE, MODIFIED, REDUCE, LET_RUN, UPDATE
) = [_BITS[name] for name in _UPDATE]  # fmt: skip
(
    QUESTION, IF, UNTIL, PAST, RESULT, ADVERT, NEGATION, PLAN, WAIT, OPTIONAL, HOLD, EXAMPLE, EDUCATION,
    ANALYSIS, REPORT, OLD, ALREADY, OPINION, FORWARDED, EITHER, GET_READY, NEXT, REFERENCE, PERMISSION,
    FIRST_PERSON, TIMEFRAME, ACTIVATED, EXPIRED, TEASER, CLOSED
) = [_BITS[name] for name in _TALK]  # fmt: skip
FILLER, HEADER, BOTH, AGAINST, PERIOD, STANDING = [_BITS[name] for name in _OTHER]
EMOJI_SL, EMOJI_TP = [_BITS[name] for name in _SIGNS]

SIDE = BUY | SELL
LEVEL = SL | TP
LABEL = LEVEL | ENTRY


def of(words: str) -> Roles:
    """The roles that ``words`` names."""
    roles = NONE
    for name in words.split():
        roles |= _BITS[name]
    return roles


def first_reason(roles: Roles, table: tuple[tuple[Roles, str], ...]) -> str:
    """The reason of the first role of ``table`` that is present, or ""."""
    for bit, reason in table:
        if roles & bit:
            return reason
    return ""


def names(roles: Roles) -> list[str]:
    """The names of ``roles``, for a person."""
    return [name for name, bit in _BITS.items() if roles & bit]
