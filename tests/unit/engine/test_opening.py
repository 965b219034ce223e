"""Openings: the way in, levels, size and legs."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

import pytest

from signalos.domain.decision import Decision, Step, Verdict
from signalos.domain.market import MarginMode, Tick
from signalos.domain.signal import Open, OrderKind, Reject, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.engine import FILTERS, decide, requirements
from tests.unit.engine.market_cases import (
    EUR_TICK,
    EURUSD,
    NOW,
    account,
    buy,
    context,
    limit_buy,
    opened,
    record,
    sell_gold,
    with_tick,
)

STRATEGY = Strategy()


def step(decision: Decision, rule: str) -> Step:
    return next(s for s in decision.steps if s.rule == rule)


def test_market_order_splits_the_budget_over_its_targets() -> None:
    # 1 % of 10,000 = 100; 0.00500 x 100,000 = 500 a lot: 0.20 lots, 0.10 each.
    decision = decide(buy("1.09510", "1.10400", "1.10900"), context(), STRATEGY)
    assert (decision.verdict, decision.reason, decision.order) == (Verdict.PASS, "", OrderKind.MARKET)
    assert decision.budget == 100
    assert decision.risk == 100
    legs = [opened(s) for s in decision.plan]
    assert [leg.volume for leg in legs] == [D("0.10"), D("0.10")]
    assert [leg.take_profit for leg in legs] == [D("1.104"), D("1.109")]
    assert {leg.stop_loss for leg in legs} == {D("1.09510")}
    assert [s.leg for s in decision.plan] == [1, 2]
    assert [s.risk for s in decision.plan] == [50, 50]
    assert legs[0].worst_price == D("1.10030")
    assert legs[0].price is None
    assert legs[0].expires_at is None


def test_sell_enters_at_the_bid() -> None:
    # 1 % of 10,000 = 100; 10 x 100 = 1000 a lot: 0.10 lots.
    decision = decide(sell_gold("2660", "2640"), context(), STRATEGY)
    leg = opened(decision.plan[0])
    assert leg.volume == D("0.10")
    assert leg.worst_price == D("2649.80")


def test_every_step_is_recorded_with_figures() -> None:
    decision = decide(buy("1.09510", "1.104"), context(), STRATEGY)
    assert {f.name for f in FILTERS} | {"order", "stop_side", "targets", "sizing"} == {
        s.rule for s in decision.steps
    }
    assert step(decision, "spread").text == (
        "spread 0.00010 is 2 % of the stop distance 0.00500; at most 33 % is allowed"
    )
    assert step(decision, "sizing").text == (
        "1 % of 10000.00 USD is 100.00 USD; a lot loses 500.00 USD over the 0.00500 to the stop; "
        "0.2 lots fit, 1 x 0.2 lots, planned loss 100.00 USD"
    )


def test_all_filters_are_asked_after_one_has_refused() -> None:
    late = context(posted_at=NOW - timedelta(hours=1), trades_today=20, halted="paused")
    decision = decide(buy("1.09510", "1.104"), late, STRATEGY)
    assert decision.reason == "paused"
    assert decision.plan == ()
    refusals = [s.reason for s in decision.steps if s.verdict is Verdict.REFUSE]
    assert refusals == ["paused", "too_old", "max_daily_trades"]
    assert step(decision, "sizing").verdict is Verdict.PASS


def test_reject_is_refused_with_its_reason() -> None:
    decision = decide(Reject(reason="side_conflict", detail="buy and sell"), context(), STRATEGY)
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, "side_conflict")
    assert "buy and sell" in decision.steps[0].text


def test_nearest_targets_are_kept_when_the_lot_is_small() -> None:
    # 1 % of 120 = 1.20; 0.01 lots lose 0.50 over 0.00050: two of three legs fit.
    small = context(account=account("120"))
    decision = decide(buy("1.09960", "1.10100", "1.10200", "1.10300"), small, STRATEGY)
    assert [s.reason for s in decision.plan] == ["", "", "below_min_lot"]
    assert [opened(s).take_profit for s in decision.plan[:2]] == [D("1.101"), D("1.102")]
    assert decision.plan[2].request is None
    assert decision.risk == D("1.00")


def test_one_smallest_lot_over_the_budget_says_what_is_needed() -> None:
    # 0.01 lots lose 5.00 over 0.00500; the budget is 1 % of 400 = 4.00.
    decision = decide(buy("1.09510", "1.104"), context(account=account("400")), STRATEGY)
    assert decision.reason == "min_lot_over_budget"
    text = step(decision, "sizing").text
    assert "loses 5.00 USD" in text
    assert "equity of 500.00 USD" in text
    assert "risk of 1.25 %" in text


def test_volume_max_caps_each_leg() -> None:
    spec = replace(EURUSD, volume_max=D("0.05"))
    decision = decide(
        buy("1.09510", "1.104", "1.109"), context(symbols=with_tick("EURUSD", EUR_TICK, spec)), STRATEGY
    )
    assert [opened(s).volume for s in decision.plan] == [D("0.05"), D("0.05")]
    assert "largest order is 0.05" in step(decision, "sizing").text


def test_no_target_is_one_leg_without_take_profit() -> None:
    decision = decide(buy("1.09510"), context(), STRATEGY)
    assert [opened(s).take_profit for s in decision.plan] == [None]


def test_open_target_adds_a_runner() -> None:
    decision = decide(buy("1.09510", "1.104", open_target=True), context(), STRATEGY)
    assert [opened(s).take_profit for s in decision.plan] == [D("1.104"), None]


def test_per_signal_is_one_leg_with_the_farthest_target() -> None:
    one = replace(STRATEGY, legs="per_signal")
    decision = decide(buy("1.09510", "1.104", "1.109"), context(), one)
    assert [(s.leg, opened(s).take_profit) for s in decision.plan] == [(1, D("1.109"))]
    runner = decide(buy("1.09510", "1.104", open_target=True), context(), one)
    assert [opened(s).take_profit for s in runner.plan] == [None]


def test_netting_account_is_one_leg() -> None:
    netting = context(account=account(margin_mode=MarginMode.NETTING))
    assert len(decide(buy("1.09510", "1.104", "1.109"), netting, STRATEGY).plan) == 1


def test_max_targets_keeps_the_nearest() -> None:
    decision = decide(buy("1.09510", "1.104", "1.109"), context(), replace(STRATEGY, max_targets=1))
    assert [s.reason for s in decision.plan] == ["", "max_targets"]
    assert opened(decision.plan[0]).volume == D("0.20")


def test_levels_in_pips_count_from_the_real_entry() -> None:
    action = Open(symbol="EURUSD", side=Side.BUY, stop_loss_pips=D(50), take_profit_pips=(D(100), D(40)))
    decision = decide(action, context(), STRATEGY)
    legs = [opened(s) for s in decision.plan]
    assert {leg.stop_loss for leg in legs} == {D("1.09510")}
    assert [leg.take_profit for leg in legs] == [D("1.10410"), D("1.11010")]


def test_pips_of_a_symbol_without_a_pip_size_are_refused() -> None:
    action = Open(symbol="DOGEUSD", side=Side.BUY, stop_loss_pips=D(50))
    symbols = {"DOGEUSD": with_tick("EURUSD", EUR_TICK)["EURUSD"]}
    decision = decide(action, context(symbols=symbols), STRATEGY)
    assert step(decision, "stop_side").reason == "pip_size_unknown"


def test_levels_are_rounded_to_the_tick_size() -> None:
    spec = replace(EURUSD, tick_size=D("0.00005"))
    symbols = with_tick("EURUSD", EUR_TICK, spec)
    decision = decide(buy("1.095123", "1.104111"), context(symbols=symbols), STRATEGY)
    leg = opened(decision.plan[0])
    assert (leg.stop_loss, leg.take_profit) == (D("1.09510"), D("1.10410"))


@pytest.mark.parametrize(
    ("entry", "beyond"),
    [
        (("1.10010",), "0.00000"),
        (("1.10100",), "0.00000"),  # better than stated
        (("1.09900", "1.10100"), "0.00000"),  # inside the zone
        (("1.09900", "1.09960"), "0.00050"),
    ],
)
def test_market_order_near_its_stated_entry(entry: tuple[str, ...], beyond: str) -> None:
    decision = decide(buy("1.09500", "1.106", entry=entry), context(), STRATEGY)
    assert decision.verdict is Verdict.PASS
    assert f"the market is {beyond} beyond" in step(decision, "entry_distance").text


def test_market_order_far_from_its_entry_is_refused() -> None:
    decision = decide(buy("1.09500", "1.106", entry=("1.09700",)), context(), STRATEGY)
    assert decision.reason == "too_far_from_entry"
    assert step(decision, "entry_distance").text == (
        "the market is 0.00310 beyond the stated 1.09700, 155 % of the stop distance; "
        "at most 50 % is allowed"
    )


def test_size_bears_a_fill_at_the_worse_stated_price() -> None:
    # Stated 1.10100, stop 1.09900: 200 a lot, so 0.50 lots although the quote would allow 0.90.
    decision = decide(buy("1.09900", "1.120", entry=("1.10100",)), context(), STRATEGY)
    assert opened(decision.plan[0]).volume == D("0.50")
    # Inside a zone the quote counts: 0.90 lots.
    zone = decide(buy("1.09900", "1.120", entry=("1.09950", "1.10100")), context(), STRATEGY)
    assert opened(zone.plan[0]).volume == D("0.90")


def test_limit_waits_at_the_near_edge_with_an_expiry() -> None:
    decision = decide(limit_buy("1.104", at=("1.09700", "1.09800")), context(), STRATEGY)
    leg = opened(decision.plan[0])
    assert (decision.order, leg.kind, leg.price) == (OrderKind.LIMIT, OrderKind.LIMIT, D("1.098"))
    assert leg.expires_at == NOW + timedelta(days=1)
    assert leg.worst_price is None
    assert leg.volume == D("0.20")


def test_stop_order_waits_at_the_edge_reached_first() -> None:
    action = buy("1.10000", "1.110", entry=("1.10200", "1.10300"), order=OrderKind.STOP)
    leg = opened(decide(action, context(), STRATEGY).plan[0])
    assert (leg.kind, leg.price) == (OrderKind.STOP, D("1.102"))


def test_sell_limit_waits_above() -> None:
    action = sell_gold("2670", "2640", entry=("2658", "2660"), order=OrderKind.LIMIT)
    assert opened(decide(action, context(), STRATEGY).plan[0]).price == D(2658)


@pytest.mark.parametrize("at", ["1.10050", "1.10010", "1.10005"])
def test_limit_that_the_market_has_reached_enters_at_the_market(at: str) -> None:
    # 1.10005 is nearer to the quote than the broker's 0.00010.
    decision = decide(limit_buy("1.106", at=(at,), stop="1.09500"), context(), STRATEGY)
    assert decision.order is OrderKind.MARKET
    assert "so buy at the market" in step(decision, "order").text


def test_stop_order_passed_by_the_market_is_a_question_of_distance() -> None:
    near = buy("1.09500", "1.110", entry=("1.09950",), order=OrderKind.STOP)
    far = buy("1.09500", "1.110", entry=("1.09600",), order=OrderKind.STOP)
    assert decide(near, context(), STRATEGY).order is OrderKind.MARKET
    assert decide(far, context(), STRATEGY).reason == "too_far_from_entry"


def test_waiting_order_without_price_is_refused() -> None:
    decision = decide(buy("1.09", "1.11", order=OrderKind.LIMIT), context(), STRATEGY)
    assert decision.reason == "no_entry_price"


@pytest.mark.parametrize(
    ("action", "reason"),
    [
        (buy("1.10050", "1.106"), "stop_crossed"),
        (buy("1.10005", "1.106"), "stop_crossed"),  # between bid and ask: closed at once
        (buy("1.09995", "1.106"), "stop_too_close"),
        (buy("1.09600", "1.106", entry=("1.09500", "1.09700")), "sl_wrong_side"),
        (limit_buy("1.106", stop="1.09850"), "sl_wrong_side"),
        (sell_gold("2645", "2640"), "stop_crossed"),
    ],
)
def test_stop_on_the_wrong_side_is_refused(action: Open, reason: str) -> None:
    assert decide(action, context(), STRATEGY).reason == reason


def test_reached_targets_are_dropped_and_recorded() -> None:
    decision = decide(buy("1.09510", "1.09990", "1.10005", "1.104"), context(), STRATEGY)
    assert [s.reason for s in decision.plan] == ["target_passed", "target_too_close", ""]
    assert [s.leg for s in decision.plan] == [1, 2, 3]
    assert decision.risk == 100


def test_all_targets_reached_is_refused() -> None:
    decision = decide(buy("1.09510", "1.09900", "1.09990", open_target=True), context(), STRATEGY)
    assert decision.reason == "target_passed"


def test_fixed_lots_need_both_settings() -> None:
    action = buy(None, "1.104", "1.109")
    off = Filters(require_stop=False)
    fixed = replace(STRATEGY, allow_missing_stop_fixed_lots=D("0.05"))
    assert decide(action, context(), fixed).reason == "missing_stop"
    assert decide(action, context(), replace(STRATEGY, filters=off)).reason == "missing_stop"
    decision = decide(action, context(), replace(fixed, filters=off))
    assert [(opened(s).volume, s.risk) for s in decision.plan] == [(D("0.02"), None), (D("0.02"), None)]
    assert decision.risk is None


def test_fixed_lots_under_the_smallest_lot_are_refused() -> None:
    fixed = replace(STRATEGY, allow_missing_stop_fixed_lots=D("0.001"), filters=Filters(require_stop=False))
    assert decide(buy(None, "1.104"), context(), fixed).reason == "below_min_lot"


def test_levels_without_end_do_not_burst_a_step() -> None:
    targets = tuple(f"1.1{n:04}" for n in range(1000, 4000))
    decision = decide(buy("1.09510", *targets), context(account=account("10000000")), STRATEGY)
    assert all(len(s.text) <= 1000 and len(s.input) <= 200 for s in decision.steps)
    assert sum(s.request is not None for s in decision.plan) == 100


def test_requirements_name_the_symbols() -> None:
    assert requirements(STRATEGY, buy(), ()).symbols == ("EURUSD",)
    assert requirements(STRATEGY, Reject(reason="no_symbol"), ()).symbols == ()


def test_closed_market_is_planned_and_waits() -> None:
    closed = Tick(D("1.10000"), D("1.10010"), NOW, age=90_000.0, session_open=False)
    decision = decide(buy("1.09510", "1.104"), context(symbols=with_tick("EURUSD", closed)), STRATEGY)
    assert decision.verdict is Verdict.PASS
    assert step(decision, "quote").verdict is Verdict.NOTE


def test_the_same_question_gives_the_same_answer() -> None:
    live = context(records=(record(7, sell_gold("2660", "2640")),))
    action = buy("1.09510", "1.104", "1.109")
    assert decide(action, live, STRATEGY) == decide(action, live, STRATEGY)
