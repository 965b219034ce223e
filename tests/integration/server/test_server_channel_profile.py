"""A channel's profile on the server: kept, checked, told to desktop apps, and tried before it is saved."""

from __future__ import annotations

from typing import Any

from tests.integration.server.running import Terminal, User

PROFILE: dict[str, Any] = {
    "words": {"tp": ["bull's  eye"], "sl": ["bail"]},
    "symbols": {"the yellow metal": "gold"},
    "priceStyle": "decimal_comma",
    "pipSizes": {"gold": 1},
}
KEPT = {
    "words": {"tp": ["bull's eye"], "sl": ["bail"]},
    "symbols": {"the yellow metal": "XAUUSD"},
    "priceStyle": "decimal_comma",
    "pipSizes": {"XAUUSD": 1},
}
NONE: dict[str, Any] = {"words": {}, "symbols": {}, "priceStyle": "auto", "pipSizes": {}}
TEXT = "The yellow metal BUY 2390\nBail 2380\nBull's eye 2400"


async def made(user: User) -> dict[str, Any]:
    answer = await user.ask("POST", "/api/providers", {"chatId": "-100", "name": "Odd"})
    assert answer.status_code == 201, answer.text
    view: dict[str, Any] = answer.json()
    return view


def part(view: dict[str, Any]) -> dict[str, Any]:
    return {name: view[name] for name in NONE}


async def test_a_profile_is_kept_by_its_canonical_names(ann: User) -> None:
    provider = await made(ann)
    assert part(provider) == NONE
    path = f"/api/providers/{provider['id']}"
    saved = await ann.ask("PUT", path, PROFILE)
    assert saved.status_code == 200, saved.text
    assert part(saved.json()) == KEPT
    assert part(await ann.get(path)) == KEPT
    assert part((await ann.ask("PUT", path, {})).json()) == NONE, "what is left out takes its default"


async def test_desktop_apps_are_told_of_it_and_of_each_change(terminal: Terminal) -> None:
    ann = terminal.user
    path = f"/api/providers/{(await made(ann))['id']}"
    where = f"/api/firebridge/pull-strategy/{ann.id}"
    assert (await terminal.ask("GET", where)).json()["channels"] == []
    async with terminal.socket() as link:
        await ann.ask("PUT", path, PROFILE)
        command = await link.until("command", args={})
        assert command["data"]["kind"] == "strategy_changed"
    (rules,) = (await terminal.ask("GET", where)).json()["channels"]
    assert part(rules) == KEPT


async def test_what_would_mislead_is_a_problem_of_its_field(ann: User) -> None:
    provider = await made(ann)
    body = {"words": {"tp": ["x"], "goal": ["aim"]}, "symbols": {"zz": "SHINY"}, "pipSizes": {"gold": 0}}
    answer = await ann.ask("PUT", f"/api/providers/{provider['id']}", body)
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")
    assert [e["field"] for e in answer.json()["errors"]] == [
        "words.tp",
        "words.goal",
        "symbols",
        "pipSizes",
    ]
    assert "single letter" in answer.json()["detail"]
    assert part(await ann.get(f"/api/providers/{provider['id']}")) == NONE
    style = await ann.ask("PUT", f"/api/providers/{provider['id']}", {"priceStyle": "comma"})
    assert style.status_code == 422


async def test_the_box_reads_by_the_profile_and_says_what_it_used(ann: User) -> None:
    provider = await made(ann)
    asked = {"text": TEXT, "providerId": provider["id"]}
    before = (await ann.ask("POST", "/api/providers/try", asked)).json()
    assert before["actions"] == []
    await ann.ask("PUT", f"/api/providers/{provider['id']}", PROFILE)
    after = (await ann.ask("POST", "/api/providers/try", asked)).json()
    (action,) = after["actions"]
    assert (action["symbol"], action["stopLoss"], action["takeProfits"]) == ("XAUUSD", 2380, [2400])
    assert any("“bail” read as stop loss" in note for note in after["notes"])


async def test_settings_are_tried_before_they_are_saved(ann: User) -> None:
    provider = await made(ann)
    asked = {"text": TEXT, "providerId": provider["id"], "settings": PROFILE}
    found = (await ann.ask("POST", "/api/providers/try", asked)).json()
    assert [a["action"] for a in found["actions"]] == ["open"]
    assert part(await ann.get(f"/api/providers/{provider['id']}")) == NONE, "nothing was saved"
    off = {**asked, "settings": {**PROFILE, "enabled": False}}
    assert (await ann.ask("POST", "/api/providers/try", off)).json()["reason"] == "channel_off"
    ignored = {**asked, "settings": {"ignoreWords": ["yellow"]}}
    assert (await ann.ask("POST", "/api/providers/try", ignored)).json()["reason"] == "ignored_word"
    wrong = await ann.ask("POST", "/api/providers/try", {**asked, "settings": {"words": {"tp": ["x"]}}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "words.tp")


async def test_what_pips_come_to_is_shown(ann: User) -> None:
    text = "buy gold now sl 40 pips tp 60 pips"
    house = (await ann.ask("POST", "/api/providers/try", {"text": text})).json()
    asked = {"text": text, "settings": {"pipSizes": {"XAUUSD": 1}}}
    own = (await ann.ask("POST", "/api/providers/try", asked)).json()
    assert own["notes"] == ["A pip of XAUUSD is 1, by this channel."]
    assert own["actions"] == house["actions"]
