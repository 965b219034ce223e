"""Closing two opposite positions against each other."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest

from tests.unit.simulated.bench import BUY, CLOSE_BY, SELL, Bench

Benches = Callable[..., Bench]
RISING = {"EURUSD": [(0, "1.10000", "1.10010"), (10, "1.10100", "1.10110")]}


def test_the_smaller_volume_goes_and_the_first_deal_has_the_profit(bench: Benches) -> None:
    b = bench(RISING)
    long = b.buy(volume=0.3)["order"]
    b.at(10)
    short = b.sell(volume=0.1)["order"]
    sent = b.send(action=CLOSE_BY, position=long, position_by=short, magic=9)
    assert (sent["retcode"], sent["price"], sent["volume"]) == (10009, 1.101, 0.1)
    (left,) = b.call("positions_get")
    assert (left["ticket"], left["volume"]) == (long, 0.2)
    of_long, of_short = b.deals(long)[1], b.deals(short)[1]
    assert (of_long["entry"], of_long["type"], of_long["price"]) == (3, SELL, 1.101)
    assert (of_short["entry"], of_short["type"], of_short["price"]) == (3, BUY, 1.101)
    assert (of_long["profit"], of_short["profit"], b.balance) == (9.0, 0.0, Decimal("100009.00"))
    assert of_long["order"] == of_short["order"] == sent["order"]
    (order,) = b.call("history_orders_get", ticket=sent["order"])
    assert (order["type"], order["position_id"], order["position_by_id"]) == (8, long, short)


def test_it_survives_a_kill(bench: Benches) -> None:
    b = bench(RISING)
    long, short = b.buy()["order"], b.sell()["order"]
    b.send(action=CLOSE_BY, position=short, position_by=long)
    before = b.balance
    b.restart()
    assert (b.call("positions_get"), b.balance) == ([], before)


@pytest.mark.parametrize(
    ("changed", "retcode"),
    [({"position": 1}, 10036), ({"position_by": 1}, 10036), ({"position_by": 5_000_002}, 10013)],
)
def test_what_is_refused(bench: Benches, changed: dict[str, int], retcode: int) -> None:
    b = bench()
    long, _, short = b.buy()["order"], b.buy()["order"], b.sell()["order"]
    request = {"action": CLOSE_BY, "position": long, "position_by": short} | changed
    assert b.send(**request)["retcode"] == retcode
    assert len(b.state.positions) == 3


def test_a_symbol_may_not_allow_it(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"order_mode": 55}})
    long, short = b.buy()["order"], b.sell()["order"]
    assert b.send(action=CLOSE_BY, position=long, position_by=short)["retcode"] == 10035
