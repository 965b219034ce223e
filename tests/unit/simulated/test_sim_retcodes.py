"""What the trade server refuses, and with which code; a refusal changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.simulated.bench import BUY, BUY_LIMIT, DEAL, MODIFY, PENDING, REMOVE, SELL, SLTP, Bench

Benches = Callable[..., Bench]
OPEN: dict[str, Any] = {"action": DEAL, "symbol": "EURUSD", "type": BUY, "volume": 0.1}
WAIT: dict[str, Any] = {
    "action": PENDING,
    "symbol": "EURUSD",
    "type": BUY_LIMIT,
    "volume": 0.1,
    "price": 1.09,
    "type_filling": 2,
}


@pytest.mark.parametrize(
    ("change", "retcode"),
    [
        ({"action": 99}, 10013),
        ({"action": 9}, 10013),
        ({"symbol": "NOSUCH"}, 10013),
        ({"type": BUY_LIMIT}, 10035),
        ({"type": 42}, 10035),
        ({"volume": 0.0}, 10014),
        ({"volume": 0.001}, 10014),
        ({"volume": 0.015}, 10014),
        ({"volume": -0.1}, 10014),
        ({"volume": 100.01}, 10014),
        ({"volume": 99.0}, 10019),
        ({"sl": 1.1}, 10016),
        ({"sl": 1.2}, 10016),
        ({"tp": 1.09}, 10016),
        ({"sl": -1.0}, 10016),
        ({"sl": 1.099995}, 10016),
        ({"type": SELL, "sl": 1.1}, 10016),
        ({"type_filling": 2}, 10030),
        ({"type_filling": 3}, 10030),
        ({"type_filling": 9}, 10030),
        ({"position": 12345, "type": SELL}, 10036),
    ],
)
def test_refused_deals(bench: Benches, change: dict[str, Any], retcode: int) -> None:
    b = bench()
    result = b.send(**{**OPEN, **change})
    assert (result["retcode"], result["deal"], result["order"]) == (retcode, 0, 0)
    assert result["comment"] != ""
    assert (b.state.positions, len(b.state.deals)) == ({}, 1)
    assert b.session.last_error == (1, "Success")


@pytest.mark.parametrize(
    ("change", "retcode"),
    [
        ({"price": 0.0}, 10015),
        ({"price": 1.2}, 10015),
        ({"price": 1.090001}, 10015),
        ({"type": 5, "price": 1.2}, 10015),
        ({"type": BUY}, 10035),
        ({"type": 6}, 10035),
        ({"sl": 1.09}, 10016),
        ({"tp": 1.08}, 10016),
        ({"volume": 0.0}, 10014),
        ({"type_filling": 3}, 10030),
        ({"type_time": 7}, 10022),
        ({"type_time": 2}, 10022),
    ],
)
def test_refused_waiting_orders(bench: Benches, change: dict[str, Any], retcode: int) -> None:
    b = bench()
    assert b.send(**{**WAIT, **change})["retcode"] == retcode
    assert b.state.orders == {}


def test_refused_changes(bench: Benches) -> None:
    b = bench()
    ticket = b.buy(volume=0.1, sl=1.09)["order"]
    assert b.send(action=SLTP, position=1, sl=1.08)["retcode"] == 10036
    assert b.send(action=SLTP, position=ticket, sl=1.2)["retcode"] == 10016
    assert b.send(action=SLTP, position=ticket, symbol="XAUUSD", sl=1.08)["retcode"] == 10013
    assert b.send(action=MODIFY, order=1, price=1.09)["retcode"] == 10013
    assert b.send(action=REMOVE, order=1)["retcode"] == 10013
    assert b.sell(volume=0.2, position=ticket)["retcode"] == 10038
    assert b.sell(volume=0.005, position=ticket)["retcode"] == 10014
    assert b.sell(volume=0.0, position=ticket)["retcode"] == 10014
    assert b.buy(volume=0.1, position=ticket)["retcode"] == 10035
    assert b.call("positions_get")[0]["sl"] == 1.09
    assert b.sell(volume=0.1, position=ticket)["retcode"] == 10009
    assert b.sell(volume=0.1, position=ticket)["retcode"] == 10036


def test_what_a_partial_close_leaves_is_tradable(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"volume_min": "0.05"}})
    ticket = b.buy(volume=0.1)["order"]
    assert b.sell(volume=0.06, position=ticket)["retcode"] == 10038
    assert b.sell(volume=0.05, position=ticket)["retcode"] == 10009


def test_float_noise_is_not_a_wrong_price(bench: Benches) -> None:
    b = bench()
    assert b.buy(sl=1.1 - 0.0007, tp=1.1001 + 0.1 + 0.2)["retcode"] == 10009
    (position,) = b.call("positions_get")
    assert (position["sl"], position["tp"]) == (1.0993, 1.4001)


def test_stops_level_counts_from_the_exit_side(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"stops_level": 20}})
    assert b.buy(sl=1.09981)["retcode"] == 10016
    assert b.buy(sl=1.0998)["retcode"] == 10009
    assert b.sell(sl=1.10029)["retcode"] == 10016
    assert b.sell(sl=1.1003)["retcode"] == 10009
    assert b.send(**{**WAIT, "price": 1.09991})["retcode"] == 10015
    assert b.send(**{**WAIT, "price": 1.0999, "sl": 1.09971})["retcode"] == 10016
    assert b.send(**{**WAIT, "price": 1.0999, "sl": 1.0997})["retcode"] == 10009


def test_freeze_level(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"freeze_level": 50}})
    near, far = b.buy(sl=1.0996)["order"], b.buy(sl=1.09)["order"]
    assert b.send(action=SLTP, position=near, sl=1.08)["retcode"] == 10029
    assert b.sell(position=near)["retcode"] == 10029
    assert b.send(action=SLTP, position=far, sl=1.08)["retcode"] == 10009
    order = b.send(**{**WAIT, "price": 1.0998})["order"]
    assert b.send(action=REMOVE, order=order)["retcode"] == 10029


@pytest.mark.parametrize(("mode", "retcode"), [("1", 10042), ("2", 10043), ("3", 10044), ("0", 10017)])
def test_trade_modes(bench: Benches, mode: str, retcode: int) -> None:
    b = bench(symbols={"EURUSD": {"trade_mode": mode}})
    assert b.send(**{**OPEN, "type": SELL if mode == "1" else BUY})["retcode"] == retcode


def test_a_closed_market_refuses_until_its_next_quote(bench: Benches) -> None:
    ticks = {"EURUSD": [(0, "1.1", "1.2"), (10_000, "1.1", "1.2")]}
    b = bench(ticks, symbols={"*": {"closed_after": 3600}})
    ticket = b.buy()["order"]
    b.at(3599)
    assert b.buy()["retcode"] == 10009
    b.at(3600)
    assert b.sell(position=ticket)["retcode"] == 10018
    b.at(10_000)
    assert b.sell(position=ticket)["retcode"] == 10009


def test_no_quote_yet(bench: Benches) -> None:
    b = bench({"EURUSD": [(0, "1.1", "1.2")], "GBPUSD": [(60, "1.3", "1.4")]})
    assert b.call("symbol_info_tick", "GBPUSD")["time"] == 0
    assert b.buy("GBPUSD")["retcode"] == 10021
    b.at(60)
    assert b.buy("GBPUSD")["retcode"] == 10009


def test_filling_masks(bench: Benches) -> None:
    fok_only = bench(symbols={"*": {"filling_mode": 1}})
    assert fok_only.buy(type_filling=0)["retcode"] == 10009
    assert fok_only.buy(type_filling=1)["retcode"] == 10030
    ioc_only = bench(symbols={"*": {"filling_mode": 2}})
    assert ioc_only.buy(type_filling=0)["retcode"] == 10030
    assert ioc_only.buy(type_filling=1)["retcode"] == 10009


def test_instant_execution_needs_a_price_near_the_market(bench: Benches) -> None:
    b = bench(symbols={"*": {"execution": "1"}})
    assert b.buy()["retcode"] == 10015
    assert b.buy(price=1.1000, deviation=9)["retcode"] == 10004
    assert b.buy(price=1.1000, deviation=10)["price"] == 1.1001


def test_the_number_of_waiting_orders_is_limited(bench: Benches) -> None:
    b = bench()
    for _ in range(200):
        assert b.send(**WAIT)["retcode"] == 10009
    assert b.send(**WAIT)["retcode"] == 10033


def test_order_check_says_the_same_and_does_nothing(bench: Benches) -> None:
    b = bench()
    good = b.call("order_check", OPEN)
    assert (good["retcode"], good["margin"], good["margin_free"]) == (0, 110.01, 99_889.99)
    assert b.call("order_check", {**OPEN, "volume": 99.0})["retcode"] == 10019
    assert b.answer("order_check", {**OPEN, "volume": 1}).last_error[0] == -2
    assert b.state.positions == {}
