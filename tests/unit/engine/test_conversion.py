"""Targets that are worth too little are moved out where the strategy says so, and every move is told."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signalos.desktop.logs import RR_CONVERTER_LOG
from signalos.domain.decision import Verdict
from signalos.domain.order import OpenLeg
from signalos.domain.signal import Open, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.domain.strategy_document import strategy_document, strategy_from_document
from signalos.engine import decide
from tests.support.rig import Rig
from tests.unit.engine.market_cases import buy, context

CONVERTING = Strategy(convert_risk_reward=True, filters=Filters(min_risk_reward=D(1)))


def legs(decision: Any) -> list[D | None]:
    return [s.request.take_profit for s in decision.plan if isinstance(s.request, OpenLeg)]


def test_without_the_switch_the_signal_is_refused() -> None:
    strategy = replace(CONVERTING, convert_risk_reward=False)
    decision = decide(buy("1.09510", "1.10100", "1.11000"), context(), strategy)
    assert decision.reason == "risk_reward_too_low"
    assert decision.conversions == ()


def test_the_near_target_is_moved_and_the_far_one_stays() -> None:
    action = buy("1.09510", "1.10100", "1.11000")
    decision = decide(action, context(), CONVERTING)
    assert decision.verdict is Verdict.PASS, decision.reason
    (moved,) = decision.conversions
    first = next(s.request for s in decision.plan if isinstance(s.request, OpenLeg))
    entry = moved.after - (moved.after - D("1.09510")) / 2
    assert moved.number == 1
    assert moved.before == D("1.10100")
    assert moved.ratio_before < 1 <= moved.ratio_after
    assert first.take_profit == moved.after
    assert first.stop_loss == D("1.09510"), "stops never move"
    assert entry == pytest.approx(D("1.10010"), abs=D("0.001"))
    assert legs(decision)[1] == D("1.11000")
    step = next(s for s in decision.steps if s.rule == "convert_risk_reward")
    assert step.verdict is Verdict.NOTE
    assert "1.10100" in step.text


def test_nothing_is_moved_where_everything_is_worth_it_or_no_stop_is_there() -> None:
    assert decide(buy("1.09510", "1.11000"), context(), CONVERTING).conversions == ()
    assert decide(buy(None, "1.10100"), context(), CONVERTING).conversions == ()
    unlimited = replace(CONVERTING, filters=Filters(min_risk_reward=None))
    assert decide(buy("1.09510", "1.10100"), context(), unlimited).conversions == ()


@given(
    side=st.sampled_from(Side),
    stop=st.integers(20, 500),
    targets=st.lists(st.integers(30, 3000), min_size=1, max_size=5, unique=True),
    limit=st.decimals("0.1", 5, places=2),
)
def test_no_traded_target_is_worth_less_than_asked_for(
    side: Side, stop: int, targets: list[int], limit: D
) -> None:
    base, point = D("1.10000"), D("0.00010")
    action = Open(
        symbol="EURUSD",
        side=side,
        stop_loss=base - side.sign * stop * point,
        take_profits=tuple(base + side.sign * t * point for t in targets),
    )
    strategy = replace(CONVERTING, filters=replace(Filters(), min_risk_reward=limit, max_spread_share=None))
    decision = decide(action, context(), strategy)
    assert decision.reason != "risk_reward_too_low"
    for moved in decision.conversions:
        assert (moved.after - moved.before) * side.sign > 0
        assert moved.ratio_after >= limit > moved.ratio_before
    for step in decision.plan:
        if isinstance(step.request, OpenLeg):
            assert step.request.stop_loss == action.stop_loss


def test_the_document_keeps_the_switch() -> None:
    document = strategy_document(CONVERTING)
    assert document["convertRiskReward"] is True
    assert strategy_from_document(document) == CONVERTING
    assert strategy_from_document({}).convert_risk_reward is False


async def test_each_move_is_written_to_its_log(tmp_path: Path) -> None:
    noted: list[tuple[str, dict[str, Any]]] = []
    rig = Rig(tmp_path, strategy=CONVERTING, note=lambda name, entry: noted.append((name, entry)))
    await rig.start()
    action = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.101"),))
    rig.say(7, "buy", action)
    await rig.run(1)
    (entry,) = [entry for name, entry in noted if name == RR_CONVERTER_LOG]
    assert (entry["message"], entry["symbol"], entry["target"], entry["from"]) == (7, "EURUSD", 1, "1.101")
    assert float(entry["ratioBefore"]) < 1 <= float(entry["ratioAfter"])
    await rig.crash()
