"""Orders that are filled or end between two looks: a snapshot never shows neither, and history tells which it was."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest

from signalos.brokers.mt5.session import Session
from signalos.domain.signal import OrderKind
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import FakeModule

CANCELED, REJECTED, EXPIRED = 2, 5, 6


class FillsInBetween(FakeModule):
    """Its waiting orders are filled as soon as one of the two lists was read."""

    def positions_get(self, ticket: int | None = None, symbol: str | None = None) -> Any:
        return self._then_fill(super().positions_get(ticket, symbol))

    def orders_get(self, ticket: int | None = None, symbol: str | None = None) -> Any:
        return self._then_fill(super().orders_get(ticket, symbol))

    def _then_fill(self, rows: Any) -> Any:
        for ticket in list(self.orders):
            self.fill(ticket)
        return rows


def limit(rig: Rig) -> Any:
    return rig.leg(kind=OrderKind.LIMIT, price=D("1.09"), stop_loss=D("1.08"), take_profit=D("1.11"))


async def test_an_order_that_fills_between_the_readings_is_never_missing(rig: Rig) -> None:
    await rig.do(limit(rig))
    module = FillsInBetween()
    module.orders, module.positions = rig.module.orders, rig.module.positions
    (ticket,) = module.orders
    shown = Session(module).snapshot()
    assert ticket in [row["ticket"] for row in (*shown["positions"], *shown["orders"])]


async def test_the_check_before_a_send_counts_an_order_that_fills_in_between(rig: Rig) -> None:
    await rig.do(limit(rig))
    module = FillsInBetween()
    module.orders, module.positions = rig.module.orders, rig.module.positions
    module.symbols["EURUSD"].values["volume_limit"] = 1.0
    (ticket,) = module.orders
    facts = Session(module).prepare("EURUSD")
    assert ticket in [row["ticket"] for row in (*facts["held"], *facts["waiting"])]


async def test_history_names_the_position_of_a_filled_order(rig: Rig) -> None:
    ticket = (await rig.do(limit(rig))).ticket or ""
    assert await rig.broker.filled_into(ticket) is None  # it waits: history has nothing of it
    rig.module.fill(int(ticket))
    assert await rig.broker.filled_into(ticket) == ticket


@pytest.mark.parametrize("state", [CANCELED, REJECTED, EXPIRED])
async def test_history_tells_of_an_order_that_ended_unfilled(rig: Rig, state: int) -> None:
    rig.module._past("EURUSD", 77, state, "")
    assert await rig.broker.filled_into("77") == ""
    assert await rig.broker.filled_into("78") is None


@pytest.mark.parametrize("state", [CANCELED, EXPIRED])
async def test_history_alone_does_not_tell_of_an_order_that_was_filled_in_part(
    rig: Rig, state: int
) -> None:
    rig.module._past("EURUSD", 77, state, "")
    rig.module.past_orders[-1].values |= {"volume_initial": 0.2, "volume_current": 0.1}
    assert await rig.broker.filled_into("77") is None
