"""Figures over the real events endpoint: deals are stored once, and every figure comes from them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.server.running import Running, Terminal, User, signal, trade


def deal(ticket: str, entry: str, at: str, **more: Any) -> dict[str, Any]:
    base = {"ticket": ticket, "entry": entry, "side": "buy", "volume": 0.1, "price": 1300, "at": at}
    return {**base, **more}


def closed(number: int, profit: float, *, day: int = 5, hour: int = 10, **more: Any) -> dict[str, Any]:
    """A trade of chat -100 opened at that hour and closed a quarter later; 2 for commission, 1 swap."""
    opened, ended = f"2026-01-{day:02}T{hour:02}:00:00Z", f"2026-01-{day:02}T{hour:02}:15:00Z"
    deals = [
        deal(f"{number}1", "in", opened, commission=-1),
        deal(f"{number}2", "out", ended, side="sell", profit=profit, commission=-1, swap=-1),
    ]
    base = {
        "identifier": str(number),
        "ticket": str(number),
        "status": "closed",
        "pnl": profit - 3,
        "openedAt": opened,
        "closedAt": ended,
        "updatedAt": ended,
        "deals": deals,
    }
    return trade(**{**base, **more})


@pytest.fixture
async def told(ann: User, terminal: Terminal) -> Terminal:
    """Five trades of 103, -47, 53, -97 and -27 before costs; the balance now is 1,000."""
    await terminal.sync()
    await terminal.tell(
        signal(),
        closed(1, 103),
        closed(2, -47, hour=11),
        closed(3, 53, day=6, symbol="EURUSD"),
        closed(4, -97, day=7, side="sell"),
        closed(5, -27, day=8, messageId=None, chatId=None),
    )
    return terminal


async def test_the_report_is_reckoned_from_the_deals(ann: User, told: Terminal) -> None:
    report = await ann.get("/api/analytics/report")
    summary = report["summary"]
    figures = summary["figures"]
    assert (figures["trades"], figures["wins"], figures["losses"]) == (5, 2, 3)
    assert (figures["net"], figures["costs"]) == (-30, -15)
    assert (figures["grossProfit"], figures["grossLoss"]) == (150, 180)
    assert figures["profitFactor"] == pytest.approx(150 / 180)
    assert figures["expectancy"] == -6
    assert figures["winRate"] == 0.4
    assert figures["winRateLow"] < 0.4 < figures["winRateHigh"]
    assert (summary["currency"], summary["startBalance"], summary["endBalance"]) == ("USD", 1030, 1000)
    assert summary["maxDrawdown"] == 130, "from 1130 after the third to 1000"
    assert summary["days"] == 4
    assert summary["sharpe"] is not None
    assert [p["balance"] for p in report["curve"]] == [1130, 1080, 1130, 1030, 1000]
    assert {c["key"]: c["figures"]["net"] for c in report["bySymbol"]} == {"EURUSD": 50, "XAUUSD": -80}
    assert {c["label"]: c["figures"]["net"] for c in report["byHour"]} == {"10:00": 20, "11:00": -50}
    assert {c["label"]: c["figures"]["net"] for c in report["byProvider"]} == {
        "Gold": 0,
        "By hand or unknown": -30,
    }


async def test_the_same_deals_again_count_once(ann: User, told: Terminal) -> None:
    before = await ann.get("/api/analytics/report")
    await told.tell(closed(1, 103), closed(2, -47, hour=11))
    assert await ann.get("/api/analytics/report") == before


async def test_a_trade_told_without_deals_counts_with_its_pnl(ann: User, terminal: Terminal) -> None:
    await terminal.tell(closed(1, 103, deals=None), closed(2, 5, status="open", closedAt=None, pnl=None))
    figures = (await ann.get("/api/analytics/summary"))["figures"]
    assert (figures["trades"], figures["net"], figures["costs"]) == (1, 100, 0)


async def test_without_a_known_balance_no_share_of_it_is_told(ann: User, terminal: Terminal) -> None:
    await terminal.tell(closed(1, 103))
    summary = await ann.get("/api/analytics/summary")
    for name in ("startBalance", "endBalance", "returnShare", "maxDrawdownShare", "sharpe", "sortino"):
        assert summary[name] is None, name
    assert summary["maxDrawdown"] == 0


async def test_periods_and_filters(ann: User, told: Terminal) -> None:
    async def nets(query: str) -> Any:
        return (await ann.get(f"/api/analytics/summary?{query}"))["figures"]["net"]

    assert await nets("since=2026-01-06T00:00:00Z") == -80
    assert await nets("until=2026-01-06T00:00:00Z") == 50
    assert await nets("since=2026-01-06T00:00:00Z&until=2026-01-07T00:00:00Z") == 50
    assert await nets("providerId=1") == 0
    assert await nets("terminalId=t1") == -30
    assert await nets("terminalId=other") == 0
    inside = await ann.get("/api/analytics/summary?until=2026-01-06T00:00:00Z")
    assert (inside["startBalance"], inside["endBalance"]) == (1030, 1080), "as it was then"


@pytest.mark.parametrize("by", ["provider", "symbol", "hour", "side", "weekday"])
async def test_every_cut_holds_all_trades(ann: User, told: Terminal, by: str) -> None:
    found = await ann.get(f"/api/analytics/cuts?by={by}")
    assert (found["by"], found["currency"]) == (by, "USD")
    assert sum(row["figures"]["trades"] for row in found["rows"]) == 5
    assert sum(row["figures"]["net"] for row in found["rows"]) == -30


@pytest.mark.parametrize(
    ("query", "word"),
    [("since=yesterday", "since"), ("until=2026-01-06", "until"), ("providerId=x", "providerId")],
)
async def test_what_cannot_be_asked_is_refused_in_words(ann: User, query: str, word: str) -> None:
    answer = await ann.ask("GET", f"/api/analytics/report?{query}")
    assert answer.status_code == 422
    assert word in answer.json()["detail"]
    by = await ann.ask("GET", "/api/analytics/cuts?by=moon")
    assert (by.status_code, by.json()["code"]) == (422, "invalid")


async def test_money_of_two_currencies_is_never_added(ann: User, told: Terminal) -> None:
    other = await ann.terminal("t2")
    info = {"balance": 500, "equity": 500, "currency": "EUR"}
    await other.sync(account_info=info)
    await other.tell(closed(1, 13, terminal_id="t2"))
    answer = await ann.ask("GET", "/api/analytics/report")
    assert (answer.status_code, answer.json()["code"]) == (422, "several_currencies")
    assert "EUR and USD" in answer.json()["detail"]
    one = await ann.get("/api/analytics/summary?terminalId=t2")
    assert (one["currency"], one["figures"]["net"]) == ("EUR", 10)


async def test_nobody_sees_the_figures_of_others(server: Running, told: Terminal) -> None:
    bob = await server.user("bob@example.org")
    for query in ("", "?terminalId=t1", "?providerId=1"):
        assert (await bob.get(f"/api/analytics/report{query}"))["summary"]["figures"]["trades"] == 0
