"""The words of all languages in one trie, and which of their meanings a message intends.

A language is a data file (see ``languages/``): for each role the phrases that play it. The files
are read at a composition root and handed in as text; nothing here touches a disk.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any

from signalos.parser.lexer import Kind, lex
from signalos.parser.normalise import normalise, plain
from signalos.parser.roles import ROLES
from signalos.parser.symbols import SymbolTable

_STEM_MINIMUM = 3


class LanguageError(ValueError):
    """A language or symbol file cannot be used; the text names file, key and cure."""


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a phrase can be in one language."""

    language: str
    roles: frozenset[str]
    ordinal: int | None = None
    fraction: Decimal | None = None
    symbol: str | None = None
    weak: bool = False


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
    _keys: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def keys(self, word: str) -> tuple[str, ...]:
        """Trie keys that ``word`` matches: itself, without accents, and by its stem."""
        known = self._keys.get(word)
        if known is None:
            known = self._find_keys(word)
            if len(self._keys) < 20_000:
                self._keys[word] = known
        return known

    def _find_keys(self, word: str) -> tuple[str, ...]:
        forms = [word]
        bare = plain(word)
        if bare != word:
            forms.append(bare)
        keys = list(forms)
        for form in forms:
            for size in range(min(len(form), 24), _STEM_MINIMUM - 1, -1):
                if form[:size] + "*" in self.stems:
                    keys.append(form[:size] + "*")
                    break
        return tuple(keys)

    def knows(self, word: str) -> bool:
        """True if ``word`` begins or is a phrase of some language."""
        return any(key in self.root.next for key in self.keys(word))


def build_languages(files: Mapping[str, str], symbol_file: str) -> Languages:
    """Build the vocabulary from file contents by file name. Raises LanguageError naming what is wrong."""
    symbols = SymbolTable.from_document(_toml("symbols.toml", symbol_file))
    root, stems, compounds = Node(), set[str](), set(symbols.compounds)
    codes: list[str] = []
    call_to_act: set[str] = set()
    for name in sorted(files):
        document = _toml(name, files[name])
        language = _Language(name, document, symbols)
        codes.append(language.code)
        if language.call_to_act:
            call_to_act.add(language.code)
        for phrase, meaning in language.meanings():
            words = _words(phrase, name)
            stems.update(word for word in words if word.endswith("*"))
            compounds.update(word for word in words if word.isalnum() and not word.isalpha())
            _insert(root, words, meaning)
    return Languages(
        root=root,
        stems=frozenset(stems),
        compounds=frozenset(compounds),
        symbols=symbols,
        codes=tuple(codes),
        call_to_act=frozenset(call_to_act),
    )


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LanguageError(f"{name} is not valid TOML ({error}); mend the line it names") from None


class _Language:
    """One language file, checked."""

    SECTIONS = frozenset({"language", "words", "ordinals", "fractions", "symbols"})

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
        self.weak = {plain(word) for word in head.get("weak", [])}

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
        for phrase in roles.keys() | fractions.keys() | ordinals.keys() | symbols.keys():
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
                    weak=plain(phrase) in self.weak,
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

    def _symbols(self) -> dict[str, str]:
        result = {}
        for symbol, phrases in self.document.get("symbols", {}).items():
            if symbol not in self.symbols:
                raise LanguageError(f"{self.name}: symbols.{symbol} is not in symbols.toml")
            for phrase in self._phrases(f"symbols.{symbol}", phrases):
                result[phrase] = symbol
        return result


def _words(phrase: str, name: str) -> list[str]:
    """Split a phrase as the lexer would, keeping a final * on its word."""
    words: list[str] = []
    for part in phrase.split():
        stem = part.endswith("*")
        tokens = lex(normalise(part.removesuffix("*")))
        kept = [t.text for t in tokens if t.kind is not Kind.PUNCT or len(tokens) == 1]
        if not kept:
            raise LanguageError(f"{name}: the phrase {phrase!r} has a part without letters")
        if len(kept) == 2 and kept[1].isdecimal():
            kept = ["".join(kept)]
        if stem:
            kept[-1] = plain(kept[-1]) + "*"
            if len(kept[-1]) <= _STEM_MINIMUM:
                raise LanguageError(f"{name}: the stem in {phrase!r} is too short to be safe")
        words.extend(kept)
    return words


def _insert(root: Node, words: list[str], meaning: Meaning) -> None:
    for form in {tuple(words), tuple(word if word.endswith("*") else plain(word) for word in words)}:
        node = root
        for word in form:
            node = node.next.setdefault(word, Node())
        node.meanings = (*node.meanings, meaning)
