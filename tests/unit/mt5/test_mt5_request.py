"""Requests carry exact types and known keys."""

from __future__ import annotations

from decimal import Decimal

import pytest

from signalos.brokers.mt5.filling import filling_modes
from signalos.brokers.mt5.mapping import Conditions, conditions
from signalos.brokers.mt5.request import TradeRequest, pending_type
from signalos.brokers.mt5data import load_fields
from signalos.domain.order import LegKey
from signalos.domain.signal import OrderKind, Side
from tests.unit.mt5.fake_module import symbol_row


def test_whole_numbers_become_floats_where_the_module_wants_floats() -> None:
    made = TradeRequest(action=1, symbol="X", volume=Decimal(1), price=Decimal(2000), type=0).as_dict()
    assert made == {"action": 1, "magic": 0, "symbol": "X", "volume": 1.0, "price": 2000.0, "type": 0}
    assert type(made["volume"]) is float
    assert type(made["action"]) is int


def test_every_key_is_one_of_the_modules() -> None:
    made = TradeRequest(
        action=1,
        symbol="X",
        magic=1,
        order=1,
        position=1,
        volume=Decimal(1),
        price=Decimal(1),
        sl=Decimal(1),
        tp=Decimal(1),
        deviation=1,
        type=1,
        type_filling=1,
        type_time=1,
        expiration=1,
        comment="c",
    ).as_dict()
    assert set(made) <= set(load_fields()["TradeRequest"])


@pytest.mark.parametrize("action", [6, 7])
def test_level_changes_always_carry_both_levels(action: int) -> None:
    made = TradeRequest(action=action, symbol="X", position=1, sl=Decimal("1.5")).as_dict()
    assert (made["sl"], made["tp"]) == (1.5, 0.0)


@pytest.mark.parametrize("comment", ["x" * 25, "ключ"])
def test_a_comment_that_would_be_cut_is_a_mistake(comment: str) -> None:
    with pytest.raises(ValueError, match="24"):
        TradeRequest(action=1, symbol="X", comment=comment)


def test_our_tags_fit() -> None:
    tag = LegKey("t", "-1001234567890", 2**31, 3, 2, 9).tag("1@S")
    assert TradeRequest(action=1, symbol="X", comment=tag).comment == tag


def test_types_of_waiting_orders() -> None:
    kinds = [(s, k) for k in (OrderKind.LIMIT, OrderKind.STOP) for s in (Side.BUY, Side.SELL)]
    assert [pending_type(s, k) for s, k in kinds] == [2, 3, 4, 5]


def _symbol(execution: int, mask: int) -> Conditions:
    return conditions(symbol_row(trade_exemode=execution, filling_mode=mask)._asdict())


@pytest.mark.parametrize(
    ("execution", "mask", "first"),
    [(2, 3, 1), (2, 2, 1), (2, 1, 0), (3, 0, 2), (3, 1, 0), (0, 3, 0), (1, 3, 0), (1, 0, 0)],
)
def test_filling_of_market_orders(execution: int, mask: int, first: int) -> None:
    modes = filling_modes(_symbol(execution, mask), pending=False)
    assert modes[0] == first
    assert len(modes) >= 2
    assert len(set(modes)) == len(modes)


@pytest.mark.parametrize("execution", [0, 1, 2, 3])
def test_waiting_orders_rest(execution: int) -> None:
    modes = filling_modes(_symbol(execution, 3), pending=True)
    assert modes[0] == 2
    assert modes[1] != 2
