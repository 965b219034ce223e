"""The webhook: accepted means journalled, the same message once, and nobody without the secret."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import httpx
import pytest

from signalos.domain.errors import ConfigError, JournalError
from signalos.kit.clock import SystemClock, VirtualClock
from signalos.sources import SOURCES, build_source
from signalos.sources.base import Post, SourceParts
from signalos.sources.webhook import LARGEST, WebhookSettings, WebhookSource
from tests.unit.sources.source_rig import START, Journal, running

SECRET = "a-secret-of-the-test-which-is-long"
MESSAGE = {"chatId": "-1001", "id": 7, "date": "2024-03-04T08:59:00Z", "text": "BUY EURUSD"}


@pytest.fixture
def parts(clock: VirtualClock, journal: Journal) -> SourceParts:
    return SourceParts(clock, clock, journal.on_problem, environ={"SIGNALOS_WEBHOOK_SECRET": SECRET})


def settings(**more: Any) -> WebhookSettings:
    return WebhookSettings(type="webhook", **({"listen": "127.0.0.1:0"} | more))


async def up(source: WebhookSource) -> str:
    async with asyncio.timeout(5):
        while not source.health.connected:
            await SystemClock().sleep(0.001)
    return f"http://127.0.0.1:{source.port}"


@pytest.fixture
async def http(parts: SourceParts, journal: Journal) -> AsyncIterator[httpx.AsyncClient]:
    source = WebhookSource(settings(), parts)
    async with running(source, journal):
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with httpx.AsyncClient(base_url=await up(source), headers=headers, trust_env=False) as client:
            yield client


async def test_a_message_is_journalled_when_it_is_accepted(
    http: httpx.AsyncClient, journal: Journal
) -> None:
    answer = await http.post("/messages", json=MESSAGE | {"replyTo": 3, "chatName": "Gold"})
    assert (answer.status_code, answer.json()) == (202, {"chatId": "-1001", "id": 7})
    (post,) = journal.posts
    assert (post.chat_id, post.message_id, post.text, post.reply_to) == ("-1001", 7, "BUY EURUSD", 3)
    assert (post.chat_name, post.source, post.posted_at.hour) == ("Gold", "webhook", 8)


async def test_edits_deletions_and_messages_without_a_date(
    http: httpx.AsyncClient, journal: Journal
) -> None:
    for row in ({"text": "SELL", "editOf": 7}, {"deleted": True}, {"text": "now"}):
        answer = await http.post("/messages", json={"chatId": "c", "id": 7, **row})
        assert answer.status_code == 202
    assert [(p.edit, p.deleted, p.posted_at) for p in journal.posts] == [
        (True, False, START),
        (False, True, START),
        (False, False, START),
    ]


async def test_plain_text_gets_an_id_and_keeps_it_by_its_key(
    http: httpx.AsyncClient, journal: Journal
) -> None:
    plain = {"Content-Type": "text/plain; charset=utf-8"}
    for key in ("", "", "alert-1", "alert-1", "alert-2"):
        headers = plain | ({"Idempotency-Key": key} if key else {})
        assert (await http.post("/messages", content="GOLD BUY 🟢", headers=headers)).status_code == 202
    ids = [post.message_id for post in journal.posts]
    assert ids[1] == ids[0] + 1
    assert ids[2] == ids[3] != ids[4]
    assert all(0 < number < 2**63 for number in ids)
    assert {(p.chat_id, p.text) for p in journal.posts} == {("webhook", "GOLD BUY 🟢")}


async def test_ids_go_on_rising_after_a_restart(parts: SourceParts) -> None:
    """Also where the clock went back meanwhile."""
    journal = Journal(position=str(2**50))
    source = WebhookSource(settings(), parts)
    async with running(source, journal):
        headers = {"Authorization": f"Bearer {SECRET}", "Content-Type": "text/plain"}
        async with httpx.AsyncClient(base_url=await up(source), headers=headers, trust_env=False) as client:
            await client.post("/messages", content="one")
    assert journal.posts[0].message_id == 2**50 + 1
    assert journal.position == str(2**50 + 1)


@pytest.mark.parametrize(
    "given", ["", "Bearer", f"Basic {SECRET}", "Bearer wrong", f"Bearer {SECRET}x", SECRET]
)
async def test_without_the_secret_nothing_comes_in(
    http: httpx.AsyncClient, journal: Journal, given: str
) -> None:
    answer = await http.post("/messages", json=MESSAGE, headers={"Authorization": given})
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["www-authenticate"] == "Bearer"
    assert SECRET not in answer.text
    assert journal.posts == []


async def test_guessing_is_slowed_and_locks_nobody_out(http: httpx.AsyncClient) -> None:
    wrong = {"Authorization": "Bearer wrong"}
    said = [(await http.post("/messages", json=MESSAGE, headers=wrong)).status_code for _ in range(12)]
    assert said == [401] * 10 + [429] * 2
    assert (await http.post("/messages", json=MESSAGE)).status_code == 202


@pytest.mark.parametrize(
    ("method", "path", "body", "kind", "status"),
    [
        ("GET", "/messages", b"", "application/json", 405),
        ("POST", "/", b"{}", "application/json", 404),
        ("POST", "/messages", b"{", "application/json", 400),
        ("POST", "/messages", b"\xff", "text/plain", 400),
        ("POST", "/messages", b" \n", "text/plain", 422),
        ("POST", "/messages", b'{"chatId": "c", "id": 1}', "application/json", 422),
        ("POST", "/messages", b'{"chatId": "c", "id": -1, "text": "a"}', "application/json", 422),
        ("POST", "/messages", b'{"chatId": "c", "id": true, "text": "a"}', "application/json", 422),
        ("POST", "/messages", b"a", "application/x-www-form-urlencoded", 415),
        ("POST", "/messages", b"a" * (LARGEST + 1), "text/plain", 413),
    ],
)
async def test_what_cannot_be_taken_is_told(
    http: httpx.AsyncClient, journal: Journal, method: str, path: str, body: bytes, kind: str, status: int
) -> None:
    answer = await http.request(method, path, content=body, headers={"Content-Type": kind})
    assert answer.status_code == status
    problem = answer.json()
    assert problem["status"] == status
    assert problem["code"]
    assert problem["detail"]
    assert journal.posts == []
    assert (await http.post("/messages", json=MESSAGE)).status_code == 202, "and it goes on"


async def test_a_body_of_unknown_length_is_limited_too(http: httpx.AsyncClient, journal: Journal) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b"a" * 8192

    answer = await http.post("/messages", content=endless(), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 413
    assert journal.posts == []


async def test_more_than_allowed_waits(parts: SourceParts, clock: VirtualClock, journal: Journal) -> None:
    source = WebhookSource(settings(per_minute=2), parts)
    async with running(source, journal):
        headers = {"Authorization": f"Bearer {SECRET}"}
        async with httpx.AsyncClient(base_url=await up(source), headers=headers, trust_env=False) as client:
            said = [await client.post("/messages", json=MESSAGE | {"id": n}) for n in range(3)]
            assert [answer.status_code for answer in said] == [202, 202, 429]
            await clock.advance(float(said[2].headers["retry-after"]))
            assert (await client.post("/messages", json=MESSAGE | {"id": 9})).status_code == 202
    assert [post.message_id for post in journal.posts] == [0, 1, 9]


async def test_no_request_and_a_head_without_end_harm_nobody(
    http: httpx.AsyncClient, journal: Journal
) -> None:
    for nonsense in (b"hello\r\n\r\n", b"POST /messages HTTP/1.1\r\nx: " + b"a" * 40_000):
        reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
        writer.write(nonsense)
        answer = await reader.read()
        assert answer.split(b" ")[1] in (b"400", b"431")
        writer.close()
    assert (await http.post("/messages", json=MESSAGE)).status_code == 202


async def test_what_cannot_be_journalled_is_not_accepted_and_ends_the_run(parts: SourceParts) -> None:
    def deliver(post: Post, position: str, *, given_again: bool = False) -> None:
        raise JournalError("the disk is full")

    source = WebhookSource(settings(), parts)
    run = asyncio.create_task(source.run(None, deliver))
    base = await up(source)
    async with httpx.AsyncClient(base_url=base, trust_env=False) as client:
        answer = await client.post("/messages", json=MESSAGE, headers={"Authorization": f"Bearer {SECRET}"})
    assert answer.status_code == 503
    with pytest.raises(JournalError):
        await run
    assert not source.health.connected


@pytest.mark.parametrize("environ", [{}, {"SIGNALOS_WEBHOOK_SECRET": "short"}])
async def test_without_a_real_secret_it_does_not_run(
    parts: SourceParts, journal: Journal, environ: dict[str, str]
) -> None:
    source = build_source(settings(), replace(parts, environ=environ))
    with pytest.raises(ConfigError, match="SIGNALOS_WEBHOOK_SECRET"):
        await source.run(None, journal.deliver)


@pytest.mark.parametrize("listen", ["0.0.0.0:1", "192.168.1.5:80", "example.org:80", "[::]:80", "8787"])
def test_it_listens_on_this_machine_alone(parts: SourceParts, listen: str) -> None:
    with pytest.raises(ConfigError, match="listen"):
        build_source(settings(listen=listen), parts)


async def test_a_port_in_use_is_told(parts: SourceParts, journal: Journal) -> None:
    first = WebhookSource(settings(), parts)
    async with running(first, journal):
        port = (await up(first)).rpartition(":")[2]
        with pytest.raises(ConfigError, match="cannot listen"):
            await WebhookSource(settings(listen=f"127.0.0.1:{port}"), parts).run(None, journal.deliver)


async def test_no_log_has_the_secret(http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="signalos")
    await http.post("/messages", json=MESSAGE)
    await http.post("/messages", content=b"{")
    assert SECRET not in "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("signalos"))


def test_it_is_registered() -> None:
    assert SOURCES["webhook"].settings is WebhookSettings
