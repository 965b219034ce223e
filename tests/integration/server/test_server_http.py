"""What holds for every request: limits, headers, errors, documents, the dashboard."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signalos.server.settings import Rates
from tests.integration.server.running import Running, User, running


async def test_bodies_have_a_limit_a_type_and_a_shape(server: Running, ann: User) -> None:
    async def post(content: bytes, **headers: str) -> tuple[int, str]:
        answer = await server.http.post(
            "/api/terminals",
            content=content,
            headers={**ann.headers, "Content-Type": "application/json", **headers},
        )
        assert answer.headers["content-type"] == "application/problem+json"
        return answer.status_code, answer.json()["code"]

    assert await post(b'{"name": "' + b"x" * 1_048_576 + b'"}') == (413, "body_too_large")
    assert await post(b"{}", **{"Content-Type": "text/plain"}) == (415, "unsupported_media_type")
    assert await post(b"{}", **{"Content-Type": ""}) == (415, "unsupported_media_type")
    assert await post(b'{"name"') == (400, "malformed_json")
    assert await post(b"") == (400, "malformed_json")
    assert await post(b'{"name": 5}') == (422, "invalid")
    assert await post(b"[1, 2") == (400, "malformed_json")


async def test_a_body_of_unknown_length_is_cut_off(server: Running, ann: User) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b"x" * 65_536

    headers = {**ann.headers, "Content-Type": "application/json"}
    answer = await server.http.post("/api/terminals", content=endless(), headers=headers)
    assert answer.status_code == 413


async def test_unknown_paths_are_404_and_other_methods_405(server: Running, ann: User) -> None:
    for method, path in (
        ("GET", "/api/nothing"),
        ("POST", "/api/nothing"),
        ("GET", "/ws"),
    ):
        answer = await ann.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), (method, path)
    for method, path, allowed in (
        ("DELETE", "/api/signals", "GET, HEAD"),
        ("GET", "/api/auth/login", "POST"),
        ("PATCH", "/api/strategies/1", "GET, HEAD, PUT"),
        ("GET", "/api/firebridge/events", "POST"),
    ):
        answer = await ann.ask(method, path)
        assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed"), (method, path)
        assert set(answer.headers["allow"].split(", ")) >= set(allowed.split(", ")) - {"HEAD"}
    assert (await ann.ask("POST", "/some/page")).status_code == 405


async def test_every_answer_has_the_security_headers(server: Running) -> None:
    for path in ("/", "/api/me", "/health/live", "/api/nothing"):
        headers = (await server.http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"]
        assert "server" not in headers


async def test_pages_are_walked_by_cursor_without_gap_or_repeat(ann: User) -> None:
    for number in range(7):
        await ann.ask("POST", "/api/terminals", {"name": f"T{number}"})
    seen: list[int] = []
    cursor: str | None = ""
    while cursor is not None:
        page = await ann.get(
            "/api/terminals", params={"limit": 3, **({"cursor": cursor} if cursor else {})}
        )
        seen += [item["id"] for item in page["items"]]
        cursor = page["nextCursor"]
    assert seen == [7, 6, 5, 4, 3, 2, 1]
    for query in ("limit=0", "limit=201", "limit=x", "limit=-1"):
        assert (await ann.ask("GET", f"/api/terminals?{query}")).status_code == 422
    for cursor in ("x", "djE6", "!!!!"):
        answer = await ann.ask("GET", f"/api/terminals?cursor={cursor}")
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid_cursor")


async def test_the_document_names_every_route_and_resolves_every_shape(server: Running) -> None:
    document = (await server.http.get("/api/openapi.json")).json()
    paths = set(document["paths"])
    assert {
        "/api/auth/login",
        "/api/terminals/{id}/approve",
        "/api/firebridge/events",
        "/api/firebridge/pull-strategy/{userId}",
        "/api/trades/{id}/partial-close",
        "/api/trading/emergency-stop",
        "/api/commands/{id}",
        "/health/ready",
    } <= paths
    assert "/{path}" not in paths
    used = set(re.findall(r'"#/components/schemas/([^"]+)"', str(document).replace("'", '"')))
    assert used <= set(document["components"]["schemas"])
    assert "TradeView" in used
    assert document["components"]["schemas"]["TradeView"]["properties"]["volume"] == {"type": "number"}
    for path, operations in document["paths"].items():
        for operation in operations.values():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path


async def test_health_and_metrics(server: Running, ann: User) -> None:
    assert (await server.http.get("/health/live")).json() == {"status": "live"}
    assert (await server.http.get("/health/ready")).json() == {"status": "ready"}
    text = (await server.http.get("/metrics")).text
    assert re.search(r'signalos_http_requests_total\{method="POST",status="201"\} 1', text)
    assert re.search(r"^signalos_commits_total [1-9]", text, re.MULTILINE)


async def test_too_many_requests_are_429_with_a_time_to_wait(home: Path) -> None:
    rates = Rates(user=1, user_burst=5, address=0.5, address_burst=3)
    async with running(home, rates=rates) as server:
        ann = await server.user()
        codes = [(await ann.ask("GET", "/api/me")).status_code for _ in range(8)]
        assert codes[:5] == [200] * 5
        assert 429 in codes
        limited = await asyncio.gather(*(server.http.get("/api/me") for _ in range(6)))
        refused = [answer for answer in limited if answer.status_code == 429]
        assert refused
        assert refused[0].json()["code"] == "rate_limited"
        assert int(refused[0].headers["retry-after"]) >= 1


@pytest.fixture
def dist(tmp_path: Path) -> Path:
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(
        '<meta nonce="__CSP_NONCE__"><script nonce="__CSP_NONCE__"></script>'
    )
    (folder / "assets" / "app-1a2b.js").write_text("let a = 1")
    (folder / "assets" / "app-1a2b.js.gz").write_bytes(b"packed")
    (folder / "favicon.svg").write_text("<svg/>")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


async def test_the_dashboard_is_served_with_a_fresh_nonce(home: Path, dist: Path) -> None:
    async with running(home, dashboard=dist) as server:
        first, second = await server.http.get("/"), await server.http.get("/trades/5")
        nonces = [re.findall(r'nonce="([^"]+)"', page.text) for page in (first, second)]
        assert nonces[0][0] == nonces[0][1] != nonces[1][0]
        assert f"'nonce-{nonces[0][0]}'" in first.headers["content-security-policy"]
        assert first.headers["cache-control"] == "no-store"

        asset = await server.http.get("/assets/app-1a2b.js", headers={"Accept-Encoding": "identity"})
        assert (asset.text, asset.headers["content-type"]) == (
            "let a = 1",
            "text/javascript; charset=utf-8",
        )
        assert "immutable" in asset.headers["cache-control"]
        assert (await server.http.get("/favicon.svg")).headers["content-type"].startswith("image/svg+xml")
        async with server.http.stream(
            "GET", "/assets/app-1a2b.js", headers={"Accept-Encoding": "gzip"}
        ) as packed:
            assert packed.headers["content-encoding"] == "gzip"

        for path in ("/assets/gone.js", "/assets/..%2f..%2fsecret.txt", "/assets/%2e%2e/%2e%2e/secret.txt"):
            answer = await server.http.get(path)
            assert answer.status_code == 404 or "secret" not in answer.text, path
        outside = await server.http.get("/..%2fsecret.txt")
        assert "secret" not in outside.text


async def test_without_a_built_dashboard_the_page_says_what_to_do(server: Running) -> None:
    page = await server.http.get("/")
    assert page.status_code == 200
    assert "start.py setup" in page.text
