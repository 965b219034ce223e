"""Faults on demand, driven through the in-process transport."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from signalos.brokers.simulated.faults import Effect, Fault, Faults, read_faults
from signalos.brokers.simulated.service import InProcess, Service
from signalos.domain.errors import ConfigError
from signalos.kit.wire import WireLost, WireNeverSent, WireTimeout
from tests.unit.simulated.bench import BUY, DEAL, Bench

Benches = Callable[..., Bench]
ORDER: dict[str, Any] = {"action": DEAL, "symbol": "EURUSD", "type": BUY, "volume": 0.1}


def wired(b: Bench, *rules: Fault, die: Callable[[], None] = lambda: None) -> tuple[Service, InProcess]:
    service = Service(b.terminal, Faults(rules), b.clock, die)
    return service, InProcess(service, b.clock)


async def test_the_executed_order_whose_answer_is_lost(bench: Benches) -> None:
    b = bench()
    service, wire = wired(b, Fault(fn="order_send", effect=Effect.DROP_ANSWER, nth=2))
    first = await wire.call("order_send", [ORDER], deadline=1)
    assert first.ok["retcode"] == 10009
    with pytest.raises(WireLost):
        await wire.call("order_send", [ORDER], deadline=1)
    with pytest.raises(WireNeverSent):
        await wire.call("account_info", deadline=1)
    again = InProcess(service, b.clock)
    assert len((await again.call("positions_get", deadline=1)).ok) == 2


async def test_lost_before_it_was_carried_out(bench: Benches) -> None:
    b = bench()
    _, wire = wired(b, Fault(fn="order_send", effect=Effect.DROP_ANSWER, nth=1, execute=False))
    with pytest.raises(WireLost):
        await wire.call("order_send", [ORDER], deadline=1)
    assert b.state.positions == {}


async def test_dying_after_the_order_is_on_disk(bench: Benches) -> None:
    b = bench()
    deaths: list[int] = []
    _, wire = wired(
        b,
        Fault(fn="order_send", effect=Effect.DIE_AFTER, nth=1),
        die=lambda: deaths.append(len(b.state.positions)),
    )
    with pytest.raises(WireLost):
        await wire.call("order_send", [ORDER], deadline=1)
    assert deaths == [1]
    b.restart()
    assert len(b.state.positions) == 1


async def test_a_call_that_never_ends(bench: Benches) -> None:
    b = bench()
    _, wire = wired(b, Fault(fn="order_send", effect=Effect.NEVER_ANSWER, nth=1))
    call = asyncio.create_task(wire.call("order_send", [ORDER], deadline=5))
    await b.clock.advance(4.9)
    assert not call.done()
    await b.clock.advance(0.2)
    with pytest.raises(WireTimeout):
        await call
    assert (await wire.call("positions_total", deadline=1)).ok == 1


async def test_a_delay_within_the_deadline_and_one_beyond(bench: Benches) -> None:
    b = bench()
    _, wire = wired(b, Fault(fn="order_send", effect=Effect.DELAY, nth=[1, 2], seconds=3))
    call = asyncio.create_task(wire.call("order_send", [ORDER], deadline=5))
    await b.clock.advance(3)
    assert (await call).ok["retcode"] == 10009
    late = asyncio.create_task(wire.call("order_send", [ORDER], deadline=1))
    await b.clock.advance(1)
    with pytest.raises(WireTimeout):
        await late
    assert (await wire.call("positions_total", deadline=1)).ok == 1
    await b.clock.advance(2)
    assert (await wire.call("positions_total", deadline=1)).ok == 2


async def test_refusals_and_missing_results(bench: Benches) -> None:
    b = bench()
    _, wire = wired(
        b,
        Fault(fn="order_send", effect=Effect.RETCODE, nth=1, retcode=10006, symbol="EURUSD"),
        Fault(fn="order_send", effect=Effect.NO_RESULT, nth=2, code=-10001),
        Fault(fn="order_send", effect=Effect.NO_RESULT, nth=3, code=-10004, execute=False),
        Fault(fn="account_info", effect=Effect.NO_RESULT, probability=1.0, code=-10002),
    )
    refused = await wire.call("order_send", [ORDER], deadline=1)
    assert (refused.ok["retcode"], refused.ok["deal"]) == (10006, 0)
    lost = await wire.call("order_send", [ORDER], deadline=1)
    assert (lost.ok, lost.last_error[0]) == (None, -10001)
    nowhere = await wire.call("order_send", [ORDER], deadline=1)
    assert (nowhere.ok, nowhere.last_error[0]) == (None, -10004)
    assert len(b.state.positions) == 1
    assert (await wire.call("account_info", deadline=1)).last_error[0] == -10002


async def test_probability_is_repeated_by_the_seed() -> None:
    def strikes(seed: int) -> list[bool]:
        faults = Faults([Fault(fn="order_send", effect=Effect.DROP_ANSWER, probability=0.5)], seed)
        return [faults.strike("order_send", [ORDER], {}) is not None for _ in range(200)]

    assert strikes(1) == strikes(1) != strikes(2)
    assert 60 < sum(strikes(1)) < 140


async def test_switches_and_faults_from_outside(bench: Benches) -> None:
    b = bench()
    _, wire = wired(b)
    assert (await wire.call("simulator_switch", kwargs={"trade_allowed": False}, deadline=1)).ok is True
    assert (await wire.call("order_send", [ORDER], deadline=1)).ok["retcode"] == 10027
    await wire.call("simulator_switch", kwargs={"trade_allowed": True, "connected": False}, deadline=1)
    assert (await wire.call("order_send", [ORDER], deadline=1)).last_error[0] == -10004
    rule = {"fn": "account_info", "effect": "no_result", "nth": 1, "code": -1}
    assert (await wire.call("simulator_fault", kwargs=rule, deadline=1)).ok is True
    assert (await wire.call("account_info", deadline=1)).last_error[0] == -1
    for wrong in ({"effect": "explode"}, {"fn": "x", "effect": "delay"}):
        assert (await wire.call("simulator_fault", kwargs=wrong, deadline=1)).error
    assert (await wire.call("simulator_switch", kwargs={"on": 1}, deadline=1)).error


@pytest.mark.parametrize(
    "text",
    [
        "not json",
        '[{"fn": "order_send", "effect": "drop_answer"}]',
        '[{"fn": "order_send", "effect": "vanish", "nth": 1}]',
        '[{"fn": "order_send", "effect": "delay", "nth": 1, "second": 2}]',
        '[{"fn": "account_info", "effect": "retcode", "nth": 1}]',
        '[{"fn": "account_info", "effect": "stale_tick", "nth": 1}]',
        '[{"fn": "order_send", "effect": "comment", "nth": 1, "keep": -1}]',
        '[{"fn": "order_send", "effect": "delay", "probability": 2}]',
    ],
)
def test_a_broken_fault_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "faults.json"
    path.write_text(text)
    with pytest.raises(ConfigError, match=r"faults\.json"):
        read_faults(path)


def test_a_fault_file(tmp_path: Path) -> None:
    path = tmp_path / "faults.json"
    path.write_text('[{"fn": "order_send", "nth": [1, 3], "effect": "drop_answer"}]')
    faults = Faults(read_faults(path))
    assert [bool(faults.strike("order_send", [ORDER], {})) for _ in range(4)] == [True, False, True, False]


@pytest.mark.parametrize(("keep", "text", "shown"), [(4, "", "STAG"), (0, "", ""), (0, "broker", "broker")])
async def test_a_broker_that_alters_comments(bench: Benches, keep: int, text: str, shown: str) -> None:
    b = bench()
    _, wire = wired(b, Fault(fn="order_send", effect=Effect.COMMENT, nth=1, keep=keep, text=text))
    sent = await wire.call("order_send", [{**ORDER, "comment": "STAGNANT"}], deadline=1)
    assert sent.ok["retcode"] == 10009
    assert b.call("positions_get")[0]["comment"] == shown
    assert b.deals(sent.ok["order"])[0]["comment"] == shown
    wrong = await wire.call("order_send", [{**ORDER, "comment": "x" * 30}], deadline=1)
    assert wrong.last_error[0] == -2


async def test_a_history_that_lags(bench: Benches) -> None:
    b = bench()
    rules = [
        Fault(fn=fn, effect=Effect.HISTORY_LAG, probability=1.0, seconds=5)
        for fn in ("history_deals_get", "history_orders_get")
    ]
    _, wire = wired(b, *rules)
    ticket = b.buy()["order"]
    for second, seen in ((4, 0), (5, 1)):
        b.at(second)
        for fn in ("history_deals_get", "history_orders_get"):
            found = await wire.call(fn, kwargs={"position": ticket}, deadline=1)
            assert len(found.ok) == seen
    assert (await wire.call("history_deals_get", deadline=1)).last_error[0] == -2


async def test_a_stale_tick(bench: Benches) -> None:
    b = bench({"EURUSD": [(0, "1.1", "1.2"), (10, "1.3", "1.4")]})
    _, wire = wired(b, Fault(fn="symbol_info_tick", effect=Effect.STALE_TICK, nth=[1, 2, 3], seconds=8))
    b.at(12)
    assert (await wire.call("symbol_info_tick", ["EURUSD"], deadline=1)).ok["bid"] == 1.1
    assert (await wire.call("symbol_info_tick", ["NOSUCH"], deadline=1)).last_error[0] == -4
    b.at(18)
    assert (await wire.call("symbol_info_tick", ["EURUSD"], deadline=1)).ok["bid"] == 1.3
