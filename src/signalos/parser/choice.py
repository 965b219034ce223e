"""Which of a phrase's meanings a message intends: those of the language that most of its words speak."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from signalos.parser import roles as role
from signalos.parser.meaning import Choice, Sense, chosen
from signalos.parser.roles import NONE, Roles
from signalos.parser.vocabulary import PROFILE, Languages

_HARMLESS = role.of("to at and or from filler approx")
"""Roles that a weak word may play even if nothing else speaks for its language."""
_CAUTION = role.of("if negation past plan question until optional example old")
_CAUTION_OF_WEAK = role.IF | role.NEGATION
_SHARED = role.STOP
"""Every language writes "buy stop", also one whose own file knows the word as stop loss alone."""
_CLEAR_LANGUAGE = 4
"""Words that only one language knows, from which on a lone word of another counts as unknown."""
_NAMED = 0.5
"""What the name of a symbol says for a language, in words."""
_CACHE_LIMIT = 50_000


class Chooser:
    """Chooses for one message. ``top`` is how many words speak for the language with most of them."""

    def __init__(self, senses: Iterable[Sense], languages: Languages) -> None:
        self._known = languages.chosen
        self._score = score = defaultdict[str, float](float)
        names: list[str] = []
        top = 0.0
        for sense in senses:
            only = sense.speaks
            if not only:
                continue
            if sense.tells:
                score[only] = votes = score[only] + 1
                if votes > top:
                    top = votes
            elif only not in names:
                names.append(only)
        self.top = top
        self._clear = min(top, _CLEAR_LANGUAGE)
        for only in names:  # "Ethereum" stands in one file, and is written so in all languages
            score[only] += _NAMED

    def choose(self, sense: Sense) -> Choice:
        """What ``sense`` comes to in this message."""
        score = self._score
        lone = sense.lone
        if lone is not None and (self.top < _CLEAR_LANGUAGE or score[sense.speaks] > 1):
            return lone
        # Every question below is answered by these figures, so the answer is kept with them.
        key = (sense, self._clear, *map(score.__getitem__, sense.languages))
        choice = self._known.get(key)
        if choice is None:
            choice = self._choose(sense)
            if len(self._known) < _CACHE_LIMIT:
                self._known[key] = choice
        return choice

    def _choose(self, sense: Sense) -> Choice:
        score, top, meanings = self._score, self.top, sense.meanings
        maybe = NONE if top else _joined(m.roles & role.SIDE for m in meanings if m.weak)
        usable = [m for m in meanings if not m.weak or score[m.language] > 0 or not m.roles & ~_HARMLESS]
        if top >= _CLEAR_LANGUAGE:  # one word of another language in a message that is clearly of one
            usable = [
                m for m in usable if score[m.language] > 1 or m.symbol or m.currency or len(usable) > 1
            ]
        if any(not m.bare for m in usable):  # "change" is no "changé" unless the message is French
            usable = [m for m in usable if not m.bare or score[m.language] > 0]
        if not usable:
            return Choice(maybe=maybe)
        best = max(usable, key=lambda m: (m.language == PROFILE, score[m.language], m.language == "en"))
        spoken = [m for m in usable if m.language == best.language]
        spoken = [m for m in spoken if not m.bare] or spoken
        roles = _joined(m.roles for m in spoken)
        for meaning in meanings:
            if meaning.bare or meaning.language == best.language:
                continue
            roles |= meaning.roles & _SHARED
            # As likely another language: what speaks against trading counts in all of them.
            # A weak word has to speak for itself: "di" is no Spanish "I gave" in an Indonesian order.
            if score[meaning.language] == score[best.language] and (
                not meaning.weak or not meaning.roles & ~_CAUTION_OF_WEAK
            ):
                roles |= meaning.roles & _CAUTION
        return chosen(spoken, roles, maybe)


def _joined(several: Iterable[Roles]) -> Roles:
    roles = NONE
    for more in several:
        roles |= more
    return roles
