"""The terminal's rows as domain values."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.plain import plain
from signalos.domain.errors import TerminalDown
from signalos.domain.market import MarginMode
from signalos.domain.signal import OrderKind, Side
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import Row, symbol_row

D = Decimal


def _utc(epoch: float) -> datetime:
    return datetime.fromtimestamp(epoch, UTC)


@pytest.mark.parametrize(
    ("value", "digits", "expected"),
    [
        (1.1000000000000001, 5, "1.10000"),
        (0.1 + 0.2, None, "0.3"),
        (100000.0, None, "100000"),
        (1e-05, None, "0.00001"),
        (2045.675, 2, "2045.68"),
        (-0.5, None, "-0.5"),
    ],
)
def test_floats_lose_their_noise(value: float, digits: int | None, expected: str) -> None:
    assert str(mapping.exact(value, digits)) == expected


def test_zero_levels_are_none() -> None:
    row = Row(
        "TradePosition", type=1, volume=0.3, price_open=1.2, sl=0.0, tp=1.1, magic=2**63, identifier=2**60
    )
    position = mapping.position(row._asdict(), "EURUSD", _utc)
    assert (position.side, position.stop_loss, position.take_profit) == (Side.SELL, None, D("1.1"))
    assert (position.magic, position.identifier) == (str(2**63), str(2**60))


@pytest.mark.parametrize(
    ("kind", "side", "order"),
    [
        (2, Side.BUY, OrderKind.LIMIT),
        (3, Side.SELL, OrderKind.LIMIT),
        (4, Side.BUY, OrderKind.STOP),
        (5, Side.SELL, OrderKind.STOP),
    ],
)
def test_waiting_orders(kind: int, side: Side, order: OrderKind) -> None:
    row = Row("TradeOrder", type=kind, price_open=1.5, time_expiration=60, volume_current=0.1)
    found = mapping.pending(row._asdict(), "X", _utc)
    assert (found.side, found.kind) == (side, order)
    assert found.expires_at == _utc(60)


@pytest.mark.parametrize(
    ("reason", "word"),
    [(0, "client"), (3, "expert"), (4, "stop_loss"), (5, "take_profit"), (6, "stop_out"), (7, "other")],
)
def test_reasons_of_deals(reason: int, word: str) -> None:
    row = Row(
        "TradeDeal", type=0, entry=1, reason=reason, profit=5.0, swap=-1.0, commission=-0.5, fee=-0.25
    )
    found = mapping.deal(row._asdict(), "X", _utc)
    assert found.reason == word
    assert found.net == D("3.25")


@pytest.mark.parametrize(
    ("number", "mode"), [(0, MarginMode.NETTING), (1, MarginMode.EXCHANGE), (2, MarginMode.HEDGING)]
)
def test_margin_modes(rig: Rig, number: int, mode: MarginMode) -> None:
    rig.module.account.values["margin_mode"] = number
    assert mapping.account(rig.module.account._asdict(), rig.module.terminal._asdict()).margin_mode is mode


@pytest.mark.parametrize(
    "switch", ["account.trade_allowed", "account.trade_expert", "terminal.trade_allowed"]
)
def test_trading_is_allowed_only_where_everybody_agrees(rig: Rig, switch: str) -> None:
    where, name = switch.split(".")
    getattr(rig.module, where).values[name] = False
    assert not mapping.account(rig.module.account._asdict(), rig.module.terminal._asdict()).trade_allowed


async def test_loss_per_lot_is_the_terminals_own_figure(rig: Rig) -> None:
    """Gold with a contract of 1 instead of 100: nothing of ours knows the contract."""
    rig.module.symbols["EURUSD"].values.update(trade_contract_size=1.0, trade_tick_value_loss=77.0)
    spec = await rig.broker.spec("EURUSD")
    assert spec.loss_per_lot == D(100000)


async def test_loss_per_lot_takes_the_worse_direction(rig: Rig) -> None:
    def profit(kind: int, symbol: str, volume: float, opened: float, closed: float) -> float:
        return -abs(closed - opened) * (10 if kind == 0 else 11)

    rig.module.order_calc_profit = profit  # type: ignore[method-assign]
    assert (await rig.broker.spec("EURUSD")).loss_per_lot == D(11)


async def test_loss_per_lot_falls_back_to_the_tick_value(rig: Rig) -> None:
    def profit(*args: Any) -> None:
        return None

    rig.module.order_calc_profit = profit  # type: ignore[assignment]
    assert (await rig.broker.spec("EURUSD")).loss_per_lot == D(100000)
    rig.module.symbols["EURUSD"].values.update(trade_tick_value_loss=0.5)
    rig.time.shift(61)
    assert (await rig.broker.spec("EURUSD")).loss_per_lot == D(50000)


async def test_a_spec_is_kept_for_a_minute(rig: Rig) -> None:
    first = await rig.broker.spec("EURUSD")
    rig.module.symbols["EURUSD"].values["volume_max"] = 1.0
    rig.time.shift(59)
    assert await rig.broker.spec("EURUSD") is first
    rig.time.shift(2)
    assert (await rig.broker.spec("EURUSD")).volume_max == D(1)


async def test_the_loss_at_a_stop(rig: Rig) -> None:
    loss = await rig.broker.loss_at_stop("EURUSD", "buy", D("0.5"), D("1.1"), D("1.09"))
    assert loss == D(500)
    assert await rig.broker.loss_at_stop("EURUSD", "buy", D("0.5"), D("1.1"), D("1.12")) == 0


async def test_deals_hold_trades_alone(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.module.deals.append(Row("TradeDeal", type=2, profit=10000.0))
    assert [d.position for d in await rig.broker.deals_since(rig.clock.now())] == [identifier]
    assert len(await rig.broker.deals(identifier)) == 1


async def test_a_snapshot_of_another_account_is_no_snapshot(rig: Rig) -> None:
    rig.module.account.values["login"] = 6
    with pytest.raises(TerminalDown, match="6@Fake-Server"):
        await rig.broker.snapshot()


async def test_a_snapshot_without_the_broker_is_no_snapshot(rig: Rig) -> None:
    rig.module.terminal.values["connected"] = False
    with pytest.raises(TerminalDown, match="may be old"):
        await rig.broker.snapshot()


def test_plain_data() -> None:
    row = symbol_row()
    assert plain((row, {"a": (1, 2)}, None, _utc(5))) == [row._asdict(), {"a": [1, 2]}, None, 5.0]
    with pytest.raises(TypeError, match="object"):
        plain(object())
