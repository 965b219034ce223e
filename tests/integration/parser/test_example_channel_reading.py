"""The parser reads the example channel: each opening exactly, and no opening where there is none."""

import json
from pathlib import Path
from typing import Any

import pytest

from signalos.parser import load_languages
from signalos.parser.cases import answer_case
from signalos.sources.export import plain_text

ROOT = Path(__file__).resolve().parents[3]
MEMORY = 12
"""Earlier messages handed over as context; the one replied to comes with them."""


@pytest.fixture(scope="module")
def answers() -> dict[int, list[dict[str, Any]]]:
    """Message id to actions. Posts of other channels are left out: the source marks those."""
    languages = load_languages()
    chat = json.loads((ROOT / "examples" / "channel" / "result.json").read_text("utf-8"))
    posts = [
        {"id": m["id"], "text": plain_text(m["text"]), "reply_to": m.get("reply_to_message_id")}
        for m in chat["messages"]
        if m["type"] == "message" and "forwarded_from" not in m
    ]
    read = {}
    for place, post in enumerate(posts):
        context = posts[max(0, place - MEMORY) : place]
        if not any(p["id"] == post["reply_to"] for p in context):
            context = [p for p in posts if p["id"] == post["reply_to"]] + context
        case = {"id": str(post["id"]), "context": context, "message": {**post, "edit_of": None}}
        read[post["id"]] = answer_case(case, languages)["actions"]
    return read


def openings() -> list[dict[str, Any]]:
    path = ROOT / "tests" / "house" / "example_openings.json"
    read: list[dict[str, Any]] = json.loads(path.read_text("utf-8"))
    return read


@pytest.mark.parametrize("expected", openings(), ids=lambda o: str(o["id"]))
def test_opening_is_read_exactly(
    expected: dict[str, Any], answers: dict[int, list[dict[str, Any]]]
) -> None:
    (action,) = answers[expected["id"]]
    assert action["type"] == "open"
    read = {field: action[field] for field in expected if field != "id"}
    assert read == {field: value for field, value in expected.items() if field != "id"}


def test_nothing_else_opens_a_trade(answers: dict[int, list[dict[str, Any]]]) -> None:
    known = {o["id"] for o in openings()}
    opened = {number for number, actions in answers.items() if any(a["type"] == "open" for a in actions)}
    assert opened == known


def test_stop_on_the_wrong_side_is_the_one_rejected_order(answers: dict[int, list[dict[str, Any]]]) -> None:
    rejected = [a for actions in answers.values() for a in actions if a["type"] == "reject"]
    assert [a["reason"] for a in rejected] == ["sl_wrong_side"]


def test_commands_in_replies_reach_their_signal(answers: dict[int, list[dict[str, Any]]]) -> None:
    """Closes, stops to entry, moved levels, cancels: each kind occurs and names the signal that was replied to."""
    updates = [a for actions in answers.values() for a in actions if a["type"] not in {"open", "reject"}]
    kinds = {a["type"] for a in updates}
    assert kinds == {"close", "break_even", "modify_sl", "modify_tp", "cancel", "close_all"}
    aimed = [a for a in updates if a["type"] in {"close", "break_even", "modify_sl", "modify_tp"}]
    assert all(a["target"] is not None for a in aimed)
    assert any(a["type"] == "close" and a["fraction"] == 0.5 for a in updates)
