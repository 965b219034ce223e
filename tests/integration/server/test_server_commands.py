"""Commands: from the click to the terminal's stored answer."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from signalos.kit.clock import VirtualClock
from tests.integration.server.running import Running, Terminal, User, running, signal, trade


@pytest.fixture
async def held(ann: User, terminal: Terminal) -> Terminal:
    """A terminal with one open trade of 0.3 lots."""
    await terminal.tell(signal(), trade())
    return terminal


async def test_a_close_reaches_the_terminal_and_its_answer_is_stored(ann: User, held: Terminal) -> None:
    async with held.socket() as desk, ann.socket() as browser:
        answer = await ann.ask("POST", "/api/trades/1/close")
        assert answer.status_code == 202
        accepted = answer.json()
        assert [(t["terminalId"], t["state"]) for t in accepted["terminals"]] == [("t1", "queued")]
        command = (await desk.until("command"))["data"]
        assert command["id"] == accepted["commandId"]
        assert (command["kind"], command["args"], command["terminalSeq"]) == (
            "close",
            {"identifier": "900"},
            1,
        )
        lifetime = datetime.fromisoformat(command["expiresAt"]) - datetime.fromisoformat(
            command["issuedAt"]
        )
        assert lifetime.total_seconds() == 60
        await desk.send("command_ack", {"id": command["id"]})
        await desk.send(
            "command_result", {"id": command["id"], "success": True, "results": [{"retcode": 10009}]}
        )
        states = [(await browser.until("command_update"))["data"]["state"] for _ in range(4)]
        assert states == ["queued", "sent", "acknowledged", "done"]
    stored = await ann.get(f"/api/commands/{command['id']}")
    assert stored["terminals"][0]["results"] == [{"retcode": 10009}]


async def test_offline_commands_wait_in_order_and_come_at_each_connect_until_answered(
    ann: User, held: Terminal
) -> None:
    ids = [
        (await ann.ask("POST", path)).json()["commandId"]
        for path in ("/api/trading/pause", "/api/trades/1/close", "/api/trading/emergency-stop")
    ]
    async with held.socket() as desk:
        commands = [(await desk.until("command"))["data"] for _ in range(3)]
        assert [c["id"] for c in commands] == ids
        assert [c["terminalSeq"] for c in commands] == [1, 2, 3]
        await desk.send("command_ack", {"id": ids[0]})
        await desk.send("command_result", {"id": ids[1], "success": False, "reason": "closed_already"})
        await desk.send("ping")
        await desk.until("pong")
    async with held.socket() as desk:
        assert [(await desk.until("command"))["data"]["id"] for _ in range(2)] == [ids[0], ids[2]]
    states = {c["id"]: c["state"] for c in (await ann.get("/api/commands"))["items"]}
    assert [states[i] for i in ids] == ["acknowledged", "failed", "sent"]


async def test_a_double_click_is_one_command(ann: User, held: Terminal) -> None:
    answers = await asyncio.gather(
        *(ann.ask("POST", "/api/trades/1/close", **{"Idempotency-Key": "click"}) for _ in range(5))
    )
    assert {a.text for a in answers} == {answers[0].text}
    assert len((await ann.get("/api/commands"))["items"]) == 1
    other = await ann.ask("POST", "/api/trading/emergency-stop", **{"Idempotency-Key": "click"})
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    long = await ann.ask("POST", "/api/trading/pause", **{"Idempotency-Key": "x" * 201})
    assert long.status_code == 422


async def test_partial_close_carries_the_exact_volume_of_what_is_open(ann: User, held: Terminal) -> None:
    async def volume() -> Any:
        answer = await ann.ask("POST", "/api/trades/1/partial-close", {"percentage": 33.3})
        assert answer.status_code == 202, answer.text
        return (await ann.get(f"/api/commands/{answer.json()['commandId']}"))["args"]["volume"]

    assert await volume() == 0.0999
    await held.tell(trade(closedVolume=0.1, updatedAt="2026-01-05T10:00:01Z"))
    assert await volume() == 0.0666
    shown = {"identifier": "900", "ticket": "900", "symbol": "XAUUSD", "side": "buy", "volume": 0.1}
    await held.sync(positions=[shown | {"entryPrice": 1, "price": 1, "profit": 0}])
    assert await volume() == 0.0333, "the terminal's own figure is newer"


@pytest.mark.parametrize("percentage", [0, -1, 100.01, "50", None, 1e308])
async def test_a_wrong_percentage_is_422(ann: User, held: Terminal, percentage: Any) -> None:
    answer = await ann.ask("POST", "/api/trades/1/partial-close", {"percentage": percentage})
    assert answer.status_code == 422
    assert (await ann.get("/api/commands"))["items"] == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid"),
        ({"stopLoss": 0}, "invalid"),
        ({"takeProfit": -5}, "invalid"),
        ({"takeProfit": "NaN"}, "invalid"),
        ({"takeProfit": "Infinity"}, "invalid"),
        ({"stopLoss": None}, "stop_required"),
        ({"stopLoss": True}, "invalid"),
    ],
)
async def test_modify_refuses_what_is_no_level(
    ann: User, held: Terminal, body: dict[str, Any], code: str
) -> None:
    answer = await ann.ask("PUT", "/api/trades/1/modify", body)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


async def test_modify_moves_removes_and_leaves(ann: User, held: Terminal) -> None:
    async def args(body: dict[str, Any]) -> Any:
        answer = await ann.ask("PUT", "/api/trades/1/modify", body)
        assert answer.status_code == 202, answer.text
        return (await ann.get(f"/api/commands/{answer.json()['commandId']}"))["args"]

    assert await args({"stopLoss": 1295.5}) == {"identifier": "900", "stopLoss": 1295.5}
    assert await args({"takeProfit": None}) == {"identifier": "900", "takeProfit": None}
    body = {"name": "Default", "config": {"filters": {"missingStop": False}}}
    assert (await ann.ask("PUT", "/api/strategies/1", body)).status_code == 200
    assert await args({"stopLoss": None}) == {"identifier": "900", "stopLoss": None}


async def test_what_is_closed_cannot_be_commanded(ann: User, held: Terminal) -> None:
    await held.tell(trade(status="closed", updatedAt="2026-01-05T10:01:00Z"))
    answer = await ann.ask("POST", "/api/trades/1/close")
    assert (answer.status_code, answer.json()["code"]) == (409, "trade_not_open")
    assert (await ann.ask("POST", "/api/trades/99/close")).status_code == 404
    assert (await ann.ask("POST", "/api/trades/abc/close")).status_code == 404


async def test_a_revoked_terminals_trades_are_403(ann: User, held: Terminal) -> None:
    await ann.ask("POST", f"/api/terminals/{held.row_id}/revoke")
    answer = await ann.ask("POST", "/api/trades/1/close")
    assert (answer.status_code, answer.json()["code"]) == (403, "terminal_not_approved")


async def test_a_stop_goes_to_all_and_resume_must_name_its_latch(ann: User, held: Terminal) -> None:
    await ann.terminal("t2")
    async with held.socket() as desk:
        stop = (await ann.ask("POST", "/api/trading/emergency-stop", {"mode": "close-all"})).json()
        assert [t["terminalId"] for t in stop["terminals"]] == ["t1", "t2"]
        command = (await desk.until("command"))["data"]
        latch = command["args"]["latchId"]
        assert (command["args"]["mode"], command["expiresAt"]) == ("close-all", None)
        refused = await ann.ask("POST", "/api/trading/resume")
        assert (refused.status_code, refused.json()["code"]) == (409, "stop_latched")
        await desk.send("command_ack", {"id": command["id"]})
        left = [{"ticket": "7", "text": "market closed"}]
        result = {
            "id": command["id"],
            "success": True,
            "flat": True,
            "results": left,
            "text": "1 of 1 closed",
        }
        await desk.send("command_result", result)
        wrong = await ann.ask("POST", "/api/trading/resume", {"endStop": "another"})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "latch_changed")
        right = await ann.ask("POST", "/api/trading/resume", {"endStop": latch})
        assert right.status_code == 202
        resume = (await desk.until("command"))["data"]
        assert (resume["kind"], resume["args"]) == ("resume", {"endStop": latch})
        await desk.send("command_result", {"id": resume["id"], "success": True})
        await desk.send("ping")
        await desk.until("pong")
    stored = await ann.get(f"/api/commands/{stop['commandId']}")
    first, second = stored["terminals"]
    assert (first["state"], first["flat"], first["text"]) == ("done", True, "1 of 1 closed")
    assert second["state"] == "superseded", "a stop that never left is called off with its latch"
    assert (await ann.ask("POST", "/api/trading/resume")).status_code == 202
    assert all(t["latch"] is None for t in (await ann.get("/api/terminals"))["items"])


async def test_a_latch_told_by_the_terminal_counts(ann: User, held: Terminal) -> None:
    latch = {"latchId": "local-1", "mode": "stop-entries", "at": "2026-01-05T10:00:00Z", "local": True}
    await held.sync(latch=latch, paused=True)
    refused = await ann.ask("POST", "/api/trading/resume", {"terminalId": "t1"})
    assert refused.json()["code"] == "stop_latched"
    assert refused.json()["errors"] == [{"latchId": "local-1"}]
    (shown,) = (await ann.get("/api/terminals"))["items"]
    assert (shown["latch"]["latchId"], shown["latch"]["local"], shown["paused"]) == ("local-1", True, True)
    await held.sync()
    assert (await ann.ask("POST", "/api/trading/resume")).status_code == 202


async def test_a_provider_is_paused_alone(ann: User, held: Terminal) -> None:
    provider = (await ann.get("/api/providers"))["items"][0]["id"]
    answer = await ann.ask("POST", "/api/trading/pause", {"providerId": provider})
    assert (await ann.get(f"/api/commands/{answer.json()['commandId']}"))["args"] == {"chatId": "-100"}
    assert (await ann.ask("POST", "/api/trading/pause", {"providerId": 99})).status_code == 404
    assert (await ann.ask("POST", "/api/trading/pause", {"terminalId": "ghost"})).status_code == 404


async def test_a_resume_calls_off_a_pause_that_never_left(ann: User, held: Terminal) -> None:
    await ann.ask("POST", "/api/trading/pause")
    await ann.ask("POST", "/api/trading/resume")
    kinds = [(c["kind"], c["state"]) for c in (await ann.get("/api/commands"))["items"]]
    assert kinds == [("resume", "queued"), ("pause", "superseded")]


async def test_a_browser_stops_and_closes_over_the_socket(ann: User, held: Terminal) -> None:
    async with held.socket() as desk, ann.socket() as browser:
        await browser.send("close_trade_command", {"tradeId": 1, "timestamp": "2026-01-05T10:00:00Z"})
        assert (await desk.until("command"))["data"]["kind"] == "close"
        await browser.send("emergency_stop_command", {"timestamp": 1})
        assert (await desk.until("command"))["data"]["kind"] == "stop"
        await browser.send("close_trade_command", {"tradeId": 77})
        assert (await browser.until("error"))["data"]["code"] == "not_found"
        await browser.send("command_result", {"id": "x", "success": True})
        assert (await browser.until("error"))["data"]["code"] == "invalid"


async def test_a_terminal_cannot_answer_for_another(ann: User, held: Terminal) -> None:
    other = await ann.terminal("t2")
    command = (await ann.ask("POST", "/api/trades/1/close")).json()["commandId"]
    async with other.socket() as desk:
        await desk.send("command_result", {"id": command, "success": True})
        assert (await desk.until("error"))["data"]["code"] == "not_found"
    assert (await ann.get(f"/api/commands/{command}"))["state"] == "queued"


async def test_a_repeated_result_changes_nothing(ann: User, held: Terminal) -> None:
    command = (await ann.ask("POST", "/api/trades/1/close")).json()["commandId"]
    async with held.socket() as desk:
        await desk.send(
            "command_result", {"id": command, "success": False, "state": "done", "reason": "no_money"}
        )
        await desk.send("command_result", {"id": command, "success": True})
        await desk.send("ping")
        await desk.until("pong")
    (at,) = (await ann.get(f"/api/commands/{command}"))["terminals"]
    assert (at["state"], at["reason"]) == ("failed", "no_money")


async def test_unsent_commands_expire_and_late_answers_are_still_stored(home: Path) -> None:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    async with running(home, clock=clock) as server:
        ann = await server.user()
        held = await ann.terminal()
        await held.tell(signal(), trade())
        close = (await ann.ask("POST", "/api/trades/1/close")).json()["commandId"]
        stop = (await ann.ask("POST", "/api/trading/emergency-stop")).json()["commandId"]
        await settled(clock, server, ann, 61, close, "expired")
        assert (await ann.get(f"/api/commands/{stop}"))["state"] == "queued"
        async with held.socket() as desk:
            assert (await desk.until("command"))["data"]["id"] == stop, "what expired unsent is not sent"
            again = (await ann.ask("POST", "/api/trades/1/close")).json()["commandId"]
            assert (await desk.until("command"))["data"]["id"] == again
            await settled(clock, server, ann, 61, again, "expired")
        async with held.socket() as desk:
            ids = [(await desk.until("command"))["data"]["id"] for _ in range(2)]
            assert ids == [stop, again], "what was sent is asked about until its answer is stored"
            await desk.send("command_result", {"id": again, "success": True})
            await desk.send("ping")
            await desk.until("pong")
        assert (await ann.get(f"/api/commands/{again}"))["state"] == "done"


async def test_what_is_not_acknowledged_is_sent_again(home: Path) -> None:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    async with running(home, clock=clock) as server:
        ann = await server.user()
        held = await ann.terminal()
        async with held.socket() as desk:
            await ann.ask("POST", "/api/trading/emergency-stop")
            first = (await desk.until("command"))["data"]
            asking = asyncio.create_task(desk.until("command"))
            while not asking.done():
                await clock.advance(1)
                await asyncio.sleep(0.01)
            assert (await asking)["data"] == first


async def settled(
    clock: VirtualClock, server: Running, ann: User, seconds: int, command: str, state: str
) -> None:
    """Let ``seconds`` pass and the housekeeping see it."""
    await clock.advance(seconds)
    async with asyncio.timeout(10):
        while (await ann.get(f"/api/commands/{command}"))["state"] != state:
            await clock.advance(1)
            await asyncio.sleep(0.01)
