"""What the account keeps: positions, orders, deals. Stored as JSON rows, one a ticket.

Times are microseconds of account time, prices points, volumes whole :data:`VOLUME_UNIT` parts of a
lot, money exact decimals in account currency rounded to its digits. 0 stands for no stop and no target.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from signalos.brokers.simulated.codes import (
    DealType,
    Entry,
    Filling,
    MarginMode,
    OrderState,
    OrderType,
    Reason,
    TimeType,
)

ZERO = Decimal(0)


class Position(msgspec.Struct, kw_only=True):
    """An open position. Its ticket is that of the order that opened or turned it; its identifier is the
    first of those and stays. Only an average of several deals has a price between two points.
    """

    ticket: int
    symbol: str
    type: OrderType
    volume: int
    price: int | Decimal
    sl: int
    tp: int
    magic: int
    comment: str
    reason: Reason
    opened: int
    updated: int
    identifier: int = 0
    swap: Decimal = ZERO

    def __post_init__(self) -> None:
        # Until a reversal or a broker's own doing gives another ticket, both are one number.
        self.identifier = self.identifier or self.ticket

    @property
    def is_buy(self) -> bool:
        return self.type is OrderType.BUY

    @property
    def sign(self) -> int:
        return 1 if self.is_buy else -1


class Order(msgspec.Struct, kw_only=True):
    """A waiting order, or (``done`` set) one that has ended. ``expires`` is 0 for never.

    ``position`` is the identifier of the position it made or is to close. ``stoplimit`` is where a
    stop-limit order will wait as a limit.
    """

    ticket: int
    symbol: str
    type: OrderType
    volume: int
    left: int
    price: int
    sl: int
    tp: int
    filling: Filling
    time_type: TimeType
    expires: int
    state: OrderState
    reason: Reason
    magic: int
    comment: str
    position: int
    setup: int
    done: int = 0
    position_by: int = 0
    stoplimit: int = 0

    @property
    def side(self) -> OrderType:
        """BUY or SELL: what the order comes to."""
        return OrderType.BUY if self.is_buy else OrderType.SELL

    @property
    def is_buy(self) -> bool:
        return self.type % 2 == 0


class Deal(msgspec.Struct, kw_only=True, frozen=True):
    """One execution, or a deposit (type BALANCE, no symbol)."""

    ticket: int
    order: int
    time: int
    type: DealType
    entry: Entry
    reason: Reason
    symbol: str = ""
    volume: int = 0
    price: int = 0
    position: int = 0
    magic: int = 0
    comment: str = ""
    profit: Decimal = ZERO
    commission: Decimal = ZERO
    swap: Decimal = ZERO
    fee: Decimal = ZERO

    @property
    def net(self) -> Decimal:
        """What the deal does to the balance."""
        return self.profit + self.commission + self.swap + self.fee


class AccountSettings(msgspec.Struct, kw_only=True, frozen=True):
    """How the account was opened."""

    login: int = 90_000_001
    server: str = "SignalOS-Simulated"
    currency: str = "USD"
    deposit: Decimal = Decimal(100_000)
    leverage: int = 100
    trade_mode: int = 0
    """ACCOUNT_TRADE_MODE: 0 demo, 1 contest, 2 real. What is real about it is its name alone."""
    limit_orders: int = 200
    limit_positions: int = 0
    """How many positions may be open, 0 for any number."""
    margin_call: int = 100
    """Margin level in percent that is a margin call: told, and left at that."""
    stop_out: int = 50
    """Margin level in percent below which positions are closed by force."""
    margin_mode: MarginMode = MarginMode.RETAIL_HEDGING
    fifo_close: bool = False
    """Of a symbol's positions the oldest has to be closed first (hedging accounts)."""
    hedging_allowed: bool = True
    """Whether a hedging account may hold both directions of a symbol."""
    server_zone: str = "UTC"
    """The server's wall clock, see ``servertime``."""

    @property
    def netting(self) -> bool:
        """Whether there is one position a symbol."""
        return self.margin_mode is not MarginMode.RETAIL_HEDGING

    @property
    def digits(self) -> int:
        """Decimals of money of this account."""
        return 0 if self.currency in {"JPY", "HUF"} else 2


class AccountState(msgspec.Struct, kw_only=True):
    """Everything of the account that must survive: what storage writes and reads."""

    now: int
    positions: dict[int, Position]
    orders: dict[int, Order]
    done_orders: dict[int, Order]
    deals: dict[int, Deal]
    next_order: int = 5_000_001
    next_deal: int = 7_000_001


class Changes(msgspec.Struct):
    """What has changed since the last commit, by ticket; a ticket no longer alive is deleted."""

    positions: set[int] = msgspec.field(default_factory=set)
    orders: set[int] = msgspec.field(default_factory=set)
    done_orders: set[int] = msgspec.field(default_factory=set)
    deals: set[int] = msgspec.field(default_factory=set)

    def __bool__(self) -> bool:
        return bool(self.positions or self.orders or self.done_orders or self.deals)


def opened_account(settings: AccountSettings, now: int) -> tuple[AccountState, Changes]:
    """A fresh account at ``now``: the deposit is its first deal."""
    state = AccountState(now=now, positions={}, orders={}, done_orders={}, deals={})
    ticket = state.next_deal
    state.next_deal += 1
    state.deals[ticket] = Deal(
        ticket=ticket,
        order=0,
        time=now,
        type=DealType.BALANCE,
        entry=Entry.IN,
        reason=Reason.CLIENT,
        comment="Deposit",
        profit=settings.deposit,
    )
    return state, Changes(deals={ticket})
