"""Language files -> vocabulary, each mistake named with its file.

A language is a data file (see ``languages/``): for each role the phrases that play it. The files
are read at a composition root and handed in as text; nothing here touches a disk. Seventy thousand
phrases are read at each start, so what nearly all of them need is done once a word, not once a phrase.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from signalos.domain.symbols import CURRENCIES
from signalos.parser import kinds
from signalos.parser.language_file import read_document
from signalos.parser.lexer import CJK, lex
from signalos.parser.meaning import Meaning
from signalos.parser.normalise import normalise, plain
from signalos.parser.roles import FRACTION, NONE, ORDINAL, ROLES, Roles
from signalos.parser.symbols import SymbolTable
from signalos.parser.vocabulary import BARE, BARE_STRICT, STEM_MINIMUM, Languages, Node

_SPACED_LETTERS = 3
"""Single letters from which on the lexer reads one word."""
_VERB_AND_PARTICLE = 2


class LanguageError(ValueError):
    """A language or symbol file cannot be used; the text names file, key and cure."""


def build_languages(files: Mapping[str, str], symbol_file: str) -> Languages:
    """Build the vocabulary from file contents by file name. Raises LanguageError naming what is wrong."""
    collects = gc.isenabled()
    gc.disable()  # a hundred thousand small objects that all stay: looking through them doubles the time
    try:
        builder = _Builder(_symbol_table(symbol_file))
        for name in sorted(files):
            builder.add(_Language(name, _toml(name, files[name]), builder.symbols))
        return builder.languages()
    finally:
        if collects:
            gc.enable()


def _symbol_table(text: str) -> SymbolTable:
    name = "symbols.toml"
    try:
        return SymbolTable.from_document(_toml(name, text))
    except (KeyError, AttributeError, TypeError, ValueError) as error:
        if isinstance(error, LanguageError):
            raise
        raise LanguageError(
            f"{name}: a section is missing or of another kind than expected ({error!r})"
        ) from None


def _toml(name: str, text: str) -> dict[str, Any]:
    try:
        return read_document(text)
    except ValueError as error:
        raise LanguageError(f"{name} is not valid TOML ({error}); mend the line it names") from None


class _Builder:
    """Gathers the phrases of one language after the other."""

    def __init__(self, symbols: SymbolTable) -> None:
        self.symbols = symbols
        self.root = Node()
        self.codes: list[str] = []
        self.call_to_act: set[str] = set()
        self.stems: set[str] = set()
        self.compounds = set(symbols.compounds)
        self.accented: set[str] = set()
        self.strict: set[str] = set()
        self.endings: set[str] = set()
        self.prefixes: set[str] = set()
        self.clitics: set[tuple[str, str]] = set()
        self.separable: dict[str, dict[str, Roles]] = {}
        self._plain_words = _PlainWords()
        self._without_accents: dict[tuple[Meaning, bool], Meaning] = {}

    def add(self, language: _Language) -> None:
        """Take in all phrases of ``language``."""
        self.codes.append(language.code)
        self.prefixes.update(language.prefixes)
        self.clitics.update((letters, language.code) for letters in language.clitics)
        for verb, particle, role in language.separable():
            known = self.separable.setdefault(verb, {})
            known[particle] = known.get(particle, NONE) | ROLES[role]
        if language.call_to_act:
            self.call_to_act.add(language.code)
        strict = language.strict_accents
        for phrase, meaning in language.meanings():
            words = self._split_plain(phrase)
            if words is None:
                words = self._split(phrase, language)
                if words[0].startswith("*"):
                    meaning = replace(meaning, weak=True)
            self.root.put(words, meaning)
            if not phrase.isascii():
                self._put_bare(words, meaning, strict=strict)

    def _put_bare(self, words: list[str], meaning: Meaning, *, strict: bool) -> None:
        """Put the phrase's form without accents where it cannot be taken for a word of its own.

        Where an accent makes another word, the bare phrase is weak: it counts only beside words of its language.
        """
        mark = BARE_STRICT if strict else BARE
        bare = []
        for word in words:
            known = self._plain_words.get(word)
            without = known[1] if known is not None else plain(word)
            if without != word:
                self.accented.add(word)
                if strict:
                    self.strict.add(word)
                if "*" not in word:
                    word = mark + without
            bare.append(word)
        if bare != words:
            key = (meaning, strict)
            weaker = self._without_accents.get(key)
            if weaker is None:
                weaker = replace(meaning, weak=meaning.weak or strict, bare=True)
                self._without_accents[key] = weaker
            self.root.put(bare, weaker)

    def _split_plain(self, phrase: str) -> list[str] | None:
        """The words of a phrase of letters and spaces alone, as nearly all are; None if it holds more."""
        words: list[str] = []
        for written in phrase.split():
            known = self._plain_words[written]
            if known is None:
                return None
            words.append(known[0])
        if len(words) >= _SPACED_LETTERS and [len(word) for word in words].count(1) >= _SPACED_LETTERS:
            return None
        return words

    def _split(self, phrase: str, language: _Language) -> list[str]:
        words = _words(phrase, language.name, strict=language.strict_accents)
        self.stems.update(word for word in words if word.endswith("*"))
        self.compounds.update(word for word in words if word.isalnum() and not word.isalpha())
        if words[0].startswith("*"):
            if len(words) > 1:
                raise LanguageError(f"{language.name}: the ending {phrase!r} must stand alone")
            self.endings.add(words[0])
        return words

    def languages(self) -> Languages:
        """All that was taken in."""
        return Languages(
            root=self.root,
            stems=frozenset(self.stems),
            compounds=frozenset(self.compounds),
            symbols=self.symbols,
            codes=tuple(self.codes),
            call_to_act=frozenset(self.call_to_act),
            accented=frozenset(self.accented),
            strict=frozenset(self.strict),
            endings=frozenset(self.endings),
            prefixes=tuple(sorted(sorted(self.prefixes), key=len, reverse=True)),
            clitics=tuple(sorted(self.clitics, key=lambda pair: (-len(pair[0]), pair))),
            separable=self.separable,
            longest_ending=max(map(len, self.endings), default=1) - 1,
        )


class _PlainWords(dict[str, tuple[str, str] | None]):
    """The words met so far: (folded, without accents), None for one that holds more than letters."""

    def __missing__(self, written: str) -> tuple[str, str] | None:
        known = self[written] = _plain_word(written)
        return known


class _Language:
    """One language file, checked."""

    SECTIONS = frozenset(
        {"language", "words", "ordinals", "fractions", "symbols", "currencies", "separable"}
    )

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
        self.clitics = [normalise(letters).text for letters in head.get("clitics", [])]
        self.strict_accents = bool(head.get("strict_accents", False))
        self.weak = {self._folded(word) for word in head.get("weak", [])}

    def _folded(self, phrase: str) -> str:
        return phrase if self.strict_accents or phrase.isascii() else plain(phrase)

    def meanings(self) -> Iterator[tuple[str, Meaning]]:
        """Every phrase with its meaning; roles of a phrase listed twice are joined."""
        roles: dict[str, Roles] = {}
        for role, phrases in self.document.get("words", {}).items():
            if role not in ROLES:
                raise LanguageError(f"{self.name}: [words] has no role {role!r}; roles.py lists them")
            bit = ROLES[role]
            for phrase in self._phrases(f"words.{role}", phrases):
                roles[phrase] = roles.get(phrase, NONE) | bit
        tables: tuple[dict[str, Any], ...] = (
            self._fractions(), self._ordinals(), self._symbols(), self._currencies(),
        )  # fmt: skip
        special = set().union(*tables)
        nothing = (None,) * len(tables)
        shared: dict[tuple[object, ...], Meaning] = {}  # most phrases of a role mean just the same
        for phrase in {**roles, **dict.fromkeys(sorted(special))}:
            mine = roles.get(phrase, NONE)
            weak = self._folded(phrase) in self.weak if self.weak else False
            values = tuple([table.get(phrase) for table in tables]) if phrase in special else nothing
            key = (mine, weak, values)
            meaning = shared.get(key)
            if meaning is None:
                meaning = shared[key] = self._meaning(mine, weak, *values)
            yield phrase, meaning

    def _meaning(
        self,
        roles: Roles,
        weak: bool,
        fraction: Decimal | None,
        ordinal: int | None,
        symbol: str | None,
        currency: str | None,
    ) -> Meaning:
        if fraction is not None:
            roles |= FRACTION
        if ordinal is not None:
            roles |= ORDINAL
        return Meaning(
            language=self.code,
            roles=roles,
            ordinal=ordinal,
            fraction=fraction,
            symbol=symbol,
            currency=currency,
            weak=weak,
        )

    def separable(self) -> Iterator[tuple[str, str, str]]:
        """(verb, particle, role) of each verb that is written in two parts. Raises LanguageError."""
        for role, phrases in self.document.get("separable", {}).items():
            if role not in ROLES:
                raise LanguageError(f"{self.name}: [separable] has no role {role!r}; roles.py lists them")
            for phrase in self._phrases(f"separable.{role}", phrases):
                words = _words(phrase, self.name)
                if len(words) != _VERB_AND_PARTICLE:
                    raise LanguageError(f"{self.name}: separable {phrase!r} must be a verb and a particle")
                yield words[0], words[1], role

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


def _plain_word(written: str) -> tuple[str, str] | None:
    """(folded, without accents) of a word of letters alone; None if it holds more."""
    if written.isascii():
        word = written.lower()
        return (word, word) if word.isalpha() else None
    word = normalise(written).text
    if not word.isalpha() or (not word.isascii() and CJK.search(word)):
        return None
    return word, plain(word)


def _words(phrase: str, name: str, *, strict: bool = False) -> list[str]:
    """Split a phrase as the lexer would, keeping a final * on its word."""
    words: list[str] = []
    for part in phrase.split():
        stem, ending = part.endswith("*"), part.startswith("*")
        tokens = lex(normalise(part.strip("*")))
        kept = [t.text for t in tokens if t.kind is not kinds.PUNCT or len(tokens) == 1]
        if not kept:
            raise LanguageError(f"{name}: the phrase {phrase!r} has a part without letters")
        if len(kept) == 2 and kept[1].isdecimal() and part == phrase:  # "h4"; but "if tp1" is three words
            kept = ["".join(kept)]
        if stem:
            kept[-1] = (kept[-1] if strict else plain(kept[-1])) + "*"
            if len(kept[-1]) <= STEM_MINIMUM:
                raise LanguageError(f"{name}: the stem in {phrase!r} is too short to be safe")
        if ending:
            kept[0] = "*" + kept[0]
        words.extend(kept)
    return words
