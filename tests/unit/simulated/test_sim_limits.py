"""Switches of the terminal and of the account, price steps, and how much may be held at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.simulated.bench import (
    BUY,
    BUY_LIMIT,
    DEAL,
    MODIFY,
    PENDING,
    RETURN,
    SELL,
    SELL_LIMIT,
    SLTP,
    Bench,
)

Benches = Callable[..., Bench]
OPEN: dict[str, Any] = {"action": DEAL, "symbol": "EURUSD", "type": BUY, "volume": 0.1}
WAIT: dict[str, Any] = {"action": PENDING, "symbol": "EURUSD", "type_filling": RETURN}


@pytest.mark.parametrize(
    ("switch", "retcode", "shows"),
    [
        ("trade_allowed", 10027, ("terminal_info", "trade_allowed")),
        ("account_trade", 10017, ("account_info", "trade_allowed")),
        ("account_experts", 10026, ("account_info", "trade_expert")),
    ],
)
def test_switches(bench: Benches, switch: str, retcode: int, shows: tuple[str, str]) -> None:
    b = bench()
    assert b.call(shows[0])[shows[1]] is True
    setattr(b.terminal, switch, False)
    assert b.send(**OPEN)["retcode"] == retcode
    assert b.call("order_check", OPEN)["retcode"] == retcode
    assert b.call(shows[0])[shows[1]] is False
    setattr(b.terminal, switch, True)
    assert b.send(**OPEN)["retcode"] == 10009


def test_programs_from_outside_may_be_shut_out(bench: Benches) -> None:
    b = bench()
    b.terminal.api_allowed = False
    answer = b.answer("order_send", OPEN)
    assert (answer.ok, answer.last_error[0], b.state.positions) == (None, -8, {})
    assert b.call("terminal_info")["tradeapi_disabled"] is True


def test_prices_keep_to_their_step(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"tick_size": 5}})
    info = b.call("symbol_info", "EURUSD")
    assert (info["trade_tick_size"], info["trade_tick_value"], info["point"]) == (0.00005, 5.0, 0.00001)
    assert b.buy(sl=1.09003)["retcode"] == 10016
    ticket = b.buy(sl=1.09005)["order"]
    assert b.send(action=SLTP, position=ticket, sl=1.0901, tp=1.20001)["retcode"] == 10016
    limit = {**WAIT, "type": BUY_LIMIT, "volume": 0.1}
    assert b.send(**limit, price=1.09002)["retcode"] == 10015
    order = b.send(**limit, price=1.0900)["order"]
    assert b.send(action=MODIFY, order=order, price=1.08999)["retcode"] == 10015


def test_one_side_of_a_symbol_is_limited(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"volume_limit": "1"}})
    b.buy(volume=0.5)
    assert b.send(**WAIT, type=BUY_LIMIT, volume=0.4, price=1.09)["retcode"] == 10009
    assert b.buy(volume=0.11)["retcode"] == 10034
    assert b.send(**WAIT, type=BUY_LIMIT, volume=0.11, price=1.09)["retcode"] == 10034
    assert b.send(**WAIT, type=SELL_LIMIT, volume=1.0, price=1.2)["retcode"] == 10009
    assert b.buy(volume=0.1)["retcode"] == 10009
    assert b.call("symbol_info", "EURUSD")["volume_limit"] == 1.0


def test_the_limit_counts_what_a_netting_account_is_left_with(bench: Benches) -> None:
    b = bench(margin_mode="netting", symbols={"EURUSD": {"volume_limit": "1"}})
    b.buy(volume=1.0)
    assert b.buy(volume=0.01)["retcode"] == 10034
    assert b.sell(volume=2.01)["retcode"] == 10034
    assert b.sell(volume=2.0)["retcode"] == 10009


@pytest.mark.parametrize(("mode", "again"), [("hedging", 10040), ("netting", 10009)])
def test_the_number_of_positions_is_limited(bench: Benches, mode: str, again: int) -> None:
    ticks = {"EURUSD": [(0, "1.1", "1.2")], "GBPUSD": [(0, "1.3", "1.4")], "AUDUSD": [(0, "0.7", "0.8")]}
    b = bench(ticks, margin_mode=mode, limit_positions=2)
    ticket = b.buy("EURUSD")["order"]
    assert b.buy("GBPUSD")["retcode"] == 10009
    assert b.buy("AUDUSD")["retcode"] == 10040
    assert b.buy("EURUSD")["retcode"] == again
    assert b.sell("EURUSD", 0.1, position=ticket)["retcode"] == 10009


def test_a_position_is_not_closed_twice_at_once(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"execution": "3", "fills_later": True}})
    b.buy(volume=0.5, type_filling=RETURN)
    b.at(60)
    (position,) = b.call("positions_get")
    close: dict[str, Any] = {"position": position["ticket"], "type_filling": RETURN}
    assert b.sell(volume=0.3, **close)["retcode"] == 10008
    assert b.sell(volume=0.3, **close)["retcode"] == 10039
    assert b.sell(volume=0.2, **close)["retcode"] == 10008
    assert [o["type"] for o in b.call("orders_get")] == [SELL, SELL]


def test_the_rest_of_an_opening_order_does_not_hold_up_a_close(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"execution": "3", "liquidity": "0.5"}})
    sent = b.buy(volume=0.8, type_filling=RETURN)
    assert sent["retcode"] == 10010
    assert b.sell(volume=0.5, position=sent["order"], type_filling=RETURN)["retcode"] == 10009
