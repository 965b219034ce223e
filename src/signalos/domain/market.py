"""What a trading terminal says: symbols, quotes, the account, positions, orders, deals."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from signalos.domain.signal import OrderKind, Side


@dataclass(frozen=True, slots=True)
class SymbolSpec:
    """A broker's contract for one symbol. ``name`` is the broker's own spelling, ``canonical`` ours.

    ``loss_per_lot`` is the account-currency loss of one lot when the price moves one full unit
    against it, as the terminal computes it (never a constant). Distances are in price units.
    """

    name: str
    canonical: str
    digits: int
    point: Decimal
    tick_size: Decimal
    contract_size: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    stops_distance: Decimal
    freeze_distance: Decimal
    loss_per_lot: Decimal
    trade_allowed: bool = True


@dataclass(frozen=True, slots=True)
class Tick:
    """Best bid and ask; ``time`` is the terminal's, ``age`` seconds since the quote last changed.

    ``session_open`` is False where the broker knows that the market is closed, None where it cannot
    tell (MetaTrader's module has no table of sessions).
    """

    bid: Decimal
    ask: Decimal
    time: datetime
    age: float = 0.0
    session_open: bool | None = None

    @property
    def spread(self) -> Decimal:
        return self.ask - self.bid

    def entry_price(self, side: Side) -> Decimal:
        """Where ``side`` enters: buys at the ask, sells at the bid."""
        return self.ask if side is Side.BUY else self.bid

    def exit_price(self, side: Side) -> Decimal:
        """Where a position of ``side`` leaves: buys at the bid, sells at the ask."""
        return self.bid if side is Side.BUY else self.ask


class MarginMode(StrEnum):
    """How the account keeps positions."""

    HEDGING = "hedging"
    NETTING = "netting"
    EXCHANGE = "exchange"


@dataclass(frozen=True, slots=True)
class Account:
    """The account's state. ``identity`` = login@server: a change of it stops every send."""

    login: str
    server: str
    currency: str
    margin_mode: MarginMode
    balance: Decimal
    equity: Decimal
    margin: Decimal
    free_margin: Decimal
    leverage: int
    trade_allowed: bool
    demo: bool

    @property
    def identity(self) -> str:
        return f"{self.login}@{self.server}"


@dataclass(frozen=True, slots=True)
class Position:
    """An open position. ``identifier`` is what stays the same for its whole life; the ticket may not."""

    identifier: str
    ticket: str
    symbol: str
    side: Side
    volume: Decimal
    entry_price: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    price: Decimal
    profit: Decimal
    swap: Decimal
    magic: str
    tag: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class PendingOrder:
    """A waiting order at the broker."""

    ticket: str
    symbol: str
    side: Side
    kind: OrderKind
    volume: Decimal
    price: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None
    expires_at: datetime | None
    magic: str
    tag: str
    placed_at: datetime


class DealEntry(StrEnum):
    """Whether a deal opened or closed."""

    IN = "in"
    OUT = "out"
    INOUT = "inout"
    OUT_BY = "out_by"


@dataclass(frozen=True, slots=True)
class Deal:
    """An executed deal. ``reason`` is client | expert | stop_loss | take_profit | stop_out | other."""

    ticket: str
    order: str
    position: str
    symbol: str
    side: Side
    entry: DealEntry
    volume: Decimal
    price: Decimal
    profit: Decimal
    swap: Decimal
    commission: Decimal
    fee: Decimal
    magic: str
    tag: str
    reason: str
    at: datetime

    @property
    def net(self) -> Decimal:
        """Profit with swap, commission and fee (account currency)."""
        return self.profit + self.swap + self.commission + self.fee
