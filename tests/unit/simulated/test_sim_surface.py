"""The simulated terminal shows what the module shows: names, numbers, field order, conventions."""

from __future__ import annotations

from collections.abc import Callable
from enum import IntEnum
from typing import Any

import pytest

from signalos.brokers.mt5data import load_constants, load_fields, load_functions
from signalos.brokers.simulated import codes
from tests.unit.simulated.bench import BUY, BUY_LIMIT, DEAL, PENDING, Bench

PREFIXES: dict[type[IntEnum], str] = {
    codes.Action: "TRADE_ACTION_",
    codes.OrderType: "ORDER_TYPE_",
    codes.OrderState: "ORDER_STATE_",
    codes.Filling: "ORDER_FILLING_",
    codes.TimeType: "ORDER_TIME_",
    codes.Reason: "DEAL_REASON_",
    codes.DealType: "DEAL_TYPE_",
    codes.Entry: "DEAL_ENTRY_",
    codes.MarginMode: "ACCOUNT_MARGIN_MODE_",
    codes.SwapMode: "SYMBOL_SWAP_MODE_",
    codes.TradeMode: "SYMBOL_TRADE_MODE_",
    codes.Execution: "SYMBOL_TRADE_EXECUTION_",
    codes.CalcMode: "SYMBOL_CALC_MODE_",
    codes.CopyTicks: "COPY_TICKS_",
    codes.BookType: "BOOK_TYPE_",
    codes.Retcode: "TRADE_RETCODE_",
}
RES = {
    codes.Res.OK: "RES_S_OK",
    codes.Res.FAIL: "RES_E_FAIL",
    codes.Res.INVALID_PARAMS: "RES_E_INVALID_PARAMS",
    codes.Res.NOT_FOUND: "RES_E_NOT_FOUND",
    codes.Res.AUTH_FAILED: "RES_E_AUTH_FAILED",
    codes.Res.AUTO_TRADING_DISABLED: "RES_E_AUTO_TRADING_DISABLED",
    codes.Res.FAIL_SEND: "RES_E_INTERNAL_FAIL_SEND",
    codes.Res.FAIL_RECEIVE: "RES_E_INTERNAL_FAIL_RECEIVE",
    codes.Res.FAIL_CONNECT: "RES_E_INTERNAL_FAIL_CONNECT",
}


@pytest.mark.parametrize("kind", PREFIXES, ids=lambda kind: kind.__name__)
def test_numbers_are_the_published_ones(kind: type[IntEnum]) -> None:
    # The terminal knows one answer that the module has no name for.
    published = {**load_constants(), "TRADE_RETCODE_HEDGE_PROHIBITED": 10046}
    assert {m.name: published[PREFIXES[kind] + m.name] for m in kind} == {m.name: m.value for m in kind}


def test_error_numbers_are_the_published_ones() -> None:
    published = load_constants()
    assert set(RES) == set(codes.Res)
    assert {code: published[name] for code, name in RES.items()} == {code: int(code) for code in RES}


def test_every_function_is_one_of_the_module(bench: Callable[..., Bench]) -> None:
    functions = bench().session.functions
    assert functions == set(load_functions())
    assert len(functions) == 32


def test_fields_and_their_order_are_the_modules(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.buy()
    b.send(action=PENDING, symbol="EURUSD", type=BUY_LIMIT, volume=0.1, price=1.09, type_filling=2)
    request: dict[str, Any] = {"action": DEAL, "symbol": "EURUSD", "type": BUY, "volume": 0.1}
    b.call("market_book_add", "EURUSD")
    seen = {
        "BookInfo": b.call("market_book_get", "EURUSD")[0],
        "Tick": b.call("symbol_info_tick", "EURUSD"),
        "AccountInfo": b.call("account_info"),
        "TerminalInfo": b.call("terminal_info"),
        "SymbolInfo": b.call("symbol_info", "EURUSD"),
        "TradePosition": b.call("positions_get")[0],
        "TradeOrder": b.call("orders_get")[0],
        "TradeDeal": b.call("history_deals_get", 0, 4_000_000_000)[0],
        "OrderCheckResult": b.call("order_check", request),
        "OrderSendResult": b.call("order_send", request),
        "TradeRequest": b.call("order_send", request)["request"],
    }
    assert {name: tuple(row) for name, row in seen.items()} == {name: load_fields()[name] for name in seen}
    assert tuple(b.call("history_orders_get", 0, 4_000_000_000)[0]) == load_fields()["TradeOrder"]


def test_a_function_it_lacks_is_an_error_not_an_answer(bench: Callable[..., Bench]) -> None:
    answer = bench().answer("order_hope")
    assert answer.error is not None
    assert "order_hope" in answer.error


def test_each_call_resets_last_error(bench: Callable[..., Bench]) -> None:
    b = bench()
    assert b.answer("symbol_info", "NOSUCH").last_error == (-4, "Terminal: Not found")
    assert b.call("last_error") == [-4, "Terminal: Not found"]
    assert b.call("symbol_info", "EURUSD") is not None
    assert b.call("last_error") == [1, "Success"]


def test_nothing_found_is_empty_and_unknown_keywords_are_ignored(bench: Callable[..., Bench]) -> None:
    b = bench()
    assert b.call("positions_get") == []
    ticket = b.buy()["order"]
    assert [p["ticket"] for p in b.call("positions_get", magic=7)] == [ticket]
    assert b.call("positions_get", ticket=ticket, symbol="XAUUSD")[0]["ticket"] == ticket
    assert b.call("positions_get", symbol="XAUUSD") == []
    assert b.call("positions_get", group="*USD,!EUR*") == []
    assert b.answer("positions_get", ticket="1").last_error[0] == -2


def test_after_shutdown_nothing_is_answered_until_initialize(bench: Callable[..., Bench]) -> None:
    b = bench()
    b.call("shutdown")
    answer = b.answer("account_info")
    assert (answer.ok, answer.last_error[0]) == (None, -10004)
    # Wrong arguments come before the missing connection.
    assert b.answer("order_send", {"volume": 1}).last_error[0] == -2
    assert b.call("initialize") is True
    assert b.call("account_info")["login"] == 90_000_001


def test_another_account_is_not_signed_in(bench: Callable[..., Bench]) -> None:
    b = bench()
    assert b.answer("initialize", login=5, password="x", server="Elsewhere").ok is False
    assert b.session.last_error[0] == -6
    assert b.call("initialize", login=90_000_001, server="SignalOS-Simulated") is True
    assert b.call("login", 90_000_001) is True


def test_history_by_time_position_and_order(bench: Callable[..., Bench]) -> None:
    b = bench()
    first = b.buy()["order"]
    b.at(30)
    second = b.buy()["order"]
    now = b.call("symbol_info_tick", "EURUSD")["time"]
    everything = b.call("history_deals_get", now - 10, now + 86_400)
    assert [d["order"] for d in everything] == [0, first, second]
    assert b.call("history_deals_total", now + 20, now + 40) == 1
    assert [d["order"] for d in b.call("history_deals_get", ticket=second)] == [second]
    assert [o["ticket"] for o in b.call("history_orders_get", position=first)] == [first]
    assert b.call("history_orders_total", now - 10, now + 10) == 1
    assert b.answer("history_deals_get").last_error[0] == -2
    assert b.answer("history_deals_get", "yesterday", "today").last_error[0] == -2
