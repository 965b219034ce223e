"""Updates: what they reach, and what is sent for each position and order."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal as D

import pytest

from signalos.domain.decision import Decision, SignalLeg, SignalRecord, Verdict
from signalos.domain.market import Tick
from signalos.domain.order import CancelOrder, ClosePosition, ModifyOrder, ModifyPosition
from signalos.domain.signal import (
    Action,
    BreakEven,
    Cancel,
    Close,
    CloseAll,
    ModifyStop,
    ModifyTargets,
    Reach,
    Scope,
    Side,
)
from signalos.domain.strategy import Management, Strategy
from signalos.engine import decide, requirements
from tests.unit.engine.market_cases import (
    EURUSD,
    NOW,
    XAUUSD,
    buy,
    context,
    limit_buy,
    record,
    sell_gold,
    waiting,
    with_tick,
)

STRATEGY = Strategy()
EUR = buy("1.09510", "1.10400", "1.10900", "1.11400")
GOLD = sell_gold("2660", "2640", "2630")
ONE = Scope(Reach.ONE, target=7)


def one(target: int = 7) -> Scope:
    return Scope(Reach.ONE, target=target)


def answer(action: Action, *records: SignalRecord, **more: object) -> Decision:
    return decide(action, context(records=records, **more), STRATEGY)


def sent(decision: Decision) -> list[object]:
    return [s.request for s in decision.plan if s.request is not None]


def closed(decision: Decision) -> dict[str, D | None]:
    return {
        s.request.identifier: s.request.volume
        for s in decision.plan
        if isinstance(s.request, ClosePosition)
    }


def reasons(decision: Decision) -> list[str]:
    return [s.reason for s in decision.plan]


# ---------------------------------------------------------------- what an update reaches


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (one(7), {"701"}),
        (Scope(Reach.SYMBOL, symbol="XAUUSD"), {"801", "901"}),
        (Scope(Reach.SIDE, symbol="XAUUSD", side=Side.BUY), {"901"}),
        (Scope(Reach.SIDE, side=Side.SELL), {"801"}),
        (Scope(Reach.ALL), {"701", "801", "901"}),
    ],
)
def test_scope(scope: Scope, expected: set[str]) -> None:
    gold_buy = replace(GOLD, side=Side.BUY, stop_loss=D(2640), take_profits=())
    live = (record(7, EUR), record(8, GOLD), record(9, gold_buy), record(7, EUR, chat="other"))
    assert set(closed(answer(Close(scope=scope), *live))) == expected


def test_an_update_never_touches_another_chat() -> None:
    others = (record(7, EUR, chat="other"), record(8, GOLD, chat="other"))
    assert answer(CloseAll(), *others).reason == "nothing_open"
    assert answer(Close(scope=ONE), *others).reason == "nothing_open"


@pytest.mark.parametrize(
    "scope",
    [Scope(Reach.UNRESOLVED), Scope(Reach.ONE), Scope(Reach.SYMBOL), Scope(Reach.SIDE)],
)
def test_unclear_scope_is_refused(scope: Scope) -> None:
    decision = answer(Close(scope=scope), record(7, EUR), record(8, GOLD))
    assert (decision.verdict, decision.reason, decision.plan) == (Verdict.REFUSE, "ambiguous_target", ())


def test_symbol_that_contradicts_the_target_is_refused() -> None:
    assert answer(Close(scope=ONE, symbol="XAUUSD"), record(7, EUR)).reason == "ambiguous_target"


def test_a_named_symbol_narrows_a_message_of_two_signals() -> None:
    first = record(7, GOLD).legs[0]
    assert first.position is not None
    renamed = replace(first, part=2, position=replace(first.position, identifier="g"))
    gold = replace(record(7, GOLD), part=2, legs=(renamed,))
    assert set(closed(answer(Close(scope=ONE, symbol="XAUUSD"), record(7, EUR), gold))) == {"g"}


def test_nothing_open_is_recorded_and_harmless() -> None:
    decision = answer(Close(scope=one(99)), record(7, EUR))
    assert (decision.verdict, decision.reason, decision.plan) == (Verdict.REFUSE, "nothing_open", ())
    assert decision.steps[0].text == "nothing is open or waiting for message 99"


def test_requirements_of_updates() -> None:
    records = (record(7, EUR), record(8, GOLD))
    assert requirements(STRATEGY, Close(scope=ONE), records).symbols == ("EURUSD",)
    assert requirements(STRATEGY, CloseAll(), records).symbols == ("EURUSD", "XAUUSD")
    assert requirements(STRATEGY, Close(scope=Scope(Reach.UNRESOLVED)), records).symbols == ()


# ---------------------------------------------------------------- closing


def test_close_all_of_a_signal_closes_positions_and_deletes_orders() -> None:
    mixed = record(7, EUR, ("0.1", "0.1"))
    order = waiting(7, limit_buy("1.104")).legs[0]
    mixed = replace(mixed, legs=(*mixed.legs, replace(order, leg=3)))
    decision = answer(Close(scope=ONE), mixed)
    assert sent(decision) == [
        ClosePosition(identifier="701"),
        ClosePosition(identifier="702"),
        CancelOrder(ticket="701"),
    ]
    assert [s.leg for s in decision.plan] == [1, 2, 3]
    assert [s.identifier for s in decision.plan] == ["701", "702", "701"]


def test_closing_works_while_stopped_late_and_without_a_quote() -> None:
    decision = answer(Close(scope=ONE), record(7, EUR), halted="stopped", symbols={}, account=None)
    assert decision.verdict is Verdict.PASS
    assert len(sent(decision)) == 1


@pytest.mark.parametrize(
    ("volumes", "fraction", "expected"),
    [
        (("0.01", "0.01", "0.01"), "0.5", {"701": None}),
        (("0.02", "0.02"), "0.5", {"701": D("0.01"), "702": D("0.01")}),
        (("0.03", "0.03"), "0.5", {"701": D("0.02"), "702": D("0.01")}),
        (("0.05", "0.05", "0.05"), "0.5", {"701": D("0.03"), "702": D("0.02"), "703": D("0.02")}),
        (("0.01", "0.01", "0.01", "0.01"), "0.5", {"701": None, "702": None}),
        (("0.01", "0.01", "0.01", "0.01"), "0.25", {"701": None}),
        (("0.10",), "0.3", {"701": D("0.03")}),
        (("0.03", "0.03"), "1", {"701": None, "702": None}),
        (("0.01", "0.10"), "0.99", {"701": None, "702": D("0.09")}),
    ],
)
def test_close_a_part_of_the_signal(
    volumes: tuple[str, ...], fraction: str, expected: dict[str, D | None]
) -> None:
    action = replace(EUR, take_profits=(*EUR.take_profits, D("1.12")))
    decision = answer(Close(scope=ONE, fraction=D(fraction)), record(7, action, volumes))
    assert decision.verdict is Verdict.PASS
    assert closed(decision) == expected


def test_partial_close_says_what_must_remain() -> None:
    decision = answer(Close(scope=ONE, fraction=D("0.5")), record(7, EUR, ("0.06", "0.02")))
    left = {
        s.request.identifier: s.request.remaining
        for s in decision.plan
        if isinstance(s.request, ClosePosition)
    }
    assert left == {"701": D("0.03"), "702": D("0.01")}


def test_the_rest_starts_at_the_nearest_target_not_the_first_leg() -> None:
    swapped = replace(EUR, take_profits=(D("1.114"), D("1.104"), D("1.109")))
    decision = answer(Close(scope=ONE, fraction=D("0.5")), record(7, swapped, ("0.01", "0.01", "0.01")))
    assert closed(decision) == {"702": None}


def test_runner_without_target_is_the_last_to_be_closed() -> None:
    runner = replace(EUR, take_profits=(D("1.104"),))
    decision = answer(Close(scope=ONE, fraction=D("0.5")), record(7, runner, ("0.01", "0.01")))
    assert closed(decision) == {"701": None}


def test_a_single_smallest_lot_cannot_be_halved() -> None:
    decision = answer(Close(scope=ONE, fraction=D("0.5")), record(7, EUR, ("0.01",)))
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, "below_min_lot")
    assert reasons(decision) == ["below_min_lot"]
    assert "50 % of 0.01 lots is 0.005; 0 can be closed" in decision.plan[0].text


def test_what_is_left_is_nothing_or_the_smallest_lot() -> None:
    spec = replace(EURUSD, volume_min=D("0.10"))
    symbols = with_tick("EURUSD", Tick(D("1.1"), D("1.1001"), NOW), spec)
    # Half of 0.15 is 0.07: neither that nor the rest is a tradable volume.
    alone = answer(Close(scope=ONE, fraction=D("0.5")), record(7, EUR, ("0.15",)), symbols=symbols)
    assert alone.reason == "below_min_lot"
    # Of two, the whole half of the signal is one position and a little.
    two = answer(Close(scope=ONE, fraction=D("0.5")), record(7, EUR, ("0.15", "0.20")), symbols=symbols)
    assert closed(two) == {"702": D("0.10")} or closed(two) == {"701": None}
    assert "below_min_lot" in reasons(two)


def test_unstated_part_is_the_strategys() -> None:
    third = replace(STRATEGY, management=Management(close_unstated_fraction=D("0.3")))
    decision = decide(Close(scope=ONE, fraction=None), context(records=(record(7, EUR, ("0.10",)),)), third)
    assert closed(decision) == {"701": D("0.03")}
    assert "the strategy says 30 %" in decision.steps[1].text


def test_part_of_each_signal_of_a_wide_scope() -> None:
    decision = answer(
        Close(scope=Scope(Reach.ALL), fraction=D("0.5")),
        record(7, EUR, ("0.02",)),
        record(8, GOLD, ("0.04",)),
    )
    assert closed(decision) == {"701": D("0.01"), "801": D("0.02")}


def test_part_of_an_order_that_waits_is_refused() -> None:
    decision = answer(Close(scope=ONE, fraction=D("0.5")), waiting(7, limit_buy("1.104")))
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, "not_filled")


def test_close_all_reaches_everything_of_the_chat() -> None:
    decision = answer(CloseAll(), record(7, EUR), waiting(8, limit_buy("1.104")), halted="stopped")
    assert sent(decision) == [ClosePosition(identifier="701"), CancelOrder(ticket="801")]


def test_a_leg_not_at_the_broker_yet_is_recorded() -> None:
    leg = SignalLeg("chan", 7, 1, 1, "planned", "EURUSD", Side.BUY)
    decision = answer(Close(scope=ONE), SignalRecord("chan", 7, 1, NOW, EUR, (leg,)))
    assert (decision.verdict, reasons(decision)) == (Verdict.REFUSE, ["leg_unsettled"])


# ---------------------------------------------------------------- calling off


def test_cancel_deletes_orders_and_closes_what_was_filled() -> None:
    decision = answer(Cancel(scope=Scope(Reach.ALL)), record(7, EUR), waiting(8, limit_buy("1.104"), 2))
    assert sent(decision) == [
        CancelOrder(ticket="801"),
        CancelOrder(ticket="802"),
        ClosePosition(identifier="701"),
    ]


def test_cancel_of_waiting_orders_leaves_positions() -> None:
    decision = answer(Cancel(scope=Scope(Reach.PENDINGS)), record(7, EUR), waiting(8, limit_buy("1.104")))
    assert sent(decision) == [CancelOrder(ticket="801")]
    assert answer(Cancel(scope=Scope(Reach.PENDINGS)), record(7, EUR)).reason == "nothing_open"


def test_an_edit_does_not_close_what_was_filled() -> None:
    decision = answer(Cancel(scope=one(50)), record(50, EUR), is_edit=True)
    assert (decision.verdict, reasons(decision)) == (Verdict.REFUSE, ["already_filled"])


# ---------------------------------------------------------------- break-even


def test_break_even_uses_each_positions_own_entry() -> None:
    live = record(7, EUR, ("0.1", "0.1"), entry_price=D("1.09950"))
    decision = answer(BreakEven(scope=ONE), live)
    assert sent(decision) == [
        ModifyPosition(identifier="701", stop_loss=D("1.0995"), take_profit=D("1.104")),
        ModifyPosition(identifier="702", stop_loss=D("1.0995"), take_profit=D("1.109")),
    ]


def test_break_even_rounds_to_the_profit_side() -> None:
    coarse = replace(XAUUSD, tick_size=D("0.05"))
    live = record(8, GOLD, entry_price=D("2655.03"))
    symbols = with_tick("XAUUSD", Tick(D(2650), D("2650.2"), NOW), coarse)
    buffered = replace(STRATEGY, management=Management(break_even_buffer_points=10))
    plain = decide(BreakEven(scope=one(8)), context(records=(live,), symbols=symbols), STRATEGY)
    more = decide(BreakEven(scope=one(8)), context(records=(live,), symbols=symbols), buffered)
    stops = [r.stop_loss for d in (plain, more) for r in sent(d) if isinstance(r, ModifyPosition)]
    assert stops == [D("2655.00"), D("2654.90")]


def test_break_even_waits_for_the_price() -> None:
    decision = answer(BreakEven(scope=ONE), record(7, EUR))
    assert decision.verdict is Verdict.PASS
    assert reasons(decision) == ["waiting_for_price"]
    planned = decision.plan[0]
    assert (planned.kind, planned.request, planned.identifier) == ("break_even", None, "701")


def test_break_even_respects_the_brokers_minimum_distance() -> None:
    live = record(7, EUR, entry_price=D("1.09991"))
    assert reasons(answer(BreakEven(scope=ONE), live)) == ["waiting_for_price"]
    at_limit = record(7, EUR, entry_price=D("1.09990"))
    assert reasons(answer(BreakEven(scope=ONE), at_limit)) == [""]


def test_break_even_never_widens_a_stop() -> None:
    live = record(7, EUR, entry_price=D("1.0980"), stop_loss=D("1.0985"))
    decision = answer(BreakEven(scope=ONE), live)
    assert (decision.verdict, reasons(decision)) == (Verdict.REFUSE, ["no_change"])


def test_break_even_of_a_waiting_order() -> None:
    assert reasons(answer(BreakEven(scope=ONE), waiting(7, limit_buy("1.104")))) == ["not_filled"]


# ---------------------------------------------------------------- stops


def test_stop_to_a_price_sends_both_levels() -> None:
    decision = answer(ModifyStop(scope=ONE, price=D("1.0970")), record(7, EUR))
    assert sent(decision) == [
        ModifyPosition(identifier="701", stop_loss=D("1.097"), take_profit=D("1.104"))
    ]
    assert not [s for s in decision.steps if s.rule == "stop_loosened"]


def test_stop_of_a_waiting_order() -> None:
    decision = answer(ModifyStop(scope=ONE, price=D("1.0950")), waiting(7, limit_buy("1.104")))
    assert sent(decision) == [
        ModifyOrder(ticket="701", price=D("1.098"), stop_loss=D("1.095"), take_profit=D("1.104"))
    ]
    above = answer(ModifyStop(scope=ONE, price=D("1.0985")), waiting(7, limit_buy("1.104")))
    assert above.reason == "stop_wrong_side_of_market"


@pytest.mark.parametrize(
    ("price", "reason"),
    [
        ("1.10000", "stop_wrong_side_of_market"),
        ("1.2", "stop_wrong_side_of_market"),
        ("-1", "stop_wrong_side_of_market"),
        ("1.09995", "stop_too_close"),
        ("1.09510", "no_change"),
    ],
)
def test_stops_that_are_not_sent(price: str, reason: str) -> None:
    decision = answer(ModifyStop(scope=ONE, price=D(price)), record(7, EUR))
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, reason)


@pytest.mark.parametrize("halted", ["stopped", "paused"])
def test_while_halted_a_stop_is_only_tightened(halted: str) -> None:
    looser = answer(ModifyStop(scope=ONE, price=D("1.09")), record(7, EUR), halted=halted)
    tighter = answer(ModifyStop(scope=ONE, price=D("1.097")), record(7, EUR), halted=halted)
    assert (looser.verdict, looser.reason) == (Verdict.REFUSE, halted)
    assert tighter.verdict is Verdict.PASS


def test_loosening_is_done_and_noted() -> None:
    decision = answer(ModifyStop(scope=one(8), price=D(2670)), record(8, GOLD))
    assert len(sent(decision)) == 1
    note = next(s for s in decision.steps if s.rule == "stop_loosened")
    assert (note.verdict, note.input, note.limit) == (Verdict.NOTE, "2670.00", "2660.00")
    assert note.text.endswith("the leg now loses 200.00 at it")


def test_a_stop_at_the_named_entry_means_break_even() -> None:
    stated = replace(EUR, entry=(D("1.09900"),))
    live = record(7, stated, entry_price=D("1.09920"))
    decision = answer(ModifyStop(scope=ONE, price=D("1.09900")), live)
    assert sent(decision) == [
        ModifyPosition(identifier="701", stop_loss=D("1.0992"), take_profit=D("1.104"))
    ]
    at_market = record(7, stated)
    waits = answer(ModifyStop(scope=ONE, price=D("1.09900")), at_market)
    assert [(s.kind, s.reason) for s in waits.plan] == [("break_even", "waiting_for_price")]


def test_a_first_stop_is_never_loosening() -> None:
    bare = record(7, buy(None, "1.104"))
    assert answer(ModifyStop(scope=ONE, price=D("1.09")), bare, halted="paused").verdict is Verdict.PASS


def test_unknown_price_moves_no_stop() -> None:
    assert (
        answer(ModifyStop(scope=ONE, price=D("1.09")), record(7, EUR), symbols={}).reason
        == "unknown_symbol"
    )


# ---------------------------------------------------------------- targets


def targets(decision: Decision) -> dict[str, D | None]:
    return {
        s.request.identifier: s.request.take_profit
        for s in decision.plan
        if isinstance(s.request, ModifyPosition)
    }


def new_targets(*prices: str, index: int | None = None) -> ModifyTargets:
    return ModifyTargets(scope=ONE, take_profits=tuple(D(p) for p in prices), index=index)


def test_full_list_goes_to_the_legs_nearest_first() -> None:
    decision = answer(new_targets("1.105", "1.107", "1.112"), record(7, EUR, ("0.1", "0.1", "0.1")))
    assert targets(decision) == {"701": D("1.105"), "702": D("1.107"), "703": D("1.112")}
    assert all(r.stop_loss == D("1.09510") for r in sent(decision) if isinstance(r, ModifyPosition))


def test_reached_targets_of_a_full_list_are_left_out() -> None:
    live = record(7, EUR, ("0.1", "0.1", "0.1"))
    first_gone = replace(live, legs=(replace(live.legs[0], state="closed", position=None), *live.legs[1:]))
    decision = answer(new_targets("1.099", "1.107", "1.112"), first_gone)
    assert targets(decision) == {"702": D("1.107"), "703": D("1.112")}
    assert "left out: 1.09900" in decision.steps[1].text


def test_legs_beyond_the_list_take_its_last_target() -> None:
    decision = answer(new_targets("1.105"), record(7, EUR, ("0.1", "0.1")))
    assert targets(decision) == {"701": D("1.105"), "702": D("1.105")}


def test_targets_beyond_the_legs_open_nothing() -> None:
    decision = answer(new_targets("1.105", "1.107"), record(7, buy("1.09510"), ("0.1",)))
    assert targets(decision) == {"701": D("1.105")}
    assert "no leg is left for 1.10700" in decision.steps[-1].text


def test_one_leg_a_signal_takes_the_last_target() -> None:
    per_signal = replace(STRATEGY, legs="per_signal")
    decision = decide(new_targets("1.105", "1.107"), context(records=(record(7, EUR),)), per_signal)
    assert targets(decision) == {"701": D("1.107")}


def test_index_changes_that_leg_alone() -> None:
    live = record(7, EUR, ("0.1", "0.1", "0.1"))
    assert targets(answer(new_targets("1.110", index=2), live)) == {"702": D("1.110")}
    assert answer(new_targets("1.110", index=4), live).reason == "nothing_open"


def test_a_target_behind_the_market_is_not_sent() -> None:
    decision = answer(new_targets("1.099"), record(7, EUR))
    assert (decision.verdict, decision.reason) == (Verdict.REFUSE, "target_passed")
    near = answer(new_targets("1.10005"), record(7, EUR))
    assert near.reason == "target_too_close"
    assert answer(new_targets("1.104"), record(7, EUR)).reason == "no_change"
    assert answer(new_targets(), record(7, EUR)).reason == "no_target"


def test_target_of_a_waiting_order() -> None:
    decision = answer(new_targets("1.105"), waiting(7, limit_buy("1.104")))
    assert sent(decision) == [
        ModifyOrder(ticket="701", price=D("1.098"), stop_loss=D("1.093"), take_profit=D("1.105"))
    ]
