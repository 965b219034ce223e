"""What the bridge's checks object to, the simulated terminal refuses with the same code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.preflight import Entry, first_objection
from signalos.domain.order import OutcomeKind
from signalos.domain.signal import OrderKind, Side
from tests.unit.simulated.bench import BUY, BUY_LIMIT, BUY_STOP, DEAL, PENDING, SELL, Bench

Benches = Callable[..., Bench]
D = Decimal
TYPES = {
    (Side.BUY, OrderKind.MARKET): BUY,
    (Side.SELL, OrderKind.MARKET): SELL,
    (Side.BUY, OrderKind.LIMIT): BUY_LIMIT,
    (Side.BUY, OrderKind.STOP): BUY_STOP,
}
LIMIT = {"kind": OrderKind.LIMIT, "price": D("1.09")}


def entry(bench: Bench, changes: dict[str, Any]) -> Entry:
    """An entry at the bench's terminal, as the bridge reads it there."""
    about, account = bench.call("terminal_info"), bench.call("account_info")
    info, tick = bench.call("symbol_info", "EURUSD"), bench.call("symbol_info_tick", "EURUSD")
    symbol = mapping.conditions(info)
    made = Entry(
        terminal=mapping.terminal(about),
        account=mapping.account(account, about),
        symbol=symbol,
        tick=mapping.tick(tick, symbol.digits, lambda epoch: datetime.fromtimestamp(epoch, UTC), 0.0),
        side=Side.BUY,
        kind=OrderKind.MARKET,
        asked=D("0.1"),
        volume=D("0.1"),
        price=None,
        stop_loss=None,
        take_profit=None,
        expires=False,
        worst_price=None,
        max_quote_age=300,
    )
    return replace(made, **changes)


def send(bench: Bench, wanted: Entry) -> int:
    """Send ``wanted`` past the checks; the terminal's answer."""
    waits = wanted.price is not None
    request: dict[str, Any] = {
        "action": PENDING if waits else DEAL,
        "symbol": "EURUSD",
        "type": TYPES[wanted.side, wanted.kind],
        "volume": float(wanted.volume),
        "type_filling": 2 if waits else 1,
    }
    for name, value in (("price", wanted.price), ("sl", wanted.stop_loss), ("tp", wanted.take_profit)):
        if value is not None:
            request[name] = float(value)
    return int(bench.send(**request)["retcode"])


@pytest.mark.parametrize(
    ("symbol", "changes"),
    [
        ({"trade_mode": "0"}, {}),
        ({"trade_mode": "1"}, {"side": Side.SELL}),
        ({"trade_mode": "2"}, {}),
        ({"trade_mode": "3"}, {}),
        ({}, {"volume": D("0.001")}),
        ({}, {"volume": D("100.01")}),
        ({"volume_min": "0.2"}, {}),
        ({}, {"stop_loss": D("1.2")}),
        ({}, {"take_profit": D("1.09")}),
        ({}, {"side": Side.SELL, "stop_loss": D("1.09")}),
        ({"stops_level": 20}, {"stop_loss": D("1.09981")}),
        ({"stops_level": 20}, {"take_profit": D("1.10019")}),
        ({}, {**LIMIT, "price": D("1.2")}),
        ({}, {**LIMIT, "kind": OrderKind.STOP}),
        ({"stops_level": 20}, {**LIMIT, "price": D("1.09991")}),
        ({}, {**LIMIT, "stop_loss": D("1.095")}),
        ({"stops_level": 20}, {**LIMIT, "stop_loss": D("1.08981")}),
    ],
)
def test_the_same_code(bench: Benches, symbol: dict[str, Any], changes: dict[str, Any]) -> None:
    b = bench(symbols={"EURUSD": symbol} if symbol else {})
    wanted = entry(b, changes)
    found = first_objection(wanted)
    assert found is not None
    assert found.kind is OutcomeKind.REFUSED
    assert send(b, wanted) == found.retcode


@pytest.mark.parametrize(
    ("symbol", "changes"),
    [
        ({}, {}),
        ({}, {"stop_loss": D("1.09"), "take_profit": D("1.11")}),
        ({"stops_level": 20}, {"stop_loss": D("1.0998"), "take_profit": D("1.1002")}),
        ({}, LIMIT),
        ({"stops_level": 20}, {**LIMIT, "price": D("1.0999"), "stop_loss": D("1.0997")}),
        ({"volume_min": "0.1"}, {}),
        ({}, {"volume": D(90), "side": Side.SELL}),
    ],
)
def test_what_passes_is_taken_up_to_the_money(
    bench: Benches, symbol: dict[str, Any], changes: dict[str, Any]
) -> None:
    b = bench(symbols={"EURUSD": symbol} if symbol else {})
    wanted = entry(b, changes)
    assert first_objection(wanted) is None
    assert send(b, wanted) == 10009
