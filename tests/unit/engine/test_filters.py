"""Each filter at its limit, beyond it, and switched off."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from signalos.domain.decision import DecisionContext, SignalLeg, SignalRecord, Step, Verdict
from signalos.domain.market import MarginMode, Tick
from signalos.domain.signal import Open, OrderKind, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.domain.strategy_document import strategy_from_document
from signalos.domain.strategy_fields import FIELDS
from signalos.engine import FILTERS, decide
from tests.unit.engine.market_cases import (
    EUR_TICK,
    EURUSD,
    NOW,
    account,
    buy,
    context,
    limit_buy,
    pending,
    position,
    record,
    sell_gold,
    waiting,
    with_tick,
)

ACTION = buy("1.09510", "1.104")


def ask(rule: str, action: Open = ACTION, around: DecisionContext | None = None, **filters: Any) -> Step:
    strategy = Strategy(filters=replace(Filters(), **filters))
    decision = decide(action, around or context(), strategy)
    found = [s for s in decision.steps if s.rule == rule]
    assert len(found) == 1
    return found[0]


def test_registry_is_described_and_complete() -> None:
    assert {f.name for f in FILTERS if f.parameter} == {f.filter for f in FIELDS if f.filter}
    assert len({f.name for f in FILTERS}) == len(FILTERS)
    assert all(f.description.strip() for f in FILTERS)


@pytest.mark.parametrize("name", [f.name for f in FILTERS if f.parameter])
def test_each_filter_can_be_switched_off_by_name(name: str) -> None:
    strategy = strategy_from_document({"filters": {name: False}})
    around = context(
        posted_at=NOW - timedelta(days=1),
        trades_today=1000,
        records=(
            record(7, buy("1.09510", entry=("1.09600",))),
            *(record(n, sell_gold()) for n in range(100, 130)),
        ),
        positions=(position("9", replace(ACTION, side=Side.SELL)),),
        symbols=with_tick("EURUSD", Tick(D("1.09700"), D("1.10400"), NOW)),
    )
    action = buy(None if name == "missing_stop" else "1.09510", "1.10500", entry=("1.09600",))
    by_name = {s.rule: s for s in decide(action, around, strategy).steps}
    assert by_name[name].verdict is Verdict.NOTE
    assert by_name[name].limit == "off"
    everything_on = Strategy(filters=Filters(confirm_by_hand=True))
    on = {s.rule: s for s in decide(action, around, everything_on).steps}
    assert on[name].verdict is Verdict.REFUSE


@pytest.mark.parametrize("halted", ["stopped", "paused"])
def test_halted(halted: str) -> None:
    assert ask("halted", around=context(halted=halted)).reason == halted
    assert ask("halted").verdict is Verdict.PASS


def test_a_signal_waits_for_a_yes_and_what_was_asked_for_by_hand_has_it() -> None:
    assert ask("confirm_by_hand", confirm_by_hand=True).reason == "waiting_for_confirmation"
    assert (
        ask("confirm_by_hand", around=context(by_hand=True), confirm_by_hand=True).verdict is Verdict.PASS
    )


def test_what_a_language_model_read_waits_under_every_strategy() -> None:
    read = context(read_by="model-1")
    assert ask("confirm_by_hand", around=read).reason == "waiting_for_confirmation"
    assert "model-1" in ask("confirm_by_hand", around=read).text
    assert ask("confirm_by_hand", around=context(read_by="model-1", by_hand=True)).verdict is Verdict.PASS


def test_once_refuses_an_edit_of_what_is_alive() -> None:
    own = record(50, ACTION)
    assert ask("once", around=context(records=(own,), is_edit=True)).reason == "already_filled"
    later = context(records=(waiting(50, limit_buy("1.104")),), is_edit=True)
    assert ask("once", around=later).reason == "already_opened"
    gone = SignalRecord("chan", 50, 1, NOW, ACTION, (replace(own.legs[0], state="closed", position=None),))
    assert ask("once", around=context(records=(gone,), is_edit=True)).verdict is Verdict.PASS
    other = context(records=(record(49, sell_gold()),), is_edit=True)
    assert ask("once", around=other).verdict is Verdict.PASS


def test_account() -> None:
    assert ask("account", around=context(account=None)).reason == "equity_unknown"
    assert ask("account", around=context(account=account("0"))).reason == "no_equity"
    assert ask("account", around=context(account=account("-5"))).reason == "no_equity"
    closed = context(account=account(trade_allowed=False))
    assert ask("account", around=closed).reason == "trading_not_allowed"


def test_symbol() -> None:
    assert ask("symbol", around=context(symbols={})).reason == "unknown_symbol"
    shut = with_tick("EURUSD", EUR_TICK, replace(EURUSD, trade_allowed=False))
    assert ask("symbol", around=context(symbols=shut)).reason == "symbol_not_tradable"
    for broken in (
        with_tick("EURUSD", EUR_TICK, replace(EURUSD, loss_per_lot=D(0))),
        with_tick("EURUSD", Tick(D(0), D(0), NOW)),
        with_tick("EURUSD", Tick(D("1.2"), D("1.1"), NOW)),
    ):
        decision = decide(ACTION, context(symbols=broken), Strategy())
        assert decision.reason == "symbol_unusable"


def test_signal_age_at_its_limit() -> None:
    assert ask("signal_age", around=context(posted_at=NOW - timedelta(seconds=180))).verdict is Verdict.PASS
    late = ask("signal_age", around=context(posted_at=NOW - timedelta(seconds=181)))
    assert late.reason == "too_old"
    assert late.text == "posted 3 min ago; at most 3 min are allowed"
    assert late.input == "181.0"


def test_quote_at_its_limit() -> None:
    for age, verdict in ((60.0, Verdict.PASS), (60.5, Verdict.REFUSE)):
        aged = with_tick("EURUSD", replace(EUR_TICK, age=age))
        assert ask("quote", around=context(symbols=aged)).verdict is verdict
    stale = with_tick("EURUSD", replace(EUR_TICK, age=61.0))
    assert decide(ACTION, context(symbols=stale), Strategy()).reason == "stale_quote"


def test_missing_stop() -> None:
    assert ask("missing_stop", buy(None, "1.104")).reason == "missing_stop"
    in_pips = Open(symbol="EURUSD", side=Side.BUY, stop_loss_pips=D(30))
    assert ask("missing_stop", in_pips).verdict is Verdict.PASS


def test_max_daily_trades_at_its_limit() -> None:
    assert (
        ask("max_daily_trades", around=context(trades_today=2), max_daily_trades=3).verdict is Verdict.PASS
    )
    full = ask("max_daily_trades", around=context(trades_today=3), max_daily_trades=3)
    assert full.reason == "max_daily_trades"
    assert full.text == "3 signals opened today; 3 a day are allowed"
    assert ask("max_daily_trades", max_daily_trades=0).reason == "max_daily_trades"


def test_max_open_trades_counts_signals_not_legs() -> None:
    many = record(7, sell_gold("2660", "2640", "2630"), ("0.1", "0.1"))
    ended = SignalRecord(
        "chan", 8, 1, NOW, ACTION, (SignalLeg("chan", 8, 1, 1, "closed", "EURUSD", Side.BUY),)
    )
    on_way = SignalRecord("x", 9, 1, NOW, ACTION, (SignalLeg("x", 9, 1, 1, "sending", "EURUSD", Side.BUY),))
    around = context(records=(many, ended, on_way))
    assert ask("max_open_trades", around=around, max_open_trades=3).input == "2"
    assert ask("max_open_trades", around=around, max_open_trades=3).verdict is Verdict.PASS
    assert ask("max_open_trades", around=around, max_open_trades=2).reason == "max_open_trades"


def test_duplicate_within_a_tenth_of_the_stop_distance() -> None:
    # The quote's stop distance is 0.00500: levels 0.00050 apart are the same trade.
    for chat in ("chan", "other"):
        twin = record(7, ACTION, chat=chat)
        found = ask("duplicate", around=context(records=(twin,)))
        assert found.reason == "duplicate"
        assert "message 7" in found.text
    assert (
        ask("duplicate", buy("1.09550", "1.2"), context(records=(record(7, ACTION),))).reason == "duplicate"
    )
    assert (
        ask("duplicate", buy("1.09400", "1.2"), context(records=(record(7, ACTION),))).verdict
        is Verdict.PASS
    )
    stated = buy("1.09510", "1.104", entry=("1.09800",))
    filled_elsewhere = context(records=(record(7, stated),))
    assert ask("duplicate", around=filled_elsewhere).verdict is Verdict.PASS


def test_duplicate_compares_what_the_message_said_not_the_moved_stop() -> None:
    moved = record(7, ACTION, stop_loss=D("1.10010"))
    assert ask("duplicate", around=context(records=(moved,))).reason == "duplicate"


def test_not_duplicate_another_side_symbol_or_the_same_message() -> None:
    opposite = replace(ACTION, side=Side.SELL, stop_loss=D("1.105"))
    for other in (record(7, opposite), record(7, sell_gold()), record(50, ACTION)):
        assert ask("duplicate", around=context(records=(other,))).verdict is Verdict.PASS


def test_duplicate_without_levels() -> None:
    bare = buy(None)
    assert ask("duplicate", bare, context(records=(record(7, bare),))).reason == "duplicate"
    assert ask("duplicate", bare, context(records=(record(7, ACTION),))).verdict is Verdict.PASS


def test_conflict_with_positions_orders_and_what_is_on_its_way() -> None:
    sell = replace(ACTION, side=Side.SELL, stop_loss=D("1.105"), entry=(D("1.102"),), order=OrderKind.LIMIT)
    by_hand = context(positions=(position("77", sell),))
    assert "position 77" in ask("conflict", around=by_hand).text
    assert "order 88" in ask("conflict", around=context(orders=(pending("88", sell),))).text
    leg = SignalLeg("x", 9, 1, 1, "sending", "EURUSD", Side.SELL)
    on_way = context(records=(SignalRecord("x", 9, 1, NOW, sell, (leg,)),))
    assert "message 9" in ask("conflict", around=on_way).text
    assert ask("conflict", around=context(positions=(position("77", ACTION),))).verdict is Verdict.PASS
    assert ask("conflict", around=context(positions=(position("77", sell_gold()),))).verdict is Verdict.PASS


def test_a_bracket_of_one_message_is_no_conflict() -> None:
    sell = replace(ACTION, side=Side.SELL, stop_loss=D("1.105"), entry=(D("1.095"),), order=OrderKind.STOP)
    own = waiting(50, sell)
    orders = tuple(leg.order for leg in own.legs if leg.order)
    assert ask("conflict", around=context(records=(own,), orders=orders)).verdict is Verdict.PASS
    filled = record(50, sell)
    positions = tuple(leg.position for leg in filled.legs if leg.position)
    assert ask("conflict", around=context(records=(filled,), positions=positions)).verdict is Verdict.PASS
    assert ask("conflict", around=context(positions=positions)).reason == "conflict"


def test_netting_shares_no_symbol() -> None:
    held = (position("77", ACTION),)
    netting = account(margin_mode=MarginMode.NETTING)
    assert ask("netting_shared", around=context(positions=held, account=netting)).reason == "netting_shared"
    assert ask("netting_shared", around=context(positions=held)).verdict is Verdict.PASS


def test_spread_at_its_limit() -> None:
    # Ask 1.10010, stop 1.09960: distance 0.00050; a spread of 0.00020 is 40 %.
    wide = context(symbols=with_tick("EURUSD", Tick(D("1.09990"), D("1.10010"), NOW)))
    found = ask("spread", buy("1.09960", "1.104"), wide)
    assert found.reason == "spread_too_wide"
    assert found.text == "spread 0.00020 is 40 % of the stop distance 0.00050; at most 33 % is allowed"
    assert ask("spread", buy("1.09960", "1.104"), wide, max_spread_share=D("0.4")).verdict is Verdict.PASS


def test_entry_distance_does_not_bind_waiting_orders() -> None:
    assert "waits" in ask("entry_distance", limit_buy("1.104")).text


def test_min_risk_reward_at_its_limit() -> None:
    # 0.00150 / 0.00500 = 0.3
    assert ask("min_risk_reward", buy("1.09510", "1.10160")).verdict is Verdict.PASS
    low = ask("min_risk_reward", buy("1.09510", "1.10159", "1.12"))
    assert low.reason == "risk_reward_too_low"
    assert low.text == (
        "the nearest target is 0.00149 away, 0.30 times the stop distance 0.00500; at least 0.3 times is asked for"
    )


@pytest.mark.parametrize("rule", ["spread", "min_risk_reward", "entry_distance"])
def test_what_cannot_be_measured_is_noted(rule: str) -> None:
    assert ask(rule, around=context(symbols={})).verdict is Verdict.NOTE
