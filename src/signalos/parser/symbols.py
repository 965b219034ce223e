"""Which instrument a word names: canonical names, broker spellings, nicknames, slips of the pen."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from signalos.domain.symbols import CURRENCIES, is_currency_pair

_MAJORS = frozenset("USD EUR GBP JPY CHF AUD NZD CAD".split())
_PAIR_LETTERS = 6
LONGEST_HALF = 9
"""Letters of a word that may be half of a pair."""
_QUOTES = ("usdt", "usdc", "usd", "busd", "perp")


@dataclass(frozen=True, slots=True)
class Range:
    """Orders of magnitude a price of the symbol has; only a tie-breaker between readings of a numeral."""

    low: Decimal
    high: Decimal

    def holds(self, price: Decimal) -> bool:
        return self.low <= price <= self.high


_YEN = Range(Decimal(40), Decimal(400))
_PAIR = Range(Decimal("0.2"), Decimal(40))


@dataclass(slots=True)
class SymbolTable:
    """Names -> canonical symbols. Built once from symbols.toml, then read only."""

    names: dict[str, str]
    ranges: dict[str, Range]
    coins: frozenset[str]
    suffixes: frozenset[str]
    prefixes: frozenset[str]
    ordinary_words: frozenset[str]
    compounds: frozenset[str]
    weak: frozenset[str]
    """Names that are words of their own too: they need a $ or #, or a side beside them."""
    _found: dict[str, str | None] = field(default_factory=dict)
    _beginnings: frozenset[str] | None = None

    @classmethod
    def from_document(cls, document: dict[str, Any]) -> SymbolTable:
        """Build from the parsed symbols.toml."""
        names: dict[str, str] = {}
        ranges: dict[str, Range] = {}
        for symbol, entry in document["symbols"].items():
            names[symbol.lower()] = symbol
            for name in entry.get("names", []):
                names[name] = symbol
            low, high = entry["range"]
            ranges[symbol] = Range(Decimal(str(low)), Decimal(str(high)))
        coins = frozenset(document["coins"]["codes"])
        for coin in coins:
            names.setdefault(coin, coin.upper() + "USD")
        for name, coin in document["coins"]["names"].items():
            names[name] = coin.upper() + "USD"
        weak = {name for name in names if len(name) <= 2} | set(document["coins"]["also_words"])
        return cls(
            names=names,
            ranges=ranges,
            coins=coins,
            suffixes=frozenset(document["broker"]["suffixes"]),
            prefixes=frozenset(document["broker"]["prefixes"]),
            ordinary_words=frozenset(document["typos"]["ordinary_words"]),
            compounds=frozenset(n for n in names if any(c.isdecimal() for c in n)),
            weak=frozenset(weak),
        )

    def __contains__(self, symbol: object) -> bool:
        if not isinstance(symbol, str):
            return False
        coin = symbol.removesuffix("USD").lower()
        return symbol in self.ranges or is_currency_pair(symbol) or coin in self.coins

    def find(self, word: str) -> str | None:
        """Return the canonical symbol that ``word`` (lower case) names exactly, else None."""
        if word in self._found:
            return self._found[word]
        found = self._find(word)
        if len(self._found) < 20_000:
            self._found[word] = found
        return found

    def _find(self, word: str) -> str | None:
        if word in self.names:
            return self.names[word]
        if len(word) < 5 or len(word) > 16 or not word.isascii():
            return None
        pair = word[:6].upper()
        if is_currency_pair(pair) and (len(word) == 6 or word[6:] in self.suffixes):
            return pair
        for quote in _QUOTES:
            if word.endswith(quote) and word[: -len(quote)] in self.coins:
                return word[: -len(quote)].upper() + "USD"
        for suffix_size in (1, 2, 3, 4, 5):
            if word[-suffix_size:] in self.suffixes:
                stem = word[:-suffix_size]
                if len(stem) >= 4 and stem in self.names and not stem.isalpha():
                    return self.names[stem]
                if len(stem) == 6 and stem in self.names:
                    return self.names[stem]
        for prefix in self.prefixes:
            if word.startswith(prefix):
                rest = word[len(prefix) :]
                if len(rest) == 6 and (rest in self.names or is_currency_pair(rest.upper())):
                    return self.names.get(rest, rest.upper())
        return None

    def pair(self, first: str, second: str) -> str | None:
        """Return the symbol of two words written as a pair (``eur`` ``usd``, ``ada`` ``usdt``), else None."""
        if len(first) + len(second) == _PAIR_LETTERS and is_currency_pair(
            symbol := (first + second).upper()
        ):
            return symbol
        if second in _QUOTES and second != "perp":
            if first in self.coins:
                return first.upper() + "USD"
            named = self.names.get(first)
            if named is not None and named.endswith("USD"):
                return named
        return self.names.get(first + second)

    def may_begin(self, word: str) -> bool:
        """False if ``word`` can be no first half for ``pair``, whatever stands behind it."""
        if not 2 <= len(word) <= LONGEST_HALF:
            return False
        return (
            word in self.coins or word in self.names or word in self._halves() or _begins_pair(word.upper())
        )

    def _halves(self) -> frozenset[str]:
        """Beginnings of names."""
        if self._beginnings is None:
            self._beginnings = frozenset(name[:size] for name in self.names for size in range(2, len(name)))
        return self._beginnings

    def guess(self, word: str) -> str | None:
        """Return the one symbol whose name is one slip away from ``word``: a letter wrong, missing, extra or swapped.

        Ordinary words are no slips. Two symbols equally near: None.
        """
        if not 4 <= len(word) <= 9 or word in self.ordinary_words or not word.isascii():
            return None
        if len(word) == _COIN_AND_LETTER and word[1:].upper() in CURRENCIES:
            return None  # "DUSD" is an instrument of its own
        found: set[str] = set()
        for slip in _slips(word):
            symbol = self.names.get(slip) if len(slip) >= 4 else None
            if symbol is None and len(slip) == 6 and is_currency_pair(slip.upper()):
                symbol = slip.upper()
            if symbol is not None:
                found.add(symbol)
        if len(found) > 1:  # "gbpsud" is GBPUSD rather than GBPSGD
            found = {s for s in found if not is_currency_pair(s) or {s[:3], s[3:]} <= _MAJORS}
        return found.pop() if len(found) == 1 else None

    def range_of(self, symbol: str | None) -> Range | None:
        """Usual order of magnitude of the symbol's price; None if unknown."""
        if symbol is None:
            return None
        known = self.ranges.get(symbol)
        if known is None and is_currency_pair(symbol):
            return _YEN if symbol.endswith("JPY") else _PAIR
        return known


def _begins_pair(letters: str) -> bool:
    """True if a pair of currencies begins with ``letters``."""
    first, second = letters[:3], letters[3:]
    return any(code.startswith(first) for code in CURRENCIES) and (
        not second or any(code.startswith(second) for code in CURRENCIES)
    )


_COIN_AND_LETTER = 4
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def _slips(word: str) -> set[str]:
    """Every spelling one slip away from ``word``."""
    splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
    swapped = {a + b[1] + b[0] + b[2:] for a, b in splits if len(b) > 1}
    missing = {a + b[1:] for a, b in splits if b}
    wrong = {a + c + b[1:] for a, b in splits if b for c in _LETTERS}
    extra = {a + c + b for a, b in splits for c in _LETTERS}
    return swapped | missing | wrong | extra


__all__ = ["CURRENCIES", "Range", "SymbolTable"]
