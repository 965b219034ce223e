"""Whether a profile can be used: every word that would mislead is refused with the reason and a cure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from difflib import get_close_matches

from signalos.parser import kinds
from signalos.parser import roles as role
from signalos.parser.lexer import lex
from signalos.parser.normalise import normalise
from signalos.parser.profile import LONGEST_PHRASE, PRICE_STYLES, ROLE_TEXTS, Profile, words_of
from signalos.parser.roles import NONE, ROLES, Roles
from signalos.parser.symbols import SymbolTable
from signalos.parser.vocabulary import Languages

LONGEST = 80
MOST_PHRASES = 60
MOST_NAMES = 100
_MARKS = "-&_'"
_GUARDS = role.of(
    "question if until negation plan wait optional hold example opinion forwarded either old get_ready "
    "teaser"
)
"""Words that keep talk from being an instruction: they keep their meaning in every channel."""
_REPORTS = role.of("past result report already closed activated expired")
_STRUCTURE = role.of("and or at to from between")
_ACTING = role.of("buy sell limit stop_order now close part be cancel again")
"""Roles whose words act by themselves: an everyday word in one of them would trade on talk."""
_EVERYDAY = _STRUCTURE | role.FILLER | role.FIRST_PERSON | role.REFERENCE
_OPPOSITE = {"buy": "sell", "sell": "buy"}
_NAMED = role.of("buy sell sl tp entry limit close cancel")
"""Roles whose words cannot name a symbol as well."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong at ``place`` (``words.tp``, ``symbols``, ...): what, why, and what to do."""

    place: str
    text: str


class ProfileError(ValueError):
    """A profile cannot be used; ``faults`` has one entry for each thing that is wrong."""

    def __init__(self, faults: list[Fault]) -> None:
        super().__init__("; ".join(f"{fault.place}: {fault.text}" for fault in faults))
        self.faults = faults


def checked(profile: Profile, languages: Languages) -> Profile:
    """``profile`` with canonical symbols and plain spaces. Raises ProfileError naming all that is wrong."""
    check = _Check(languages)
    made = Profile(
        default_symbol=check.default(profile.default_symbol),
        ignore_words=check.ignored(profile.ignore_words),
        words=check.words(profile.words),
        symbols=check.symbols(profile.symbols),
        price_style=check.style(profile.price_style),
        pip_sizes=check.pips(profile.pip_sizes),
    )
    if check.faults:
        raise ProfileError(check.faults)
    return made


class _Check:
    def __init__(self, languages: Languages) -> None:
        self.languages = languages
        self.table: SymbolTable = languages.symbols
        self.faults: list[Fault] = []
        self.seen: dict[tuple[str, ...], str] = {}

    def _fault(self, place: str, text: str) -> None:
        self.faults.append(Fault(place, text))

    # -- symbols and figures -------------------------------------------------------------------

    def _symbol(self, name: str, place: str) -> str | None:
        found = self.table.find(name.strip().lower())
        if found is None:
            self._fault(
                place,
                f"{_shown(name)} is no symbol that messages can name. Write one that they do name, as "
                "XAUUSD, EURUSD or NAS100 are.",
            )
        return found

    def default(self, name: str | None) -> str | None:
        return self._symbol(name, "default_symbol") if name is not None and name.strip() else None

    def ignored(self, words: tuple[str, ...]) -> tuple[str, ...]:
        kept: dict[str, str] = {}
        for word in words:
            plain = " ".join(word.split())
            if not plain:
                self._fault("ignore_words", "a word is blank. Remove it.")
            kept.setdefault(plain.casefold(), plain)
        return tuple(kept.values())

    def style(self, style: str) -> str:
        if style not in PRICE_STYLES:
            self._fault("price_style", f"{_shown(style)} is none. Choose {', '.join(PRICE_STYLES)}.")
        return style

    def pips(self, sizes: Mapping[str, Decimal]) -> dict[str, Decimal]:
        kept: dict[str, Decimal] = {}
        if len(sizes) > MOST_NAMES:
            self._fault("pip_sizes", f"there are {len(sizes)}; at most {MOST_NAMES} are kept.")
        for name, size in sizes.items():
            symbol = self._symbol(name, "pip_sizes")
            if not size.is_finite() or not Decimal("0.00000001") <= size <= 100_000:
                self._fault(
                    "pip_sizes",
                    f"a pip of {_shown(name)} cannot be {size}. Write how much the price moves in one pip, "
                    "above 0 and at most 100000, for example 0.1.",
                )
            elif symbol is not None:
                if symbol in kept:
                    self._fault("pip_sizes", f"{symbol} is given twice. Keep one of them.")
                kept[symbol] = size.normalize()
        return kept

    # -- words ---------------------------------------------------------------------------------

    def words(self, words: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        kept: dict[str, tuple[str, ...]] = {}
        for name, phrases in words.items():
            place = f"words.{name}"
            if name not in ROLE_TEXTS:
                near = get_close_matches(name, ROLE_TEXTS, 1)
                hint = f" Did you mean {near[0]}?" if near else ""
                self._fault(place, f"there is no such role.{hint} Roles are {', '.join(ROLE_TEXTS)}.")
                continue
            if len(phrases) > MOST_PHRASES:
                self._fault(place, f"there are {len(phrases)} words; at most {MOST_PHRASES} are kept.")
            good = dict.fromkeys(self._good(phrases, name, place))
            if good:
                kept[name] = tuple(good)
        return kept

    def _good(self, phrases: tuple[str, ...], name: str, place: str) -> Iterator[str]:
        for phrase in phrases:
            plain = " ".join(phrase.split())
            parts = self._parts(plain, place)
            if parts is None:
                continue
            why = self._misleading(parts, name)
            if why:
                self._fault(place, f"{_shown(plain)} {why}")
                continue
            before = self.seen.setdefault(tuple(parts), name)
            if before != name:
                self._fault(
                    place, f"{_shown(plain)} is a word for {ROLE_TEXTS[before]} too. Keep one of them."
                )
            yield plain

    def symbols(self, names: Mapping[str, str]) -> dict[str, str]:
        kept: dict[str, str] = {}
        if len(names) > MOST_NAMES:
            self._fault("symbols", f"there are {len(names)} names; at most {MOST_NAMES} are kept.")
        for name, target in names.items():
            plain = " ".join(name.split())
            parts = self._parts(plain, "symbols")
            symbol = self._symbol(target, "symbols")
            if parts is None or symbol is None:
                continue
            why = self._no_name(parts, symbol)
            if why:
                self._fault("symbols", f"{_shown(plain)} {why}")
                continue
            before = self.seen.setdefault(tuple(parts), f"={symbol}")
            if before != f"={symbol}":
                what = before[1:] if before.startswith("=") else f"a word for {ROLE_TEXTS[before]}"
                self._fault("symbols", f"{_shown(plain)} is {what} too. Keep one of them.")
            kept[plain] = symbol
        return kept

    def _parts(self, phrase: str, place: str) -> list[str] | None:
        """The words of ``phrase``, None (and a fault) where it cannot be found in a message."""
        tokens = lex(normalise(phrase), self.languages.compounds)
        while tokens and tokens[-1].kind is kinds.PUNCT:
            tokens.pop()
        while tokens and tokens[0].kind is kinds.PUNCT:
            tokens.pop(0)
        odd = [t.text for t in tokens if t.kind not in (kinds.WORD, kinds.NUMBER) and t.text not in _MARKS]
        words = words_of(phrase, self.languages)
        letters = sum(c.isalpha() for word in words for c in word)
        why = ""
        if not letters:
            why = "has no letters: only words can be told from prices and ornaments. Write the word itself."
        elif letters == 1:
            why = (
                "is a single letter: it stands in too much talk, which would become an instruction. "
                "Write a word of two letters or more."
            )
        elif odd:
            why = f"holds {_shown(odd[0])}, which no phrase can hold. Write the words without it."
        elif not words[0][0].isalpha():
            why = "begins with a number, which would be read as a price. Begin with a word."
        elif len(words) > LONGEST_PHRASE or len(phrase) > LONGEST:
            why = f"is too long. Write at most {LONGEST_PHRASE} words and {LONGEST} characters."
        if why:
            self._fault(place, f"{_shown(phrase)} {why}")
            return None
        return words

    def _misleading(self, parts: list[str], name: str) -> str:
        """Why these words cannot play the role ``name``, or ""."""
        own = ROLES[name]
        roles, symbol = self._meant(parts)
        if len(parts) == 1 and symbol is None and parts[0] not in self.table.weak:
            symbol = self.table.find(parts[0])
        if symbol is not None:
            return f"names {symbol}: as another word it would hide the symbol. Write other words."
        if roles & _GUARDS:
            return (
                "marks talk (a condition, a question, a denial or the like), which would become an "
                "instruction. Write other words, or more of them."
            )
        if name in _OPPOSITE and roles & ROLES[_OPPOSITE[name]]:
            return f"means {_OPPOSITE[name]}: trades would be turned round. Write other words."
        if own & _ACTING and roles & _REPORTS:
            return (
                "tells what has happened: reports would become instructions. Write other words, or more "
                "of them."
            )
        if own & _ACTING and roles & _EVERYDAY and not roles & _ACTING:
            return (
                "is an everyday word: talk would become an instruction. Write more of the words that the "
                "channel uses there."
            )
        if roles & _STRUCTURE and not roles & own:
            return "joins prices and words in every message. Write other words, or more of them."
        if name == "filler" and len(parts) < 3 and any(self._meant([part])[0] & _GUARDS for part in parts):
            return "holds a word that marks talk, which would no longer count. Write the whole line."
        return ""

    def _no_name(self, parts: list[str], symbol: str) -> str:
        """Why these words cannot name ``symbol``, or ""."""
        roles, _ = self._meant(parts)
        canonical = "".join(parts).upper()
        if canonical in self.table and canonical != symbol:
            return f"is a symbol itself, not {symbol}. Remove it."
        if roles & (_GUARDS | _STRUCTURE | _NAMED):
            return "is a word of orders or of talk. Write the name that the channel gives the symbol."
        return ""

    def _meant(self, parts: list[str]) -> tuple[Roles, str | None]:
        """(roles, symbol) that some language gives this phrase beyond doubt."""
        nodes = [self.languages.root]
        for part in parts:
            keys = self.languages.words[part].keys if part[0].isalpha() else (part,)
            # A word that a language knows by its ending alone may be anything.
            nodes = [n.next[key] for n in nodes for key in keys if key in n.next and key[0] != "*"]
        meanings = [m for node in nodes for m in node.meanings if not m.weak and not m.bare]
        symbol = next((m.symbol for m in meanings if m.symbol is not None), None)
        roles = NONE
        for meaning in meanings:
            roles |= meaning.roles
        return roles, symbol


def _shown(text: str) -> str:
    return f"“{text}”" if len(text) <= LONGEST else f"“{text[:LONGEST]}…”"
