"""What changes the look of a message and not its meaning, over every case of the corpus."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest

from signalos.parser import Languages, load_languages
from signalos.parser.cases import answer_case
from tests.corpus import form
from tests.corpus.measure import same_actions


def _spaced(text: str) -> str:
    return "\n\n" + text.replace("\n", "  \n") + " \n\n"


def _decorated(text: str) -> str:
    """Latin letters and digits in mathematical bold; links and mentions are left, since they must work."""
    return " ".join(word if "/" in word or "@" in word else _bold(word) for word in text.split(" "))


def _bold(word: str) -> str:
    found = []
    for char in word:
        if "a" <= char <= "z":
            char = chr(0x1D41A + ord(char) - ord("a"))
        elif "A" <= char <= "Z":
            char = chr(0x1D400 + ord(char) - ord("A"))
        elif "0" <= char <= "9":
            char = chr(0x1D7CE + ord(char) - ord("0"))
        found.append(char)
    return "".join(found)


def _full_width(text: str) -> str:
    """Digits alone: full-width letters are a channel's choice, full-width digits a keyboard's."""
    return "".join(chr(0xFF10 + ord(c) - ord("0")) if "0" <= c <= "9" else c for c in text)


def _zero_width(text: str) -> str:
    return "\u200b".join(text.split(" ")[:1]) + text[len(text.split(" ")[0]) :] + "\u200b\ufeff"


def _footer(text: str) -> str:
    return text + "\n\n— — —\n@some_channel"


def _ornaments(text: str) -> str:
    return "✨ 💫\n" + text + "\n✨💫🌟"


def _windows(text: str) -> str:
    return text.replace("\n", "\r\n")


def _taken_apart(text: str) -> str:
    """Accents as marks of their own, as some phones send them."""
    return unicodedata.normalize("NFD", text)


MUTATIONS: dict[str, Callable[[str], str]] = {
    "white space": _spaced,
    "carriage returns": _windows,
    "ornaments": _ornaments,
    "a footer": _footer,
    "bold letters": _decorated,
    "full-width digits": _full_width,
    "zero-width characters": _zero_width,
    "accents apart": _taken_apart,
    "capitals": str.upper,
}
LATIN_ONLY = {"bold letters"}
"""There are no decorated letters of other scripts, and a word of both would be two."""
CASE_MATTERS = {"capitals"}
"""A capital I drawn like a small l, "M" for a suffix and words that are symbols in capitals only."""


@pytest.fixture(scope="module")
def languages() -> Languages:
    return load_languages()


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_meaning_stays(languages: Languages, name: str) -> None:
    changed: list[str] = []
    cases = [case for language in form.languages() for case in form.cases(language)]
    for case in cases:
        text = case["message"]["text"]
        if name in LATIN_ONLY and any(c.isalpha() and not c.isascii() for c in text):
            continue
        other = MUTATIONS[name](text)
        if name == "a footer" and _bare(case, languages):
            continue
        before = answer_case(case, languages)["actions"]
        after = answer_case(case | {"message": case["message"] | {"text": other}}, languages)["actions"]
        if not same_actions(before, after):
            changed.append(f"{case['id']}: {text!r} read {before}, then {after}")
    allowed = 0.01 * len(cases) if name in CASE_MATTERS else 0
    assert len(changed) <= allowed, "\n".join(changed)


def _bare(case: dict[str, Any], languages: Languages) -> bool:
    """A bare order is refused beside a mention by rule: that is how adverts look."""
    numbers = any(c.isdecimal() for c in case["message"]["text"])
    return any(
        a["type"] == "open" and ((a["stop_loss"] is None and not a["take_profits"]) or not numbers)
        for a in answer_case(case, languages)["actions"]
    )
