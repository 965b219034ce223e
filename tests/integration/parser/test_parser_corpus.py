"""The parser on its own corpus: how well it reads, and that talk stays talk."""

from __future__ import annotations

from collections import Counter

import pytest

from signalos.parser import Languages, load_languages
from tests.corpus import check, form
from tests.corpus.measure import false_in_talk, measured, shown, talk_lines

LANGUAGES = form.languages()
EXACT = 0.98
"""Share of the cases that must be read exactly; false trades and wrong prices are counted apart and must be none."""


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_corpus_is_in_form(language: str) -> None:
    assert check.faults(language) == []


def test_the_corpus_is_large_and_mostly_talk() -> None:
    cases = [case for language in LANGUAGES for case in form.cases(language)]
    quiet = sum(not case["expect"] for case in cases)
    assert len(cases) >= 800
    assert quiet >= 0.6 * len(cases)
    families = Counter((case["tags"][0], case["family"]) for case in cases)
    assert max(families.values()) <= check.MOST_OF_A_FAMILY


@pytest.mark.parametrize("further", [False, True], ids=["cases", "further"])
def test_the_corpus_is_read(languages: Languages, further: bool) -> None:
    cases = [case for language in LANGUAGES for case in form.cases(language, further=further)]
    score = measured(cases, languages)
    told = "\n\n".join(shown(case, actions) for case, actions in score.failures)
    assert score.exact >= EXACT * score.cases, told
    assert (score.false_trades, score.wrong_price) == (0, 0), told


def test_talk_stays_talk(languages: Languages) -> None:
    lines = sum(len(talk_lines(language)) for language in LANGUAGES)
    skeletons = sum(len(form.talk(language)) for language in LANGUAGES)
    assert lines >= 3000
    assert skeletons >= 900
    false = [found for language in LANGUAGES for found in false_in_talk(language, languages)]
    assert false == []
