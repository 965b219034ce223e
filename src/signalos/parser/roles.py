"""The roles that a word can play, by what they are for. Language files use these names as keys."""

from __future__ import annotations

ORDER = frozenset(
    {
        "buy",
        "sell",
        "enter",
        "limit",
        "stop",
        "stop_order",
        "pending",
        "now",
        "entry",
        "sl",
        "tp",
        "aim",
        "bail",
    }
)
"""What an order is written with. ``stop`` alone is a stop loss or, right behind a side, a stop order."""

PRICE = frozenset(
    {"zone", "between", "from", "to", "and", "or", "at", "approx", "above", "below", "open_target", "price"}
)
"""What stands around prices."""

NUMBERS = frozenset(
    {"pips", "lots", "ignore_value", "ordinal", "fraction", "percent", "instead_of"} | {"replaced"}
)
"""Words that say what a number is; after ``ignore_value`` a number is neither price nor pips.

``instead_of`` stands in front of the number that no longer counts, ``replaced`` behind it (Turkish "yerine")."""

UPDATE = frozenset(
    {
        "close",
        "out",
        "move",
        "be",
        "be_verb",
        "cancel",
        "part",
        "all",
        "wholly",
        "rest",
        "order_noun",
        "again",
        "reverse",
    }
    | {"secure", "remove", "void", "risk_off", "this_one", "modified", "reduce", "let_run", "update"}
)
"""What an open trade is changed with."""

TALK = frozenset(
    {"question", "if", "until", "past", "result", "advert", "negation", "plan", "wait", "optional", "hold"}
    | {"example", "education", "analysis", "report", "old", "already", "opinion", "forwarded", "either"}
    | {
        "get_ready",
        "next",
        "reference",
        "permission",
        "first_person",
        "timeframe",
        "activated",
        "expired",
        "teaser",
        "closed",
    }
)
"""What marks talk, each with its own reach (see guards.py)."""

OTHER = frozenset({"filler", "header", "both", "against", "period", "standing"})
"""Harmless words, and words of headings; ``period`` names a day, a week: who closes one closes no trade.

``standing`` names trades that run ("open positions"): as a heading it makes a list of what is read below it."""

ROLES = ORDER | PRICE | NUMBERS | UPDATE | TALK | OTHER

NONE: frozenset[str] = frozenset()
