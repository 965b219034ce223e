"""Whatever is sent to whichever endpoint: an answer with a stable code, never a 500, nothing lost."""

from __future__ import annotations

import asyncio
import copy
import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.server.app import create_app
from signalos.server.problems import CODES
from tests.integration.server.running import (
    PASSWORD,
    cheap_passwords,
    decision,
    event,
    settings_in,
    signal,
    status_body,
    trade,
)

ROUNDS = settings(max_examples=150, deadline=None, derandomize=True)


class Target:
    """The whole application in this process, one user, one approved terminal, one open trade."""

    def __init__(self, app: FastAPI, runner: asyncio.Runner) -> None:
        self.app = app
        self.runner = runner
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=True)
        self.http = httpx.AsyncClient(transport=transport, base_url="http://test")
        self.bearer = ""

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": self.bearer, **more.pop("headers", {})}
        return self.runner.run(self.http.request(method, path, headers=headers, **more))


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    app = create_app(
        settings_in(tmp_path_factory.mktemp("fuzz")), SystemClock(), SystemIds(), cheap_passwords()
    )
    with asyncio.Runner() as runner:
        lifespan = app.router.lifespan_context(app)
        runner.run(lifespan.__aenter__())
        made = Target(app, runner)
        session = made.ask(
            "POST", "/api/auth/register", json={"email": "a@b.c", "password": PASSWORD}
        ).json()
        made.http.cookies.clear()
        made.bearer = f"Bearer {session['token']}"
        made.ask("POST", "/api/terminals/register", json={"terminalId": "t1", "name": "T"})
        made.ask("POST", "/api/terminals/1/approve")
        told = made.ask("POST", "/api/firebridge/events", json={"events": [signal(), trade()]})
        assert told.json()["rejected"] == []
        yield made
        runner.run(made.http.aclose())
        runner.run(lifespan.__aexit__(None, None, None))


VALID: list[tuple[str, str, Any]] = [
    ("POST", "/api/auth/register", {"email": "new@example.org", "password": PASSWORD}),
    ("POST", "/api/auth/login", {"email": "x@example.org", "password": "wrong password", "totp": None}),
    ("POST", "/api/auth/refresh", {"refreshToken": "sgr_x"}),
    ("POST", "/api/terminals", {"name": "T"}),
    ("POST", "/api/terminals/register", {"terminalId": "t1", "name": "T", "platform": "x", "version": "1"}),
    ("POST", "/api/trading/emergency-stop", {"mode": "close-all", "terminalId": "t1"}),
    ("POST", "/api/trading/pause", {"terminalId": "t1", "providerId": 1}),
    ("POST", "/api/trading/resume", {"terminalId": "t1", "providerId": None, "endStop": "x"}),
    ("POST", "/api/trades/1/close", {}),
    ("POST", "/api/trades/1/partial-close", {"percentage": 50}),
    ("PUT", "/api/trades/1/modify", {"stopLoss": 1290.5, "takeProfit": None}),
    (
        "PUT",
        "/api/strategies/1",
        {
            "name": "S",
            "notes": "",
            "config": {"riskPercentage": 1, "filters": {"spread": True}, "management": {}},
        },
    ),
    ("POST", "/api/firebridge/sync-user", status_body(1, "t1", positions=[], latch=None, marketTime=None)),
    (
        "POST",
        "/api/firebridge/push-trade-result",
        {
            "userId": 1,
            "signalId": 1,
            "terminalId": "t1",
            "tradeResult": {"success": True, "mt5Ticket": 5, "volume": 1},
        },
    ),
    *(
        ("POST", "/api/firebridge/events", {"terminalId": "t1", "events": [one]})
        for one in (
            signal(spans=[{"field": "symbol", "start": 0, "end": 3}], details={"a": 1}),
            decision(plan=[{"leg": 1, "kind": "open", "volume": 0.1}], budget=1),
            trade(stopLoss=1, pnl=1),
            event("message", chatId="1", messageId=1, postedAt="2026-01-05T10:00:00Z", replyTo=1),
            event("alert", code="c", severity="info", text="t", terminalId="t1"),
            event("latch", terminalId="t1", latchId="l", mode="close-all", state="set", left=[{"a": 1}]),
        )
    ),
]

NASTY: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        True,
        0,
        -1,
        2**63,
        -(2**63),
        10**40,
        1e308,
        -0.0,
        "",
        "NaN",
        "Infinity",
        "x" * 5000,
        "\x00",
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59.999999-14:00",
        "2026-01-05T10:00:00",
        "' OR 1=1 --",
        "../../etc/passwd",
        "🙂\u202e",
        [],
        {},
        [[[[]]]],
        {"a": {"b": None}},
    ]
)
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text()
    | NASTY,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def places(value: Any, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [here]
    inner = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, part in inner:
        found += places(part, (*here, key))
    return found


@st.composite
def almost_valid(draw: st.DrawFn) -> tuple[str, str, Any]:
    """A valid request with one or two places replaced or removed."""
    method, path, body = draw(st.sampled_from(VALID))
    body = copy.deepcopy(body)
    for _ in range(draw(st.integers(1, 2))):
        place = draw(st.sampled_from(places(body)))
        if not place:
            return method, path, draw(JSON)
        at = body
        for key in place[:-1]:
            at = at[key]
        if draw(st.integers(0, 4)) == 0:
            del at[place[-1]]
        else:
            at[place[-1]] = draw(NASTY | JSON)
    return method, path, body


def check(answer: httpx.Response) -> None:
    assert answer.status_code < 500, answer.text
    if answer.status_code >= 400:
        assert answer.headers["content-type"] == "application/problem+json"
        problem = answer.json()
        assert set(problem) == {"type", "title", "status", "detail", "code", "errors"}
        assert CODES[problem["code"]][0] == answer.status_code
        assert problem["detail"]


@ROUNDS
@given(almost_valid())
def test_almost_valid_bodies(target: Target, request_: tuple[str, str, Any]) -> None:
    method, path, body = request_
    check(target.ask(method, path, content=json.dumps(body), headers={"Content-Type": "application/json"}))
    check(target.ask("GET", "/api/overview"))


@ROUNDS
@given(
    st.sampled_from(VALID),
    st.binary(max_size=200) | JSON.map(lambda v: json.dumps(v)[:300].encode()),
    st.integers(),
)
def test_arbitrary_bytes(target: Target, valid: tuple[str, str, Any], noise: bytes, cut: int) -> None:
    method, path, body = valid
    good = json.dumps(body).encode()
    at = cut % (len(good) + 1)
    for raw in (noise, good[:at] + noise + good[at:], good[:at]):
        check(target.ask(method, path, content=raw, headers={"Content-Type": "application/json"}))


SEGMENT = st.sampled_from(
    ["1", "0", "-1", "9" * 30, "abc", "%00", "..%2f..", "1;drop", "é", " ", "１"]
) | st.text(st.characters(codec="utf-8", exclude_characters="/?#\r\n\t"), min_size=1, max_size=12)


@ROUNDS
@given(
    st.sampled_from(
        ["signals", "trades", "strategies", "providers", "commands", "terminals", "logs", "nothing"]
    ),
    SEGMENT,
    st.sampled_from(["", "/close", "/modify", "/token", "/nothing"]),
    st.sampled_from(["GET", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"]),
    st.dictionaries(
        st.sampled_from(["cursor", "limit", "status", "signalId", "since", "type", "symbol"]),
        SEGMENT | st.just("100000"),
        max_size=3,
    ),
)
def test_arbitrary_paths_and_queries(
    target: Target, resource: str, segment: str, tail: str, method: str, query: dict[str, str]
) -> None:
    escaped = segment if segment.startswith(("%", "..%")) else quote(segment, safe="")
    check(target.ask(method, f"/api/{resource}/{escaped}{tail}", params=query))
    check(target.ask("GET", f"/api/{resource}", params=query))
    check(target.ask("GET", "/api/analytics/equity", params=query))


@ROUNDS
@given(
    st.sampled_from(["authorization", "cookie", "origin", "idempotency-key", "content-type", "host"]),
    st.text(),
)
def test_arbitrary_headers(target: Target, name: str, text: str) -> None:
    value = text.encode("utf-8").replace(b"\r", b"").replace(b"\n", b"").replace(b"\x00", b"")
    headers = {
        b"authorization": target.bearer.encode(),
        b"content-type": b"application/json",
        name.encode(): value,
    }
    answer = target.runner.run(
        target.http.request("POST", "/api/trading/pause", headers=list(headers.items()), content=b"{}")
    )
    check(answer)
