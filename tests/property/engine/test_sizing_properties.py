"""What must hold for any numbers: budget, volume rules, nearest targets, monotone size, no exception."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal as D

from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.domain.decision import SymbolData, Verdict
from signalos.domain.market import SymbolSpec, Tick
from signalos.domain.order import ClosePosition
from signalos.domain.signal import Close, Open, OrderKind, Reach, Scope, Side
from signalos.domain.strategy import Filters, Strategy
from signalos.engine import decide
from signalos.engine.updates.close import split_close
from tests.unit.engine.market_cases import EURUSD, NOW, account, buy, context, opened, record

OFF = Filters(None, None, None, None, None, None, False, False, False)


def decimals(low: str, high: str, places: int = 2) -> st.SearchStrategy[D]:
    return st.decimals(D(low), D(high), places=places, allow_nan=False, allow_infinity=False)


steps = st.sampled_from([D("0.01"), D("0.1"), D("0.001"), D(1), D("0.05"), D("0.03")])
specs = st.builds(
    lambda step, least, most, loss, stops: replace(
        EURUSD,
        volume_step=step,
        volume_min=least * step,
        volume_max=(least + most) * step,
        loss_per_lot=loss,
        stops_distance=stops,
    ),
    steps,
    st.integers(1, 20),
    st.integers(0, 100_000),
    decimals("0.01", "10000000", 4),
    decimals("0", "0.001", 5),
)
prices = decimals("0.00001", "3", 5)
ticks = st.builds(lambda bid, spread: Tick(bid, bid + spread, NOW), prices, decimals("0", "0.01", 5))
actions = st.builds(
    lambda side, order, entry, stop, targets, open_target, pips: Open(
        symbol="EURUSD",
        side=side,
        order=order,
        entry=tuple(sorted(entry)),
        stop_loss=stop,
        take_profits=tuple(targets),
        stop_loss_pips=pips,
        take_profit_pips=() if pips is None else (pips, pips * 2),
        open_target=open_target,
    ),
    st.sampled_from(Side),
    st.sampled_from(OrderKind),
    st.lists(prices, max_size=2),
    st.none() | prices,
    st.lists(prices, max_size=8),
    st.booleans(),
    st.none() | decimals("0.1", "30000", 1),
)
plausible = st.builds(
    lambda side, order, away, risk, rewards, open_target: Open(
        symbol="EURUSD",
        side=side,
        order=order,
        entry=() if order is OrderKind.MARKET else (D("1.10000") + away,),
        stop_loss=D("1.10000") + away - side.sign * risk,
        take_profits=tuple(D("1.10000") + away + side.sign * reward for reward in rewards),
        open_target=open_target,
    ),
    st.sampled_from(Side),
    st.sampled_from(OrderKind),
    decimals("-0.01", "0.01", 5),
    decimals("0.0005", "0.05", 5),
    st.lists(decimals("0.0005", "0.1", 5), max_size=8),
    st.booleans(),
)
near = st.builds(lambda spread: Tick(D("1.10000"), D("1.10000") + spread, NOW), decimals("0", "0.001", 5))
strategies = st.builds(
    lambda risk, legs, targets, lots, filters: Strategy(
        risk_percentage=risk,
        legs=legs,
        max_targets=targets,
        allow_missing_stop_fixed_lots=lots,
        filters=filters,
    ),
    decimals("0.01", "100"),
    st.sampled_from(["per_target", "per_signal"]),
    st.integers(1, 10),
    st.none() | decimals("0.001", "100", 3),
    st.sampled_from([Filters(), OFF]),
)
equities = decimals("-1000", "100000000")


@settings(max_examples=400, deadline=None)
@given(st.tuples(actions, ticks) | st.tuples(plausible, near), specs, strategies, equities)
def test_any_opening_keeps_the_budget_and_the_volume_rules(
    asked: tuple[Open, Tick], spec: SymbolSpec, strategy: Strategy, equity: D
) -> None:
    action, tick = asked
    around = context(
        account=account(equity),
        symbols={"EURUSD": SymbolData(spec, tick)},
    )
    decision = decide(action, around, strategy)
    if decision.verdict is Verdict.REFUSE:
        assert decision.reason
        assert decision.plan == ()
        return
    legs = [(s, opened(s)) for s in decision.plan if s.request is not None]
    assert legs
    assert len({s.leg for s in decision.plan}) == len(decision.plan)
    for planned, leg in legs:
        assert spec.volume_min <= leg.volume <= spec.volume_max
        assert leg.volume % spec.volume_step == 0
        if leg.stop_loss is not None:
            entry = leg.price if leg.price is not None else tick.exit_price(action.side)
            assert (entry - leg.stop_loss) * action.side.sign > 0
            assert planned.risk is not None
    for planned in decision.plan:
        assert (planned.request is None) == bool(planned.reason)
    if decision.budget is not None and decision.risk is not None:
        total = sum((s.risk or D(0) for s, _ in legs), D(0))
        assert total == decision.risk
        assert 0 < total <= decision.budget
        assert decision.budget == equity * strategy.risk_percentage / 100


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 12), equities, decimals("0.01", "20"))
def test_the_nearest_targets_are_kept(count: int, equity: D, risk: D) -> None:
    targets = tuple(str(D("1.102") + D("0.001") * n) for n in range(count))
    decision = decide(
        buy("1.09510", *targets), context(account=account(equity)), Strategy(risk_percentage=risk)
    )
    kept = [s.leg for s in decision.plan if s.request is not None]
    assert kept == list(range(1, len(kept) + 1))
    left_out = [s.leg for s in decision.plan if s.reason == "below_min_lot"]
    assert left_out == list(range(len(kept) + 1, count + 1)) if decision.plan else not kept
    if left_out:
        # One more leg of the smallest lot would not have fitted: 5.00 each.
        assert (len(kept) + 1) * 5 > equity * risk / 100


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 6), equities, equities, specs)
def test_more_equity_never_trades_less(count: int, one: D, other: D, spec: SymbolSpec) -> None:
    targets = tuple(str(D("1.12") + D("0.01") * n) for n in range(count))
    volumes = []
    for equity in sorted((one, other)):
        symbols = {"EURUSD": SymbolData(spec, Tick(D("1.1"), D("1.1001"), NOW))}
        decision = decide(
            buy("1.09510", *targets), context(account=account(equity), symbols=symbols), Strategy()
        )
        volumes.append(sum((opened(s).volume for s in decision.plan if s.request is not None), D(0)))
    assert volumes[0] <= volumes[1]


@settings(max_examples=200, deadline=None)
@given(st.floats(0, 1e7), st.floats(0, 1e7), st.integers(0, 10_000))
def test_an_older_message_never_passes_where_a_younger_is_refused(
    first: float, second: float, ms: int
) -> None:
    younger, older = sorted((first, second))
    after = timedelta(milliseconds=ms)
    young, old = (
        decide(buy("1.09510", "1.104"), context(posted_at=NOW + after - timedelta(seconds=age)), Strategy())
        for age in (younger, older)
    )
    assert not (young.verdict is Verdict.REFUSE and old.verdict is Verdict.PASS)


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.integers(1, 500), min_size=1, max_size=8),
    decimals("0.001", "0.999", 3),
    steps,
    st.integers(1, 20),
)
def test_a_partial_close_leaves_tradable_volumes(units: list[int], share: D, step: D, least: int) -> None:
    spec = replace(EURUSD, volume_step=step, volume_min=least * step)
    volumes = [max(count, least) * step for count in units]
    parts, left = split_close(volumes, share, spec)
    goal = sum(volumes, D(0)) * share
    assert left >= 0
    assert sum(parts, D(0)) + left <= goal < sum(parts, D(0)) + left + step
    for volume, part in zip(volumes, parts, strict=True):
        rest = volume - part
        assert part == 0 or part >= spec.volume_min
        assert rest == 0 or rest >= spec.volume_min
        assert part % step == 0
    if least == 1:
        assert left == 0
        floors = [int(volume / step * share) * step for volume in volumes]
        extra = [(part - floor) / step for part, floor in zip(parts, floors, strict=True)]
        assert extra == sorted(extra, reverse=True)
        assert set(extra) <= {0, 1}


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=6), decimals("0.01", "1"))
def test_closing_never_closes_more_than_is_open(units: list[int], fraction: D) -> None:
    volumes = [str(count * D("0.01")) for count in units]
    live = record(7, buy("1.09510", "1.104", "1.109"), volumes)
    scope = Scope(Reach.ONE, target=7)
    decision = decide(Close(scope=scope, fraction=fraction), context(records=(live,)), Strategy())
    held = {leg.position.identifier: leg.position.volume for leg in live.legs if leg.position}
    seen = set()
    for planned in decision.plan:
        if isinstance(planned.request, ClosePosition):
            request = planned.request
            assert request.identifier not in seen
            seen.add(request.identifier)
            part = held[request.identifier] if request.volume is None else request.volume
            assert 0 < part <= held[request.identifier]
            assert request.remaining == held[request.identifier] - part
