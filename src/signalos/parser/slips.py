"""Slips of the pen in the few words that make an order: ``byu now``, ``SeIl``, letters of a wrong alphabet."""

from __future__ import annotations

from signalos.parser import kinds
from signalos.parser.normalise import Normalised
from signalos.parser.term import Term
from signalos.parser.vocabulary import Languages

_LONGEST_MENDED = 24
_LONGEST_ELISION = 6
_LONGEST_STRETCHED = 12
_STRETCHED = {"buy": "buy", "sel": "sell", "now": "now", "long": "long", "short": "short", "close": "close"}
"""Words that are written with letters drawn out ("buuuy"), each letter once."""
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


def mend(terms: list[Term], source: Normalised, languages: Languages) -> list[Term]:
    """Look up every word, and replace unknown ones by the order words that they misspell. Known ones stay."""
    cut = joined = False
    words = languages.words
    for term in terms:
        if term.kind is not kinds.WORD:
            continue
        text = term.text
        term.word = words[text]
        if text in _JOINED:
            joined = True
        if term.word.known or len(text) > _LONGEST_MENDED:
            continue
        if "'" in text:
            cut = True
            continue
        better = _better(text, source.cased[term.start : term.end], languages)
        if better is not None:
            term.text = better
            term.word = words[better]
            joined = joined or better in _JOINED
    if cut:
        terms = _cut_apostrophes(terms, languages)
    return _cut_joined(terms, languages) if joined or cut else terms


def _piece(term: Term, start: int, end: int, text: str, languages: Languages, *, glued: bool) -> Term:
    """A part of ``term`` as a word of its own."""
    piece = Term(kinds.WORD, text, start, end, glued, term.line)
    piece.word = languages.words[text]
    return piece


def _cut_apostrophes(terms: list[Term], languages: Languages) -> list[Term]:
    """Cut ``l'or`` before and ``dax'ı`` behind the word that is known; what is cut off keeps its apostrophe."""
    result: list[Term] = []
    for term in terms:
        front, mark, rest = term.text.partition("'")
        if (
            not mark
            or term.kind is not kinds.WORD
            or term.word.known
            or len(rest) != len(term.text) - len(front) - 1
        ):
            result.append(term)
            continue
        start, middle, end = term.start, term.start + len(front), term.end
        if len(rest) <= _LONGEST_CASE_ENDING and languages.words[front].known:
            result.append(_piece(term, start, middle, front, languages, glued=term.glued))
            result.append(_piece(term, middle, end, "'" + rest, languages, glued=True))
        elif len(front) <= _LONGEST_ELISION and languages.words[rest].known:
            result.append(_piece(term, start, middle + 1, front + "'", languages, glued=term.glued))
            result.append(_piece(term, middle + 1, end, rest, languages, glued=False))
        else:
            result.append(term)
    return result


def _cut_joined(terms: list[Term], languages: Languages) -> list[Term]:
    """``buylimit`` is two words."""
    result: list[Term] = []
    for term in terms:
        first = _JOINED.get(term.text) if term.end - term.start == len(term.text) else None
        if first is None:
            result.append(term)
            continue
        middle = term.start + len(first)
        result.append(_piece(term, term.start, middle, first, languages, glued=term.glued))
        second = term.text[len(first) :]
        result.append(_piece(term, middle, term.end, second, languages, glued=False))
    return result


def _better(word: str, cased: str, languages: Languages) -> str | None:
    if not word.isascii():
        latin = word.translate(_CONFUSABLE)
        return latin if latin.isascii() and latin != word and languages.words[latin].known else None
    if len(cased) == len(word) and "I" in cased[1:]:  # capital I drawn like a small l
        candidate = cased.replace("I", "l").lower()
        if candidate != word and languages.words[candidate].known:
            return candidate
    if word in _SWAPS:
        return _SWAPS[word]
    if len(word) > _LONGEST_STRETCHED or word[0] not in "bsnlc":
        return None
    return _STRETCHED.get("".join([c for i, c in enumerate(word) if i == 0 or c != word[i - 1]]))
