"""How many decimals a symbol's price has."""

from __future__ import annotations

import re

from signalos.domain.symbols import is_currency_pair

_DIGITS = {
    "XAUUSD": 3,
    "XAGUSD": 4,
    "US30": 2,
    "NAS100": 2,
    "SPX500": 2,
    "GER40": 2,
    "UK100": 2,
    "USOIL": 3,
    "UKOIL": 3,
    "BTCUSD": 2,
    "ETHUSD": 2,
}
_SUFFIX = re.compile(r"^([._#-][A-Za-z0-9._#-]{0,7}|[a-z]{1,4})?$")


def canonical_of(name: str) -> str | None:
    """Return the known symbol inside a broker's spelling (``EURUSDm``, ``XAUUSD.a``), None if none is.

    A suffix is up to four small letters, or a mark (``. _ # -``) and what follows it.
    """
    if name == "GOLD":
        return "XAUUSD"
    for length in range(len(name), 3, -1):
        head = name[:length]
        if (head in _DIGITS or is_currency_pair(head)) and _SUFFIX.match(name[length:]):
            return head
    return None


def price_digits(name: str) -> int:
    """Decimals of prices of ``name``; 5 where no convention is known.

    As finely as the recordings at hand: 5 for currency pairs (3 where the yen or forint is quoted),
    3 for gold, 2 for indices. A price with more decimals is rounded half up to these.
    """
    symbol = canonical_of(name) or name
    if symbol in _DIGITS:
        return _DIGITS[symbol]
    return 3 if symbol.endswith(("JPY", "HUF")) else 5
