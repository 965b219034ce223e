"""Slips of the pen in the few words that make an order: ``byu now``, ``SeIl``, letters of a wrong alphabet."""

from __future__ import annotations

from signalos.parser.lexer import Kind, Token
from signalos.parser.normalise import Normalised
from signalos.parser.vocabulary import Languages

_LONGEST_ELISION = 6
_LONGEST_CASE_ENDING = 4
_CONFUSABLE = str.maketrans("аеорсухквмнтбіѕјαοερτυικνχ", "aeopcyxkbmhtbisjaoeptuiknx")
_DIGIT_LOOKALIKES = str.maketrans("01", "ol")
_CORE = ("buy", "sell", "long", "short", "limit", "entry", "target", "close", "stop", "now")
_SWAPS = {
    word[:i] + word[i + 1] + word[i] + word[i + 2 :]: word
    for word in _CORE
    for i in range(len(word) - 1)
    if word[i] != word[i + 1]
}
_JOINED = {
    side + ending: side for side in ("buy", "sell", "long", "short") for ending in ("now", "limit", "stop")
}
# A swap that makes another English word is that word.
for _other in ("own", "won", "spot", "stpo", "nwo"):
    _SWAPS.pop(_other, None)


def mend(tokens: list[Token], source: Normalised, languages: Languages) -> list[Token]:
    """Replace unknown words by the order words that they misspell. Known words are never touched."""
    cut = False
    for place, token in enumerate(tokens):
        if token.kind is not Kind.WORD or len(token.text) > 24:
            continue
        word = token.text
        if languages.knows(word) or languages.symbols.find(word) is not None:
            continue
        if "'" in word:
            cut = True
            continue
        better = _better(word, source.cased[token.start : token.end], languages)
        if better is not None:
            tokens[place] = Token(Kind.WORD, better, token.start, token.end, token.glued)
    return _cut_joined(_cut_apostrophes(tokens, languages) if cut else tokens)


def _cut_apostrophes(tokens: list[Token], languages: Languages) -> list[Token]:
    """Cut ``l'or`` before and ``dax'ı`` behind the word that is known; what is cut off keeps its apostrophe."""

    def known(word: str) -> bool:
        return languages.knows(word) or languages.symbols.find(word) is not None

    result: list[Token] = []
    for token in tokens:
        front, mark, rest = token.text.partition("'")
        if (
            not mark
            or token.kind is not Kind.WORD
            or known(token.text)
            or len(rest) != len(token.text) - len(front) - 1
        ):
            result.append(token)
            continue
        middle = token.start + len(front)
        if len(rest) <= _LONGEST_CASE_ENDING and known(front):
            result.append(Token(Kind.WORD, front, token.start, middle, token.glued))
            result.append(Token(Kind.WORD, "'" + rest, middle, token.end, True))
        elif len(front) <= _LONGEST_ELISION and known(rest):
            result.append(Token(Kind.WORD, front + "'", token.start, middle + 1, token.glued))
            result.append(Token(Kind.WORD, rest, middle + 1, token.end, False))
        else:
            result.append(token)
    return result


def _cut_joined(tokens: list[Token]) -> list[Token]:
    """``buylimit`` is two words."""
    if _JOINED.keys().isdisjoint([token.text for token in tokens]):
        return tokens
    result: list[Token] = []
    for token in tokens:
        first = _JOINED.get(token.text) if token.end - token.start == len(token.text) else None
        if first is None:
            result.append(token)
            continue
        middle = token.start + len(first)
        result.append(Token(Kind.WORD, first, token.start, middle, token.glued))
        result.append(Token(Kind.WORD, token.text[len(first) :], middle, token.end, False))
    return result


def _better(word: str, cased: str, languages: Languages) -> str | None:
    def good(candidate: str) -> bool:
        return languages.knows(candidate) or languages.symbols.find(candidate) is not None

    if not word.isascii():
        latin = word.translate(_CONFUSABLE)
        return latin if latin.isascii() and latin != word and good(latin) else None
    if len(cased) == len(word) and "I" in cased[1:]:  # capital I drawn like a small l
        candidate = cased.replace("I", "l").lower()
        if candidate != word and good(candidate):
            return candidate
    if word in _SWAPS:
        return _SWAPS[word]
    squeezed = "".join(c for i, c in enumerate(word) if i == 0 or c != word[i - 1])
    for core in ("buy", "sel", "now", "long", "short", "close"):
        if squeezed == core and len(word) <= 12:
            return "sell" if core == "sel" else core
    return None
