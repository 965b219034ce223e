"""The desktop app's edges against the real server: what one says the other understands."""

from __future__ import annotations

import asyncio
import contextlib
import random
import uuid
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from signalos.desktop.api_client import APIClient
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.link import Link
from signalos.desktop.outbox import OutboxEvent, OutboxSender
from signalos.desktop.status import StatusReporter
from signalos.domain.errors import ServerRefused
from signalos.kit.clock import SystemClock
from signalos.protocol import encode
from signalos.protocol.firebridge import (
    AccountInfo,
    AlertData,
    MessageData,
    Modules,
    Mt5Module,
    Status,
    SyncUser,
)
from signalos.protocol.shapes import Number, Wire
from signalos.protocol.socket import Command, CommandResult
from signalos.server.db.migrate import migrate
from tests.integration.desktop_edges.edge_rig import until
from tests.integration.server.running import Running, User, running

AT = datetime(2024, 3, 4, 9, tzinfo=UTC)


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Running]:
    (tmp_path / "server").mkdir()
    migrate(tmp_path / "server" / "signalos.sqlite")
    async with running(tmp_path) as up:
        yield up


@pytest.fixture
async def user(server: Running) -> User:
    return await server.user()


@pytest.fixture
async def api(user: User, tmp_path: Path) -> AsyncIterator[APIClient]:
    """A client with the token that the user pasted."""
    made = await user.ask("POST", "/api/terminals", {"name": "My PC"})
    pasted = AuthTokenManager(tmp_path / "desktop")
    pasted.store_auth_token(made.json()["token"])
    async with httpx.AsyncClient(trust_env=False) as http:
        yield APIClient(user.server.url, pasted, http, SystemClock())


@contextlib.asynccontextmanager
async def beside(*runs: asyncio.Task[None]) -> AsyncIterator[None]:
    try:
        yield
        assert not any(run.done() for run in runs)
    finally:
        for run in runs:
            run.cancel()
        await asyncio.gather(*runs, return_exceptions=True)


class Store:
    def __init__(self) -> None:
        self.events: list[OutboxEvent] = []
        self.rejected: list[tuple[int, str]] = []
        self.sent: list[int] = []

    def add(self, kind: str, terminal_id: str | None, data: Wire) -> None:
        seq = len(self.events) + 1
        self.events.append(OutboxEvent(seq, str(uuid.uuid4()), kind, AT, terminal_id, encode(data)))

    def pending_events(self, limit: int) -> list[OutboxEvent]:
        done = {*self.sent, *(seq for seq, _ in self.rejected)}
        return [e for e in self.events if e.seq not in done][:limit]

    def mark_sent(self, seqs: list[int]) -> None:
        self.sent += seqs

    def mark_rejected(self, seq: int, code: str, detail: str) -> None:
        self.rejected.append((seq, code))


class Inbox:
    def __init__(self) -> None:
        self.commands: list[Command] = []

    def accept(self, command: Command) -> CommandResult | None:
        self.commands.append(command)
        return None


async def test_registers_reports_and_pulls(user: User, api: APIClient) -> None:
    registered = await api.register_terminal("pc-1", name="My PC", platform="Linux", version="1")
    assert (registered.status, registered.user_id) == ("approved", user.id)
    assert await api.validate_terminal_auth("pc-1") == user.id
    strategy = (await api.pull_strategy(user.id)).strategy
    assert strategy["config"]["riskPercentage"] > 0
    with pytest.raises(ServerRefused):
        await api.pull_strategy(user.id + 1)


async def test_status_reaches_the_list_of_terminals(user: User, api: APIClient) -> None:
    await api.register_terminal("pc-1", name="My PC", platform="Linux", version="1")
    module = Mt5Module(
        connected=True, account_info=AccountInfo(balance=Number(100), equity=Number("101.5"))
    )
    status = SyncUser(
        user_id=user.id,
        terminal_id="pc-1",
        status=Status(is_connected=True, modules=Modules(mt5=module)),
    )
    reported = asyncio.Event()

    def collect() -> SyncUser:
        reported.set()
        return status

    reporter = StatusReporter(api, collect, SystemClock())
    async with beside(asyncio.create_task(reporter.run())):
        async with asyncio.timeout(10):
            await reported.wait()
            while (seen := (await user.get("/api/terminals"))["items"][0])["equity"] is None:  # noqa: ASYNC110 -- a REST answer
                await asyncio.sleep(0.01)
    assert (seen["connected"], seen["balance"], seen["equity"]) == (True, 100, 101.5)
    assert reporter.last_error == ""


async def test_the_outbox_empties_into_the_server_and_bad_events_block_nobody(
    user: User, api: APIClient
) -> None:
    await api.register_terminal("pc-1", name="My PC", platform="Linux", version="1")
    store = Store()
    for number in range(1, 41):
        message = MessageData(chat_id="-1001", message_id=number, posted_at=AT, text=f"talk {number}")
        store.add("message", None, message)
    store.add("alert", "pc-1", AlertData(code="source_line_bad", severity="warning", text="line 3"))
    store.add("unheard_of", "pc-1", AlertData(code="x", severity="info", text="y"))
    store.add("alert", "pc-1", AlertData(code="last", severity="info", text="z"))
    sender = OutboxSender(store, api, SystemClock(), random.Random(1))
    async with beside(asyncio.create_task(sender.run())):
        await until(lambda: not store.pending_events(1))
    assert [seq for seq, _ in store.rejected] == [42]
    assert store.sent == [*range(1, 42), 43]


async def test_a_command_goes_the_whole_way_and_comes_back_done(
    user: User, api: APIClient, tmp_path: Path
) -> None:
    await api.register_terminal("pc-1", name="My PC", platform="Linux", version="1")
    inbox = Inbox()
    tokens = AuthTokenManager(tmp_path / "desktop")
    link = Link(user.server.url, tokens, "pc-1", inbox, SystemClock(), random.Random(1))
    async with beside(asyncio.create_task(link.run())):
        await until(lambda: link.state.connected)
        assert link.state.user_id == user.id
        answer = await user.ask("POST", "/api/trading/emergency-stop", {})
        assert answer.status_code == 202
        command_id = answer.json()["commandId"]
        await until(lambda: bool(inbox.commands))
        command = inbox.commands[0]
        assert (command.kind, command.args["mode"]) == ("stop", "close-all")
        link.send_result(CommandResult(id=command.id, success=True, flat=True, text="3 of 3 closed"))
        async with asyncio.timeout(10):
            while (stop := await user.get(f"/api/commands/{command_id}"))["state"] != "done":  # noqa: ASYNC110 -- a REST answer
                await asyncio.sleep(0.01)
    assert stop["terminals"][0]["flat"] is True


async def test_a_revoked_terminal_loses_its_link_and_is_told(
    user: User, api: APIClient, tmp_path: Path
) -> None:
    registered = await api.register_terminal("pc-1", name="My PC", platform="Linux", version="1")
    alerts: list[str] = []
    tokens = AuthTokenManager(tmp_path / "desktop")
    link = Link(
        user.server.url,
        tokens,
        "pc-1",
        Inbox(),
        SystemClock(),
        random.Random(1),
        lambda code, text: alerts.append(code),
    )
    store = Store()
    sender = OutboxSender(
        store, api, SystemClock(), random.Random(1), lambda code, text: alerts.append(code)
    )
    async with beside(asyncio.create_task(link.run()), asyncio.create_task(sender.run())):
        await until(lambda: link.state.connected)
        await user.ask("POST", f"/api/terminals/{registered.id}/revoke")
        await until(lambda: "link_refused" in alerts)
        store.add("alert", "pc-1", AlertData(code="x", severity="info", text="y"))
        sender.wake()
        await until(lambda: "events_refused" in alerts)
        assert not link.state.connected
    assert store.rejected == []
    assert len(store.pending_events(5)) == 1
