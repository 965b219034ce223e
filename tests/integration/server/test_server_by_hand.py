"""Signals and trades that users enter, and second decisions on refused signals."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.server.running import Running, Terminal, User, decision, signal, trade

TEXT = "BUY GOLD NOW\nSL 1290\nTP1 1320\nTP2 1330"


async def test_a_signal_by_hand_is_read_and_goes_to_every_terminal(ann: User, terminal: Terminal) -> None:
    other = await ann.terminal("t2")
    async with terminal.socket() as first, other.socket() as second, ann.socket() as browser:
        answer = await ann.ask("POST", "/api/signals", {"text": TEXT})
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["symbol"], made["side"], made["stopLoss"]) == ("XAUUSD", "buy", 1290)
        assert made["takeProfits"] == [1320, 1330]
        assert (made["chatId"], made["messageId"], made["status"]) == ("hand", 1, "received")
        seen = (await browser.until("signal_created"))["data"]
        assert seen["id"] == made["id"]
        for desk in (first, second):
            command = (await desk.until("command"))["data"]
            assert command["kind"] == "signal"
            assert command["args"] == {"chatId": "hand", "messageId": 1, "text": TEXT}
            assert command["expiresAt"] is not None
    again = await ann.ask("POST", "/api/signals", {"text": TEXT})
    assert again.json()["messageId"] == 2


async def test_what_the_desktop_app_reads_of_it_is_the_same_signal(ann: User, terminal: Terminal) -> None:
    made = (await ann.ask("POST", "/api/signals", {"text": TEXT})).json()
    told = signal(
        1, part=1, chatId="hand", chatName="By hand", text=TEXT, entry=[], stopLoss=1290, takeProfits=[1320]
    )
    await terminal.tell(told)
    assert [s["id"] for s in (await ann.get("/api/signals"))["items"]] == [made["id"]]


async def test_fields_are_written_as_a_channel_would(ann: User, terminal: Terminal) -> None:
    body = {
        "symbol": "EURUSD",
        "side": "sell",
        "entry": [1.105],
        "stopLoss": 1.11,
        "takeProfits": [1.1, 1.095],
    }
    made = (await ann.ask("POST", "/api/signals", body)).json()
    assert (made["symbol"], made["side"], made["entry"]) == ("EURUSD", "sell", [1.105])
    assert (made["stopLoss"], made["takeProfits"]) == (1.11, [1.1, 1.095])


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "good morning everyone"}, "no signal was read"),
        ({"text": "close all trades"}, "opens nothing"),
        ({"text": "BUY EURUSD @ 1.10\nSL 1.12\nTP 1.13"}, "sl_wrong_side"),
        ({"side": "buy"}, "symbol and side"),
        ({}, "symbol and side"),
        ({"text": "x" * 2001}, ""),
    ],
)
async def test_what_opens_nothing_is_refused_in_words(
    ann: User, terminal: Terminal, body: dict[str, Any], words: str
) -> None:
    answer = await ann.ask("POST", "/api/signals", body)
    assert answer.status_code == 422, answer.text
    assert words in answer.json()["detail"]
    assert (await ann.get("/api/signals"))["items"] == []
    assert (await ann.get("/api/commands"))["items"] == []


async def test_without_a_terminal_nothing_is_made(ann: User) -> None:
    answer = await ann.ask("POST", "/api/signals", {"text": TEXT})
    assert (answer.status_code, answer.json()["code"]) == (404, "terminal_unknown")


async def test_a_double_click_enters_one_signal(ann: User, terminal: Terminal) -> None:
    answers = [
        await ann.ask("POST", "/api/signals", {"text": TEXT}, **{"Idempotency-Key": "click"}) for _ in "ab"
    ]
    assert answers[0].text == answers[1].text
    assert [a.status_code for a in answers] == [201, 201]
    assert len((await ann.get("/api/commands"))["items"]) == 1


async def test_a_trade_by_hand_goes_to_the_named_terminal_alone(ann: User, terminal: Terminal) -> None:
    await ann.terminal("t2")
    body = {
        "terminalId": "t1",
        "symbol": "EURUSD",
        "side": "buy",
        "stopLoss": 1.09,
        "takeProfits": [1.12],
    }
    answer = await ann.ask("POST", "/api/trades", body)
    assert answer.status_code == 202, answer.text
    assert [t["terminalId"] for t in answer.json()["terminals"]] == ["t1"]
    async with terminal.socket() as desk:
        command = (await desk.until("command"))["data"]
        assert command["args"]["chatId"] == "hand:t1"
        assert command["args"]["text"] == "BUY EURUSD NOW\nSL 1.09\nTP1 1.12"
    unknown = await ann.ask("POST", "/api/trades", {**body, "terminalId": "t9"})
    assert unknown.status_code == 404


@pytest.fixture
async def refused(terminal: Terminal) -> Terminal:
    """A terminal that refused signal 1."""
    await terminal.tell(signal(), decision(verdict="refuse", reason="too_old"))
    return terminal


async def test_a_refused_signal_is_decided_once_more(ann: User, refused: Terminal) -> None:
    answer = await ann.ask("POST", "/api/signals/1/retrigger")
    assert answer.status_code == 202, answer.text
    async with refused.socket() as desk:
        command = (await desk.until("command"))["data"]
        assert command["args"] == {"chatId": "-100", "messageId": 1, "part": 0, "again": True}
    await refused.tell(signal(version=2), decision(version=2))
    assert (await ann.get("/api/signals/1"))["status"] == "executed"
    again = await ann.ask("POST", "/api/signals/1/retrigger")
    assert (again.status_code, again.json()["code"]) == (409, "not_refused")


async def test_only_what_waits_is_confirmed(ann: User, refused: Terminal) -> None:
    answer = await ann.ask("POST", "/api/signals/1/confirm")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_waiting")
    await refused.tell(
        signal(2),
        decision(messageId=2, verdict="refuse", reason="waiting_for_confirmation"),
    )
    assert (await ann.ask("POST", "/api/signals/2/confirm")).status_code == 202


async def test_a_terminal_that_took_it_is_not_asked_again(ann: User, refused: Terminal) -> None:
    other = await ann.terminal("t2")
    await other.tell(decision("t2"), trade(terminal_id="t2"))
    answer = await ann.ask("POST", "/api/signals/1/retrigger")
    assert (answer.status_code, answer.json()["code"]) == (409, "not_refused")


async def test_updates_and_other_peoples_signals_are_not_decided_again(
    server: Running, ann: User, refused: Terminal
) -> None:
    await refused.tell(signal(3, action="close", entry=[], stopLoss=None, takeProfits=[]))
    assert (await ann.ask("POST", "/api/signals/2/retrigger")).status_code == 409
    bob = await server.user("bob@example.org")
    for path in ("retrigger", "confirm"):
        assert (await bob.ask("POST", f"/api/signals/1/{path}")).status_code == 404
