"""A limit order whose price is reached when it is sent enters at the market, at its price or better."""

from __future__ import annotations

from decimal import Decimal as D

import pytest

from signalos.domain.order import OpenLeg, OutcomeKind
from signalos.domain.signal import OrderKind, Side
from tests.unit.mt5.conftest import Rig


def limit(rig: Rig, price: str, **more: object) -> OpenLeg:
    return rig.leg(kind=OrderKind.LIMIT, price=D(price), **more)


@pytest.mark.parametrize(
    ("price", "deviation"),
    # The quote is 1.10010: the fill may be off by what is left to the limit's own price, and no more.
    [("1.10200", 20), ("1.10015", 5), ("1.10010", 0)],
)
async def test_a_buy_limit_that_is_reached_is_bought_at_its_price_or_better(
    rig: Rig, price: str, deviation: int
) -> None:
    outcome = await rig.do(limit(rig, price))
    assert outcome.kind is OutcomeKind.DONE
    assert outcome.identifier
    (sent,) = rig.module.sent
    assert (sent["action"], sent["type"], sent["price"], sent["deviation"]) == (1, 0, 1.1001, deviation)
    assert (sent["sl"], sent["tp"]) == (1.095, 1.11)


async def test_a_sell_limit_that_is_reached_is_sold(rig: Rig) -> None:
    leg = limit(rig, "1.09900", side=Side.SELL, stop_loss=D("1.105"), take_profit=D("1.09"))
    outcome = await rig.do(leg)
    assert outcome.kind is OutcomeKind.DONE
    (sent,) = rig.module.sent
    assert (sent["action"], sent["type"], sent["price"]) == (1, 1, 1.1)


async def test_a_limit_that_is_not_reached_waits(rig: Rig) -> None:
    outcome = await rig.do(limit(rig, "1.09900"))
    assert outcome.kind is OutcomeKind.PLACED
    (sent,) = rig.module.sent
    assert (sent["action"], sent["type"], sent["price"]) == (5, 2, 1.099)


async def test_beyond_its_stop_nothing_is_sent(rig: Rig) -> None:
    outcome = await rig.do(limit(rig, "1.10600", stop_loss=D("1.10500")))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "stops_wrong_side")
    assert rig.module.sent == []


async def test_a_stop_order_that_is_passed_is_not_chased(rig: Rig) -> None:
    outcome = await rig.do(rig.leg(kind=OrderKind.STOP, price=D("1.09900"), stop_loss=D("1.09")))
    assert outcome.reason == "invalid_price"
    assert rig.module.sent == []


async def test_after_a_requote_it_is_decided_anew(rig: Rig) -> None:
    rig.module.script.append(("requote", 1.1020, 1.1022))
    outcome = await rig.do(limit(rig, "1.10200"))
    assert [sent["action"] for sent in rig.module.sent] == [1, 5]
    assert outcome.kind is OutcomeKind.PLACED
