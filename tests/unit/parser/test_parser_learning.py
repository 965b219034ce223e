"""A profile is learned from a history with a vocabulary of its own, proposed with counts, and never applied."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signalos.commands.learn import learn, load_profile
from signalos.domain.errors import ConfigError
from signalos.domain.message import Message
from signalos.parser import Languages
from signalos.parser.learning import Proposal, propose, report
from signalos.parser.learning.look import look_at
from signalos.parser.learning.tallies import roles_of
from signalos.parser.profile_document import to_document
from tests.unit.parser.test_parser_command import run
from tests.unit.parser.unusual_channel import ADVERT, FOOTER, texts, write

START = datetime(2024, 3, 5, tzinfo=UTC)


def history(found: list[str]) -> list[Message]:
    return [
        Message("", "-7", number, 1, text, START + timedelta(minutes=number))
        for number, text in enumerate(found, start=1)
    ]


def learned(found: list[str], languages: Languages) -> Proposal:
    return propose(lambda: history(found), languages)


@pytest.fixture(scope="module")
def proposal(languages: Languages) -> Proposal:
    return learned(texts(), languages)


def test_an_unusual_vocabulary_is_found(proposal: Proposal) -> None:
    assert to_document(proposal.profile) == {
        "default_symbol": "XAUUSD",
        "ignore_words": [ADVERT],
        "words": {
            "sl": ["bail"],
            "tp": ["bull's eye"],
            "buy": ["charge"],
            "sell": ["retreat"],
            "filler": [FOOTER],
        },
        "symbols": {"shiny rock": "XAUUSD"},
    }


def test_the_effect_is_counted_on_the_same_history(proposal: Proposal) -> None:
    effect = proposal.effect
    assert (effect.messages, effect.before, effect.fewer) == (67, 0, 0)
    assert effect.more == 40 + 6


def test_the_report_gives_counts_examples_and_the_next_step(proposal: Proposal) -> None:
    text = report(proposal)
    assert "“bull's eye” = target, 40 times (40 tp)" in text
    assert "Bull's eye 1: 2294,5" in text
    assert "Nothing was changed" in text
    assert "46 more" in text


def test_a_channel_that_is_read_already_needs_nothing(languages: Languages) -> None:
    found = [f"BUY GOLD {2300 + n}\nSL {2290 + n}\nTP {2310 + n}" for n in range(20)]
    plain = learned(found, languages)
    assert to_document(plain.profile) == {}
    assert (plain.effect.before, plain.effect.more, plain.findings, plain.questions) == (20, 0, [], [])


def test_a_word_on_both_sides_is_asked_about_and_not_proposed(languages: Languages) -> None:
    found = [
        f"BUY GOLD {2300 + n}\nwaypoint {2300 + n + (10 if n % 2 else -10)}\nTP {2320 + n}"
        for n in range(12)
    ]
    asked = learned(found, languages)
    assert "waypoint" not in str(asked.profile.words)
    assert [(q.written, q.seen.count) for q in asked.questions] == [("waypoint", 12)]


def test_too_few_messages_are_no_habit(languages: Languages) -> None:
    found = ["BUY GOLD 2300\nbail 2290\nbull's eye 2310", "BUY GOLD 2301\nbail 2291\nbull's eye 2311"]
    assert to_document(learned(found, languages).profile) == {}


def test_a_word_that_would_make_talk_an_instruction_is_not_proposed(languages: Languages) -> None:
    found = [f"BUY GOLD NOW\nX {2290 + n}\nZ {2310 + n}" for n in range(6)]
    asked = learned(found, languages)
    assert asked.profile.words == {}
    assert "single letter" in asked.questions[0].remark


def test_reports_and_conditions_teach_nothing(languages: Languages) -> None:
    found = [f"Buy gold {2300 + n}\nwe closed at {2310 + n}, bull's eye {2312 + n} hit" for n in range(9)]
    assert to_document(learned(found, languages).profile) == {}


def test_an_unknown_name_is_resolved_by_its_prices_only_where_one_symbol_fits(languages: Languages) -> None:
    known = [f"BUY BTCUSD {64000 + n}\nSL {63000 + n}\nTP {66000 + n}" for n in range(5)]
    odd = [f"BUY orange zest {64100 + n}\nSL {63100 + n}\nTP {66100 + n}" for n in range(5)]
    assert learned(known + odd, languages).profile.symbols == {"orange zest": "BTCUSD"}
    alone = learned(odd, languages)
    assert alone.profile.symbols == {}
    (question,) = alone.questions
    assert question.written == "orange zest"
    assert "BTCUSD" in question.remark


def test_the_price_style_is_proposed_where_numerals_have_two_readings(languages: Languages) -> None:
    found = [f"BUY BTCUSD 64.{100 + n}\nSL 63.{100 + n}\nTP 66.{100 + n},5" for n in range(6)]
    assert learned(found, languages).profile.price_style == "decimal_comma"


@pytest.mark.parametrize(
    ("text", "roles"),
    [
        ("BUY GOLD 2300\nbail 2290\ngoalpost 2310", {"bail": "sl", "goalpost": "tp"}),
        ("SELL GOLD 2300\nbail 2310\ngoalpost 2290", {"bail": "sl", "goalpost": "tp"}),
        (
            "BUY GOLD\nhook 2300\nbail 2290\ngoalpost 2310",
            {"hook": "entry", "bail": "sl", "goalpost": "tp"},
        ),
        ("BUY GOLD NOW\nbail 2290\ngoalpost 2310, 2320", {"bail": "sl", "goalpost": "tp"}),
        ("gold\nbail 2290\ngoalpost 2310", {}),
    ],
)
def test_a_labels_role_follows_from_the_side_of_its_prices(
    text: str, roles: dict[str, str], languages: Languages
) -> None:
    assert dict(roles_of(look_at(text, languages))) == roles


# -- the command -----------------------------------------------------------------------------------


def test_the_command_writes_a_profile_that_the_command_takes(tmp_path: Path) -> None:
    out = run("", "--learn", str(write(tmp_path / "result.json", texts())))
    assert json.loads(out)["words"]["sl"] == ["bail"]
    made = tmp_path / "profile.json"
    made.write_text(out, encoding="utf-8")
    text = "Shiny Rock BUY 2300,5\nBail: 2290,5\nBull's eye 2310,5"
    assert "stop 2290.5, targets 2310.5" in run(text, "--profile", str(made))
    assert "buy XAUUSD" in run("BUY 2300,5\nBail: 2290,5\nBull's eye 2310,5", "--profile", str(made))
    assert "ignored_word" in run(f"{text}\n{ADVERT}", "--profile", str(made))


def test_what_cannot_be_learned_from_or_used_is_said(tmp_path: Path, languages: Languages) -> None:
    import io

    broken = tmp_path / "result.json"
    broken.write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigError, match="no Telegram Desktop export"):
        learn(broken, None, None, languages, io.StringIO(), io.StringIO())
    bad = tmp_path / "profile.json"
    for text, said in (("{", "not readable JSON"), ('{"words": {"tp": ["x"]}}', "single letter")):
        bad.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=said):
            load_profile(bad, languages)
    with pytest.raises(ConfigError, match="cannot be read"):
        load_profile(tmp_path / "none.json", languages)


def test_one_chat_of_several_is_asked_for(tmp_path: Path, languages: Languages) -> None:
    import io

    one = json.loads(write(tmp_path / "one.json", texts()[:3]).read_text("utf-8"))
    both = tmp_path / "both.json"
    other = {**one, "id": 8, "name": "Other"}
    both.write_text(json.dumps({"chats": {"list": [one, other]}}), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"several chats: Odd .* Other"):
        learn(both, None, None, languages, io.StringIO(), io.StringIO())
    words = io.StringIO()
    learn(both, "Other", None, languages, io.StringIO(), words)
    assert words.getvalue().startswith("3 messages")
