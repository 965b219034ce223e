"""The WebSocket link against a server on a real socket that refuses, drops, mumbles and comes back."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import msgspec
import pytest
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.link import Link
from signalos.domain.errors import JournalError, NotAllowed
from signalos.kit.clock import SystemClock
from signalos.protocol.socket import Command, CommandResult
from tests.integration.desktop_edges.edge_rig import TOKEN, free_port, until

AT = "2024-03-04T09:00:00Z"


@dataclass
class Hub:
    """The server's side: repeats each command at every connect until its result is stored."""

    port: int = field(default_factory=free_port)
    commands: list[dict[str, Any]] = field(default_factory=list)
    received: list[dict[str, Any]] = field(default_factory=list)
    results: dict[str, dict[str, Any]] = field(default_factory=dict)
    headers: list[str] = field(default_factory=list)
    connections: list[ServerConnection] = field(default_factory=list)
    after_ready: Callable[[ServerConnection], Awaitable[None]] | None = None
    close_with: int | None = None
    http_status: int | None = None

    @asynccontextmanager
    async def up(self) -> AsyncIterator[None]:
        async with serve(self.connected, "127.0.0.1", self.port, process_request=self.request):
            yield

    def request(self, connection: ServerConnection, request: Request) -> Response | None:
        self.headers.append(request.headers.get("Authorization", ""))
        assert request.path == "/ws"
        if self.http_status is not None:
            return connection.respond(HTTPStatus(self.http_status), "no")
        return None

    async def connected(self, socket: ServerConnection) -> None:
        self.connections.append(socket)
        if self.close_with is not None:
            await socket.close(self.close_with, "revoked")
            return
        await say(socket, "ready", {"userId": 7, "seq": 0})
        if self.after_ready is not None:
            await self.after_ready(socket)
        for command in self.commands:
            if command["id"] not in self.results:
                await say(socket, "command", command)
        with contextlib.suppress(ConnectionClosed):
            async for frame in socket:
                message = msgspec.json.decode(frame)
                self.received.append(message)
                if message["type"] == "command_result":
                    self.results[message["data"]["id"]] = message["data"]

    async def order(self, **command: Any) -> None:
        """Issue a command, to whoever is connected and at each later connect."""
        self.commands.append(command)
        for socket in self.connections[-1:]:
            await say(socket, "command", command)

    def kinds(self) -> list[tuple[str, str]]:
        return [(m["type"], m["data"]["id"]) for m in self.received]


async def say(socket: ServerConnection, kind: str, data: Any) -> None:
    with contextlib.suppress(ConnectionClosed):
        await socket.send(msgspec.json.encode({"type": kind, "data": data, "seq": None, "at": AT}).decode())


def command(number: int = 1, kind: str = "pause", **args: Any) -> dict[str, Any]:
    return {
        "id": f"c{number}",
        "terminalSeq": number,
        "kind": kind,
        "args": args,
        "issuedAt": AT,
        "expiresAt": None,
    }


class Inbox:
    """Journals commands in memory; ``at_once`` finishes them within ``accept``."""

    def __init__(self) -> None:
        self.commands: dict[str, Command] = {}
        self.times: list[str] = []
        self.stored: dict[str, CommandResult] = {}
        self.broken = False
        self.on_accept: Callable[[Command], None] = lambda command: None

    def accept(self, command: Command) -> CommandResult | None:
        if self.broken:
            raise JournalError("the disk is full")
        self.times.append(command.id)
        self.commands[command.id] = command
        self.on_accept(command)
        return self.stored.get(command.id)


class World:
    def __init__(self, tokens: AuthTokenManager) -> None:
        self.hub = Hub()
        self.inbox = Inbox()
        self.tokens = tokens
        self.alerts: list[tuple[str, str]] = []
        self.link = Link(
            f"http://127.0.0.1:{self.hub.port}",
            tokens,
            "t1",
            self.inbox,
            SystemClock(),
            random.Random(5),
            lambda *alert: self.alerts.append(alert),
        )

    @asynccontextmanager
    async def linked(self) -> AsyncIterator[asyncio.Task[None]]:
        task = asyncio.create_task(self.link.run())
        try:
            yield task
            assert not task.done(), "the link ended"
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def connected(self) -> None:
        await until(lambda: self.link.state.connected)


@pytest.fixture
def world(tokens: AuthTokenManager) -> World:
    return World(tokens)


async def test_a_command_is_journalled_acknowledged_and_answered_once(world: World) -> None:
    async with world.hub.up(), world.linked():
        await world.connected()
        assert world.hub.headers == [f"Bearer {TOKEN}"]
        assert world.link.state.user_id == 7
        await world.hub.order(**command(1, "stop", mode="close-all", latchId="L1"))
        await until(lambda: len(world.hub.received) == 1)
        assert world.inbox.commands["c1"].args == {"mode": "close-all", "latchId": "L1"}
        assert world.inbox.commands["c1"].issued_at == datetime(2024, 3, 4, 9, tzinfo=UTC)
        world.link.send_result(CommandResult(id="c1", success=True, flat=True, results=[{"ticket": "5"}]))
        await until(lambda: len(world.hub.received) == 2)
    assert world.hub.kinds() == [("command_ack", "c1"), ("command_result", "c1")]
    assert world.hub.results["c1"]["flat"] is True


async def test_a_repeated_command_answers_its_stored_result(world: World) -> None:
    world.hub.commands.append(command(1))
    world.inbox.stored["c1"] = CommandResult(id="c1", success=True, text="done before")
    async with world.hub.up(), world.linked():
        await until(lambda: "c1" in world.hub.results)
    assert world.hub.kinds() == [("command_ack", "c1"), ("command_result", "c1")]
    assert world.hub.results["c1"]["text"] == "done before"


async def test_a_result_that_is_ready_within_accept_still_follows_its_receipt(world: World) -> None:
    world.inbox.on_accept = lambda c: world.link.send_result(CommandResult(id=c.id, success=True))
    async with world.hub.up(), world.linked():
        await world.connected()
        await world.hub.order(**command(1))
        await until(lambda: "c1" in world.hub.results)
    assert world.hub.kinds() == [("command_ack", "c1"), ("command_result", "c1")]


async def test_a_result_that_finds_no_connection_is_asked_for_again(world: World) -> None:
    async with world.linked():
        async with world.hub.up():
            await world.connected()
            await world.hub.order(**command(1))
            await until(lambda: world.hub.kinds() == [("command_ack", "c1")])
        await until(lambda: not world.link.state.connected)
        result = CommandResult(id="c1", success=True)
        world.link.send_result(result)
        world.inbox.stored["c1"] = result
        async with world.hub.up():
            await until(lambda: "c1" in world.hub.results)
    assert world.inbox.times == ["c1", "c1"]


async def test_comes_back_after_each_loss(world: World) -> None:
    losses = 0

    async def drops(socket: ServerConnection) -> None:
        nonlocal losses
        if losses < 4:
            losses += 1
            socket.transport.abort()

    world.hub.after_ready = drops
    async with world.linked():
        await until(lambda: bool(world.link.state.last_error))
        assert "cannot be reached" in world.link.state.last_error
        async with world.hub.up():
            await until(lambda: len(world.hub.connections) == 5 and world.link.state.connected)
            await world.hub.order(**command(1))
            await until(lambda: len(world.inbox.times) == 1)
    assert world.alerts == []


@pytest.mark.parametrize("refusal", ["4401", "401", "403"])
async def test_a_refused_token_is_told_once_and_a_new_one_tried_on_request(
    world: World, refusal: str
) -> None:
    if refusal == "4401":
        world.hub.close_with = 4401
    else:
        world.hub.http_status = int(refusal)
    async with world.hub.up(), world.linked():
        await until(lambda: bool(world.alerts))
        world.link.retry_now()
        await until(lambda: len(world.hub.headers) == 2)
        assert not world.link.state.connected
        world.hub.close_with = world.hub.http_status = None
        world.tokens.store_auth_token(TOKEN + "new", "t1")
        await until(lambda: bool(world.link.state.last_error))
        world.link.retry_now()
        await world.connected()
    assert world.hub.headers[-1] == f"Bearer {TOKEN}new"
    assert [code for code, _ in world.alerts] == ["link_refused"]
    assert TOKEN not in str(world.alerts)


async def test_without_a_token_nobody_is_asked(world: World, tmp_path: Any) -> None:
    (tmp_path / "home" / "auth_token").unlink()
    async with world.hub.up(), world.linked():
        await until(lambda: bool(world.alerts))
    assert world.hub.headers == []
    assert "no token is stored" in world.alerts[0][1]


async def test_a_server_that_is_restarting_is_no_refusal(world: World) -> None:
    world.hub.http_status = 503
    async with world.hub.up(), world.linked():
        await until(lambda: len(world.hub.headers) >= 2)
        world.hub.http_status = None
        await world.connected()
    assert world.alerts == []


async def test_what_cannot_be_read_hurts_nobody(world: World) -> None:
    async def mumbles(socket: ServerConnection) -> None:
        for text in ("{", "[]", "7", '"x"', '{"no": "type"}', '{"type": "ready", "data": 5}'):
            await socket.send(text)
        await socket.send(b"\xff\xfe")
        await socket.send('[{"type": "pong"}, {"type": "brand_new", "data": {"a": 1}, "seq": 9}]')
        await say(socket, "error", {"code": "x"})
        await say(socket, "command", {"kind": "pause"})

    world.hub.after_ready = mumbles
    world.hub.commands += [command(1, "dance"), command(2) | {"terminalSeq": "two"}, command(3)]
    async with world.hub.up(), world.linked():
        await until(lambda: world.inbox.times == ["c3"])
        await until(lambda: set(world.hub.results) == {"c1", "c2"})
        assert len(world.hub.connections) == 1
    for number in ("c1", "c2"):
        assert world.hub.results[number]["success"] is False
        assert world.hub.results[number]["reason"] == "unreadable"
    assert [code for code, _ in world.alerts] == ["command_unreadable"] * 3


async def test_several_commands_in_one_frame_are_all_taken(world: World) -> None:
    async def many(socket: ServerConnection) -> None:
        rows = [{"type": "command", "data": command(n), "seq": None, "at": AT} for n in (1, 2, 3)]
        await socket.send(msgspec.json.encode(rows).decode())

    world.hub.after_ready = many
    async with world.hub.up(), world.linked():
        await until(lambda: len(world.hub.received) == 3)
    assert world.inbox.times == ["c1", "c2", "c3"]


async def test_a_command_that_cannot_be_journalled_is_not_acknowledged_and_comes_again(
    world: World,
) -> None:
    world.inbox.broken = True
    world.hub.commands.append(command(1))
    async with world.hub.up(), world.linked():
        await until(lambda: len(world.hub.connections) >= 2)
        assert world.hub.received == []
        world.inbox.broken = False
        await until(lambda: world.hub.kinds() == [("command_ack", "c1")])


async def test_closes_cleanly_when_ended(world: World) -> None:
    async with world.hub.up():
        async with world.linked():
            await world.connected()
        await until(lambda: world.hub.connections[0].close_code is not None)
    assert world.hub.connections[0].close_code == 1000


async def test_the_token_never_reaches_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        async with world.hub.up(), world.linked():
            await world.connected()
            await world.hub.order(**command(1))
            await until(lambda: bool(world.inbox.times))
    ours = [r.getMessage() for r in caplog.records if r.name.startswith("signalos")]
    assert ours
    assert TOKEN not in "\n".join(ours)


def test_an_address_that_would_show_the_token_is_refused(tokens: AuthTokenManager) -> None:
    with pytest.raises(NotAllowed, match="plain http"):
        Link("http://signals.example", tokens, "t", Inbox(), SystemClock(), random.Random(1))
