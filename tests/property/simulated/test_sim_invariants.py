"""Random scripts: the account's sums always agree, and a kill changes nothing."""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.brokers.simulated.codes import DealType, Entry
from signalos.brokers.simulated.records import AccountState, Deal
from tests.unit.simulated.bench import CLOSE_BY, MODIFY, PENDING, REMOVE, SLTP, Bench

SPAN = 600
DIGITS = {"EURUSD": 5, "USDJPY": 3}
STARTS = {"EURUSD": 110_000, "USDJPY": 150_000}


class Step(NamedTuple):
    """One deed of a script; numbers are turned into tickets, volumes and levels when it is done."""

    deed: str
    wait: float
    pick: int
    distance: int
    second: int
    kill: bool


steps = st.builds(
    Step,
    deed=st.sampled_from(
        "open open open place place trigger close part fill by stops modify remove rest".split()
    ),
    wait=st.floats(0, 60, allow_nan=False),
    pick=st.integers(0, 1000),
    distance=st.integers(1, 300),
    second=st.integers(0, 300),
    kill=st.booleans(),
)


def random_walk(seed: int) -> dict[str, list[tuple[float, str, str]]]:
    """Two symbols whose quotes jump often enough to reach stops, targets and waiting orders."""
    dice = random.Random(seed)
    made: dict[str, list[tuple[float, str, str]]] = {}
    for symbol, start in STARTS.items():
        digits, bid = DIGITS[symbol], start
        rows: list[tuple[float, str, str]] = []
        for second in range(0, SPAN, 2):
            if dice.random() < 0.6 or second == 0:
                bid += dice.randint(-40, 40) if dice.random() < 0.97 else dice.randint(-900, 900)
                ask = bid + dice.randint(0, 20)
                rows.append((second, f"{bid / 10**digits:.{digits}f}", f"{ask / 10**digits:.{digits}f}"))
        made[symbol] = rows
    return made


def do(b: Bench, step: Step) -> None:
    symbol = sorted(DIGITS)[step.pick % 2]
    digits = DIGITS[symbol]
    tick = b.call("symbol_info_tick", symbol)
    up = 1 if step.pick % 4 < 2 else -1

    def level(price: float, points: int) -> float:
        return round(price + points / 10**digits, digits)

    positions, orders = b.call("positions_get"), b.call("orders_get")
    held = positions[step.pick % len(positions)] if positions else None
    waiting = orders[step.pick % len(orders)] if orders else None
    if step.deed == "open":
        side = 0 if up > 0 else 1
        stops = {"sl": level(tick["bid" if side == 0 else "ask"], -up * step.distance)}
        if step.second:
            stops["tp"] = level(tick["bid" if side == 0 else "ask"], up * step.second)
        b.send(action=1, symbol=symbol, type=side, volume=0.01 * (1 + step.pick % 400), **stops)
    elif step.deed == "place":
        kind = 2 + step.pick % 4
        away = step.distance * (1 if kind in (3, 4) else -1)
        price = level(tick["ask" if kind in (2, 4) else "bid"], away)
        more: dict[str, Any] = {}
        if step.second % 3 == 0:
            more = {"type_time": 2, "expiration": b.terminal.account.now // 1_000_000 + 1 + step.second}
        b.send(action=PENDING, symbol=symbol, type=kind, volume=0.5, price=price, type_filling=2, **more)
    elif step.deed == "trigger":
        kind = 6 + step.pick % 2
        up = 1 if kind == 6 else -1
        stop = level(tick["ask" if kind == 6 else "bid"], up * step.distance)
        limit = round(stop - up * (1 + step.second) / 10**digits, digits)
        b.send(
            action=PENDING,
            symbol=symbol,
            type=kind,
            volume=0.7,
            price=stop,
            stoplimit=limit,
            type_filling=2,
        )
    elif step.deed == "fill":
        filling = step.second % 3
        b.send(action=1, symbol=symbol, type=step.pick % 2, volume=0.9, type_filling=filling)
    elif step.deed in ("close", "part") and held:
        volume = held["volume"] if step.deed == "close" else round(held["volume"] / 2, 2)
        b.send(
            action=1,
            symbol=held["symbol"],
            type=1 - held["type"],
            volume=volume,
            position=held["ticket"],
            type_filling=step.second % 3,
        )
    elif step.deed == "by" and held:
        against = [p for p in positions if p["symbol"] == held["symbol"] and p["type"] != held["type"]]
        if against:
            b.send(action=CLOSE_BY, position=held["ticket"], position_by=against[0]["ticket"])
    elif step.deed == "stops" and held:
        digits = DIGITS[held["symbol"]]
        sign = -1 if held["type"] == 0 else 1
        b.send(action=SLTP, position=held["ticket"], sl=level(held["price_current"], sign * step.distance))
    elif step.deed == "modify" and waiting:
        digits = DIGITS[waiting["symbol"]]
        away = -1 if waiting["type"] in (2, 5) else 1
        b.send(
            action=MODIFY,
            order=waiting["ticket"],
            price=level(waiting["price_current"], away * step.distance),
        )
    elif step.deed == "remove" and waiting:
        b.send(action=REMOVE, order=waiting["ticket"])


def check_volumes(deals: list[Deal], held: dict[int, int]) -> None:
    """Volume of a position = sum of its IN deals less its OUT deals; a turning deal is out and in."""
    volumes: dict[int, int] = {}
    for deal in deals:
        before = volumes.get(deal.position, 0)
        match deal.entry:
            case Entry.IN:
                volumes[deal.position] = before + deal.volume
            case Entry.INOUT:
                assert deal.volume > before > 0
                volumes[deal.position] = deal.volume - before
            case _:
                volumes[deal.position] = before - deal.volume
        assert volumes[deal.position] >= 0
    assert {p: v for p, v in volumes.items() if v} == held


def sum_in(deals: list[Deal], order: int) -> int:
    return sum(d.volume for d in deals if d.order == order and d.entry is Entry.IN)


def check_sums(b: Bench) -> None:
    account, state = b.terminal.account, b.terminal.account.state
    deals = list(state.deals.values())
    assert account.balance == sum((d.net for d in deals), Decimal(0))
    info = b.call("account_info")
    held_now = b.call("positions_get")
    floating = sum((Decimal(str(p["profit"])) + Decimal(str(p["swap"])) for p in held_now), Decimal(0))
    assert Decimal(str(info["equity"])) == Decimal(str(info["balance"])) + floating
    check_volumes(deals, {p.identifier: p.volume for p in state.positions.values()})
    # What the sides come to tells the direction as well, a turned position's included.
    signed: dict[int, int] = {}
    for deal in deals:
        if deal.type in (DealType.BUY, DealType.SELL):
            sign = 1 if deal.type is DealType.BUY else -1
            signed[deal.position] = signed.get(deal.position, 0) + sign * deal.volume
    held = {p.identifier: p.sign * p.volume for p in state.positions.values()}
    assert {p: v for p, v in signed.items() if v} == held
    assert list(state.deals) == sorted(state.deals)
    assert [d.time for d in deals] == sorted(d.time for d in deals)
    if account.settings.netting:
        symbols = [p.symbol for p in state.positions.values()]
        assert len(symbols) == len(set(symbols))
    else:
        # An order opens one position and never a second one, in however many parts it is filled.
        opened = [(d.order, d.position) for d in deals if d.entry is Entry.IN and d.volume]
        assert all(order == position for order, position in opened)
        whole = {**state.orders, **state.done_orders}
        assert all(sum_in(deals, order) <= whole[order].volume for order, _ in opened)
    assert not set(state.orders) & set(state.done_orders)
    # Nobody is closed by force while the market is, and a night's swap waits for the next quote.
    if state.positions and all(account.trading(p.symbol) for p in state.positions.values()):
        assert account.equity * 100 >= account.margin * account.settings.stop_out


def run(
    script: list[Step],
    seed: int,
    account: dict[str, Any],
    *,
    kills: bool,
    balance: int,
    look: Callable[[Bench], None],
) -> AccountState:
    with tempfile.TemporaryDirectory() as folder:
        b = Bench(Path(folder), random_walk(seed), balance=Decimal(balance), **account)
        for step in script:
            if kills and step.kill:
                b.terminal._storage.close()
                b.clock.shift(step.wait)
                b._open()
            else:
                b.clock.shift(step.wait / 2)
                b.terminal.advance()
                b.clock.shift(step.wait - step.wait / 2)
            do(b, step)
            look(b)
        if kills:
            b.restart()
        state = b.state
        b.close()
        return state


scripts = st.lists(steps, min_size=1, max_size=25)
# The smaller balance is stopped out now and then.
balances = st.sampled_from([1_500, 100_000])
THIN = {"execution": "3", "liquidity": "0.4", "order_mode": 127}
CHARGED = {"commission": "3.5", "commission_deals": True}
SWAPPED = {"swap_mode": "1", "swap_long": "-7.7", "swap_short": "3.1"}
accounts = st.sampled_from(
    [
        {},
        {"margin_mode": "netting"},
        {"margin_mode": "exchange", "symbols": {"*": THIN}},
        {"symbols": {"*": {**THIN, **CHARGED}}},
        {"margin_mode": "netting", "symbols": {"*": {**THIN, "fills_later": True}}},
        # Minutes of these are hours: nights are passed.
        {"speed": 300.0, "server_zone": "America/New_York+7", "symbols": {"*": SWAPPED}},
        {"margin_mode": "netting", "speed": 300.0, "symbols": {"*": {**SWAPPED, **CHARGED}}},
        {"symbols": {"*": {"sessions": "Mon 10:00-10:03, Mon 10:05-10:07"}}},
        {"fifo_close": True, "hedging_allowed": False, "symbols": {"*": CHARGED}},
    ]
)


@settings(max_examples=80, deadline=None)
@given(scripts, st.integers(0, 10_000), accounts, balances)
def test_sums_agree_after_every_deed(
    script: list[Step], seed: int, account: dict[str, Any], balance: int
) -> None:
    run(script, seed, account, kills=False, balance=balance, look=check_sums)


@settings(max_examples=80, deadline=None)
@given(scripts, st.integers(0, 10_000), accounts, balances)
def test_a_killed_terminal_equals_an_unkilled_one(
    script: list[Step], seed: int, account: dict[str, Any], balance: int
) -> None:
    def nothing(_: Bench) -> None:
        return

    unkilled = run(script, seed, account, kills=False, balance=balance, look=nothing)
    killed = run(script, seed, account, kills=True, balance=balance, look=check_sums)
    assert killed == unkilled
