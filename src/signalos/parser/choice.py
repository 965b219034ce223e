"""Which of a phrase's meanings a message intends: those of the language that most of its words speak."""

from __future__ import annotations

from collections.abc import Iterable

from signalos.parser.roles import NONE
from signalos.parser.vocabulary import PROFILE, Choice, Languages, Meaning

SIDES = frozenset({"buy", "sell"})
_HARMLESS = frozenset({"to", "at", "and", "or", "from", "filler", "approx"})
"""Roles that a weak word may play even if nothing else speaks for its language."""
_CAUTION = frozenset({"if", "negation", "past", "plan", "question", "until", "optional", "example", "old"})
_CAUTION_OF_WEAK = frozenset({"if", "negation"})
_SHARED = frozenset({"stop"})
"""Every language writes "buy stop", also one whose own file knows the word as stop loss alone."""
_CLEAR_LANGUAGE = 4
"""Words that only one language knows, from which on a lone word of another counts as unknown."""
_NAMED = 0.5
"""What the name of a symbol says for a language, in words."""
_CACHE_LIMIT = 50_000


class Chooser:
    """Chooses for one message. ``top`` is how many words speak for the language with most of them."""

    def __init__(self, matches: Iterable[tuple[int, tuple[Meaning, ...]]], languages: Languages) -> None:
        self._known = languages.chosen
        self._score = score = dict.fromkeys(languages.codes, 0.0)
        names = set[str]()
        for length, meanings in matches:
            if not length or meanings[0].weak:
                continue
            only = meanings[0].language
            if len(meanings) > 1 and not all(m.language == only for m in meanings):
                continue
            if any(m.roles for m in meanings):
                score[only] += 1
            else:
                names.add(only)
        self.top = max(score.values(), default=0)
        self._clear = min(self.top, _CLEAR_LANGUAGE)
        for only in names:  # "Ethereum" stands in one file, and is written so in all languages
            score[only] += _NAMED

    def choose(self, meanings: tuple[Meaning, ...]) -> Choice:
        """What ``meanings`` come to in this message."""
        score = self._score
        # Every question below is answered by these figures, so the answer is kept with them.
        key: tuple[object, ...]
        if len(meanings) == 1:
            key = (meanings[0], self._clear, score[meanings[0].language])
        else:
            key = (meanings, self._clear, *[score[m.language] for m in meanings])
        choice = self._known.get(key)
        if choice is None:
            choice = self._choose(meanings)
            if len(self._known) < _CACHE_LIMIT:
                self._known[key] = choice
        return choice

    def _choose(self, meanings: tuple[Meaning, ...]) -> Choice:
        score, top = self._score, self.top
        if (
            len(meanings) == 1
            and not meanings[0].weak
            and (top < _CLEAR_LANGUAGE or score[meanings[0].language] > 1)
        ):
            return _choice(meanings, meanings[0].roles)
        maybe = NONE if top else frozenset().union(*(m.roles & SIDES for m in meanings if m.weak))
        usable = [m for m in meanings if not m.weak or score[m.language] > 0 or m.roles <= _HARMLESS]
        if top >= _CLEAR_LANGUAGE:  # one word of another language in a message that is clearly of one
            usable = [
                m for m in usable if score[m.language] > 1 or m.symbol or m.currency or len(usable) > 1
            ]
        if any(not m.bare for m in usable):  # "change" is no "changé" unless the message is French
            usable = [m for m in usable if not m.bare or score[m.language] > 0]
        if not usable:
            return Choice(maybe=maybe)
        best = max(usable, key=lambda m: (m.language == PROFILE, score[m.language], m.language == "en"))
        chosen = [m for m in usable if m.language == best.language]
        chosen = [m for m in chosen if not m.bare] or chosen
        roles = frozenset[str]().union(*(m.roles for m in chosen))
        for meaning in meanings:
            if meaning.bare or meaning.language == best.language:
                continue
            roles |= meaning.roles & _SHARED
            # As likely another language: what speaks against trading counts in all of them.
            # A weak word has to speak for itself: "di" is no Spanish "I gave" in an Indonesian order.
            if score[meaning.language] == score[best.language] and (
                not meaning.weak or meaning.roles <= _CAUTION_OF_WEAK
            ):
                roles |= meaning.roles & _CAUTION
        return _choice(chosen, roles, maybe)


def _choice(chosen: Iterable[Meaning], roles: frozenset[str], maybe: frozenset[str] = NONE) -> Choice:
    """The meanings' common choice; the last that says a figure or a name says it."""
    ordinal = fraction = symbol = currency = None
    language = ""
    for meaning in chosen:
        language = meaning.language
        ordinal = meaning.ordinal or ordinal
        fraction = meaning.fraction or fraction
        symbol = meaning.symbol or symbol
        currency = meaning.currency or currency
    names = any(value is not None for value in (ordinal, fraction, symbol, currency))
    return Choice(language, roles, maybe, ordinal, fraction, symbol, currency, names)
