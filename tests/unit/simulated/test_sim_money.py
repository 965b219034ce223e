"""Profit, margin and conversion, checked against figures reckoned by hand."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.unit.simulated.bench import BUY, SELL, Bench

Benches = Callable[..., Bench]
WORLD = {
    "EURUSD": [(0, "1.10000", "1.10010"), (10, "1.10100", "1.10110")],
    "USDJPY": [(0, "150.000", "150.010"), (10, "150.000", "150.020")],
    "EURJPY": [(0, "165.000", "165.020"), (10, "166.000", "166.020")],
    "XAUUSD": [(0, "2000.000", "2000.300"), (10, "2010.000", "2010.300")],
}


def test_profit_quoted_in_the_account_currency(bench: Benches) -> None:
    b = bench(WORLD)
    assert b.call("order_calc_profit", BUY, "EURUSD", 1.0, 1.1, 1.101) == 100.0
    assert b.call("order_calc_profit", SELL, "EURUSD", 0.5, 1.1, 1.101) == -50.0
    assert b.call("order_calc_profit", BUY, "XAUUSD", 0.01, 2000.0, 1990.0) == -10.0


def test_gains_convert_at_the_bid_and_losses_at_the_ask(bench: Benches) -> None:
    b = bench(WORLD)
    # 1 lot EURJPY, one yen = 100,000 JPY; dollars for yen: a gain is paid out at USDJPY's ask, a loss
    # is paid for at its bid.
    assert b.call("order_calc_profit", BUY, "EURJPY", 1.0, 165.0, 166.0) == 666.62  # 100000 / 150.010
    assert b.call("order_calc_profit", SELL, "EURJPY", 1.0, 165.0, 166.0) == -666.67  # 100000 / 150.000


def test_the_floating_profit_moves_with_the_converting_symbol(bench: Benches) -> None:
    b = bench(WORLD)
    ticket = b.buy("EURJPY", 0.1)["order"]
    b.at(10)
    # (166.000 - 165.020) * 10,000 = 9,800 JPY at 150.020
    assert b.call("positions_get", ticket=ticket)[0]["profit"] == 65.32
    b.sell("EURJPY", 0.1, position=ticket)
    assert b.balance == Decimal("100065.32")


def test_margin(bench: Benches) -> None:
    b = bench(WORLD)
    # currency pairs: base currency at leverage 100; gold: its value at leverage 100
    assert b.call("order_calc_margin", BUY, "EURUSD", 1.0, 1.1001) == 1100.1
    assert b.call("order_calc_margin", BUY, "USDJPY", 1.0, 150.0) == 1000.0
    assert b.call("order_calc_margin", BUY, "EURJPY", 1.0, 165.0) == 1100.1  # EUR at EURUSD's ask
    assert b.call("order_calc_margin", BUY, "XAUUSD", 0.1, 2000.3) == 200.03


def test_hedged_sides_need_the_margin_of_the_larger_one(bench: Benches) -> None:
    b = bench(WORLD)
    b.buy(volume=1.0)
    b.sell(volume=0.4)
    info = b.call("account_info")
    assert info["margin"] == 1100.1
    assert info["margin_free"] == round(info["equity"] - 1100.1, 2)
    assert info["equity"] == round(info["balance"] + info["profit"], 2)


def test_tick_values(bench: Benches) -> None:
    b = bench(WORLD)
    assert b.call("symbol_info", "EURUSD")["trade_tick_value"] == 1.0
    assert b.call("symbol_info", "XAUUSD")["trade_tick_value"] == 0.1
    yen = b.call("symbol_info", "EURJPY")
    assert yen["trade_tick_value_loss"] == pytest.approx(100 / 150.000)
    assert yen["trade_tick_value_profit"] == pytest.approx(100 / 150.010)


def test_a_symbol_that_cannot_be_converted_is_seen_but_not_traded(bench: Benches) -> None:
    b = bench(
        {"EURJPY": [(0, "165", "165.02")], "EURUSD": [(0, "1.1", "1.2")], "AUDCAD": [(0, "0.9", "0.91")]}
    )
    # EURJPY converts over EUR; nothing leads from CAD to USD.
    assert b.buy("EURJPY")["retcode"] == 10009
    assert b.buy("AUDCAD")["retcode"] == 10017
    assert b.call("symbol_info", "AUDCAD")["trade_mode"] == 0
    assert b.answer("order_calc_profit", BUY, "AUDCAD", 1.0, 0.9, 0.91).last_error[0] == -2
    assert "Add CADUSD or USDCAD" in b.terminal.account.market.not_tradable["AUDCAD"]


def test_another_account_currency(bench: Benches) -> None:
    b = bench(WORLD, currency="EUR", balance=Decimal(10_000))
    ticket = b.buy("EURUSD", 1.0)["order"]
    b.at(10)
    # 90 USD gained, sold for euros at 1.10110
    b.sell("EURUSD", 1.0, position=ticket)
    assert b.balance == Decimal("10081.74")
    assert b.call("order_calc_margin", BUY, "EURUSD", 1.0, 1.1) == 1000.0


def test_yen_accounts_have_no_decimals(bench: Benches) -> None:
    b = bench(WORLD, currency="JPY", balance=Decimal(1_000_000))
    assert b.call("account_info")["currency_digits"] == 0
    assert b.call("order_calc_profit", BUY, "EURUSD", 0.01, 1.1, 1.10011) == 17.0  # 0.11 USD at 150.000


@pytest.mark.parametrize("volume", [0.0, -1.0, "1", True])
def test_calculators_refuse_bad_arguments(bench: Benches, volume: object) -> None:
    b = bench(WORLD)
    assert b.answer("order_calc_margin", BUY, "EURUSD", volume, 1.1).last_error[0] == -2
    assert b.answer("order_calc_margin", 7, "EURUSD", 1.0, 1.1).last_error[0] == -2
    assert b.answer("order_calc_margin", BUY, "NOSUCH", 1.0, 1.1).last_error[0] == -4
