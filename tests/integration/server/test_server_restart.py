"""What outlives the server's process, and what ends by the clock."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path

from signalos.kit.clock import VirtualClock
from tests.integration.server.running import Terminal, User, running, signal, trade


async def test_a_restart_keeps_state_commands_sessions_and_numbers(home: Path) -> None:
    async with running(home) as server:
        ann = await server.user()
        desk = await ann.terminal()
        latch = {"latchId": "l1", "mode": "own-only", "at": "2026-01-05T10:00:00Z"}
        await desk.sync(latch=latch, marketTime="2014-05-05T10:00:00Z")
        await desk.tell(signal(), trade())
        stop = (await ann.ask("POST", "/api/trading/emergency-stop", **{"Idempotency-Key": "k"})).json()
        seq = (await ann.get("/api/overview"))["seq"]

    async with running(home) as server:
        ann = User(server, ann.session)
        desk = Terminal(ann, desk.row_id, desk.name, desk.token)
        overview = await ann.get("/api/overview")
        (shown,) = overview["terminals"]
        assert (shown["balance"], shown["dayStartEquity"], shown["latch"]["latchId"]) == (
            1000,
            1001.5,
            "l1",
        )
        assert [t["identifier"] for t in overview["openTrades"]] == ["900"]
        assert overview["seq"] >= seq
        again = await ann.ask("POST", "/api/trading/emergency-stop", **{"Idempotency-Key": "k"})
        assert again.json() == stop
        async with ann.socket(resume=0) as browser, desk.socket() as socket:
            assert (await socket.until("command"))["data"]["id"] == stop["commandId"]
            seen = [(await browser.until_durable())["seq"] for _ in range(seq)]
            assert seen == list(range(1, seq + 1))
            position = {
                "identifier": "900",
                "ticket": "900",
                "symbol": "XAUUSD",
                "side": "buy",
                "volume": 0.3,
            }
            await desk.sync(positions=[position | {"entryPrice": 1, "price": 1, "profit": 2}])
            update = (await browser.until("mt5_status_update"))["data"]
            assert update["positions"][0]["tradeId"] == 1, "trades are found again by their position"


async def test_an_ended_session_stays_ended_after_a_restart(home: Path) -> None:
    async with running(home) as server:
        ann = await server.user()
        assert (await ann.ask("POST", "/api/auth/logout")).status_code == 204
    async with running(home) as server:
        assert (await User(server, ann.session).ask("GET", "/api/me")).status_code == 401


async def test_a_socket_ends_with_its_token(home: Path) -> None:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    async with running(home, clock=clock) as server:
        ann = await server.user()
        async with ann.socket() as socket:
            closed = asyncio.create_task(socket.closed())
            while not closed.done():
                await clock.advance(60)
                await asyncio.sleep(0.01)
            assert await closed == 4401
        assert clock.now() >= datetime(2026, 1, 5, 10, 15, tzinfo=UTC)
        assert (await ann.ask("GET", "/api/me")).status_code == 401
        renewed = await server.http.post(
            "/api/auth/refresh", json={"refreshToken": ann.session["refreshToken"]}
        )
        assert renewed.status_code == 200


async def test_a_lock_ends_by_itself(home: Path) -> None:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    async with running(home, clock=clock) as server:
        await server.user()

        async def login(password: str) -> int:
            body = {"email": "ann@example.org", "password": password}
            return (await server.http.post("/api/auth/login", json=body)).status_code

        for _ in range(10):
            assert await login("not the password") == 401
        assert await login("a long password") == 429
        clock.shift(15 * 60 + 1)
        assert await login("a long password") == 200


async def test_a_silent_terminal_is_told_as_gone(home: Path) -> None:
    clock = VirtualClock(datetime(2026, 1, 5, 10, tzinfo=UTC))
    async with running(home, clock=clock) as server:
        ann = await server.user()
        desk = await ann.terminal()
        async with ann.socket(resume=0) as browser:
            await desk.sync()
            await browser.until("terminal_update", online=True, connected=True)
            gone = asyncio.create_task(
                browser.until("terminal_update", online=False, connected=False, balance=1000)
            )
            while not gone.done():
                await clock.advance(1)
                await asyncio.sleep(0.01)
            assert (await gone)["data"]["terminalId"] == "t1"
            assert clock.now() > datetime(2026, 1, 5, 10, 0, 30, tzinfo=UTC)
