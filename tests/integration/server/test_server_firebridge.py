"""What desktop apps hand over."""

from __future__ import annotations

import asyncio

from signalos.protocol import convert, views
from signalos.protocol import providers as providers_wire
from tests.integration.server.running import Running, Terminal, User, decision, event, signal, trade


async def test_events_become_signals_decisions_and_trades(ann: User, terminal: Terminal) -> None:
    events = [
        event(
            "message",
            chatId="-100",
            messageId=1,
            chatName="Gold",
            text="BUY GOLD",
            postedAt="2026-01-05T10:00:00Z",
        ),
        signal(),
        decision(budget=10, risk=9.75),
        trade(),
        event("alert", code="gap", severity="warning", text="A gap", terminalId="t1"),
        event("latch", terminalId="t1", latchId="l1", mode="close-all", state="set", total=1),
    ]
    told = await terminal.tell(*events)
    assert told["rejected"] == []
    assert [a["eventId"] for a in told["accepted"]] == [e["eventId"] for e in events]

    (item,) = (await ann.get("/api/signals"))["items"]
    shown = convert(item, views.SignalView)
    assert shown.status == "executed"
    assert shown.entry == [1300]
    assert str(shown.stop_loss) == "1290.5"
    assert shown.trade_ids == [1]
    assert shown.decisions[0].steps[0].rule == "spread"
    held = convert((await ann.get("/api/trades"))["items"][0], views.TradeView)
    assert (held.signal_id, held.chat_name, held.status, held.mt5_ticket) == (1, "Gold", "open", "900")
    provider = convert((await ann.get("/api/providers"))["items"][0], providers_wire.ProviderView)
    assert (provider.name, provider.signals) == ("Gold", 1)
    overview = convert(await ann.get("/api/overview"), views.Overview)
    assert overview.terminals[0].latch is not None
    assert overview.terminals[0].latch.latch_id == "l1"
    assert overview.alerts[0].code == "gap"
    kinds = [e["type"] for e in reversed((await ann.get("/api/logs"))["items"])]
    assert kinds[-5:] == [
        "signal_created",
        "decision_made",
        "trade_update",
        "error_alert",
        "terminal_update",
    ]


async def test_the_same_event_counts_once(ann: User, terminal: Terminal) -> None:
    events = [signal(), trade(), event("alert", code="x", severity="info", text="once")]
    first = await terminal.tell(*events)
    seq = (await ann.get("/api/overview"))["seq"]
    both = await asyncio.gather(terminal.tell(*events), terminal.tell(*events, *events))
    assert both[0]["accepted"] == first["accepted"]
    assert both[1]["accepted"] == first["accepted"] * 2
    overview = await ann.get("/api/overview")
    assert overview["seq"] == seq
    assert len(overview["alerts"]) == 1


async def test_a_bad_event_does_not_fail_its_neighbours(terminal: Terminal) -> None:
    bad = [
        {"eventId": "bad-event-0"},
        event("nonsense", "bad-event-1"),
        {**signal(), "eventId": "bad-event-2", "data": {"chatId": 5}},
        trade("1", volume="NaN") | {"eventId": "bad-event-3"},
        decision(messageId=77) | {"eventId": "bad-event-4"},
        trade("2", terminal_id="ghost") | {"eventId": "bad-event-5"},
        trade("3", openedAt="0001-01-01T00:00:00+14:00") | {"eventId": "bad-event-6"},
        signal(messageId=2**63) | {"eventId": "bad-event-7"},
        [],
    ]
    mixed = [part for pair in zip([signal(n) for n in range(1, 10)], bad, strict=True) for part in pair]
    told = await terminal.tell(*mixed)  # type: ignore[arg-type]
    assert len(told["accepted"]) == 9
    assert [(r["eventId"], r["code"]) for r in told["rejected"]] == [
        ("bad-event-0", "invalid_event"),
        ("bad-event-1", "unknown_kind"),
        ("bad-event-2", "invalid_data"),
        ("bad-event-3", "invalid_data"),
        ("bad-event-4", "signal_unknown"),
        ("bad-event-5", "terminal_unknown"),
        ("bad-event-6", "invalid_data"),
        ("bad-event-7", "invalid_data"),
        ("", "invalid_event"),
    ]
    assert all(r["detail"] for r in told["rejected"])


async def test_an_older_state_never_overwrites_and_what_is_closed_stays_closed(
    ann: User, terminal: Terminal
) -> None:
    at = "2026-01-05T10:00:0{}Z".format
    await terminal.tell(signal(), trade(updatedAt=at(5), stopLoss=1295))
    await terminal.tell(trade(updatedAt=at(3), stopLoss=1290))
    assert (await ann.get("/api/trades/1"))["stopLoss"] == 1295
    await terminal.tell(trade(updatedAt=at(7), status="closed", closePrice=1310, pnl=95.5, closedAt=at(7)))
    await terminal.tell(trade(updatedAt=at(6), status="open"))
    await terminal.tell(trade(updatedAt=at(8), status="open", pnl=94.1))
    closed = await ann.get("/api/trades/1")
    assert (closed["status"], closed["closePrice"], closed["pnl"]) == ("closed", 1310, 94.1)
    assert (await ann.get("/api/overview"))["openTrades"] == []
    assert len((await ann.get("/api/trades"))["items"]) == 1


async def test_a_newer_version_updates_a_signal_and_an_older_does_not(
    ann: User, terminal: Terminal
) -> None:
    await terminal.tell(signal(version=2, stopLoss=1291, text="edited"))
    await terminal.tell(signal(version=1))
    await terminal.tell(signal(part=1, symbol="EURUSD"))
    first, second = reversed((await ann.get("/api/signals"))["items"])
    assert (first["version"], first["text"], first["stopLoss"]) == (2, "edited", 1291)
    assert (second["part"], second["symbol"]) == (1, "EURUSD")


async def test_a_trade_told_before_its_signal_is_linked_later(ann: User, terminal: Terminal) -> None:
    await terminal.tell(trade())
    assert (await ann.get("/api/trades/1"))["signalId"] is None
    await terminal.tell(signal())
    assert (await ann.get("/api/trades/1"))["signalId"] == 1
    assert (await ann.get("/api/signals/1"))["tradeIds"] == [1]


async def test_a_signal_is_refused_until_one_terminal_acts(ann: User, terminal: Terminal) -> None:
    await ann.terminal("t2")
    refused = decision(verdict="refuse", reason="max_spread_share")
    await terminal.tell(signal(), refused)
    shown = await ann.get("/api/signals/1")
    assert (shown["status"], shown["reason"]) == ("refused", "max_spread_share")
    assert (
        await ann.ask("POST", "/api/firebridge/events", {"events": [decision("t2")]})
    ).status_code == 200
    shown = await ann.get("/api/signals/1")
    assert (shown["status"], [d["verdict"] for d in shown["decisions"]]) == ("executed", ["refuse", "pass"])


async def push(user: User, key: str | None = None, **result: object):  # type: ignore[no-untyped-def]
    body = {
        "userId": user.id,
        "signalId": None,
        "tradeResult": {"success": True, "mt5Ticket": 123, **result},
    }
    headers = {} if key is None else {"Idempotency-Key": key}
    return await user.ask("POST", "/api/firebridge/push-trade-result", body, **headers)


async def test_a_pushed_result_counts_once_a_key(ann: User, terminal: Terminal) -> None:
    first = await push(ann, "k1", entryPrice=1.1)
    assert (first.status_code, first.json()) == (200, {"ok": True, "tradeId": 1})
    seq = (await ann.get("/api/overview"))["seq"]
    again = await asyncio.gather(*(push(ann, "k1", entryPrice=1.1) for _ in range(5)))
    assert {a.text for a in again} == {first.text}
    other = await push(ann, "k1", entryPrice=1.2)
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_conflict")
    assert (await ann.get("/api/overview"))["seq"] == seq
    later = await push(ann, "k2", entryPrice=1.1, closePrice=1.2, pnl=5)
    assert later.json()["tradeId"] == 1
    (shown,) = (await ann.get("/api/trades"))["items"]
    assert (shown["status"], shown["mt5Ticket"], shown["side"], shown["pnl"]) == ("closed", "123", None, 5)


async def test_without_a_key_the_body_is_the_key(ann: User, terminal: Terminal) -> None:
    assert (await push(ann)).text == (await push(ann)).text
    failed = await push(ann, mt5Ticket=None, success=False, error="no money")
    assert failed.json()["tradeId"] == 2
    assert (await ann.get("/api/trades/2"))["status"] == "failed"


async def test_a_key_belongs_to_its_user(server: Running, ann: User, terminal: Terminal) -> None:
    bob = await server.user("bob@example.org")
    await bob.terminal("t1")
    assert (await push(ann, "same")).json()["tradeId"] == 1
    assert (await push(bob, "same", entryPrice=2)).json()["tradeId"] == 2


async def test_the_state_is_kept_replaced_and_sampled(ann: User, terminal: Terminal) -> None:
    position = {
        "identifier": "900",
        "ticket": "900",
        "symbol": "XAUUSD",
        "side": "buy",
        "volume": 0.3,
        "entryPrice": 1300.5,
        "price": 1301,
        "profit": 15,
    }
    await terminal.tell(signal(), trade())
    async with ann.socket(resume=0) as socket:
        await terminal.sync(positions=[position], marketTime="2014-05-05T10:00:00Z")
        update = (await socket.until("mt5_status_update"))["data"]
        assert (update["isConnected"], update["equity"], update["terminalId"]) == (True, 1001.5, "t1")
        assert [(p["tradeId"], p["profit"]) for p in update["positions"]] == [(1, 15)]
        await terminal.sync(positions=[])
        assert (await socket.until("mt5_status_update"))["data"]["positions"] == []
    (shown,) = (await ann.get("/api/overview"))["terminals"]
    assert (shown["connected"], shown["balance"], shown["dayStartEquity"]) == (True, 1000, 1001.5)
    points = (await ann.get("/api/analytics/equity"))["items"]
    assert points[0]["equity"] == 1001.5
    assert points[0]["terminalId"] == "t1"
    assert (await ann.get("/api/analytics/equity?since=2999-01-01T00:00:00Z".replace("2999", "2199")))[
        "items"
    ] == []


async def test_the_day_starts_anew_with_the_market_day(ann: User, terminal: Terminal) -> None:
    def account(equity: float) -> dict[str, object]:
        return {"balance": 1000, "equity": equity}

    await terminal.sync(marketTime="2014-05-05T23:59:00Z", account_info=account(1000))
    await terminal.sync(marketTime="2014-05-05T23:59:59Z", account_info=account(990))
    assert (await ann.get("/api/terminals"))["items"][0]["dayStartEquity"] == 1000
    await terminal.sync(marketTime="2014-05-06T00:00:01Z", account_info=account(985))
    assert (await ann.get("/api/terminals"))["items"][0]["dayStartEquity"] == 985


async def test_the_strategy_is_pulled_and_its_change_is_announced(ann: User, terminal: Terminal) -> None:
    pulled = (await terminal.ask("GET", f"/api/firebridge/pull-strategy/{ann.id}")).json()["strategy"]
    assert (pulled["version"], pulled["config"]["riskPercentage"], pulled["active"]) == ("1", 1, True)
    body = {"name": "Careful", "config": {"riskPercentage": 0.5, "maxDailyTrades": 3}}
    changed = await ann.ask("PUT", f"/api/strategies/{pulled['id']}", body)
    assert (changed.status_code, changed.json()["version"]) == (200, "2")
    pulled = (await terminal.ask("GET", f"/api/firebridge/pull-strategy/{ann.id}")).json()["strategy"]
    assert (pulled["name"], pulled["config"]["riskPercentage"], pulled["config"]["maxDailyTrades"]) == (
        "Careful",
        0.5,
        3,
    )
    assert pulled["config"]["legs"] == "per_target", "what is not named keeps its value"
    (command,) = (await ann.get("/api/commands"))["items"]
    assert (command["kind"], command["state"]) == ("strategy_changed", "queued")
    wrong: list[dict[str, object]] = [
        {"riskPercentage": 1000},
        {"riskPercentag": 1},
        {"filters": 5},
        {"legs": []},
    ]
    for config in wrong:
        refused = await ann.ask("PUT", f"/api/strategies/{pulled['id']}", {"name": "x", "config": config})
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_strategy"), config
