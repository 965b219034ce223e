"""The terminal's plain dictionaries as domain values: floats become Decimals here, and only here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache
from typing import Any, TypeAlias

from signalos.brokers.mt5 import constants as mt5
from signalos.domain.market import (
    Account,
    Deal,
    DealEntry,
    MarginMode,
    PendingOrder,
    Position,
    SymbolSpec,
    Tick,
)
from signalos.domain.signal import OrderKind, Side

Row: TypeAlias = Mapping[str, Any]
ToUtc: TypeAlias = Callable[[float], datetime]
"""Server epoch seconds -> aware UTC."""

_NOISE = Decimal("0.00000001")
"""No symbol quotes or trades finer than eight digits: beyond them lies binary noise."""

_MARGIN_MODES = {0: MarginMode.NETTING, 1: MarginMode.EXCHANGE, 2: MarginMode.HEDGING}
_ENTRIES = {0: DealEntry.IN, 1: DealEntry.OUT, 2: DealEntry.INOUT, 3: DealEntry.OUT_BY}
_REASONS = {
    0: "client",
    1: "client",
    2: "client",
    3: "expert",
    4: "stop_loss",
    5: "take_profit",
    6: "stop_out",
}
_ORDER_KINDS = {
    mt5.ORDER_BUY: OrderKind.MARKET,
    mt5.ORDER_SELL: OrderKind.MARKET,
    mt5.ORDER_BUY_LIMIT: OrderKind.LIMIT,
    mt5.ORDER_SELL_LIMIT: OrderKind.LIMIT,
    mt5.ORDER_BUY_STOP: OrderKind.STOP,
    mt5.ORDER_SELL_STOP: OrderKind.STOP,
    mt5.ORDER_BUY_STOP_LIMIT: OrderKind.STOP,
    mt5.ORDER_SELL_STOP_LIMIT: OrderKind.STOP,
}


@lru_cache(maxsize=4096)
def exact(value: float | int | Decimal, digits: int | None = None) -> Decimal:
    """Return a number of the terminal as Decimal, rounded to ``digits`` (eight where unknown).

    The same volumes, prices and levels come with every reading: their Decimals are kept.
    """
    step = _NOISE if digits is None else Decimal(1).scaleb(-digits)
    number = Decimal(str(value)).quantize(step, ROUND_HALF_EVEN)
    return number if digits is not None else number.normalize() + Decimal(0)


def level(value: float, digits: int | None = None) -> Decimal | None:
    """A stop or target: the terminal writes 0 for none."""
    return exact(value, digits) if value else None


@dataclass(frozen=True, slots=True)
class Terminal:
    """What the terminal program says of itself."""

    connected: bool
    trade_allowed: bool
    api_disabled: bool


@dataclass(frozen=True, slots=True)
class Conditions:
    """A symbol's trading conditions as the checks before a send read them.

    ``stops_distance`` and ``freeze_distance`` are price distances; masks are MetaTrader's bits;
    ``volume_limit`` 0 means none.
    """

    name: str
    digits: int
    point: Decimal
    tick_size: Decimal
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    volume_limit: Decimal
    stops_distance: Decimal
    freeze_distance: Decimal
    trade_mode: int
    execution: int
    filling_mask: int
    order_mask: int
    expiration_mask: int


def terminal(row: Row) -> Terminal:
    """Read terminal_info."""
    return Terminal(bool(row["connected"]), bool(row["trade_allowed"]), bool(row["tradeapi_disabled"]))


def conditions(info: Row) -> Conditions:
    """Read symbol_info."""
    digits = int(info["digits"])
    point = exact(info["point"])
    return Conditions(
        name=info["name"],
        digits=digits,
        point=point,
        tick_size=exact(info["trade_tick_size"]) or point,
        contract_size=exact(info["trade_contract_size"]),
        volume_min=exact(info["volume_min"]),
        volume_max=exact(info["volume_max"]),
        volume_step=exact(info["volume_step"]),
        volume_limit=exact(info["volume_limit"]),
        stops_distance=info["trade_stops_level"] * point,
        freeze_distance=info["trade_freeze_level"] * point,
        trade_mode=info["trade_mode"],
        execution=info["trade_exemode"],
        filling_mask=info["filling_mode"],
        order_mask=info["order_mode"],
        expiration_mask=info["expiration_mode"],
    )


def spec(canonical: str, c: Conditions, loss_per_lot: Decimal) -> SymbolSpec:
    """Put a symbol's conditions into the domain's form."""
    return SymbolSpec(
        name=c.name,
        canonical=canonical,
        digits=c.digits,
        point=c.point,
        tick_size=c.tick_size,
        contract_size=c.contract_size,
        volume_min=c.volume_min,
        volume_max=c.volume_max,
        volume_step=c.volume_step,
        stops_distance=c.stops_distance,
        freeze_distance=c.freeze_distance,
        loss_per_lot=loss_per_lot,
        trade_allowed=c.trade_mode not in (mt5.TRADE_DISABLED, mt5.TRADE_CLOSE_ONLY),
    )


def loss_per_lot(facts: Row) -> Decimal:
    """Account-currency loss of one lot a price unit, from the worker's ``symbol_terms``.

    The terminal's own profit for a move of 1 % is divided by the move; the worse direction counts.
    Without a quote: tick value / tick size of symbol_info. Returns 0 where neither is known.
    """
    losses = [-exact(facts[way]) for way in ("falling", "rising") if facts.get(way) is not None]
    if losses and max(losses) > 0:
        return exact(max(losses) / exact(facts["move"]))
    info = facts["info"]
    value = info["trade_tick_value_loss"] or info["trade_tick_value"]
    size = info["trade_tick_size"]
    return exact(exact(value) / exact(size)) if value and size else Decimal(0)


def tick(row: Row, digits: int, to_utc: ToUtc, age: float) -> Tick:
    """Read symbol_info_tick."""
    return Tick(exact(row["bid"], digits), exact(row["ask"], digits), to_utc(row["time_msc"] / 1000), age)


def account(row: Row, terminal_row: Row) -> Account:
    """Read account_info; trading is allowed only where the terminal and the account both say so."""
    allowed = terminal(terminal_row)
    return Account(
        login=str(row["login"]),
        server=row["server"],
        currency=row["currency"],
        margin_mode=_MARGIN_MODES[row["margin_mode"]],
        balance=exact(row["balance"]),
        equity=exact(row["equity"]),
        margin=exact(row["margin"]),
        free_margin=exact(row["margin_free"]),
        leverage=row["leverage"],
        trade_allowed=bool(row["trade_allowed"] and row["trade_expert"])
        and allowed.trade_allowed
        and not allowed.api_disabled,
        demo=row["trade_mode"] in (mt5.ACCOUNT_DEMO, mt5.ACCOUNT_CONTEST),
    )


def side_of(order_type: int) -> Side:
    """Every even order type buys."""
    return Side.BUY if order_type % 2 == 0 else Side.SELL


def position(row: Row, symbol: str, to_utc: ToUtc) -> Position:
    """Read a row of positions_get; ``symbol`` is the canonical name where one is known."""
    return Position(
        identifier=str(row["identifier"]),
        ticket=str(row["ticket"]),
        symbol=symbol,
        side=side_of(row["type"]),
        volume=exact(row["volume"]),
        entry_price=exact(row["price_open"]),
        stop_loss=level(row["sl"]),
        take_profit=level(row["tp"]),
        price=exact(row["price_current"]),
        profit=exact(row["profit"]),
        swap=exact(row["swap"]),
        magic=str(row["magic"]),
        tag=row["comment"],
        opened_at=to_utc(row["time_msc"] / 1000),
    )


def pending(row: Row, symbol: str, to_utc: ToUtc) -> PendingOrder:
    """Read a row of orders_get."""
    expires = row["time_expiration"]
    return PendingOrder(
        ticket=str(row["ticket"]),
        symbol=symbol,
        side=side_of(row["type"]),
        kind=_ORDER_KINDS.get(row["type"], OrderKind.MARKET),
        volume=exact(row["volume_current"]),
        price=exact(row["price_open"]),
        stop_loss=level(row["sl"]),
        take_profit=level(row["tp"]),
        expires_at=to_utc(expires) if expires else None,
        magic=str(row["magic"]),
        tag=row["comment"],
        placed_at=to_utc(row["time_setup_msc"] / 1000),
    )


def deal(row: Row, symbol: str, to_utc: ToUtc, apart: Decimal = Decimal(0)) -> Deal:
    """Read a trading row of history_deals_get (not a balance operation); ``apart`` is its :func:`costs_apart`."""
    return Deal(
        ticket=str(row["ticket"]),
        order=str(row["order"]),
        position=str(row["position_id"]),
        symbol=symbol,
        side=Side.BUY if row["type"] == mt5.DEAL_BUY else Side.SELL,
        entry=_ENTRIES[row["entry"]],
        volume=exact(row["volume"]),
        price=exact(row["price"]),
        profit=exact(row["profit"]),
        swap=exact(row["swap"]),
        commission=exact(row["commission"]) + apart,
        fee=exact(row["fee"]),
        magic=str(row["magic"]),
        tag=row["comment"],
        reason=_REASONS.get(row["reason"], "other"),
        at=to_utc(row["time_msc"] / 1000),
    )


def is_trade(row: Row) -> bool:
    """True for deals that buy or sell; deposits, corrections and the like are none."""
    return row["type"] in (mt5.DEAL_BUY, mt5.DEAL_SELL)


def deal_age(row: Row) -> tuple[int, int]:
    """By this deals are sorted from the oldest to the newest."""
    return row["time_msc"], row["ticket"]


def costs_apart(rows: Sequence[Row], trades: Sequence[Row]) -> dict[int, Decimal]:
    """Ticket of a trading deal -> what is booked for it as deals of their own, commission above all.

    Such a row names a position. It belongs to the newest deal of its order before it; where a server names no
    order, to that of the position. ``trades`` are the trading deals of ``rows``, oldest first.
    """
    costs: dict[int, Decimal] = {}
    of_position: dict[int, list[Row]] = defaultdict(list)
    for trade in trades:
        of_position[trade["position_id"]].append(trade)
    for row in rows:
        if is_trade(row) or row["position_id"] not in of_position:
            continue
        held = of_position[row["position_id"]]
        held = [trade for trade in held if trade["order"] == row["order"]] or held
        earlier = [trade for trade in held if deal_age(trade) <= deal_age(row)]
        ticket = (earlier or held[:1])[-1]["ticket"]
        amount = sum((exact(row[part]) for part in ("profit", "swap", "commission", "fee")), Decimal(0))
        costs[ticket] = costs.get(ticket, Decimal(0)) + amount
    return costs
