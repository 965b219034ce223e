"""Accidents on demand: gaps, other tickets, lost lines and buttons, quotes that nobody recorded."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from signalos.brokers.simulated.faults import Effect, Fault, Faults
from signalos.brokers.simulated.service import InProcess, Service
from tests.unit.simulated.bench import BUY, DEAL, SELL, Bench

Benches = Callable[..., Bench]
ORDER: dict[str, Any] = {"action": DEAL, "symbol": "EURUSD", "type": BUY, "volume": 0.1}
TICKS = {"EURUSD": [(0, "1.10000", "1.10010"), (60, "1.10020", "1.10030")]}


def wired(b: Bench, *rules: Fault) -> InProcess:
    return InProcess(Service(b.terminal, Faults(rules), b.clock, lambda: None), b.clock)


async def test_the_price_gaps_through_the_stop(bench: Benches) -> None:
    b = bench(TICKS)
    rule = Fault(fn="positions_get", effect=Effect.GAP, nth=2, points=-500, moves="EURUSD")
    wire = wired(b, rule)
    ticket = b.buy(sl=1.0990)["order"]
    b.at(5)
    assert len((await wire.call("positions_get", deadline=1)).ok) == 1
    assert (await wire.call("positions_get", deadline=1)).ok == []
    deal = b.deals(ticket)[1]
    assert (deal["price"], deal["reason"], deal["profit"]) == (1.095, 4, -51.0)
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.095
    b.at(60)
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.1002
    b.restart()
    assert b.deals(ticket)[1]["price"] == 1.095


async def test_the_calls_own_symbol_gaps_before_the_order(bench: Benches) -> None:
    b = bench(TICKS)
    wire = wired(b, Fault(fn="order_send", effect=Effect.GAP, nth=1, points=300))
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["price"] == 1.1031
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["price"] == 1.1031


async def test_a_position_gets_another_ticket_and_keeps_its_identifier(bench: Benches) -> None:
    b = bench(TICKS)
    wire = wired(b, Fault(fn="order_send", effect=Effect.TICKET, probability=1.0))
    sent = (await wire.call("order_send", [ORDER], deadline=1)).ok
    (position,) = b.call("positions_get")
    assert position["identifier"] == sent["order"] != position["ticket"]
    b.restart()
    assert b.call("positions_get") == [position]
    wire = wired(b)
    close = {**ORDER, "type": SELL, "position": sent["order"]}
    assert (await wire.call("order_send", [close], deadline=1)).ok["retcode"] == 10036
    close["position"] = position["ticket"]
    assert (await wire.call("order_send", [close], deadline=1)).ok["retcode"] == 10009
    assert [d["entry"] for d in b.deals(sent["order"])] == [0, 1]


async def test_refused_orders_have_no_ticket_to_change(bench: Benches) -> None:
    wire = wired(bench(TICKS), Fault(fn="order_send", effect=Effect.TICKET, probability=1.0))
    assert (await wire.call("order_send", [{**ORDER, "volume": 0.0}], deadline=1)).ok["retcode"] == 10014
    assert (await wire.call("order_send", [{"volume": 1}], deadline=1)).ok is None


async def test_the_line_is_lost_for_a_while(bench: Benches) -> None:
    b = bench(TICKS)
    wire = wired(b, Fault(fn="order_send", effect=Effect.DISCONNECT, nth=2, seconds=10))
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["retcode"] == 10009
    lost = await wire.call("order_send", [ORDER], deadline=1)
    assert (lost.ok, lost.last_error[0]) == (None, -10004)
    b.at(9)
    assert (await wire.call("terminal_info", deadline=1)).ok["connected"] is False
    b.at(10)
    assert (await wire.call("terminal_info", deadline=1)).ok["connected"] is True
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["retcode"] == 10009
    assert len(b.state.positions) == 2


async def test_the_autotrading_button_is_off_for_a_while(bench: Benches) -> None:
    b = bench(TICKS)
    wire = wired(b, Fault(fn="order_send", effect=Effect.AUTOTRADING_OFF, nth=1, seconds=3))
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["retcode"] == 10027
    b.at(3)
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["retcode"] == 10009


async def test_a_requote_some_times(bench: Benches) -> None:
    b = bench(TICKS)
    wire = wired(b, Fault(fn="order_send", effect=Effect.RETCODE, nth=[1, 2], retcode=10004))
    codes = [(await wire.call("order_send", [ORDER], deadline=1)).ok["retcode"] for _ in range(3)]
    assert codes == [10004, 10004, 10009]


@pytest.mark.parametrize("zone", ["UTC", "America/New_York+7"])
async def test_a_history_lags_by_the_servers_clock_as_well(bench: Benches, zone: str) -> None:
    b = bench(TICKS, server_zone=zone)
    wire = wired(b, Fault(fn="history_deals_get", effect=Effect.HISTORY_LAG, probability=1.0, seconds=5))
    ticket = b.buy()["order"]
    for second, seen in ((4, 0), (5, 1)):
        b.at(second)
        found = await wire.call("history_deals_get", kwargs={"position": ticket}, deadline=1)
        assert len(found.ok) == seen


@pytest.mark.parametrize(
    "rule", [{"effect": "gap", "nth": 1}, {"effect": "delay", "nth": 1, "points": 5}, {"effect": "ticket"}]
)
async def test_rules_that_make_no_sense(bench: Benches, rule: dict[str, Any]) -> None:
    wire = wired(bench(TICKS))
    assert (await wire.call("simulator_fault", kwargs={"fn": "order_send", **rule}, deadline=1)).error
