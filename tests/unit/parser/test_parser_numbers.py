"""Numerals, folding and the vocabulary's own checks."""

from __future__ import annotations

from decimal import Decimal
from importlib.resources import files

import pytest

from signalos.parser import LanguageError, build_languages, load_languages
from signalos.parser.normalise import normalise
from signalos.parser.numbers import Numeral, expand, readings, split_list


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2405", ["2405"]),
        ("1.0850", ["1.0850"]),
        ("58,900", ["58900", "58.900"]),
        ("18.745", ["18.745", "18745"]),
        ("0.658", ["0.658"]),
        ("1,1234", ["1.1234"]),
        ("3,318.20", ["3318.20"]),
        ("1.234.567", ["1234567"]),
        ("2'405.50", ["2405.50"]),
        ("12.05.2024", []),
        ("9" * 40, []),
    ],
)
def test_readings_of_a_numeral(raw, expected):
    assert list(readings(raw)) == [Decimal(value) for value in expected]


def test_prices_written_together_are_cut():
    assert split_list("2655,2662,2670") == ["2655", "2662", "2670"]
    assert split_list("1.0850,1.0870") == ["1.0850", "1.0870"]
    assert split_list("58,900") == ["58,900"]


@pytest.mark.parametrize(
    ("short", "full", "first"),
    [
        ("32", "2635", "2632"),
        ("95", "163.80", "163.95"),
        ("402", "3398", "3402"),
        ("48.5", "2650.5", "2648.5"),
    ],
)
def test_left_out_digits(short, full, first):
    options = expand(Numeral(short, readings(short)), Decimal(full), full.replace(".", ""))
    assert options[0] == Decimal(first)


def test_folding_leads_back_to_the_original():
    text = "🔥\u200b𝐆𝐎𝐋𝐃 １２ ①"
    folded = normalise(text)
    start = folded.text.index("gold")
    first, last = folded.span(start, start + 4)
    assert text[first:last] == "𝐆𝐎𝐋𝐃"
    assert "12" in folded.text
    assert len(folded.origin) == len(folded.text) + 1


def _shipped() -> tuple[dict[str, str], str]:
    folder = files("signalos.parser.languages")
    contents = {e.name: e.read_text(encoding="utf-8") for e in folder.iterdir() if e.name.endswith(".toml")}
    return contents, contents.pop("symbols.toml")


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ("[language]\nname = 'x'", "needs code"),
        ("[language]\ncode = 'xx'\n[words]\nbuying = ['kupi']", "no role 'buying'"),
        ("[language]\ncode = 'xx'\n[words]\nbuy = 'kupi'", "list of phrases"),
        ("[language]\ncode = 'xx'\n[symbols]\nXYZ = ['x']", "not in symbols.toml"),
        ("[language]\ncode = 'xx'\n[ordinals]\nfirst = 0", "1 to 100"),
        ("[language]\ncode = 'xx'\n[words]\nbuy = ['a*']", "too short"),
        ("[language]\ncode = 'xx'\n[separable]\nclose = ['macht']", "a verb and a particle"),
        ("[language]\ncode = 'xx'\n[separable]\nclosing = ['macht zu']", "no role 'closing'"),
        ("[language\n", "not valid TOML"),
        ("[other]\n", "unknown section"),
    ],
)
def test_a_faulty_language_file_says_what_is_wrong(document, says):
    _, symbols = _shipped()
    with pytest.raises(LanguageError, match=says):
        build_languages({"xx.toml": document}, symbols)


def test_no_phrase_swallows_a_symbol():
    """Read as one phrase "macht gold zu" closes, but says no longer what."""
    contents, _ = _shipped()
    import tomllib

    for name, text in contents.items():
        document = tomllib.loads(text)
        words = document["words"]
        beside = {
            word for role in ("above", "below") for word in words[role]
        }  # Turkish "altında": in gold, below
        names = {name for names in document.get("symbols", {}).values() for name in names} - beside
        for role in ("close", "move", "cancel", "reduce", "secure", "header", "entry", "sl", "tp"):
            swallowed = [p for p in words.get(role, []) if " " in p and names & set(p.split())]
            assert not swallowed, (name, role, swallowed)


def test_no_phrase_swallows_a_side(languages):
    """A phrase that contains a side word but plays another role would lose the side of an order."""
    contents, _ = _shipped()
    import tomllib

    for name, text in contents.items():
        document = tomllib.loads(text)
        words, weak = document["words"], set(document["language"].get("weak", []))
        said = {w for role in ("buy", "sell") for w in words[role]}
        sides = {w for w in said if " " not in w} - weak  # Turkish "kar al", take profit, holds "al", buy
        for role in (
            "entry",
            "limit",
            "stop",
            "stop_order",
            "pending",
            "now",
            "sl",
            "tp",
            "zone",
            "aim",
            "bail",
        ):
            for phrase in set(words.get(role, [])) - said:
                assert not sides & set(phrase.split()), f"{name}: {role}: {phrase}"


def test_all_shipped_languages_load():
    assert {"ar", "en", "es", "id", "ru"} <= set(load_languages().codes)


@pytest.mark.parametrize("text", ["1.3'4", "1'2.3'4", "12'3,4'5"])
def test_apostrophes_out_of_place_are_no_price(text: str) -> None:
    assert readings(text) == ()


def test_a_character_is_folded_the_same_in_a_plain_text_as_in_a_decorated_one():
    decoration = "\u200b"  # is dropped, and takes the text the slower way
    for code in range(0x20000):
        text = "e" + chr(code)
        plain, decorated = normalise(text), normalise(text + decoration)
        assert (plain.text, plain.cased) == (decorated.text, decorated.cased), hex(code)
        assert list(plain.origin) == list(decorated.origin)[: len(plain.text)] + [2], hex(code)
