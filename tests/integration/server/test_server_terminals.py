"""Terminals: in by approval or pasted token, out by revocation."""

from __future__ import annotations

from typing import Any

import pytest
import websockets

from tests.integration.server.running import Running, Socket, Terminal, User, signal, status_body, trade


async def register(user: User, name: str = "pc-1"):  # type: ignore[no-untyped-def]
    body = {"terminalId": name, "name": "Desk", "platform": "Linux", "version": "1"}
    return await user.ask("POST", "/api/terminals/register", body)


async def test_a_registered_terminal_waits_for_approval(ann: User) -> None:
    first = await register(ann)
    assert first.status_code == 201
    assert first.json() == {"id": 1, "status": "pending", "userId": ann.id, "terminalId": "pc-1"}
    again = await register(ann)
    assert (again.status_code, again.json()["id"]) == (200, 1)

    early = await ann.ask("POST", "/api/firebridge/sync-user", status_body(ann.id, "pc-1"))
    assert (early.status_code, early.json()["code"]) == (403, "terminal_not_approved")
    assert (await ann.ask("POST", "/api/terminals/1/token")).status_code == 403

    approved = await ann.ask("POST", "/api/terminals/1/approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "approved")
    taken = await ann.ask("POST", "/api/firebridge/sync-user", status_body(ann.id, "pc-1"))
    assert (taken.status_code, taken.json()["ok"]) == (200, True)
    assert (await register(ann)).json()["status"] == "approved"


async def test_an_approved_terminals_token_is_handed_out_once(ann: User) -> None:
    await register(ann)
    await ann.ask("POST", "/api/terminals/1/approve")
    first = await ann.ask("POST", "/api/terminals/1/token")
    assert first.status_code == 200
    second = await ann.ask("POST", "/api/terminals/1/token")
    assert (second.status_code, second.json()["code"]) == (409, "token_already_issued")
    me = await ann.server.http.get("/api/me", headers={"Authorization": f"Bearer {first.json()['token']}"})
    assert me.json()["id"] == ann.id


async def test_a_pasted_token_binds_the_first_name(ann: User) -> None:
    made = await ann.ask("POST", "/api/terminals", {"name": "VPS"})
    assert (made.status_code, made.json()["status"]) == (201, "approved")
    pasted = Terminal(ann, made.json()["id"], "vps-1", made.json()["token"])
    body = {"terminalId": "vps-1", "name": "VPS"}
    assert (await pasted.ask("POST", "/api/terminals/register", body)).json()["status"] == "approved"
    assert (await pasted.ask("POST", "/api/terminals/register", body)).status_code == 200
    other = await pasted.ask("POST", "/api/terminals/register", {"terminalId": "vps-2", "name": "VPS"})
    assert (other.status_code, other.json()["code"]) == (409, "terminal_bound")
    second = (await ann.ask("POST", "/api/terminals", {"name": "Two"})).json()
    clash = await Terminal(ann, second["id"], "", second["token"]).ask(
        "POST", "/api/terminals/register", body
    )
    assert (clash.status_code, clash.json()["code"]) == (409, "terminal_exists")


async def test_a_denied_terminal_is_refused(ann: User) -> None:
    await register(ann)
    assert (await ann.ask("POST", "/api/terminals/1/deny")).json()["status"] == "denied"
    assert (await register(ann)).json()["status"] == "denied"
    refused = await ann.ask("POST", "/api/firebridge/sync-user", status_body(ann.id, "pc-1"))
    assert refused.status_code == 403


async def test_revoking_closes_the_socket_and_ends_the_token(ann: User, terminal: Terminal) -> None:
    async with terminal.socket() as socket:
        revoked = await ann.ask("POST", f"/api/terminals/{terminal.row_id}/revoke")
        assert revoked.json()["status"] == "revoked"
        assert await socket.closed() == 4401
    await terminal.sync(expect=401)
    with pytest.raises(websockets.ConnectionClosedError) as closed:
        async with Socket.open(ann.server.ws, terminal.token):
            pass
    assert closed.value.rcvd is not None
    assert closed.value.rcvd.code == 4401


async def test_a_terminal_token_opens_its_own_doors_alone(ann: User, terminal: Terminal) -> None:
    for method, path in (
        ("GET", "/api/trades"),
        ("GET", "/api/overview"),
        ("POST", "/api/trading/emergency-stop"),
        ("POST", f"/api/terminals/{terminal.row_id}/approve"),
        ("POST", "/api/auth/logout"),
    ):
        answer = await terminal.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden"), path
    second = await ann.terminal("t2")
    foreign = await terminal.ask("POST", "/api/firebridge/sync-user", status_body(ann.id, "t2"))
    assert (foreign.status_code, foreign.json()["code"]) == (403, "not_yours")
    told = await terminal.tell(signal(), trade(terminal_id="t2"), trade("901"), named=False)
    assert [r["code"] for r in told["rejected"]] == ["not_yours"]
    assert len(told["accepted"]) == 2
    assert second.row_id != terminal.row_id


async def test_users_do_not_see_or_reach_each_others_things(
    server: Running, ann: User, terminal: Terminal
) -> None:
    await terminal.sync()
    await terminal.tell(signal(), trade())
    command = (await ann.ask("POST", "/api/trading/pause")).json()["commandId"]
    bob = await server.user("bob@example.org")
    strategy = (await ann.get("/api/strategies"))["items"][0]["id"]
    for path in ("terminals", "signals", "trades", "commands", "providers", "logs"):
        assert (await bob.get(f"/api/{path}"))["items"] == [], path
    assert [s["id"] for s in (await bob.get("/api/strategies"))["items"]] != [strategy]
    assert (await bob.get("/api/analytics/equity"))["items"] == []
    overview = await bob.get("/api/overview")
    for key in ("terminals", "openTrades", "recentSignals", "commands", "alerts", "equity"):
        assert overview[key] == [], key
    for method, path, body in (
        ("GET", "/api/signals/1", None),
        ("GET", "/api/trades/1", None),
        ("GET", "/api/providers/1", None),
        ("GET", f"/api/commands/{command}", None),
        ("GET", f"/api/strategies/{strategy}", None),
        ("PUT", f"/api/strategies/{strategy}", {"name": "mine", "config": {}}),
        ("POST", "/api/trades/1/close", None),
        ("POST", "/api/trades/1/partial-close", {"percentage": 50}),
        ("PUT", "/api/trades/1/modify", {"takeProfit": 1400}),
        ("POST", "/api/terminals/1/approve", None),
        ("POST", "/api/terminals/1/deny", None),
        ("POST", "/api/terminals/1/revoke", None),
        ("POST", "/api/terminals/1/token", None),
        ("POST", "/api/trading/emergency-stop", {"terminalId": "t1"}),
        ("POST", "/api/trading/pause", {"providerId": 1}),
    ):
        answer = await bob.ask(method, path, body)
        assert answer.status_code == 404, (method, path, answer.text)
    for path, hers in (
        ("sync-user", status_body(ann.id, "t1")),
        ("push-trade-result", {"userId": ann.id, "tradeResult": {"success": True}}),
    ):
        assert (await bob.ask("POST", f"/api/firebridge/{path}", hers)).status_code == 403
    assert (await bob.ask("GET", f"/api/firebridge/pull-strategy/{ann.id}")).status_code == 403
    mine = {"userId": bob.id, "terminalId": "t1", "tradeResult": {"success": True}}
    assert (await bob.ask("POST", "/api/firebridge/push-trade-result", mine)).status_code == 404
    outside: dict[str, Any] = {"terminalId": None, "events": [trade("5")]}
    told = (await bob.ask("POST", "/api/firebridge/events", outside)).json()
    assert [r["code"] for r in told["rejected"]] == ["terminal_unknown"]
    assert len((await ann.get("/api/trades"))["items"]) == 1


async def test_a_users_events_reach_no_other_users_socket(
    server: Running, ann: User, terminal: Terminal
) -> None:
    bob = await server.user("bob@example.org")
    async with bob.socket(resume=0) as socket:
        await terminal.sync()
        await terminal.tell(signal(), trade())
        await socket.send("ping")
        assert (await socket.next())["type"] == "pong"
