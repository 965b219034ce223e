"""The socket: authentication, order, resuming, limits."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from typing import Any

import pytest
import websockets

from signalos.protocol import convert, socket, views
from tests.integration.server.running import PASSWORD, Running, Socket, Terminal, User, event, signal, trade


async def code_of(url: str, *, first: str | bytes | None = None, **more: Any) -> int | None:
    """Connect, perhaps say something, and answer the code that the server closes with."""
    async with websockets.connect(url, proxy=None, **more) as connection:
        if first is not None:
            await connection.send(first)
        try:
            async with asyncio.timeout(10):
                while True:
                    await connection.recv()
        except websockets.ConnectionClosed:
            return connection.close_code


async def test_who_cannot_say_who_they_are_is_closed_with_4401(server: Running, ann: User) -> None:
    for first in (
        json.dumps({"type": "auth", "token": "nobody"}),
        json.dumps({"type": "auth"}),
        json.dumps({"type": "ping"}),
        "not json",
        "[" * 5000,
        b"\x00",
    ):
        assert await code_of(server.ws, first=first) == 4401
    assert await code_of(server.ws, additional_headers={"Authorization": "Bearer nobody"}) == 4401
    assert (
        await code_of(server.ws, additional_headers={"Cookie": "session=x", "Origin": server.url}) == 4401
    )


async def test_silence_is_closed_after_five_seconds(server: Running) -> None:
    assert await code_of(server.ws) == 4401


async def test_a_header_a_cookie_or_a_first_message_opens(server: Running, ann: User) -> None:
    login = await server.http.post(
        "/api/auth/login", json={"email": "ann@example.org", "password": PASSWORD}
    )
    cookie = {"Cookie": f"session={login.cookies['session']}"}
    for headers in (ann.headers, {**cookie, "Origin": server.url}):
        async with websockets.connect(server.ws, additional_headers=headers, proxy=None) as connection:
            ready = json.loads(await connection.recv())
            assert (ready["type"], ready["data"], ready["seq"]) == (
                "ready",
                {"userId": ann.id, "seq": 0},
                None,
            )
    for origin in ("http://evil.example", "null"):
        assert await code_of(server.ws, additional_headers={**cookie, "Origin": origin}) == 4401
    evil = {**ann.headers, "Origin": "http://evil.example"}
    assert await code_of(server.ws, additional_headers=evil) == 4401
    async with Socket.open(server.ws, ann.session["token"]) as opened:
        assert opened.ready == {"userId": ann.id, "seq": 0}


async def test_resuming_brings_everything_missed_once_and_in_order(ann: User, terminal: Terminal) -> None:
    await terminal.tell(*(signal(n) for n in range(1, 451)))
    newest = (await ann.get("/api/overview"))["seq"]
    async with ann.socket(resume=0) as opened:
        assert opened.ready["seq"] == newest
        seen = [(await opened.next())["seq"] for _ in range(newest)]
        assert seen == list(range(1, newest + 1))
    async with ann.socket(resume=newest - 2) as opened:
        assert [(await opened.next())["seq"] for _ in range(2)] == [newest - 1, newest]


async def test_no_event_is_lost_or_doubled_while_resuming_under_load(ann: User, terminal: Terminal) -> None:
    await terminal.tell(*(signal(n) for n in range(1, 301)))

    async def storm() -> None:
        for n in range(301, 401):
            await terminal.tell(signal(n))

    async def follow() -> list[int]:
        async with ann.socket(resume=0) as opened:
            seen: list[int] = []
            while not seen or seen[-1] < last:
                message = await opened.next()
                if message["seq"] is not None:
                    seen.append(message["seq"])
            return seen

    last = (await ann.get("/api/overview"))["seq"] + 100
    _, *seen = await asyncio.gather(storm(), *(follow() for _ in range(5)))
    for one in seen:
        assert one == list(range(1, last + 1))


async def test_without_resume_events_since_ready_come(ann: User, terminal: Terminal) -> None:
    await terminal.tell(signal(1))
    async with ann.socket() as opened:
        await terminal.tell(signal(2))
        message = await opened.next()
        assert (message["seq"], message["data"]["messageId"]) == (opened.ready["seq"] + 1, 2)


@pytest.mark.parametrize("seq", [-1, 10**6, "x", 1.5, None, True, [], 10**30])
async def test_a_malformed_or_future_seq_is_an_error_and_the_connection_stays(
    ann: User, terminal: Terminal, seq: Any
) -> None:
    async with ann.socket() as opened:
        await opened.connection.send(json.dumps({"type": "resume_from", "seq": seq}))
        message = await opened.next()
        assert (message["type"], message["seq"]) == ("error", None)
        convert(message["data"], socket.ErrorAlert)
        await opened.send("resume_from", {"seq": 0})
        assert (await opened.next())["seq"] == 1


async def test_a_seq_too_old_gets_a_snapshot_then_what_follows(
    server: Running, ann: User, terminal: Terminal
) -> None:
    await terminal.tell(signal(1), signal(2), trade())
    with sqlite3.connect(server.settings.database) as db:
        db.execute("DELETE FROM user_events WHERE seq <= 3")
    async with ann.socket(resume=1) as opened:
        message = await opened.next()
        assert (message["type"], message["seq"]) == ("snapshot", None)
        overview = convert(message["data"], views.Overview)
        assert overview.seq == opened.ready["seq"]
        assert len(overview.recent_signals) == 2
        await terminal.tell(signal(3))
        assert (await opened.next())["seq"] == overview.seq + 1


async def test_no_frame_is_longer_than_a_client_takes(
    server: Running, ann: User, terminal: Terminal
) -> None:
    long = "ß" * 19_000
    for start in range(1, 121, 20):
        await terminal.tell(*(signal(n, text=long) for n in range(start, start + 20)))
    async with ann.socket(resume=0) as opened:
        seen = [(await opened.next())["seq"] for _ in range(opened.ready["seq"])]
        assert seen[-1] == opened.ready["seq"]
    with sqlite3.connect(server.settings.database) as db:
        db.execute("DELETE FROM user_events WHERE seq <= 3")
    async with ann.socket(resume=1) as opened:
        assert (await opened.next())["type"] == "snapshot"
    told = await terminal.tell(signal(500, details={"x": "y" * 200_000}), signal(501))
    assert [r["code"] for r in told["rejected"]] == ["too_large"]


async def test_a_late_resume_gets_a_snapshot_and_no_seq_twice(ann: User, terminal: Terminal) -> None:
    async with ann.socket() as opened:
        await terminal.tell(signal(1))
        first = (await opened.next())["seq"]
        await opened.send("resume_from", seq=0)
        assert (await opened.next())["type"] == "snapshot"
        await terminal.tell(signal(2))
        assert (await opened.next())["seq"] == first + 1


async def test_each_type_has_the_shape_that_is_published(ann: User, terminal: Terminal) -> None:
    async with ann.socket(resume=0) as opened:
        latch = {"latchId": "l", "mode": "own-only", "state": "set", "terminalId": "t1"}
        alert = {"code": "gap", "severity": "error", "text": "A gap"}
        await terminal.sync()
        await terminal.tell(signal(), trade(), event("latch", **latch), event("alert", **alert))
        await ann.ask("POST", "/api/trading/pause")
        await opened.send("ping", {"n": 1})
        seen: dict[str, dict[str, Any]] = {}
        while "command_update" not in seen or "pong" not in seen:
            message = await opened.next()
            seen[message["type"]] = message
    shapes: dict[str, type[Any]] = {
        "terminal_update": views.TerminalView,
        "signal_created": views.SignalView,
        "trade_update": views.TradeView,
        "error_alert": socket.ErrorAlert,
        "command_update": views.CommandView,
        "mt5_status_update": socket.StatusUpdate,
    }
    for kind, shape in shapes.items():
        convert(seen[kind]["data"], shape)
        assert set(seen[kind]) == {"type", "data", "seq", "at"}
    assert seen["trade_update"]["data"]["tradeId"] == 1
    assert seen["pong"]["seq"] is None
    assert seen["mt5_status_update"]["seq"] is None


async def test_malformed_json_is_answered_and_the_connection_stays(ann: User) -> None:
    async with ann.socket() as opened:
        for text in ("{", "null", "[]", '"x"', '{"type":5}', '{"type":"nope"}', "[" * 3000, b"\xff\xfe"):
            await opened.connection.send(text)
            assert (await opened.next())["type"] == "error", text
        await opened.send("ping")
        assert (await opened.next())["type"] == "pong"


async def test_a_message_over_one_megabyte_closes_with_1009(ann: User) -> None:
    async with ann.socket() as opened:
        await opened.connection.send(json.dumps({"type": "ping", "data": {"x": "y" * 1_000_000}}))
        assert (await opened.next())["type"] == "pong"
        await opened.connection.send("x" * 1_048_577)
        assert await opened.closed() == 1009


async def raw_socket(server: Running, token: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    host, port = server.url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        f"GET /ws HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        f"Authorization: Bearer {token}\r\n\r\n".encode()
    )
    await reader.readuntil(b"\r\n\r\n")
    return reader, writer


async def close_code(reader: asyncio.StreamReader) -> int:
    """Read unmasked server frames until the close frame; answers its code."""
    async with asyncio.timeout(10):
        while True:
            first, second = await reader.readexactly(2)
            size = second & 0x7F
            if size == 126:
                size = int.from_bytes(await reader.readexactly(2), "big")
            body = await reader.readexactly(size)
            if first & 0x0F == 8:
                return int.from_bytes(body[:2], "big")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (b"\x81\x82\x00\x00\x00\x00\xff\xfe", 1007),  # text that is not UTF-8
        (b"\x81\x02hi", 1002),  # a client's frame without a mask
        (b"\xf1\x80\x00\x00\x00\x00", 1002),  # reserved bits
    ],
)
async def test_broken_frames_close_with_their_code(
    server: Running, ann: User, frame: bytes, code: int
) -> None:
    reader, writer = await raw_socket(server, ann.session["token"])
    writer.write(frame)
    assert await close_code(reader) == code
    writer.close()


async def test_presence_is_told_when_a_terminal_comes_and_goes(ann: User, terminal: Terminal) -> None:
    async with ann.socket(resume=0) as opened:
        async with terminal.socket():
            await opened.until("terminal_update", online=True)
        await opened.until("terminal_update", online=False)
