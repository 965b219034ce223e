"""Builders of contexts for the engine's tests: two symbols, one hedging account, figures easy to check.

One lot of EURUSD loses 100,000 a unit of price (10 a pip), one lot of XAUUSD 100 a dollar.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal as D
from typing import Any

from signalos.domain.decision import DecisionContext, PlannedStep, SignalLeg, SignalRecord, SymbolData
from signalos.domain.market import Account, MarginMode, PendingOrder, Position, SymbolSpec, Tick
from signalos.domain.order import OpenLeg
from signalos.domain.signal import Open, OrderKind, Side

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)

EURUSD = SymbolSpec(
    name="EURUSD.r",
    canonical="EURUSD",
    digits=5,
    point=D("0.00001"),
    tick_size=D("0.00001"),
    contract_size=D(100_000),
    volume_min=D("0.01"),
    volume_max=D(50),
    volume_step=D("0.01"),
    stops_distance=D("0.00010"),
    freeze_distance=D(0),
    loss_per_lot=D(100_000),
)
XAUUSD = SymbolSpec(
    name="GOLD",
    canonical="XAUUSD",
    digits=2,
    point=D("0.01"),
    tick_size=D("0.01"),
    contract_size=D(100),
    volume_min=D("0.01"),
    volume_max=D(50),
    volume_step=D("0.01"),
    stops_distance=D("0.10"),
    freeze_distance=D(0),
    loss_per_lot=D(100),
)
EUR_TICK = Tick(D("1.10000"), D("1.10010"), NOW)
GOLD_TICK = Tick(D("2650.00"), D("2650.20"), NOW)


def account(equity: str | D = "10000", **changes: Any) -> Account:
    base = Account(
        "100", "Demo", "USD", MarginMode.HEDGING, D(10_000), D(equity), D(0), D(equity), 100, True, True
    )
    return replace(base, **changes)


def context(**changes: Any) -> DecisionContext:
    base = DecisionContext(
        terminal_id="t1",
        chat_id="chan",
        message_id=50,
        version=1,
        posted_at=NOW - timedelta(seconds=2),
        now=NOW,
        account=account(),
        symbols={"EURUSD": SymbolData(EURUSD, EUR_TICK), "XAUUSD": SymbolData(XAUUSD, GOLD_TICK)},
        positions=(),
        orders=(),
        records=(),
        trades_today=0,
    )
    return replace(base, **changes)


def with_tick(symbol: str, tick: Tick, spec: SymbolSpec | None = None) -> dict[str, SymbolData]:
    base = {"EURUSD": EURUSD, "XAUUSD": XAUUSD}[symbol]
    return {symbol: SymbolData(spec or base, tick)}


def buy(stop: str | None = "1.09510", *targets: str, entry: tuple[str, ...] = (), **more: Any) -> Open:
    """A buy of EURUSD; the quote is 1.10000 / 1.10010, so the default stop is 0.00500 from the ask."""
    return Open(
        symbol="EURUSD",
        side=Side.BUY,
        entry=tuple(D(p) for p in entry),
        stop_loss=None if stop is None else D(stop),
        take_profits=tuple(D(p) for p in targets),
        **more,
    )


def sell_gold(
    stop: str | None = "2660.00", *targets: str, entry: tuple[str, ...] = (), **more: Any
) -> Open:
    """A sell of XAUUSD; the quote is 2650.00 / 2650.20, so the default stop is 10 from the bid."""
    return Open(
        symbol="XAUUSD",
        side=Side.SELL,
        entry=tuple(D(p) for p in entry),
        stop_loss=None if stop is None else D(stop),
        take_profits=tuple(D(p) for p in targets),
        **more,
    )


def position(identifier: str, action: Open, volume: str = "0.10", **changes: Any) -> Position:
    quote = EUR_TICK if action.symbol == "EURUSD" else GOLD_TICK
    base = Position(
        identifier=identifier,
        ticket=identifier,
        symbol={"EURUSD": "EURUSD.r", "XAUUSD": "GOLD"}[action.symbol],
        side=action.side,
        volume=D(volume),
        entry_price=quote.entry_price(action.side),
        stop_loss=action.stop_loss,
        take_profit=None,
        price=quote.exit_price(action.side),
        profit=D(0),
        swap=D(0),
        magic="517001",
        tag="S" + identifier,
        opened_at=NOW,
    )
    return replace(base, **changes)


def pending(ticket: str, action: Open, target: str | None = None, volume: str = "0.10") -> PendingOrder:
    return PendingOrder(
        ticket=ticket,
        symbol=action.symbol,
        side=action.side,
        kind=action.order,
        volume=D(volume),
        price=action.entry[0],
        stop_loss=action.stop_loss,
        take_profit=None if target is None else D(target),
        expires_at=None,
        magic="517001",
        tag="S" + ticket,
        placed_at=NOW,
    )


def record(
    message: int, action: Open, volumes: Iterable[str] = ("0.10",), chat: str = "chan", **changes: Any
) -> SignalRecord:
    """A signal with one open position a volume, legs from 1, targets as the action names them."""
    legs = []
    for number, volume in enumerate(volumes, start=1):
        target = action.take_profits[number - 1] if number <= len(action.take_profits) else None
        held = position(f"{message}{number:02}", action, volume, take_profit=target, **changes)
        legs.append(
            SignalLeg(
                chat, message, 1, number, "open", action.symbol, action.side, position=held, target=target
            )
        )
    return SignalRecord(chat, message, 1, NOW - timedelta(hours=1), action, tuple(legs))


def waiting(message: int, action: Open, count: int = 1, chat: str = "chan") -> SignalRecord:
    """A signal with ``count`` waiting orders."""
    legs = []
    for number in range(1, count + 1):
        target = action.take_profits[number - 1] if number <= len(action.take_profits) else None
        order = pending(f"{message}{number:02}", action, None if target is None else str(target))
        legs.append(
            SignalLeg(
                chat, message, 1, number, "pending", action.symbol, action.side, order=order, target=target
            )
        )
    return SignalRecord(chat, message, 1, NOW - timedelta(hours=1), action, tuple(legs))


def limit_buy(
    *targets: str, at: tuple[str, ...] = ("1.09800",), stop: str = "1.09300", **more: Any
) -> Open:
    return buy(stop, *targets, entry=at, order=OrderKind.LIMIT, **more)


def opened(step: PlannedStep) -> OpenLeg:
    """The step's request, which must open a leg."""
    assert isinstance(step.request, OpenLeg), step
    return step.request
