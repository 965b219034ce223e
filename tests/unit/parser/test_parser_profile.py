"""A channel's profile: what it lays over the languages, and what it must not hold."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.domain.message import Message
from signalos.domain.signal import Open, Reading, ReadingContext
from signalos.parser import Languages, parse
from signalos.parser.profile import ROLE_TEXTS, Profile, overlay
from signalos.parser.profile_check import ProfileError, checked
from signalos.parser.profile_document import from_document, to_document
from signalos.parser.roles import ROLES

UNUSUAL = Profile(
    words={"tp": ("bull's eye",), "sl": ("bail",), "buy": ("load up",), "be": ("free ride home",)},
    symbols={"the yellow metal": "XAUUSD", "VIX 75": "NAS100"},
)


def reading(text: str, languages: Languages) -> Reading:
    message = Message("", "", 1, 1, text, datetime(2024, 1, 1, tzinfo=UTC))
    return parse(message, ReadingContext(), languages)


def levels(text: str, languages: Languages) -> tuple[object, ...]:
    (action,) = reading(text, languages).actions
    assert isinstance(action, Open), action
    return action.symbol, str(action.side), action.entry, action.stop_loss, action.take_profits


@pytest.mark.parametrize(
    "text",
    [
        "Buy gold 2390\nbull's eye 2400\nbail 2380",
        "BUY GOLD @ 2390\nBull’s Eye 1: 2400\nBAIL: 2380",
        "𝗕𝗨𝗬 𝗚𝗢𝗟𝗗 2390\n𝗕𝘂𝗹𝗹'𝘀 𝗲𝘆𝗲 - 2400\n𝗕𝗮𝗶𝗹 - 2380",
        "The Yellow Metal: LOAD UP 2390\nBail 2380\nBull's eye 2400",
        "load up the yellow metal 2390, bail 2380, bull's eye 2400",
    ],
)
def test_a_channels_own_words_are_read_as_if_a_language_had_them(text: str, languages: Languages) -> None:
    own = overlay(languages, checked(UNUSUAL, languages))
    assert levels(text, own) == ("XAUUSD", "buy", (D(2390),), D(2380), (D(2400),))


def test_a_word_of_the_profile_outranks_what_a_language_means_by_it(languages: Languages) -> None:
    own = overlay(languages, UNUSUAL)
    text = "BUY GOLD @ 2390\nBail: 2380\nTP 2400"
    assert [type(a).__name__ for a in reading(text, languages).actions] != [
        "Open"
    ]  # "bail" closes in English
    assert levels(text, own) == ("XAUUSD", "buy", (D(2390),), D(2380), (D(2400),))
    assert (
        reading("bail out of gold now", own).actions == reading("bail out of gold now", languages).actions
    )


def test_what_the_profile_read_is_said(languages: Languages) -> None:
    notes = reading(
        "Load up the yellow metal 2390 bail 2380 bull's eye 2400", overlay(languages, UNUSUAL)
    ).notes
    assert any("“bail” read as stop loss" in note for note in notes)
    assert any("“the yellow metal” read as XAUUSD" in note for note in notes)
    assert reading("buy gold 2390 sl 2380 tp 2400", overlay(languages, UNUSUAL)).notes == ()


def test_the_overlay_takes_nothing_of_the_vocabulary_apart(languages: Languages) -> None:
    before = len(languages.root.next)
    own = overlay(languages, UNUSUAL)
    assert own.root is languages.root
    assert own.symbols is languages.symbols
    assert (len(languages.root.next), languages.own, languages.codes) == (before, None, own.codes[:-1])
    assert overlay(languages, Profile(default_symbol="XAUUSD", ignore_words=("promo",))) is languages


def test_talk_stays_talk_under_a_profile(languages: Languages) -> None:
    own = overlay(languages, UNUSUAL)
    for text in (
        "should we load up the yellow metal?",
        "don't load up the yellow metal now",
        "bull's eye 1 hit, +100 pips",
        "if it breaks 2400 I will load up the yellow metal, bail 2380",
    ):
        assert not any(isinstance(a, Open) for a in reading(text, own).actions), text


@pytest.mark.parametrize(
    ("style", "text", "entry"),
    [
        ("decimal_comma", "buy btc 58.900 sl 57.000 tp 60.100", 58900),
        ("decimal_comma", "buy copper 4,512 sl 4,402 tp 4,702", D("4.512")),
        ("decimal_point", "buy copper 4.512 sl 4.402 tp 4.702", D("4.512")),
        ("decimal_point", "buy btc 58,900 sl 57,000 tp 60,100", 58900),
        ("decimal_comma", "buy eurusd 1,0850 sl 1.0820 tp 1,0900", D("1.0850")),
    ],
)
def test_the_price_style_settles_a_numeral_that_has_two_readings(
    style: str, text: str, entry: D, languages: Languages
) -> None:
    assert levels(text, overlay(languages, Profile(price_style=style)))[2] == (D(entry),)


# -- what a profile must not hold ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "place", "words"),
    [
        ({"words": {"target": ["goal"]}}, "words.target", "no such role"),
        ({"words": {"tp": ["🎯"]}}, "words.tp", "no letters"),
        ({"words": {"tp": ["12"]}}, "words.tp", "no letters"),
        ({"words": {"buy": ["b"]}}, "words.buy", "single letter"),
        ({"words": {"buy": ["b 1"]}}, "words.buy", "single letter"),
        ({"words": {"buy": ["if"]}}, "words.buy", "marks talk"),
        ({"words": {"tp": ["not"]}}, "words.tp", "marks talk"),
        ({"words": {"sell": ["sold"]}}, "words.sell", "what has happened"),
        ({"words": {"buy": ["the"]}}, "words.buy", "everyday word"),
        ({"words": {"buy": ["sell"]}}, "words.buy", "turned round"),
        ({"words": {"tp": ["gold"]}}, "words.tp", "names XAUUSD"),
        ({"words": {"tp": ["🔥 goal"]}}, "words.tp", "without it"),
        ({"words": {"tp": ["1st goal"]}}, "words.tp", "Begin with a word"),
        ({"words": {"tp": ["one two three four five six seven eight nine"]}}, "words.tp", "too long"),
        ({"words": {"tp": ["zing"], "sl": ["ZING"]}}, "words.sl", "a word for target too"),
        ({"words": {"filler": ["do not"]}}, "words.filler", "marks talk"),
        ({"words": {"tp": "goal"}}, "words.tp", "list of words"),
        ({"symbols": {"shiny": "SHINYUSD"}}, "symbols", "no symbol that messages can name"),
        ({"symbols": {"XAUUSD": "EURUSD"}}, "symbols", "a symbol itself"),
        ({"symbols": {"buy": "XAUUSD"}}, "symbols", "a word of orders"),
        ({"symbols": {"zing": "gold"}, "words": {"tp": ["zing"]}}, "symbols", "a word for target too"),
        ({"default_symbol": "shiny"}, "default_symbol", "no symbol"),
        ({"price_style": "comma"}, "price_style", "decimal_comma"),
        ({"pip_sizes": {"gold": 0}}, "pip_sizes", "above 0"),
        ({"pip_sizes": {"gold": 1, "XAUUSD": 2}}, "pip_sizes", "given twice"),
        ({"pip_sizes": {"gold": "much"}}, "pip_sizes.gold", "a number"),
        ({"ignore_words": [" "]}, "ignore_words", "blank"),
        ({"wrods": {}}, "wrods", "no part of a profile"),
        ([], "profile", "object"),
    ],
)
def test_what_would_mislead_is_refused_with_place_and_cure(
    document: object, place: str, words: str, languages: Languages
) -> None:
    with pytest.raises(ProfileError) as why:
        checked(from_document(document), languages)
    assert [fault.place for fault in why.value.faults] == [place]
    assert words in why.value.faults[0].text


def test_all_faults_are_told_at_once(languages: Languages) -> None:
    document = {"words": {"tp": ["x", "goal"], "nope": []}, "default_symbol": "shiny"}
    with pytest.raises(ProfileError) as why:
        checked(from_document(document), languages)
    assert [f.place for f in why.value.faults] == ["default_symbol", "words.tp", "words.nope"]


def test_names_become_canonical_and_a_document_comes_back_as_it_was(languages: Languages) -> None:
    document = {
        "default_symbol": "gold",
        "ignore_words": ["promo", "PROMO"],
        "words": {"tp": [" bull's   eye ", "bull's eye"], "sl": []},
        "symbols": {"NAS": "nasdaq"},
        "price_style": "decimal_comma",
        "pip_sizes": {"gold": "1.0"},
    }
    found = to_document(checked(from_document(document), languages))
    assert found == {
        "default_symbol": "XAUUSD",
        "ignore_words": ["promo"],
        "words": {"tp": ["bull's eye"]},
        "symbols": {"NAS": "NAS100"},
        "price_style": "decimal_comma",
        "pip_sizes": {"XAUUSD": 1.0},
    }
    assert to_document(checked(from_document(found), languages)) == found
    assert to_document(from_document({})) == {}


def test_every_role_of_a_profile_is_one_of_the_parser_and_has_its_field_on_the_channels_page() -> None:
    assert set(ROLE_TEXTS) <= set(ROLES)
    page = Path(__file__).parents[3] / "dashboard" / "src" / "features" / "providers" / "profile.ts"
    assert sorted(re.findall(r"\{ id: '(\w+)'", page.read_text("utf-8"))) == sorted(ROLE_TEXTS)
