"""The list of durable events with its filters."""

from __future__ import annotations

import pytest

from tests.integration.server.running import Running, Terminal, User, event, signal, trade


@pytest.fixture
async def told(ann: User, terminal: Terminal) -> Terminal:
    await terminal.tell(
        signal(),
        trade(),
        event("alert", code="stale", severity="warning", text="The quote is STALE", terminalId="t1"),
        event("alert", code="refused", severity="error", text="The order was refused"),
    )
    return terminal


@pytest.mark.parametrize(
    ("query", "types"),
    [
        ("type=error_alert", ["error_alert", "error_alert"]),
        ("severity=error", ["error_alert"]),
        ("severity=critical", []),
        ("text=stale", ["error_alert"]),
        ("text=xauusd&type=trade_update", ["trade_update"]),
        ("terminalId=t1&severity=warning", ["error_alert"]),
        ("terminalId=t2", []),
        ("text=%25", []),
    ],
)
async def test_each_filter_that_is_given_must_match(
    ann: User, told: Terminal, query: str, types: list[str]
) -> None:
    found = await ann.get(f"/api/logs?{query}")
    assert [item["type"] for item in found["items"]] == types


async def test_filtered_pages_hang_together(ann: User, told: Terminal) -> None:
    first = await ann.get("/api/logs?type=error_alert&limit=1")
    second = await ann.get(f"/api/logs?type=error_alert&limit=1&cursor={first['nextCursor']}")
    assert [p["items"][0]["data"]["severity"] for p in (first, second)] == ["error", "warning"]


async def test_an_unknown_severity_is_refused_in_words(ann: User) -> None:
    answer = await ann.ask("GET", "/api/logs?severity=loud")
    assert answer.status_code == 422
    assert "critical" in answer.json()["detail"]


async def test_nobody_reads_the_events_of_others(server: Running, told: Terminal) -> None:
    bob = await server.user("bob@example.org")
    assert (await bob.get("/api/logs?text=quote"))["items"] == []
