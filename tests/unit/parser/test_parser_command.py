"""``signalos parse`` in its three forms."""

from __future__ import annotations

import json
import os
import subprocess
import sys

CASE = {
    "id": "a",
    "context": [{"id": 1, "text": "GOLD BUY 2405\nSL 2396\nTP 2412"}],
    "message": {"id": 2, "text": "close half", "reply_to": 1, "edit_of": None},
}


def run(text: str, *options: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "signalos.cli", "parse", *options],
        input=text,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    return done.stdout


def test_cases_answers_each_line() -> None:
    lines = [
        json.dumps(CASE),
        "{not json",
        json.dumps({"id": "b"}),
        "[" * 100_000,
        json.dumps({**CASE, "id": "c"}),
    ]
    answers = [json.loads(line) for line in run("\n".join(lines), "--format", "cases").splitlines()]
    assert [answer["id"] for answer in answers] == ["a", None, None, None, "c"]
    assert answers[0]["actions"] == [{"type": "close", "symbol": None, "target": 1, "fraction": 0.5}]
    assert "not valid JSON" in answers[1]["error"]
    assert "no message" in answers[2]["error"]


def test_one_message_shows_the_characters_of_each_field() -> None:
    out = run("GOLD BUY 2405\nSL 2396")
    assert "buy XAUUSD market" in out
    assert "'2396'  characters 17-21" in out


def test_no_action_says_why() -> None:
    assert "it asks (question)" in run("Should we buy gold?")


def test_many_messages_of_one_chat() -> None:
    out = run("Gold buy now\n\nSL 2396\nTP 2412\n\nthank you", "--many")
    assert "modify_sl the signal of message 1: stop to 2396" in out
    assert out.rstrip().endswith("(talk)")


def test_default_symbol() -> None:
    assert "buy XAUUSD" in run("buy now", "--symbol", "XAUUSD")
