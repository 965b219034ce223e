"""Each check before a send, with its reason."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.mapping import Terminal, conditions
from signalos.brokers.mt5.preflight import Entry, close_volume, first_objection, not_frozen
from signalos.domain.market import Tick
from signalos.domain.order import OutcomeKind
from signalos.domain.signal import OrderKind, Side
from tests.unit.mt5.fake_module import FakeModule, symbol_row

D = Decimal
MODULE = FakeModule()
SYMBOL = conditions(symbol_row(trade_stops_level=20)._asdict())
ENTRY = Entry(
    terminal=Terminal(connected=True, trade_allowed=True, api_disabled=False),
    account=mapping.account(MODULE.account._asdict(), MODULE.terminal._asdict()),
    symbol=SYMBOL,
    tick=Tick(D("1.1"), D("1.1001"), datetime.now(UTC)),
    side=Side.BUY,
    kind=OrderKind.MARKET,
    asked=D("0.1"),
    volume=D("0.1"),
    price=None,
    stop_loss=D("1.09"),
    take_profit=D("1.11"),
    expires=False,
    worst_price=None,
    max_quote_age=300,
)


def test_a_sound_entry_passes() -> None:
    assert first_objection(ENTRY) is None


def _symbol(**changes: Any) -> dict[str, Any]:
    return {"symbol": replace(SYMBOL, **changes)}


LIMIT = {"kind": OrderKind.LIMIT, "price": D("1.098")}


@pytest.mark.parametrize(
    ("changes", "reason", "retcode"),
    [
        (
            {"terminal": Terminal(connected=False, trade_allowed=True, api_disabled=False)},
            "not_connected",
            10031,
        ),
        (
            {"terminal": Terminal(connected=True, trade_allowed=False, api_disabled=False)},
            "autotrading_disabled",
            10027,
        ),
        (
            {"terminal": Terminal(connected=True, trade_allowed=True, api_disabled=True)},
            "autotrading_disabled",
            10027,
        ),
        ({"account": replace(ENTRY.account, trade_allowed=False)}, "trade_disabled", 10017),
        ({"experts_allowed": False}, "autotrading_disabled_server", 10026),
        ({"clock_off": 15.1}, "clock_wrong", 0),
        ({"clock_off": -15.1}, "clock_wrong", 0),
        ({"tick": replace(ENTRY.tick, bid=D(0), ask=D(0))}, "no_quote", 10021),
        ({"tick": replace(ENTRY.tick, age=301)}, "stale_quote", 10021),
        (_symbol(trade_mode=0), "trade_disabled", 10017),
        (_symbol(trade_mode=2), "short_only", 10043),
        (_symbol(trade_mode=3), "close_only", 10044),
        (_symbol(trade_mode=1) | {"side": Side.SELL}, "long_only", 10042),
        (_symbol(order_mask=126), "order_kind", 10035),
        (_symbol(order_mask=127 - 2) | LIMIT, "order_kind", 10035),
        (_symbol(order_mask=127 - 16), "no_stops_allowed", 10016),
        (_symbol(order_mask=127 - 32), "no_stops_allowed", 10016),
        ({"volume": D("0")}, "volume_too_small", 10014),
        ({"volume": D("51")}, "volume_too_large", 10014),
        (_symbol(volume_limit=D(1)) | {"held": D("0.95")}, "volume_limit", 10034),
        ({"worst_price": D("1.1")}, "price_moved", 10020),
        (LIMIT | {"price": D("1.102")}, "invalid_price", 10015),
        (LIMIT | {"price": D("1.1")}, "invalid_price", 10015),
        ({"kind": OrderKind.STOP, "price": D("1.1002")}, "invalid_price", 10015),
        ({"stop_loss": D("1.1")}, "stops_wrong_side", 10016),
        ({"stop_loss": D("1.0999")}, "stops_too_close", 10016),
        ({"take_profit": D("1.0999")}, "stops_wrong_side", 10016),
        ({"take_profit": D("1.10005")}, "stops_too_close", 10016),
        ({"side": Side.SELL}, "stops_wrong_side", 10016),
        (LIMIT | {"stop_loss": D("1.0979")}, "stops_too_close", 10016),
        (_symbol(expiration_mask=1) | LIMIT | {"expires": True}, "invalid_expiration", 10022),
    ],
)
def test_objections(changes: dict[str, Any], reason: str, retcode: int) -> None:
    found = first_objection(replace(ENTRY, **changes))
    assert found is not None
    assert (found.reason, found.retcode) == (reason, retcode)
    assert found.explanation.startswith("Not sent: ")


ORDER: list[dict[str, Any]] = [
    {"terminal": Terminal(connected=False, trade_allowed=True, api_disabled=False)},
    {"terminal": Terminal(connected=True, trade_allowed=False, api_disabled=False)},
    {"account": replace(ENTRY.account, trade_allowed=False)},
    {"clock_off": 16.0},
    {"tick": replace(ENTRY.tick, age=301)},
    _symbol(trade_mode=3),
    _symbol(order_mask=0),
    {"volume": D("51")},
    {"worst_price": D("1.09")},
    {"stop_loss": D("1.2")},
]
"""One objection of each kind, in the order of the checks."""


def test_the_checks_come_in_the_terminals_order() -> None:
    def reason(changes: dict[str, Any]) -> str:
        found = first_objection(replace(ENTRY, **changes))
        assert found is not None
        return found.reason

    for place, first in enumerate(ORDER):
        for later in ORDER[place + 1 :]:
            if not first.keys() & later.keys():
                assert reason({**later, **first}) == reason(first)


@pytest.mark.parametrize("off", [None, 0.0, 15.0, -15.0])
def test_a_clock_that_is_about_right_passes(off: float | None) -> None:
    assert first_objection(replace(ENTRY, clock_off=off)) is None


def test_a_lost_connection_is_certainly_not_sent() -> None:
    found = first_objection(replace(ENTRY, terminal=replace(ENTRY.terminal, connected=False)))
    assert found is not None
    assert found.kind is OutcomeKind.NEVER_SENT


def test_a_quote_exactly_at_the_worst_price_passes() -> None:
    assert first_objection(replace(ENTRY, worst_price=D("1.1001"))) is None


def test_frozen_near_the_activation_price() -> None:
    symbol = replace(SYMBOL, freeze_distance=D("0.0005"))
    frozen = not_frozen(symbol, D("1.1"), [None, D("1.1005")])
    assert frozen is not None
    assert frozen.kind is OutcomeKind.WAITING
    assert not_frozen(symbol, D("1.1"), [D("1.1006"), None]) is None


@given(held=st.integers(1, 500), wanted=st.decimals("0.001", "6", places=3))
def test_a_partial_close_never_takes_more_and_never_leaves_dust(held: int, wanted: Decimal) -> None:
    lots = D(held) / 100
    volume, objection = close_volume(SYMBOL, lots, wanted)
    if objection is None:
        assert volume <= max(wanted, D(0)) or volume == lots
        assert volume <= lots
        assert volume % SYMBOL.volume_step == 0
        assert lots - volume == 0 or lots - volume >= SYMBOL.volume_min
    else:
        assert volume < SYMBOL.volume_min or lots - volume < SYMBOL.volume_min
