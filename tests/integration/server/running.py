"""A real server on a free port of this machine, and clients that speak to it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import uvicorn
import websockets
from argon2 import PasswordHasher
from fastapi import FastAPI

from signalos.kit.clock import Clock, SystemClock
from signalos.kit.ids import SystemIds
from signalos.server.app import create_app
from signalos.server.auth.passwords import Passwords
from signalos.server.db.store import Store
from signalos.server.run import bind, config
from signalos.server.settings import Rates, Settings

PASSWORD = "a long password"
WAIT = 10.0
"""Seconds after which a test gives up; nothing is measured by it."""


def settings_in(home: Path, rates: Rates | None = None, dashboard: Path | None = None) -> Settings:
    return Settings(
        host="127.0.0.1",
        port=0,
        home=home,
        database=home / "server" / "signalos.sqlite",
        session_secret=b"0123456789abcdef0123456789abcdef",
        rates=rates,
        dashboard=dashboard,
    )


def cheap_passwords() -> Passwords:
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Running:
    def __init__(self, app: FastAPI, settings: Settings, port: int) -> None:
        self.app = app
        self.settings = settings
        self.url = f"http://127.0.0.1:{port}"
        self.ws = f"ws://127.0.0.1:{port}/ws"
        self.http = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=WAIT)

    @property
    def store(self) -> Store:
        store: Store = self.app.state.store
        return store

    async def user(self, email: str = "ann@example.org") -> User:
        answer = await self.http.post("/api/auth/register", json={"email": email, "password": PASSWORD})
        assert answer.status_code == 201, answer.text
        self.http.cookies.clear()
        return User(self, answer.json())


class User:
    """A signed-in user with an access token."""

    def __init__(self, server: Running, session: dict[str, Any]) -> None:
        self.server = server
        self.session = session
        self.id: int = session["user"]["id"]
        self.headers = {"Authorization": f"Bearer {session['token']}"}

    async def get(self, path: str, **more: Any) -> Any:
        answer = await self.server.http.get(path, headers=self.headers, **more)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent: dict[str, Any] = {} if body is None else {"json": body}
        return await self.server.http.request(method, path, headers={**self.headers, **headers}, **sent)

    async def terminal(self, name: str = "t1") -> Terminal:
        made = await self.ask("POST", "/api/terminals", {"name": name})
        assert made.status_code == 201, made.text
        terminal = Terminal(self, made.json()["id"], name, made.json()["token"])
        answer = await terminal.ask("POST", "/api/terminals/register", {"terminalId": name, "name": name})
        assert answer.status_code == 200, answer.text
        return terminal

    @contextlib.asynccontextmanager
    async def socket(self, resume: int | None = None) -> AsyncIterator[Socket]:
        async with Socket.open(self.server.ws, self.session["token"]) as opened:
            if resume is not None:
                await opened.send("resume_from", seq=resume)
            yield opened


class Terminal:
    """An approved terminal with its token."""

    def __init__(self, user: User, row_id: int, name: str, token: str) -> None:
        self.user = user
        self.row_id = row_id
        self.name = name
        self.token = token
        self.headers = {"Authorization": f"Bearer {token}"}

    async def ask(self, method: str, path: str, body: Any = None, **headers: str) -> httpx.Response:
        sent: dict[str, Any] = {} if body is None else {"json": body}
        return await self.user.server.http.request(
            method, path, headers={**self.headers, **headers}, **sent
        )

    async def sync(self, *, expect: int = 200, **mt5: Any) -> httpx.Response:
        answer = await self.ask(
            "POST", "/api/firebridge/sync-user", status_body(self.user.id, self.name, **mt5)
        )
        assert answer.status_code == expect, answer.text
        return answer

    async def tell(self, *events: dict[str, Any], named: bool = True) -> dict[str, Any]:
        body = {"terminalId": self.name if named else None, "events": list(events)}
        answer = await self.ask("POST", "/api/firebridge/events", body)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    def socket(self) -> contextlib.AbstractAsyncContextManager[Socket]:
        return Socket.open(self.user.server.ws, self.token)


class Socket:
    """A socket that hands out one message at a time, batches taken apart."""

    def __init__(self, connection: websockets.ClientConnection) -> None:
        self.connection = connection
        self._waiting: list[dict[str, Any]] = []

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, url: str, token: str) -> AsyncIterator[Socket]:
        async with websockets.connect(url, proxy=None) as connection:
            opened = cls(connection)
            await connection.send(json.dumps({"type": "auth", "token": token}))
            ready = await opened.next()
            assert ready["type"] == "ready", ready
            opened.ready = ready["data"]
            yield opened

    ready: dict[str, Any]

    async def next(self) -> dict[str, Any]:
        if not self._waiting:
            async with asyncio.timeout(WAIT):
                got = json.loads(await self.connection.recv())
            self._waiting = got if isinstance(got, list) else [got]
        return self._waiting.pop(0)

    async def until(self, kind: str, **data: Any) -> dict[str, Any]:
        """The next message of ``kind`` whose data has the given values."""
        while True:
            message = await self.next()
            if message["type"] == kind and all(message["data"].get(k) == v for k, v in data.items()):
                return message

    async def until_durable(self) -> dict[str, Any]:
        """The next message that has a sequence number."""
        while (message := await self.next())["seq"] is None:
            pass
        return message

    async def send(self, kind: str, data: Any = None, **more: Any) -> None:
        await self.connection.send(
            json.dumps({"type": kind, **({"data": data} if data is not None else {}), **more})
        )

    async def closed(self) -> int | None:
        """Read on until the server closes; answers the code."""
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await self.connection.recv()
        return self.connection.close_code


def status_body(user_id: int, terminal_id: str, **mt5: Any) -> dict[str, Any]:
    account = {"balance": 1000, "equity": 1001.5, "freeMargin": 900, "currency": "USD"}
    module = {"connected": True, "account_info": account, **mt5}
    return {
        "userId": user_id,
        "terminalId": terminal_id,
        "status": {"isConnected": True, "modules": {"mt5": module}},
    }


NOW = "2026-01-05T10:00:00Z"


def event(kind: str, event_id: str | None = None, **data: Any) -> dict[str, Any]:
    return {"eventId": event_id or str(uuid.uuid4()), "kind": kind, "at": NOW, "data": data}


def signal(message_id: int = 1, part: int = 0, **more: Any) -> dict[str, Any]:
    base = {
        "chatId": "-100",
        "messageId": message_id,
        "part": part,
        "chatName": "Gold",
        "text": "BUY GOLD",
        "action": "open",
        "symbol": "XAUUSD",
        "side": "buy",
        "entry": [1300],
        "stopLoss": 1290.5,
        "takeProfits": [1310],
        "postedAt": NOW,
    }
    return event("signal", **{**base, **more})


def trade(identifier: str = "900", terminal_id: str = "t1", **more: Any) -> dict[str, Any]:
    base = {
        "terminalId": terminal_id,
        "identifier": identifier,
        "ticket": identifier,
        "symbol": "XAUUSD",
        "side": "buy",
        "volume": 0.3,
        "status": "open",
        "chatId": "-100",
        "messageId": 1,
        "part": 0,
        "leg": 1,
        "entryPrice": 1300.5,
        "openedAt": NOW,
        "updatedAt": NOW,
    }
    return event("trade", **{**base, **more})


def decision(terminal_id: str = "t1", **more: Any) -> dict[str, Any]:
    base = {
        "chatId": "-100",
        "messageId": 1,
        "part": 0,
        "terminalId": terminal_id,
        "action": "open",
        "verdict": "pass",
        "steps": [{"rule": "spread", "verdict": "pass", "input": "2", "limit": "10", "text": "narrow"}],
        "decidedAt": NOW,
    }
    return event("decision", **{**base, **more})


@contextlib.asynccontextmanager
async def running(
    home: Path,
    *,
    clock: Clock | None = None,
    rates: Rates | None = None,
    dashboard: Path | None = None,
) -> AsyncIterator[Running]:
    """Run a server until the block ends."""
    settings = settings_in(home, rates, dashboard)
    app = create_app(settings, clock or SystemClock(), SystemIds(), cheap_passwords())
    listening = bind(settings)
    server = _Quiet(config(app, settings))
    with contextlib.closing(listening):
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                assert not task.done(), "the server did not start"
                await asyncio.sleep(0.01)
            up = Running(app, settings, listening.getsockname()[1])
            async with up.http:
                yield up
        finally:
            server.should_exit = True
            await task
