"""Executions and fillings: how much of an order the market takes, when, and what becomes of the rest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.unit.simulated.bench import (
    BOC,
    BUY,
    BUY_LIMIT,
    BUY_STOP,
    BUY_STOP_LIMIT,
    FOK,
    IOC,
    MODIFY,
    PENDING,
    REMOVE,
    RETURN,
    SELL_STOP_LIMIT,
    Bench,
)

Benches = Callable[..., Bench]
TICKING = {"EURUSD": [(n, f"1.1{n:03}0", f"1.1{n:03}1") for n in range(20)]}
REQUEST, INSTANT, MARKET, EXCHANGE = "0123"
PLACED, CANCELED, PARTIAL, FILLED = 1, 2, 3, 4


def thin(execution: str = EXCHANGE, lots: str = "0.5", **more: Any) -> dict[str, dict[str, Any]]:
    return {"EURUSD": {"execution": execution, "liquidity": lots, **more}}


def test_what_ioc_cannot_get_is_cancelled(bench: Benches) -> None:
    b = bench(TICKING, symbols=thin(MARKET))
    sent = b.buy(volume=0.8, type_filling=IOC)
    assert (sent["retcode"], sent["volume"], sent["price"]) == (10010, 0.5, 1.10001)
    (order,) = b.call("history_orders_get", ticket=sent["order"])
    assert (order["state"], order["volume_current"]) == (CANCELED, 0.3)
    assert (b.call("orders_total"), b.call("positions_get")[0]["volume"]) == (0, 0.5)
    # The quote is used up on this side until the next one.
    assert b.buy(volume=0.1, type_filling=IOC)["retcode"] == 10006
    assert b.sell(volume=0.1, type_filling=IOC)["retcode"] == 10009
    b.at(1)
    assert b.buy(volume=0.5, type_filling=FOK)["retcode"] == 10009


def test_fill_or_kill_takes_all_or_nothing(bench: Benches) -> None:
    b = bench(TICKING, symbols=thin(MARKET))
    assert b.buy(volume=0.51, type_filling=FOK)["retcode"] == 10006
    assert (b.call("positions_total"), b.call("history_orders_total", 0, 4_000_000_000)) == (0, 0)
    assert b.buy(volume=0.5, type_filling=FOK)["retcode"] == 10009


def test_what_return_cannot_get_waits_for_the_next_quotes(bench: Benches) -> None:
    b = bench(TICKING, symbols=thin())
    sent = b.buy(volume=1.2, type_filling=RETURN, sl=1.05)
    assert (sent["retcode"], sent["volume"]) == (10010, 0.5)
    (rest,) = b.call("orders_get")
    assert (rest["ticket"], rest["type"], rest["state"]) == (sent["order"], BUY, PARTIAL)
    assert (rest["volume_initial"], rest["volume_current"]) == (1.2, 0.7)
    assert b.send(action=MODIFY, order=rest["ticket"], price=1.0)["retcode"] == 10013
    b.at(1)
    assert b.call("orders_get")[0]["volume_current"] == 0.2
    b.restart()
    b.at(2)
    assert b.call("orders_get") == []
    (position,) = b.call("positions_get")
    assert (position["volume"], position["sl"], position["identifier"]) == (1.2, 1.05, sent["order"])
    fills = b.deals(sent["order"])
    assert [(d["volume"], d["price"]) for d in fills] == [(0.5, 1.10001), (0.5, 1.10011), (0.2, 1.10021)]
    assert b.call("history_orders_get", ticket=sent["order"])[0]["state"] == FILLED


def test_the_rest_can_be_removed(bench: Benches) -> None:
    b = bench(TICKING, symbols=thin())
    sent = b.buy(volume=1.0, type_filling=RETURN)
    assert b.send(action=REMOVE, order=sent["order"])["retcode"] == 10009
    b.at(5)
    assert (b.call("positions_get")[0]["volume"], b.call("orders_total")) == (0.5, 0)


def test_a_close_is_filled_in_part_as_well(bench: Benches) -> None:
    b = bench(TICKING, symbols=thin())
    ticket = b.buy(volume=0.5, type_filling=IOC)["order"]
    b.at(1)
    ticket_two = b.buy(volume=0.5, type_filling=IOC)["order"]
    b.at(2)
    assert b.sell(volume=0.3, position=ticket, type_filling=IOC)["retcode"] == 10009
    closed = b.sell(volume=0.5, position=ticket_two, type_filling=RETURN)
    assert (closed["retcode"], closed["volume"]) == (10010, 0.2)
    assert {p["ticket"]: p["volume"] for p in b.call("positions_get")} == {ticket: 0.2, ticket_two: 0.3}
    b.at(3)
    assert {p["ticket"]: p["volume"] for p in b.call("positions_get")} == {ticket: 0.2}
    assert [d["entry"] for d in b.deals(ticket_two)] == [0, 1, 1]


def test_the_rest_of_a_close_ends_with_its_position(bench: Benches) -> None:
    b = bench(TICKING, symbols=thin())
    ticket = b.buy(volume=0.5, type_filling=IOC, sl=1.05)["order"]
    b.at(1)
    b.sell(volume=0.3, type_filling=IOC)
    rest = b.sell(volume=0.5, position=ticket, type_filling=RETURN)
    assert (rest["retcode"], rest["volume"]) == (10010, 0.2)
    by = [p["ticket"] for p in b.call("positions_get")]
    b.send(action=10, position=by[0], position_by=by[1])
    b.at(2)
    assert b.call("orders_get") == []
    assert b.call("positions_get") == []
    assert b.call("history_orders_get", ticket=rest["order"])[0]["state"] == CANCELED


def test_an_order_may_be_accepted_first_and_filled_at_the_next_quote(bench: Benches) -> None:
    b = bench(TICKING, symbols={"EURUSD": {"execution": EXCHANGE, "fills_later": True}})
    sent = b.buy(volume=0.4, type_filling=RETURN, magic=5)
    assert (sent["retcode"], sent["deal"], b.call("positions_total")) == (10008, 0, 0)
    (order,) = b.call("orders_get")
    assert (order["ticket"], order["state"], order["type"]) == (sent["order"], PLACED, BUY)
    b.at(1)
    (position,) = b.call("positions_get")
    assert (position["identifier"], position["price_open"]) == (sent["order"], 1.10011)
    close = b.sell(volume=0.4, position=position["ticket"], type_filling=RETURN)
    assert close["retcode"] == 10008
    b.at(2)
    assert b.call("positions_total") == 0


@pytest.mark.parametrize(
    ("execution", "mask", "filling", "retcode"),
    [
        (MARKET, 3, RETURN, 10030),
        (EXCHANGE, 0, RETURN, 10009),
        (EXCHANGE, 0, IOC, 10030),
        (INSTANT, 0, FOK, 10009),
        (REQUEST, 0, FOK, 10009),
        (INSTANT, 3, RETURN, 10030),
        (MARKET, 7, BOC, 10030),
    ],
)
def test_executions_take_their_fillings(
    bench: Benches, execution: str, mask: int, filling: int, retcode: int
) -> None:
    b = bench(symbols={"EURUSD": {"execution": execution, "filling_mode": mask}})
    assert b.buy(type_filling=filling, price=1.1001)["retcode"] == retcode


@pytest.mark.parametrize("execution", [REQUEST, INSTANT])
def test_who_asks_for_a_price_gets_that_or_a_requote(bench: Benches, execution: str) -> None:
    b = bench(symbols={"EURUSD": {"execution": execution}})
    assert b.buy()["retcode"] == 10015
    assert b.buy(price=1.0999, deviation=5)["retcode"] == 10004
    assert b.buy(price=1.0999, deviation=20)["retcode"] == 10009


@pytest.mark.parametrize("execution", [MARKET, EXCHANGE])
def test_who_takes_the_market_names_no_price(bench: Benches, execution: str) -> None:
    b = bench(symbols={"EURUSD": {"execution": execution}})
    assert b.buy()["price"] == 1.1001
    assert b.buy(price=1.0, deviation=0)["price"] == 1.1001


def test_book_or_cancel_is_for_orders_with_a_price_of_their_own(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"filling_mode": 7}})
    base = {"action": PENDING, "symbol": "EURUSD", "volume": 0.1, "type_filling": BOC}
    assert b.send(type=BUY_LIMIT, price=1.09, **base)["retcode"] == 10009
    assert b.send(type=BUY_STOP, price=1.2, **base)["retcode"] == 10030


@pytest.mark.parametrize(
    ("filling", "left", "held"), [(RETURN, 0.3, 0.5), (IOC, None, 0.5), (FOK, None, 0.0)]
)
def test_a_waiting_order_meets_a_thin_market(
    bench: Benches, filling: int, left: float | None, held: float
) -> None:
    b = bench(TICKING, symbols=thin())
    base = {"action": PENDING, "symbol": "EURUSD", "type_filling": filling}
    order = b.send(type=BUY_STOP, price=1.10051, volume=0.8, **base)["order"]
    b.at(5)
    assert [o["volume_current"] for o in b.call("orders_get")] == ([left] if left else [])
    assert sum(p["volume"] for p in b.call("positions_get")) == held
    b.at(6)
    # A stop that has been set off takes the rest at any price.
    whole = 0.8 if filling == RETURN else held
    assert sum(p["volume"] for p in b.call("positions_get")) == whole
    assert b.call("history_orders_get", ticket=order)[0]["state"] == (
        FILLED if filling == RETURN else CANCELED
    )


def test_a_stop_once_set_off_takes_its_rest_below_its_price_too(bench: Benches) -> None:
    ticks = {"EURUSD": [(0, "1.10000", "1.10010"), (10, "1.10100", "1.10110"), (20, "1.09900", "1.09910")]}
    b = bench(ticks, symbols=thin())
    base = {"action": PENDING, "symbol": "EURUSD", "type_filling": RETURN}
    ticket = b.send(type=BUY_STOP, price=1.10105, volume=0.8, **base)["order"]
    b.at(20)
    assert [(d["volume"], d["price"]) for d in b.deals(ticket)] == [(0.5, 1.1011), (0.3, 1.0991)]


STOP_LIMIT = {"EURUSD": {"order_mode": 127}}
UP_AND_DOWN = {
    "EURUSD": [
        (0, "1.10000", "1.10010"),
        (10, "1.10100", "1.10110"),
        (20, "1.10040", "1.10050"),
        (30, "1.09000", "1.09010"),
        (40, "1.09200", "1.09210"),
    ]
}


def test_a_stop_limit_waits_for_its_stop_and_then_for_its_limit(bench: Benches) -> None:
    b = bench(UP_AND_DOWN, symbols=STOP_LIMIT)
    base = {"action": PENDING, "symbol": "EURUSD", "volume": 0.1, "type_filling": RETURN}
    ticket = b.send(type=BUY_STOP_LIMIT, price=1.101, stoplimit=1.1005, sl=1.1, **base)["order"]
    other = b.send(type=SELL_STOP_LIMIT, price=1.0995, stoplimit=1.0999, **base)["order"]
    waiting = b.call("orders_get", ticket=ticket)[0]
    assert (waiting["type"], waiting["price_open"], waiting["price_stoplimit"]) == (6, 1.101, 1.1005)
    b.at(10)
    waiting = b.call("orders_get", ticket=ticket)[0]
    assert (waiting["type"], waiting["price_open"], waiting["price_stoplimit"]) == (BUY_LIMIT, 1.1005, 0.0)
    b.restart()
    b.at(20)
    (position,) = b.call("positions_get")
    assert (position["identifier"], position["price_open"], position["sl"]) == (ticket, 1.1005, 1.1)
    b.at(40)
    assert b.call("positions_total") == 0
    assert [(o["ticket"], o["type"], o["price_open"]) for o in b.call("orders_get")] == [(other, 3, 1.0999)]


@pytest.mark.parametrize(
    ("change", "retcode"),
    [
        ({"stoplimit": 1.1015}, 10015),
        ({"stoplimit": 0.0}, 10015),
        ({"price": 1.1}, 10015),
        ({"sl": 1.1008}, 10016),
        ({"sl": 1.1}, 10009),
        ({"type": SELL_STOP_LIMIT, "price": 1.099, "stoplimit": 1.098}, 10015),
        ({"type": SELL_STOP_LIMIT, "price": 1.099, "stoplimit": 1.0995}, 10009),
    ],
)
def test_levels_of_stop_limits(bench: Benches, change: dict[str, Any], retcode: int) -> None:
    b = bench(symbols=STOP_LIMIT)
    base = {"action": PENDING, "symbol": "EURUSD", "volume": 0.1, "type_filling": RETURN}
    order = {"type": BUY_STOP_LIMIT, "price": 1.101, "stoplimit": 1.1005} | change
    assert b.send(**base, **order)["retcode"] == retcode


def test_a_stop_limit_is_changed(bench: Benches) -> None:
    b = bench(symbols=STOP_LIMIT)
    base = {"action": PENDING, "symbol": "EURUSD", "volume": 0.1, "type_filling": RETURN}
    ticket = b.send(type=BUY_STOP_LIMIT, price=1.101, stoplimit=1.1005, **base)["order"]
    change = {"action": MODIFY, "order": ticket, "price": 1.102}
    assert b.send(**change, stoplimit=1.1015)["retcode"] == 10009
    assert b.send(**change, stoplimit=1.1015)["retcode"] == 10025
    assert b.send(**change)["retcode"] == 10015
    assert b.call("orders_get")[0]["price_stoplimit"] == 1.1015


@pytest.mark.parametrize("as_deals", [False, True])
def test_commission_in_the_deal_or_as_deals_of_its_own(bench: Benches, as_deals: bool) -> None:
    b = bench(symbols={"EURUSD": {"commission": "7", "commission_deals": as_deals}})
    ticket = b.buy(volume=0.1)["order"]
    b.sell(volume=0.1, position=ticket)
    deals = b.deals(ticket)
    charged = [round(d["commission"] + (d["profit"] if d["type"] == 7 else 0), 2) for d in deals]
    assert sum(charged) == -1.4
    assert [d["type"] for d in deals] == ([0, 7, 1, 7] if as_deals else [0, 1])
    assert b.call("account_info")["balance"] == 100_000 - 1.4 - 1.0
