"""Netting and exchange accounts: one position a symbol; FIFO and no hedging on the other kind."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.unit.simulated.bench import (
    BUY,
    CLOSE_BY,
    MODIFY,
    PENDING,
    SELL,
    SELL_LIMIT,
    SELL_STOP,
    SLTP,
    Bench,
)

Benches = Callable[..., Bench]
MOVING = {
    "EURUSD": [
        (0, "1.10000", "1.10010"),
        (10, "1.10100", "1.10110"),
        (20, "1.09900", "1.09910"),
        (30, "1.09500", "1.09510"),
    ]
}
IN, OUT, INOUT = 0, 1, 2


def test_a_deal_of_the_same_side_makes_the_position_larger_at_the_average_price(bench: Benches) -> None:
    b = bench(MOVING, margin_mode="netting")
    first = b.buy(volume=0.1, magic=1, comment="first")["order"]
    b.at(10)
    second = b.buy(volume=0.2, magic=2)
    (position,) = b.call("positions_get")
    assert (position["ticket"], position["identifier"], position["volume"]) == (first, first, 0.3)
    assert position["price_open"] == pytest.approx((1.1001 + 2 * 1.1011) / 3, abs=1e-9)
    assert (position["magic"], position["comment"]) == (1, "first")
    assert [(d["entry"], d["order"], d["volume"]) for d in b.deals(first)] == [
        (IN, first, 0.1),
        (IN, second["order"], 0.2),
    ]
    # 0.1 lot gains 9 points, 0.2 lots lose 1: what the average must come to, exactly.
    assert position["profit"] == 7.0


def test_an_opposite_deal_makes_it_smaller_and_ends_it(bench: Benches) -> None:
    b = bench(MOVING, margin_mode="netting")
    ticket = b.buy(volume=0.3)["order"]
    b.at(10)
    b.sell(volume=0.1)
    assert b.call("positions_get")[0]["volume"] == 0.2
    b.sell(volume=0.2)
    assert b.call("positions_get") == []
    assert [(d["entry"], d["volume"], d["profit"]) for d in b.deals(ticket)] == [
        (IN, 0.3, 0.0),
        (OUT, 0.1, 9.0),
        (OUT, 0.2, 18.0),
    ]


def test_a_larger_opposite_deal_turns_it_under_the_same_identifier(bench: Benches) -> None:
    b = bench(MOVING, margin_mode="netting")
    first = b.buy(volume=0.1, sl=1.09, magic=1)["order"]
    b.at(10)
    turning = b.sell(volume=0.3, sl=1.2, magic=2, comment="turn")["order"]
    (position,) = b.call("positions_get")
    assert (position["type"], position["volume"], position["price_open"]) == (SELL, 0.2, 1.101)
    assert (position["ticket"], position["identifier"]) == (turning, first)
    assert (position["sl"], position["magic"], position["comment"]) == (1.2, 2, "turn")
    deal = b.deals(first)[1]
    assert (deal["entry"], deal["volume"], deal["profit"]) == (INOUT, 0.3, 9.0)
    # The old ticket is gone: whoever kept it instead of the identifier misses the position.
    assert b.buy(volume=0.2, position=first)["retcode"] == 10036
    assert b.send(action=SLTP, position=turning, sl=1.15)["retcode"] == 10009
    b.restart()
    assert b.call("positions_get")[0]["identifier"] == first
    assert b.buy(volume=0.2, position=turning)["retcode"] == 10009
    assert b.call("positions_total") == 0


def test_levels_of_the_newest_order_count(bench: Benches) -> None:
    b = bench(margin_mode="netting")
    b.buy(sl=1.09, tp=1.2)
    b.buy(sl=1.08)
    b.buy()
    (position,) = b.call("positions_get")
    assert (position["sl"], position["tp"]) == (1.08, 1.2)
    b.sell(volume=0.1, sl=1.3)
    assert b.call("positions_get")[0]["sl"] == 1.08


def test_a_stop_closes_all_of_it(bench: Benches) -> None:
    b = bench(MOVING, margin_mode="netting")
    ticket = b.buy(volume=0.1)["order"]
    b.buy(volume=0.1, sl=1.097)
    b.at(30)
    assert b.call("positions_total") == 0
    deal = b.deals(ticket)[2]
    assert (deal["reason"], deal["volume"], deal["price"]) == (4, 0.2, 1.095)


def test_waiting_orders_net_as_well(bench: Benches) -> None:
    b = bench(MOVING, margin_mode="exchange")
    first = b.buy(volume=0.1)["order"]
    base = {"action": PENDING, "symbol": "EURUSD", "type_filling": 2}
    b.send(type=SELL_LIMIT, price=1.101, volume=0.3, **base)
    turned = b.send(type=SELL_STOP, price=1.0995, volume=0.1, **base)["order"]
    b.at(10)
    assert [(p["type"], p["volume"], p["identifier"]) for p in b.call("positions_get")] == [
        (SELL, 0.2, first)
    ]
    b.at(20)
    assert b.call("positions_get")[0]["volume"] == 0.3
    assert b.call("history_orders_get", ticket=turned)[0]["position_id"] == first
    assert b.call("account_info")["margin_mode"] == 1


def test_margin_is_that_of_what_is_left(bench: Benches) -> None:
    b = bench(margin_mode="netting", balance=Decimal(2000))
    b.buy(volume=1.0)
    assert b.call("account_info")["margin"] == 1100.1
    assert b.buy(volume=1.0)["retcode"] == 10019
    assert b.sell(volume=3.0)["retcode"] == 10019
    check = b.call("order_check", {"action": 1, "symbol": "EURUSD", "type": SELL, "volume": 0.4})
    assert (check["retcode"], check["margin"]) == (0, 660.06)
    assert b.sell(volume=2.0)["retcode"] == 10009
    assert b.call("account_info")["margin"] == 1100.0


def test_a_symbol_that_may_only_be_closed_lets_a_netting_account_out(bench: Benches) -> None:
    b = bench(margin_mode="netting")
    b.buy(volume=0.2)
    b.options = type(b.options)(
        state=b.options.state, prices=b.options.prices, symbols={"EURUSD": {"trade_mode": "3"}}
    )
    b.restart()
    assert b.sell(volume=0.3)["retcode"] == 10044
    assert b.buy(volume=0.1)["retcode"] == 10044
    assert b.sell(volume=0.2)["retcode"] == 10009


def test_what_an_opposite_deal_leaves_is_tradable(bench: Benches) -> None:
    b = bench(margin_mode="netting", symbols={"EURUSD": {"volume_min": "0.05"}})
    b.buy(volume=0.12)
    assert b.sell(volume=0.1)["retcode"] == 10038
    assert b.sell(volume=0.12)["retcode"] == 10009


def test_the_account_says_what_it_is(bench: Benches) -> None:
    assert bench(margin_mode="netting").call("account_info")["margin_mode"] == 0
    assert bench().call("account_info")["margin_mode"] == 2
    b = bench(fifo_close=True, stop_out=20, margin_call=80)
    info = b.call("account_info")
    assert (info["fifo_close"], info["margin_so_call"], info["margin_so_so"]) == (True, 80.0, 20.0)


def test_the_oldest_position_is_closed_first(bench: Benches) -> None:
    b = bench(fifo_close=True)
    old, new = b.buy(volume=0.1)["order"], b.buy(volume=0.1)["order"]
    other = b.sell(volume=0.1)["order"]
    assert b.sell(volume=0.1, position=new)["retcode"] == 10045
    assert b.send(action=CLOSE_BY, position=new, position_by=other)["retcode"] == 10045
    assert b.sell(volume=0.05, position=old)["retcode"] == 10009
    assert b.sell(volume=0.1, position=new)["retcode"] == 10045
    assert b.sell(volume=0.05, position=old)["retcode"] == 10009
    assert b.sell(volume=0.1, position=new)["retcode"] == 10009
    assert [p["ticket"] for p in b.call("positions_get")] == [other]


def test_hedging_may_be_prohibited(bench: Benches) -> None:
    b = bench(MOVING, hedging_allowed=False)
    waits = {"action": PENDING, "symbol": "EURUSD", "type": SELL_LIMIT, "volume": 0.1, "type_filling": 2}
    early = b.send(price=1.101, **waits)["order"]
    ticket = b.buy(volume=0.1)["order"]
    assert b.sell(volume=0.1)["retcode"] == 10046
    assert b.send(price=1.102, **waits)["retcode"] == 10046
    assert b.send(action=MODIFY, order=early, price=1.1005)["retcode"] == 10009
    b.at(10)
    (rejected,) = b.call("history_orders_get", ticket=early)
    assert (rejected["state"], [p["type"] for p in b.call("positions_get")]) == (5, [BUY])
    assert b.sell(volume=0.1, position=ticket)["retcode"] == 10009
    assert b.sell(volume=0.1)["retcode"] == 10009
