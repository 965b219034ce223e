"""Strategies: made, changed by version, put in force, brought back, deleted; terminals are told."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.server.running import Running, Terminal, User


async def make(user: User, **config: Any) -> dict[str, Any]:
    answer = await user.ask("POST", "/api/strategies", {"name": "Careful", "config": config})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def kinds(user: User) -> list[str]:
    return [c["kind"] for c in (await user.get("/api/commands"))["items"]]


async def test_the_schema_comes_with_its_blocks(ann: User) -> None:
    found = await ann.get("/api/strategies/schema")
    assert found["schema"]["properties"]["riskPercentage"]["maximum"] == 100
    blocks = {block["id"]: block for block in found["blocks"]}
    assert next(iter(blocks)) == "signal"
    assert blocks["spread"]["switch"] == "maxSpreadShare"
    assert blocks["missing_stop"]["switch"] == "missingStop"
    assert blocks["halted"]["switch"] == ""
    risk = blocks["sizing"]["fields"][0]
    assert (risk["key"], risk["place"], risk["minimum"], risk["minimumExcluded"]) == (
        "riskPercentage",
        "top",
        0,
        True,
    )


async def test_a_new_one_has_defaults_and_trades_nothing_yet(ann: User, terminal: Terminal) -> None:
    made = await make(ann, riskPercentage=0.5)
    assert (made["active"], made["version"], made["config"]["riskPercentage"]) == (False, "1", 0.5)
    assert made["config"]["maxDailyTrades"] == 20
    assert [s["active"] for s in (await ann.get("/api/strategies"))["items"]] == [False, True]
    assert await kinds(ann) == []


async def test_a_change_counts_versions_and_is_kept(ann: User) -> None:
    made = await make(ann, riskPercentage=0.5)
    path = f"/api/strategies/{made['id']}"
    second = await ann.ask(
        "PUT", path, {"name": "Careful", "config": {"riskPercentage": 2}, "version": "1", "notes": "bolder"}
    )
    assert (second.json()["version"], second.json()["notes"]) == ("2", "bolder")
    versions = (await ann.get(f"{path}/versions"))["items"]
    assert [(v["version"], v["config"]["riskPercentage"]) for v in versions] == [("2", 2), ("1", 0.5)]
    first = await ann.get(f"{path}/versions?limit=1")
    rest = await ann.get(f"{path}/versions?limit=1&cursor={first['nextCursor']}")
    assert [v["version"] for v in rest["items"]] == ["1"]


async def test_two_who_edit_the_same_version_do_not_overwrite_each_other(ann: User) -> None:
    made = await make(ann)
    path = f"/api/strategies/{made['id']}"
    body = {"name": "Mine", "config": {"riskPercentage": 2}, "version": "1"}
    assert (await ann.ask("PUT", path, body)).status_code == 200
    late = await ann.ask("PUT", path, {**body, "name": "Theirs"})
    assert (late.status_code, late.json()["code"]) == (409, "version_conflict")
    assert late.json()["errors"] == [{"version": "2"}]
    assert (await ann.get(path))["name"] == "Mine"


async def test_an_earlier_version_is_saved_as_the_newest(ann: User) -> None:
    made = await make(ann, riskPercentage=0.5)
    path = f"/api/strategies/{made['id']}"
    await ann.ask("PUT", path, {"name": "Wild", "config": {"riskPercentage": 5}})
    answer = await ann.ask("POST", f"{path}/versions/1/restore")
    back = answer.json()
    assert (back["version"], back["name"], back["config"]["riskPercentage"]) == ("3", "Careful", 0.5)
    assert (await ann.ask("POST", f"{path}/versions/9/restore")).status_code == 404


async def test_putting_in_force_tells_the_terminals(ann: User, terminal: Terminal) -> None:
    made = await make(ann, riskPercentage=0.5)
    answer = await ann.ask("POST", f"/api/strategies/{made['id']}/activate")
    assert answer.json()["active"] is True
    assert [s["active"] for s in (await ann.get("/api/strategies"))["items"]] == [True, False]
    assert await kinds(ann) == ["strategy_changed"]
    pulled = await terminal.ask("GET", f"/api/firebridge/pull-strategy/{ann.id}")
    assert pulled.json()["strategy"]["id"] == made["id"]


async def test_what_is_in_use_is_not_deleted(ann: User) -> None:
    made = await make(ann)
    path = f"/api/strategies/{made['id']}"
    active = await ann.ask("DELETE", "/api/strategies/1")
    assert (active.status_code, active.json()["code"]) == (409, "strategy_in_use")
    channel = (await ann.ask("POST", "/api/providers", {"chatId": "-5", "name": "Gold"})).json()["id"]
    await ann.ask("PUT", f"/api/providers/{channel}", {"strategyId": made["id"]})
    used = await ann.ask("DELETE", path)
    assert (used.status_code, used.json()["code"]) == (409, "strategy_in_use")
    await ann.ask("PUT", f"/api/providers/{channel}", {"strategyId": None})
    assert (await ann.ask("DELETE", path)).status_code == 204
    assert (await ann.ask("GET", path)).status_code == 404


@pytest.mark.parametrize(
    ("config", "word"),
    [
        ({"riskPercentage": 0}, "riskPercentage"),
        ({"riskPercentage": "NaN"}, "riskPercentage"),
        ({"maxTargets": 1.5}, "maxTargets"),
        ({"surprise": 1}, "surprise"),
        ({"filters": {"halted": False}}, "halted"),
        ({"filters": []}, "filters"),
    ],
)
async def test_what_cannot_be_used_is_refused_in_words(ann: User, config: Any, word: str) -> None:
    answer = await ann.ask("POST", "/api/strategies", {"name": "Wrong", "config": config})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_strategy")
    assert word in answer.json()["detail"]
    assert len((await ann.get("/api/strategies"))["items"]) == 1


async def test_strategies_of_others_are_not_there(server: Running, ann: User) -> None:
    made = await make(ann)
    bob = await server.user("bob@example.org")
    for method, path in (
        ("GET", ""),
        ("PUT", ""),
        ("DELETE", ""),
        ("POST", "/activate"),
        ("GET", "/versions"),
        ("POST", "/versions/1/restore"),
    ):
        body = {"name": "Mine now"} if method == "PUT" else None
        answer = await bob.ask(method, f"/api/strategies/{made['id']}{path}", body)
        assert answer.status_code == 404, (method, path)
    assert (await ann.get(f"/api/strategies/{made['id']}"))["name"] == "Careful"
