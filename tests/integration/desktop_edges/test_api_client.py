"""The API client and the outbox sender against a server on a real socket."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx
import msgspec
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from signalos.desktop.api_client import APIClient
from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.outbox import OutboxEvent, OutboxSender
from signalos.domain.errors import NotAllowed, ServerDown, ServerRefused
from signalos.kit.clock import SystemClock
from signalos.protocol.firebridge import Event, EventBatch, Modules, Mt5Module, Status, SyncUser
from tests.integration.desktop_edges.edge_rig import TOKEN, free_port, serving, until

Answer = Callable[[Request], Awaitable[Response]]
AT = datetime(2024, 3, 4, tzinfo=UTC)


class Backend:
    """A server that knows one token; ``answer`` replaces what it would say."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, dict[str, Any]]] = []
        self.events: list[str] = []
        self.answer: Answer | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self.handle, methods=["GET", "POST"])])

    def holds(self, count: int) -> bool:
        return len(self.events) >= count

    async def handle(self, request: Request) -> Response:
        body = await request.body()
        data = msgspec.json.decode(body) if body else {}
        self.seen.append((f"{request.method} {request.url.path}", data))
        if self.answer is not None:
            return await self.answer(request)
        if request.headers.get("authorization") != f"Bearer {TOKEN}":
            return problem(401, "unauthorized", "no such token")
        if body and request.headers.get("content-type") != "application/json":
            return problem(415, "wrong_content_type", "send JSON")
        match request.url.path:
            case "/api/me":
                return JSONResponse({"id": 7, "email": "trader@example.org"})
            case "/api/terminals/register":
                row = {"id": 3, "status": "pending", "userId": 7, "terminalId": data["terminalId"]}
                return JSONResponse(row, 201)
            case "/api/firebridge/sync-user":
                return JSONResponse({"ok": True})
            case "/api/firebridge/pull-strategy/7":
                return JSONResponse(
                    {"strategy": {"id": 1, "name": "Default", "config": {"riskPercentage": 1}}}
                )
            case "/api/firebridge/events":
                self.events += [e["eventId"] for e in data["events"] if e["eventId"] not in self.events]
                accepted = [{"eventId": e["eventId"], "id": 1} for e in data["events"]]
                return JSONResponse({"accepted": accepted, "rejected": []})
        return problem(404, "not_found", "nothing here")


def problem(status: int, code: str, detail: str, **headers: str) -> Response:
    body = {
        "type": "about:blank",
        "title": "x",
        "status": status,
        "detail": detail,
        "code": code,
        "errors": [],
    }
    return JSONResponse(body, status, headers, "application/problem+json")


async def never(_request: Request) -> Response:
    await asyncio.Event().wait()
    raise AssertionError("nobody waits that long")


def answers(response: Callable[[], Response]) -> Answer:
    async def answer(_request: Request) -> Response:
        return response()

    return answer


@pytest.fixture
def backend() -> Backend:
    return Backend()


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(timeout=2.0, trust_env=False) as http:
        yield http


async def test_each_call_says_what_the_contract_says(
    backend: Backend, tokens: AuthTokenManager, http: httpx.AsyncClient
) -> None:
    status = SyncUser(
        user_id=7,
        terminal_id="t",
        status=Status(is_connected=True, modules=Modules(mt5=Mt5Module(connected=True))),
    )
    event = Event(event_id="12345678", kind="alert", at=AT, data=msgspec.Raw(b'{"code":"x"}'))
    async with serving(backend.app) as url:
        api = APIClient(url + "/", tokens, http, SystemClock())
        registered = await api.register_terminal("t", name="My PC", platform="Linux", version="1")
        assert (registered.id, registered.status, registered.user_id) == (3, "pending", 7)
        assert await api.validate_terminal_auth() == 7
        await api.report_status(status)
        answer = await api.post_events(
            EventBatch(terminal_id="t", events=[msgspec.Raw(msgspec.json.encode(event))])
        )
        assert [a.event_id for a in answer.accepted] == ["12345678"]
        assert (await api.pull_strategy(7)).strategy["config"] == {"riskPercentage": 1}
    calls = dict(backend.seen)
    assert list(calls) == [
        "POST /api/terminals/register",
        "GET /api/me",
        "POST /api/firebridge/sync-user",
        "POST /api/firebridge/events",
        "GET /api/firebridge/pull-strategy/7",
    ]
    sync = calls["POST /api/firebridge/sync-user"]
    assert (sync["userId"], sync["terminalId"], sync["status"]["isConnected"]) == (7, "t", True)
    assert "account_info" in sync["status"]["modules"]["mt5"]
    assert calls["POST /api/firebridge/events"]["events"][0]["data"] == {"code": "x"}
    assert calls["POST /api/terminals/register"]["name"] == "My PC"


@pytest.mark.parametrize(
    ("answer", "status", "code"),
    [
        (lambda: problem(401, "unauthorized", "x"), 401, "unauthorized"),
        (lambda: problem(403, "terminal_not_approved", "x"), 403, "terminal_not_approved"),
        (lambda: problem(409, "conflict", "x"), 409, "conflict"),
        (lambda: Response("<html>", 404), 404, "http_404"),
        (lambda: RedirectResponse("https://elsewhere.example/"), 307, "redirected"),
    ],
)
async def test_refusals_carry_status_and_code(
    backend: Backend, tokens: AuthTokenManager, http: httpx.AsyncClient, answer: Any, status: int, code: str
) -> None:
    backend.answer = answers(answer)
    async with serving(backend.app) as url:
        with pytest.raises(ServerRefused) as caught:
            await APIClient(url, tokens, http, SystemClock()).validate_terminal_auth()
    assert (caught.value.status, caught.value.code) == (status, code)
    assert TOKEN not in str(caught.value)
    assert len(backend.seen) == 1, "a redirect must not take the token elsewhere"


@pytest.mark.parametrize(
    ("answer", "retry_after"),
    [
        (lambda: problem(500, "internal", "x"), None),
        (lambda: problem(503, "busy", "x", **{"Retry-After": "3"}), 3.0),
        (lambda: problem(429, "rate_limited", "x", **{"Retry-After": "7"}), 7.0),
        (lambda: problem(429, "rate_limited", "x", **{"Retry-After": "nan"}), None),
        (lambda: problem(429, "rate_limited", "x", **{"Retry-After": "9999999"}), 300.0),
        (lambda: Response("<html>Please sign in to the hotel's network", 200), None),
        (lambda: JSONResponse({"unexpected": True}), None),
        (lambda: StreamingResponse(b"x" * 1_000_000 for _ in range(20)), None),
        (lambda: Response(b"\x00", headers={"content-encoding": "gzip"}), None),
    ],
)
async def test_passing_faults_may_be_tried_again(
    backend: Backend,
    tokens: AuthTokenManager,
    http: httpx.AsyncClient,
    answer: Any,
    retry_after: float | None,
) -> None:
    backend.answer = answers(answer)
    async with serving(backend.app) as url:
        with pytest.raises(ServerDown) as caught:
            await APIClient(url, tokens, http, SystemClock()).validate_terminal_auth()
    assert caught.value.retry_after == retry_after


async def test_nobody_there_and_a_server_that_never_answers(
    backend: Backend, tokens: AuthTokenManager
) -> None:
    with pytest.raises(ServerDown, match="cannot be reached"):
        async with httpx.AsyncClient(trust_env=False) as http:
            await APIClient(
                f"http://127.0.0.1:{free_port()}", tokens, http, SystemClock()
            ).validate_terminal_auth()
    async with serving(backend.app) as url, httpx.AsyncClient(timeout=0.2, trust_env=False) as http:
        backend.answer = never
        with pytest.raises(ServerDown, match="ReadTimeout"):
            await APIClient(url, tokens, http, SystemClock()).validate_terminal_auth()


async def test_without_a_token_nothing_is_asked(
    backend: Backend, tokens: AuthTokenManager, http: httpx.AsyncClient, tmp_path: Any
) -> None:
    async with serving(backend.app) as url:
        none = AuthTokenManager(tmp_path / "elsewhere")
        with pytest.raises(ServerRefused, match="no_token"):
            await APIClient(url, none, http, SystemClock()).validate_terminal_auth()
        (tmp_path / "home" / "auth_token").write_bytes(b"?")
        with pytest.raises(ServerRefused, match="token_unreadable"):
            await APIClient(url, tokens, http, SystemClock()).validate_terminal_auth()
    assert backend.seen == []


def test_an_address_that_would_show_the_token_is_refused(
    tokens: AuthTokenManager, http: httpx.AsyncClient
) -> None:
    for url in ("http://signals.example", "http://[::1", "https://exa mple"):
        with pytest.raises(NotAllowed):
            APIClient(url, tokens, http, SystemClock())


class Store:
    """The journal's outbox table, in memory."""

    def __init__(self, count: int) -> None:
        self.events = [
            OutboxEvent(n, f"event-{n:06}", "alert", AT, "t", msgspec.json.encode({"n": n}))
            for n in range(count)
        ]

    def pending_events(self, limit: int) -> list[OutboxEvent]:
        return self.events[:limit]

    def mark_sent(self, seqs: list[int]) -> None:
        done = set(seqs)
        self.events = [e for e in self.events if e.seq not in done]

    def mark_rejected(self, seq: int, code: str, detail: str) -> None:
        raise AssertionError(f"{seq} was rejected: {code} {detail}")


async def test_the_outbox_survives_a_server_that_comes_and_goes(
    backend: Backend, tokens: AuthTokenManager, http: httpx.AsyncClient
) -> None:
    port = free_port()
    store = Store(3000)
    api = APIClient(f"http://127.0.0.1:{port}", tokens, http, SystemClock())
    sender = OutboxSender(store, api, SystemClock(), random.Random(1))
    task = asyncio.create_task(sender.run())
    await until(lambda: bool(sender.last_error))
    for wanted in (1, 1500, 3000):
        async with serving(backend.app, port):
            sender.hurry()
            await until(partial(backend.holds, wanted))
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert backend.events == [f"event-{n:06}" for n in range(3000)]
