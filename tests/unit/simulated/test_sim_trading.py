"""Opening, closing, stops, waiting orders: what the account does at which tick."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from signalos.kit.wire import Answer
from tests.unit.simulated.bench import (
    BUY,
    BUY_LIMIT,
    BUY_STOP,
    DEAL,
    MODIFY,
    PENDING,
    REMOVE,
    SELL,
    SELL_LIMIT,
    SELL_STOP,
    SLTP,
    START,
    Bench,
)

Benches = Callable[..., Bench]
MOVING = {
    "EURUSD": [
        (0, "1.10000", "1.10010"),
        (10, "1.10100", "1.10110"),
        (20, "1.09900", "1.09910"),
        (30, "1.09500", "1.09510"),
        (40, "1.10500", "1.10510"),
    ]
}
SECONDS = int(START.timestamp())


def test_the_deposit_is_the_first_deal(bench: Benches) -> None:
    b = bench(balance=Decimal(5000))
    (deposit,) = b.call("history_deals_get", 0, 4_000_000_000)
    assert (deposit["type"], deposit["profit"], deposit["symbol"]) == (2, 5000.0, "")
    assert b.call("account_info")["balance"] == 5000.0


def test_a_buy_opens_at_the_ask_and_closes_at_the_bid(bench: Benches) -> None:
    b = bench(MOVING)
    opened = b.buy(volume=0.1, magic=77, comment="Stag")
    assert (opened["retcode"], opened["price"], opened["volume"]) == (10009, 1.1001, 0.1)
    (position,) = b.call("positions_get")
    assert (position["ticket"], position["identifier"]) == (opened["order"], opened["order"])
    assert (position["magic"], position["comment"], position["profit"]) == (77, "Stag", -1.0)
    b.at(10)
    assert b.call("positions_get")[0]["profit"] == 9.0
    assert b.call("account_info")["equity"] == 100_009.0
    closed = b.sell(volume=0.1, position=position["ticket"], magic=78)
    assert (closed["retcode"], closed["price"]) == (10009, 1.101)
    deal_in, deal_out = b.deals(position["ticket"])
    assert (deal_in["entry"], deal_out["entry"]) == (0, 1)
    assert (deal_in["type"], deal_out["type"]) == (BUY, SELL)
    assert (deal_out["profit"], deal_out["magic"], deal_out["reason"]) == (9.0, 78, 3)
    assert (b.balance, b.call("positions_total")) == (Decimal("100009.00"), 0)


def test_without_position_an_opposite_deal_opens_a_second_one(bench: Benches) -> None:
    b = bench()
    b.buy()
    b.sell()
    assert [p["type"] for p in b.call("positions_get")] == [BUY, SELL]


def test_a_partial_close_keeps_the_ticket(bench: Benches) -> None:
    b = bench(MOVING)
    ticket = b.buy(volume=0.3)["order"]
    b.at(10)
    b.sell(volume=0.1, position=ticket)
    (left,) = b.call("positions_get", ticket=ticket)
    assert (left["volume"], left["price_open"]) == (0.2, 1.1001)
    b.sell(volume=0.2, position=ticket)
    assert [(d["volume"], d["profit"]) for d in b.deals(ticket)] == [(0.3, 0.0), (0.1, 9.0), (0.2, 18.0)]


def test_a_stop_is_filled_where_the_market_stands(bench: Benches) -> None:
    b = bench(MOVING)
    ticket = b.buy(sl=1.0970, tp=1.2)["order"]
    b.at(29)
    assert b.call("positions_total") == 1
    b.at(60)
    deal = b.deals(ticket)[1]
    assert (deal["price"], deal["reason"], deal["comment"]) == (1.095, 4, "[sl 1.09700]")
    assert (deal["time"], deal["profit"]) == (SECONDS + 30, -51.0)


def test_a_target_is_filled_at_its_price(bench: Benches) -> None:
    b = bench(MOVING)
    ticket = b.sell(sl=1.2, tp=1.0980)["order"]
    b.at(60)
    deal = b.deals(ticket)[1]
    assert (deal["price"], deal["reason"], deal["type"], deal["time"]) == (1.098, 5, BUY, SECONDS + 30)
    assert b.call("history_orders_get", position=ticket)[1]["reason"] == 5


def test_sltp_sets_both_and_an_omitted_one_is_removed(bench: Benches) -> None:
    b = bench()
    ticket = b.buy(sl=1.09, tp=1.12)["order"]
    assert b.send(action=SLTP, position=ticket, sl=1.095)["retcode"] == 10009
    (position,) = b.call("positions_get")
    assert (position["sl"], position["tp"]) == (1.095, 0.0)
    assert b.send(action=SLTP, position=ticket, sl=1.095)["retcode"] == 10025


@pytest.mark.parametrize(
    ("kind", "price", "filled_at", "fill"),
    [
        (BUY_LIMIT, 1.0995, 20, 1.0995),
        (BUY_STOP, 1.1005, 10, 1.1011),
        (SELL_LIMIT, 1.1005, 10, 1.1005),
        (SELL_STOP, 1.0995, 20, 1.0990),
    ],
)
def test_waiting_orders_fill_on_their_side(
    bench: Benches, kind: int, price: float, filled_at: int, fill: float
) -> None:
    b = bench(MOVING)
    sent = b.send(
        action=PENDING,
        symbol="EURUSD",
        type=kind,
        volume=0.2,
        price=price,
        type_filling=2,
        magic=5,
        comment="p",
    )
    assert (sent["retcode"], sent["deal"]) == (10009, 0)
    (waiting,) = b.call("orders_get")
    assert (waiting["state"], waiting["price_open"], waiting["volume_current"]) == (1, price, 0.2)
    b.at(filled_at - 1)
    assert b.call("positions_total") == 0
    b.at(filled_at)
    (position,) = b.call("positions_get")
    assert (position["ticket"], position["price_open"], position["magic"]) == (sent["order"], fill, 5)
    assert (b.call("orders_get"), position["time"]) == ([], SECONDS + filled_at)
    (done,) = b.call("history_orders_get", ticket=sent["order"])
    assert (done["state"], done["volume_current"], done["position_id"]) == (4, 0.0, sent["order"])


def test_a_waiting_order_is_changed_and_removed(bench: Benches) -> None:
    b = bench()
    base = {"symbol": "EURUSD", "type": BUY_LIMIT, "volume": 0.1, "type_filling": 2}
    ticket = b.send(action=PENDING, price=1.09, sl=1.08, **base)["order"]
    assert b.send(action=MODIFY, order=ticket, price=1.091, tp=1.2)["retcode"] == 10009
    (order,) = b.call("orders_get", ticket=ticket)
    assert (order["price_open"], order["sl"], order["tp"]) == (1.091, 0.0, 1.2)
    assert b.send(action=MODIFY, order=ticket, price=1.091, tp=1.2)["retcode"] == 10025
    assert b.send(action=REMOVE, order=ticket)["retcode"] == 10009
    assert b.call("orders_total") == 0
    assert b.call("history_orders_get", ticket=ticket)[0]["state"] == 2
    assert b.send(action=REMOVE, order=ticket)["retcode"] == 10023


def test_orders_expire_in_time_and_not_before(bench: Benches) -> None:
    b = bench(MOVING)
    base = {"action": PENDING, "symbol": "EURUSD", "type": BUY_LIMIT, "volume": 0.1, "type_filling": 2}
    timed = b.send(price=1.0995, type_time=2, expiration=SECONDS + 15, **base)["order"]
    later = b.send(price=1.0, type_time=2, expiration=SECONDS + 35, **base)["order"]
    day = b.send(price=1.0, type_time=1, **base)["order"]
    kept = b.send(price=1.0, **base)["order"]
    b.at(14)
    assert b.call("orders_total") == 4
    b.at(50)
    # The first one's price was reached at 20 s, five seconds after its end.
    assert b.call("positions_total") == 0
    ended = b.call("history_orders_get", ticket=timed)[0]
    assert (ended["state"], ended["time_done"]) == (6, SECONDS + 15)
    assert [o["ticket"] for o in b.call("orders_get")] == [day, kept]
    b.at(14 * 3600)
    assert [o["ticket"] for o in b.call("orders_get")] == [kept]
    assert b.call("history_orders_get", ticket=later)[0]["time_done"] == SECONDS + 35
    assert b.send(price=1.0, type_time=2, expiration=SECONDS, **base)["retcode"] == 10022


def test_the_last_quote_is_held(bench: Benches) -> None:
    b = bench(MOVING)
    b.at(100_000)
    tick = b.call("symbol_info_tick", "EURUSD")
    assert (tick["time"], tick["bid"]) == (SECONDS + 40, 1.105)
    assert b.buy()["price"] == 1.1051


def test_speed_and_shift(bench: Benches) -> None:
    b = bench({"EURUSD": [(0, "1.1", "1.2"), (100, "1.3", "1.4")]}, speed=10.0)
    b.at(9.9)
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.1
    b.at(10)
    tick = b.call("symbol_info_tick", "EURUSD")
    assert (tick["bid"], tick["time"]) == (1.3, SECONDS + 100)


def test_tickets_rise_and_commission_is_charged_each_side(bench: Benches) -> None:
    b = bench(MOVING, symbols={"*": {"commission": "3.5"}})
    ticket = b.buy(volume=0.1)["order"]
    b.sell(volume=0.1, position=ticket)
    deals = b.deals(ticket)
    assert [d["commission"] for d in deals] == [-0.35, -0.35]
    assert deals[0]["ticket"] < deals[1]["ticket"]
    assert b.balance == Decimal("100000.00") - 1 - Decimal("0.70")


def test_too_large_a_loss_closes_the_worst_position(bench: Benches) -> None:
    ticks = {"EURUSD": [(0, "1.10000", "1.10010"), (10, "1.09500", "1.09510"), (20, "1.09200", "1.09210")]}
    b = bench(ticks, balance=Decimal(1500))
    big, small = b.buy(volume=1.0)["order"], b.buy(volume=0.2)["order"]
    b.at(10)
    assert b.call("positions_total") == 2
    b.at(20)
    assert [p["ticket"] for p in b.call("positions_get")] == [small]
    deal = b.deals(big)[1]
    assert (deal["reason"], deal["price"]) == (6, 1.092)


def test_a_stop_out_far_below_the_margin_is_found_in_one_step(bench: Benches) -> None:
    ticks = {
        "EURUSD": [(0, "1.10000", "1.10010"), *((n, f"{1.1 - n / 1e5:.5f}", "1.2") for n in range(1, 1200))]
    }
    stepwise, at_once = (bench(ticks, balance=Decimal(1500)) for _ in range(2))
    for b in (stepwise, at_once):
        b.buy(volume=1.0)
    for second in range(1, 1200, 7):
        stepwise.at(second)
        stepwise.terminal.advance()
    stepwise.at(1200)
    at_once.at(1200)
    assert at_once.state.deals == stepwise.state.deals
    assert at_once.state.positions == {}


@pytest.mark.parametrize("currency", ["USD", "EUR", "JPY"])
def test_the_stop_out_comes_at_the_first_tick_that_asks_for_it(bench: Benches, currency: str) -> None:
    falling = [(n, f"{150 - n / 30:.3f}", f"{150.01 - n / 30:.3f}") for n in range(200)]
    rising = [(n + 0.5, f"{1.1 + n / 1e5:.5f}", f"{1.1001 + n / 1e5:.5f}") for n in range(200)]
    deposit = Decimal(1200) * (150 if currency == "JPY" else 1)
    b = bench({"USDJPY": falling, "EURUSD": rising}, currency=currency, balance=deposit)
    b.at(0.5)
    assert b.buy("USDJPY", 0.7)["retcode"] == 10009
    assert b.sell("USDJPY", 0.3)["retcode"] == 10009
    assert b.sell("EURUSD", 0.3)["retcode"] == 10009
    account = b.terminal.account
    for half in range(1, 400):
        b.at(0.5 + half / 2)
        b.terminal.advance()
        assert not account.state.positions or account.equity * 100 >= account.margin * 50
    assert {d.reason.name for d in account.state.deals.values() if d.entry.name == "OUT"} == {"SO"}


def test_switches_of_the_terminal(bench: Benches) -> None:
    b = bench()
    b.terminal.trade_allowed = False
    assert b.buy()["retcode"] == 10027
    assert b.call("terminal_info")["trade_allowed"] is False
    b.terminal.trade_allowed, b.terminal.connected = True, False
    answer: Answer = b.answer(
        "order_send", {"action": DEAL, "symbol": "EURUSD", "type": BUY, "volume": 0.1}
    )
    assert (answer.ok, answer.last_error[0]) == (None, -10004)
    assert b.state.positions == {}
