"""Trade management: the rule asked with every snapshot."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from signalos.domain.market import Tick
from signalos.domain.order import ModifyPosition
from signalos.domain.strategy import Management, Strategy
from signalos.engine import manage
from tests.unit.engine.market_cases import EURUSD, NOW, XAUUSD, buy, limit_buy, record, waiting

RAN = Tick(D("1.10410"), D("1.10420"), NOW)
LIVE = record(7, buy("1.09510", "1.104", "1.109", "1.114"), ("0.1", "0.1", "0.1"))
STRATEGY = Strategy()


def after(count: int | None) -> Strategy:
    return replace(STRATEGY, management=Management(break_even_after_target=count))


def test_stops_move_to_entry_after_the_first_target() -> None:
    first_hit = replace(LIVE, legs=(replace(LIVE.legs[0], state="closed", position=None), *LIVE.legs[1:]))
    steps = manage(first_hit, 1, RAN, EURUSD, STRATEGY)
    assert [(s.leg, s.kind) for s in steps] == [(2, "break_even"), (3, "break_even")]
    assert [s.request for s in steps] == [
        ModifyPosition(identifier="702", stop_loss=D("1.10010"), take_profit=D("1.109")),
        ModifyPosition(identifier="703", stop_loss=D("1.10010"), take_profit=D("1.114")),
    ]


@pytest.mark.parametrize(
    ("hits", "count", "moves"), [(0, 1, 0), (1, 2, 0), (2, 2, 3), (5, None, 0), (0, 0, 3)]
)
def test_enough_targets_must_be_hit(hits: int, count: int | None, moves: int) -> None:
    assert len(manage(LIVE, hits, RAN, EURUSD, after(count))) == moves


def test_nothing_more_to_do_once_done() -> None:
    moved = tuple(
        replace(leg, position=replace(leg.position, stop_loss=D("1.10010")))
        for leg in LIVE.legs
        if leg.position
    )
    assert manage(replace(LIVE, legs=moved), 1, RAN, EURUSD, STRATEGY) == ()


def test_nothing_while_the_price_is_back_at_the_entry() -> None:
    assert manage(LIVE, 1, Tick(D("1.10010"), D("1.10020"), NOW), EURUSD, STRATEGY) == ()


def test_other_symbols_and_waiting_orders_are_left_alone() -> None:
    assert manage(LIVE, 1, RAN, XAUUSD, STRATEGY) == ()
    assert manage(waiting(7, limit_buy("1.104")), 1, RAN, EURUSD, STRATEGY) == ()
