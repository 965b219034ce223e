"""What a user knows about how one channel writes, laid over the languages.

``overlay`` is cheap: the profile's words get a small trie of their own beside that of the languages,
nothing is copied. ``profile_check`` says whether a profile can be used, ``profile_document`` reads one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.lexer import lex
from signalos.parser.meaning import Meaning
from signalos.parser.normalise import normalise, plain
from signalos.parser.roles import NONE, ROLES
from signalos.parser.term import Term
from signalos.parser.vocabulary import PROFILE, Languages, Node

ROLE_TEXTS: dict[str, str] = {
    "buy": "buy",
    "sell": "sell",
    "entry": "entry price",
    "sl": "stop loss",
    "tp": "target",
    "limit": "limit order",
    "stop_order": "stop order",
    "now": "at market",
    "open_target": "target left open",
    "pips": "pips",
    "close": "close",
    "part": "a part of it",
    "be": "break even",
    "cancel": "cancel",
    "again": "once more",
    "ignore_value": "a number that is no price",
    "result": "tells a result",
    "filler": "means nothing",
}
"""The roles that a channel's own words can play, in plain words."""

_TOGETHER = {"be": (role.BE | role.BE_VERB)}
PRICE_STYLES = ("auto", "decimal_point", "decimal_comma")
LONGEST_PHRASE = 8
"""Words of a phrase; what is longer never matches (see tagging)."""


@dataclass(frozen=True, slots=True)
class Profile:
    """How a channel writes. ``words``: role -> phrases; ``symbols``: what it writes -> canonical symbol.

    ``price_style`` settles a numeral such as 58,900 that may be read in two ways. ``pip_sizes``: price
    units that this channel calls a pip, by canonical symbol, where it differs from the house table.
    """

    default_symbol: str | None = None
    ignore_words: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    symbols: Mapping[str, str] = field(default_factory=dict)
    price_style: str = "auto"
    pip_sizes: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def changes_reading(self) -> bool:
        """True if it reads words or numerals in another way than the languages alone."""
        return bool(self.words or self.symbols) or self.price_style != "auto"

    def summary(self) -> str:
        """What it holds in a few words, "" if nothing that changes reading or a distance."""
        counts = (
            (sum(len(phrases) for phrases in self.words.values()), "word", "words"),
            (len(self.symbols), "name of a symbol", "names of symbols"),
        )
        parts = [f"{n} {one if n == 1 else many}" for n, one, many in counts if n]
        if self.price_style != "auto":
            parts.append(self.price_style.replace("_", " "))
        parts += [f"a pip of {symbol} is {size:f}" for symbol, size in sorted(self.pip_sizes.items())]
        return ", ".join(parts)


def overlay(languages: Languages, profile: Profile) -> Languages:
    """``languages`` as this channel uses them; itself where the profile changes no reading.

    Expects a checked profile: a phrase that cannot match is left out without a word.
    """
    if not profile.changes_reading:
        return languages
    own = Node()
    for name, phrases in profile.words.items():
        meaning = Meaning(PROFILE, _TOGETHER.get(name, ROLES[name]))
        for phrase in phrases:
            _insert(own, words_of(phrase, languages), meaning)
    for name, symbol in profile.symbols.items():
        _insert(own, words_of(name, languages), Meaning(PROFILE, NONE, symbol=symbol))
    return replace(
        languages,
        own=own,
        codes=(*languages.codes, PROFILE),
        price_style=profile.price_style,
    )


def words_of(phrase: str, languages: Languages) -> list[str]:
    """The phrase's words as the lexer would find them in a message; marks are left out."""
    tokens = lex(normalise(phrase), languages.compounds)
    return [token.text for token in tokens if token.kind in (kinds.WORD, kinds.NUMBER)]


def own_words(terms: list[Term]) -> tuple[str, ...]:
    """Notes that say which of the profile's words were met, each once."""
    met: dict[str, str] = {}
    for term in terms:
        if term.language == PROFILE:
            roles = [text for name, text in ROLE_TEXTS.items() if term.roles & ROLES[name]]
            met.setdefault(term.text, term.symbol or " or ".join(roles))
    return tuple(f"“{word}” read as {what}, by the channel's profile" for word, what in met.items() if what)


def _insert(root: Node, words: list[str], meaning: Meaning) -> None:
    if not words:
        return
    for form in {tuple(words), tuple(plain(word) for word in words)}:
        node = root
        for word in form:
            node = node.next.setdefault(word, Node())
        node.meanings = (meaning,)
