"""The words of all languages in one trie, and which of their meanings a message intends.

A language is a data file (see ``languages/``): for each role the phrases that play it. The files
are read at a composition root and handed in as text; nothing here touches a disk.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any

from signalos.domain.symbols import CURRENCIES
from signalos.parser.language_file import read_document
from signalos.parser.lexer import CJK, Kind, lex
from signalos.parser.normalise import normalise, plain
from signalos.parser.roles import NONE, ROLES
from signalos.parser.symbols import SymbolTable

_STEM_MINIMUM = 3
_SPACED_LETTERS = 3
"""Single letters from which on the lexer reads one word."""
PROFILE = "profile"
"""The language of a channel's own words (see profile.py), which outranks every other."""
_BARE = "\0"
"""Before a word that stands for an accented one, written without its accents."""
_BARE_STRICT = "\1"
"""The same for a language in which an accent makes another word."""
_ENDING_MARGIN = 2
"""Letters that a word has at least in front of an ending by which alone it is known."""


class LanguageError(ValueError):
    """A language or symbol file cannot be used; the text names file, key and cure."""


@dataclass(frozen=True, slots=True, eq=False)  # compared by identity: it is a key at every word of a message
class Meaning:
    """What a phrase can be in one language."""

    language: str
    roles: frozenset[str]
    ordinal: int | None = None
    fraction: Decimal | None = None
    symbol: str | None = None
    currency: str | None = None
    weak: bool = False
    bare: bool = False
    """Found without the accents that the file writes."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What a phrase means in this message: all that is chosen among its meanings."""

    language: str = ""
    roles: frozenset[str] = NONE
    maybe: frozenset[str] = NONE
    """The side that it means in a language for which nothing else in the message speaks."""
    ordinal: int | None = None
    fraction: Decimal | None = None
    symbol: str | None = None
    currency: str | None = None


class Node:
    """A place in the trie: what may follow, and what the words so far mean."""

    __slots__ = ("meanings", "next")

    def __init__(self) -> None:
        self.next: dict[str, Node] = {}
        self.meanings: tuple[Meaning, ...] = ()


@dataclass(slots=True)
class Languages:
    """All vocabulary: words of every loaded language, emoji, and the symbol table. Read only once built."""

    root: Node
    stems: frozenset[str]
    compounds: frozenset[str]
    symbols: SymbolTable
    codes: tuple[str, ...]
    call_to_act: frozenset[str]
    """Languages in which the first person plural of an update is a call to act."""
    accented: frozenset[str] = frozenset()
    """Words with accents as the files write them: such a word means itself (``würde`` is no ``wurde``)."""
    strict: frozenset[str] = frozenset()
    """Those of languages in which an accent makes another word (``bạn`` is no ``bán``)."""
    endings: frozenset[str] = frozenset()
    """Endings by which a word is known that nothing else knows."""
    longest_ending: int = 0
    prefixes: tuple[str, ...] = ()
    """Letters written on to the front of a word, longest first (Arabic "and", "the")."""
    own: Node | None = None
    """Words of one channel's profile; their meanings outrank those of the languages."""
    price_style: str = "auto"
    """How that channel means a numeral that can be read in two ways (see price_style.py)."""
    _keys: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _starts: dict[str, tuple[tuple[Node, ...], tuple[Meaning, ...], bool]] = field(default_factory=dict)
    chosen: dict[tuple[object, ...], Choice] = field(default_factory=dict)
    """What was chosen among a word's meanings before (see choice.py)."""

    def roots(self) -> list[Node]:
        """Where a phrase may begin."""
        return [self.root] if self.own is None else [self.root, self.own]

    def keys(self, word: str) -> tuple[str, ...]:
        """Trie keys that ``word`` matches: itself, without accents, and by its stem."""
        known = self._keys.get(word)
        if known is None:
            known = self._find_keys(word)
            if len(self._keys) < 20_000:
                self._keys[word] = known
        return known

    def starts(self, word: str) -> tuple[tuple[Node, ...], tuple[Meaning, ...], bool]:
        """(nodes, meanings, whether more words may follow) of phrases that begin with ``word``."""
        known = self._starts.get(word)
        if known is None:
            keys = self.keys(word)
            nodes = tuple(root.next[key] for root in self.roots() for key in keys if key in root.next)
            meanings = tuple(meaning for node in nodes for meaning in node.meanings)
            known = nodes, meanings, any(node.next for node in nodes)
            if len(self._starts) < 20_000:
                self._starts[word] = known
        return known

    def _find_keys(self, word: str) -> tuple[str, ...]:
        forms = [word]
        bare = plain(word)
        if bare == word:
            forms += [_BARE + word, _BARE_STRICT + word]
        elif word not in self.strict:
            forms.append(bare)
            if word not in self.accented:
                forms.append(_BARE + bare)
        keys = list(forms)
        for form in forms:
            if form[0] in (_BARE, _BARE_STRICT):
                continue
            for size in range(min(len(form), 24), _STEM_MINIMUM - 1, -1):
                if form[:size] + "*" in self.stems:
                    keys.append(form[:size] + "*")
                    break
        if not any(key in self.root.next for key in keys):
            for prefix in self.prefixes:
                if word.startswith(prefix) and word[len(prefix) :] in self.root.next:
                    keys.append(word[len(prefix) :])
                    break
            for size in range(min(len(word) - _ENDING_MARGIN, self.longest_ending), 1, -1):
                if "*" + word[-size:] in self.endings:
                    keys.append("*" + word[-size:])
                    break
        return tuple(keys)

    def knows(self, word: str) -> bool:
        """True if ``word`` begins or is a phrase of some language."""
        return bool(self.starts(word)[0])


def build_languages(files: Mapping[str, str], symbol_file: str) -> Languages:
    """Build the vocabulary from file contents by file name. Raises LanguageError naming what is wrong."""
    collects = gc.isenabled()
    gc.disable()  # a hundred thousand small objects that all stay: looking through them doubles the time
    try:
        return _build(files, symbol_file)
    finally:
        if collects:
            gc.enable()


def _build(files: Mapping[str, str], symbol_file: str) -> Languages:
    symbols = SymbolTable.from_document(_toml("symbols.toml", symbol_file))
    root, stems, compounds = Node(), set[str](), set(symbols.compounds)
    codes: list[str] = []
    call_to_act: set[str] = set()
    accented: set[str] = set()
    strict: set[str] = set()
    endings: set[str] = set()
    prefixes: set[str] = set()
    for name in sorted(files):
        document = _toml(name, files[name])
        language = _Language(name, document, symbols)
        codes.append(language.code)
        prefixes.update(language.prefixes)
        if language.call_to_act:
            call_to_act.add(language.code)
        for phrase, meaning in language.meanings():
            words = _words(phrase, name, strict=language.strict_accents)
            stems.update(word for word in words if word.endswith("*"))
            compounds.update(word for word in words if word.isalnum() and not word.isalpha())
            if words[0].startswith("*"):
                if len(words) > 1:
                    raise LanguageError(f"{name}: the ending {phrase!r} must stand alone")
                endings.add(words[0])
                meaning = replace(meaning, weak=True)
            mine = {word for word in words if plain(word) != word}
            accented |= mine
            strict |= mine if language.strict_accents else set()
            _insert(root, words, meaning, strict=language.strict_accents)
    return Languages(
        root=root,
        stems=frozenset(stems),
        compounds=frozenset(compounds),
        symbols=symbols,
        codes=tuple(codes),
        call_to_act=frozenset(call_to_act),
        accented=frozenset(accented),
        strict=frozenset(strict),
        endings=frozenset(endings),
        prefixes=tuple(sorted(prefixes, key=len, reverse=True)),
        longest_ending=max(map(len, endings), default=1) - 1,
    )


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return read_document(text)
    except ValueError as error:
        raise LanguageError(f"{name} is not valid TOML ({error}); mend the line it names") from None


class _Language:
    """One language file, checked."""

    SECTIONS = frozenset({"language", "words", "ordinals", "fractions", "symbols", "currencies"})

    def __init__(self, name: str, document: dict[str, Any], symbols: SymbolTable) -> None:
        self.name = name
        self.document = document
        self.symbols = symbols
        unknown = set(document) - self.SECTIONS
        if unknown:
            raise LanguageError(f"{name}: unknown section {sorted(unknown)}; use {sorted(self.SECTIONS)}")
        head = document.get("language", {})
        self.code = head.get("code")
        if not isinstance(self.code, str) or not self.code:
            raise LanguageError(f'{name}: [language] needs code = "..", as in code = "en"')
        self.call_to_act = bool(head.get("we_form_is_a_call", True))
        self.prefixes = [normalise(prefix).text for prefix in head.get("prefixes", [])]
        self.strict_accents = bool(head.get("strict_accents", False))
        self.weak = {self._folded(word) for word in head.get("weak", [])}

    def _folded(self, phrase: str) -> str:
        return phrase if self.strict_accents else plain(phrase)

    def meanings(self) -> Iterable[tuple[str, Meaning]]:
        """Every phrase with its meaning; roles of a phrase listed twice are joined."""
        roles: dict[str, set[str]] = {}
        for role, phrases in self.document.get("words", {}).items():
            if role not in ROLES:
                raise LanguageError(f"{self.name}: [words] has no role {role!r}; roles.py lists them")
            for phrase in self._phrases(f"words.{role}", phrases):
                roles.setdefault(phrase, set()).add(role)
        fractions = self._fractions()
        ordinals = self._ordinals()
        symbols = self._symbols()
        currencies = self._currencies()
        for phrase in (
            roles.keys() | fractions.keys() | ordinals.keys() | symbols.keys() | currencies.keys()
        ):
            extra = set()
            if phrase in fractions:
                extra.add("fraction")
            if phrase in ordinals:
                extra.add("ordinal")
            yield (
                phrase,
                Meaning(
                    language=self.code,
                    roles=frozenset(roles.get(phrase, set()) | extra),
                    ordinal=ordinals.get(phrase),
                    fraction=fractions.get(phrase),
                    symbol=symbols.get(phrase),
                    currency=currencies.get(phrase),
                    weak=self._folded(phrase) in self.weak,
                ),
            )

    def _phrases(self, place: str, phrases: object) -> list[str]:
        if not isinstance(phrases, list) or not all(isinstance(p, str) and p.strip() for p in phrases):
            raise LanguageError(f"{self.name}: {place} must be a list of phrases")
        return phrases

    def _fractions(self) -> dict[str, Decimal]:
        result = {}
        for phrase, value in self.document.get("fractions", {}).items():
            try:
                result[phrase] = Decimal(str(value))
            except InvalidOperation:
                raise LanguageError(f"{self.name}: fractions.{phrase} must be a number") from None
        return result

    def _ordinals(self) -> dict[str, int]:
        result = {}
        for phrase, value in self.document.get("ordinals", {}).items():
            if not isinstance(value, int) or not 1 <= value <= 100:
                raise LanguageError(f"{self.name}: ordinals.{phrase} must be 1 to 100")
            result[phrase] = value
        return result

    def _currencies(self) -> dict[str, str]:
        result = {}
        for code, phrases in self.document.get("currencies", {}).items():
            if code not in CURRENCIES:
                raise LanguageError(f"{self.name}: currencies.{code} is no currency that pairs are made of")
            for phrase in self._phrases(f"currencies.{code}", phrases):
                result[phrase] = code
        return result

    def _symbols(self) -> dict[str, str]:
        result = {}
        for symbol, phrases in self.document.get("symbols", {}).items():
            if symbol not in self.symbols:
                raise LanguageError(f"{self.name}: symbols.{symbol} is not in symbols.toml")
            for phrase in self._phrases(f"symbols.{symbol}", phrases):
                result[phrase] = symbol
        return result


def _words(phrase: str, name: str, *, strict: bool = False) -> list[str]:
    """Split a phrase as the lexer would, keeping a final * on its word."""
    if (found := _plain_words(phrase)) is not None:
        return found
    words: list[str] = []
    for part in phrase.split():
        stem, ending = part.endswith("*"), part.startswith("*")
        tokens = lex(normalise(part.strip("*")))
        kept = [t.text for t in tokens if t.kind is not Kind.PUNCT or len(tokens) == 1]
        if not kept:
            raise LanguageError(f"{name}: the phrase {phrase!r} has a part without letters")
        if len(kept) == 2 and kept[1].isdecimal() and part == phrase:  # "h4"; but "if tp1" is three words
            kept = ["".join(kept)]
        if stem:
            kept[-1] = (kept[-1] if strict else plain(kept[-1])) + "*"
            if len(kept[-1]) <= _STEM_MINIMUM:
                raise LanguageError(f"{name}: the stem in {phrase!r} is too short to be safe")
        if ending:
            kept[0] = "*" + kept[0]
        words.extend(kept)
    return words


def _plain_words(phrase: str) -> list[str] | None:
    """The words of a phrase of letters and spaces alone, as nearly all are; None if it holds more."""
    words = normalise(phrase).text.split()
    for word in words:
        if not word.isalpha() or (not word.isascii() and CJK.search(word)):
            return None
    singles = sum(len(word) == 1 for word in words)
    return words if words and singles < _SPACED_LETTERS else None


def _insert(root: Node, words: list[str], meaning: Meaning, *, strict: bool) -> None:
    """Put a phrase, and its form without accents where it cannot be taken for a word of its own.

    Where an accent makes another word, the bare phrase is weak: it counts only beside words of its language.
    """
    _put(root, words, meaning)
    mark = _BARE_STRICT if strict else _BARE
    bare = [word if "*" in word or plain(word) == word else mark + plain(word) for word in words]
    if bare != words:
        _put(root, bare, replace(meaning, weak=meaning.weak or strict, bare=True))


def _put(root: Node, words: list[str], meaning: Meaning) -> None:
    node = root
    for word in words:
        node = node.next.setdefault(word, Node())
    node.meanings = (*node.meanings, meaning)
