"""What a desktop app posts to ``/api/firebridge``."""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypeAlias

from msgspec import Meta, Raw, field

from signalos.protocol.shapes import (
    Instant,
    Key,
    Name,
    Number,
    OrderName,
    Severity,
    Short,
    SideName,
    StopMode,
    Text,
    Ticket,
    TradeStatus,
    Wire,
)

EventKind: TypeAlias = Literal["message", "signal", "decision", "trade", "alert", "latch"]
BATCH_LIMIT = 500
"""Most events in one POST."""


class AccountInfo(Wire, frozen=True, kw_only=True):
    """The terminal's account; money in ``currency``."""

    balance: Number = Number(0)
    equity: Number = Number(0)
    free_margin: Number = Number(0)
    margin: Number = Number(0)
    profit: Number = Number(0)
    currency: str = ""
    login: str = ""
    server: str = ""
    leverage: int = 0
    demo: bool = True


class PositionState(Wire, frozen=True, kw_only=True):
    """An open position as the terminal shows it now."""

    identifier: Key
    ticket: Key
    symbol: Name
    side: SideName
    volume: Number
    entry_price: Number
    price: Number
    profit: Number
    swap: Number = Number(0)
    stop_loss: Number | None = None
    take_profit: Number | None = None
    risk: Number | None = None
    """Loss at the stop from the current price's entry, account currency; None without a stop."""
    own: bool = True
    """False for positions that were opened by hand or by another program."""
    opened_at: Instant | None = None


class OrderState(Wire, frozen=True, kw_only=True):
    """A waiting order as the terminal shows it now."""

    ticket: Key
    symbol: Name
    side: SideName
    order: OrderName
    volume: Number
    price: Number
    stop_loss: Number | None = None
    take_profit: Number | None = None
    own: bool = True


class LatchState(Wire, frozen=True, kw_only=True):
    """The emergency stop as latched at the desktop app, with its progress (``closed`` of ``total``)."""

    latch_id: Key
    mode: StopMode
    at: Instant
    local: bool = False
    flat: bool = False
    closed: int = 0
    total: int = 0
    left: list[Any] = []


class Mt5Module(Wire, frozen=True, kw_only=True):
    """The terminal's part of a status report. ``quote_at`` is when the newest quote changed.

    ``paused`` is the terminal's own pause, ``paused_chats`` those of single channels on it.
    """

    connected: bool
    account_info: AccountInfo = field(name="account_info", default_factory=AccountInfo)
    positions: list[PositionState] | None = None
    orders: list[OrderState] | None = None
    quote_at: Instant | None = None
    market_time: Instant | None = None
    latch: LatchState | None = None
    paused: bool = False
    paused_chats: Annotated[list[Key], Meta(max_length=1000)] = []
    reason: str = ""


class SourceState(Wire, frozen=True, kw_only=True):
    """A message source's health."""

    name: Name
    type: Name
    connected: bool
    last_message_at: Instant | None = None
    error: Short = ""


class Modules(Wire, frozen=True, kw_only=True):
    """What a status report is made of."""

    mt5: Mt5Module
    sources: list[SourceState] = []


class Status(Wire, frozen=True, kw_only=True):
    """A status report: state, not history; positions are replaced as a whole."""

    is_connected: bool
    modules: Modules


class SyncUser(Wire, frozen=True, kw_only=True):
    """Body of POST sync-user."""

    user_id: int
    terminal_id: Key
    status: Status


class Span(Wire, frozen=True, kw_only=True):
    """Characters [start, end) of the message, in code points, that became ``field``."""

    field: Name
    start: int
    end: int


class MessageData(Wire, frozen=True, kw_only=True):
    """Event ``message``: a post, an edit or a deletion was journalled."""

    chat_id: Key
    message_id: int
    version: int = 1
    chat_name: str = ""
    source: str = ""
    text: Text = ""
    posted_at: Instant
    reply_to: int | None = None
    deleted: bool = False
    reason: str = ""
    """Why nothing was read from it; "" where a signal or update was."""
    detail: Short = ""
    """What the reason is about, in words; "" where the reason says it all."""


class SignalData(Wire, frozen=True, kw_only=True):
    """Event ``signal``: an action was read from a message."""

    chat_id: Key
    message_id: int
    part: int
    version: int = 1
    chat_name: str = ""
    text: Text = ""
    action: Name
    symbol: str | None = None
    side: SideName | None = None
    order: OrderName | None = None
    entry: list[Number] = []
    stop_loss: Number | None = None
    take_profits: list[Number] = []
    details: dict[str, Any] = {}
    """Fields of updates: price, fraction, index, target message, scope, reject reason."""
    spans: list[Span] = []
    confidence: float = 1.0
    posted_at: Instant


class StepData(Wire, frozen=True, kw_only=True):
    """One step of a decision."""

    rule: Name
    verdict: Literal["pass", "refuse", "note"]
    input: Short = ""
    limit: Short = ""
    text: Short = ""


class PlanData(Wire, frozen=True, kw_only=True):
    """One thing that was (or was not) sent."""

    leg: int
    kind: Name
    reason: str = ""
    text: Short = ""
    symbol: str | None = None
    side: SideName | None = None
    volume: Number | None = None
    price: Number | None = None
    stop_loss: Number | None = None
    take_profit: Number | None = None
    risk: Number | None = None


class DecisionData(Wire, frozen=True, kw_only=True):
    """Event ``decision``: what one terminal decided about one action."""

    chat_id: Key
    message_id: int
    part: int
    version: int = 1
    terminal_id: Key
    action: Name
    verdict: Literal["pass", "refuse"]
    reason: str = ""
    steps: list[StepData] = []
    plan: list[PlanData] = []
    strategy_version: str = ""
    budget: Number | None = None
    risk: Number | None = None
    decided_at: Instant


class DealData(Wire, frozen=True, kw_only=True):
    """An executed deal of a position. Money in account currency; ``at`` is UTC in the trade's own time."""

    ticket: Key
    entry: Literal["in", "out", "inout", "out_by"]
    side: SideName
    volume: Number
    price: Number
    profit: Number = Number(0)
    swap: Number = Number(0)
    commission: Number = Number(0)
    fee: Number = Number(0)
    reason: str = ""
    at: Instant


class TradeData(Wire, frozen=True, kw_only=True):
    """Event ``trade``: a leg's order or position changed state.

    ``identifier`` is the position's (for a waiting order: the order's ticket, which becomes the
    position's identifier when it fills). A trade is (terminal, identifier).
    """

    terminal_id: Key
    identifier: Key
    ticket: Key
    symbol: Name
    side: SideName
    volume: Number
    status: TradeStatus
    chat_id: str | None = None
    message_id: int | None = None
    part: int | None = None
    leg: int | None = None
    origin: str = "signal"
    entry_price: Number | None = None
    stop_loss: Number | None = None
    take_profit: Number | None = None
    close_price: Number | None = None
    closed_volume: Number | None = None
    pnl: Number | None = None
    reason: str = ""
    opened_at: Instant | None = None
    closed_at: Instant | None = None
    updated_at: Instant
    deals: list[DealData] | None = None
    """All deals of the position so far; None where they were not read for this event."""


class AlertData(Wire, frozen=True, kw_only=True):
    """Event ``alert``: something that a person should know. ``text`` says what, why and what to do."""

    code: Name
    severity: Severity
    text: Short
    terminal_id: str | None = None


class LatchData(Wire, frozen=True, kw_only=True):
    """Event ``latch``: the stop was set, progressed or ended."""

    terminal_id: Key
    latch_id: Key
    mode: StopMode
    state: Literal["set", "progress", "flat", "ended"]
    closed: int = 0
    total: int = 0
    flat: bool = False
    left: list[dict[str, Any]] = []
    text: Short = ""


EVENT_DATA: dict[str, type[Wire]] = {
    "message": MessageData,
    "signal": SignalData,
    "decision": DecisionData,
    "trade": TradeData,
    "alert": AlertData,
    "latch": LatchData,
}


class Event(Wire, frozen=True, kw_only=True):
    """One journalled event; ``event_id`` is a UUID made when it was journalled."""

    event_id: Annotated[str, Meta(min_length=8, max_length=64)]
    kind: str
    at: Instant
    data: Raw


class EventBatch(Wire, frozen=True, kw_only=True):
    """Body of POST events, in journal order. One bad event does not fail its neighbours."""

    terminal_id: Key | None = None
    events: Annotated[list[Raw], Meta(max_length=BATCH_LIMIT)]


class Accepted(Wire, frozen=True, kw_only=True):
    """An event that is stored (now or before); ``id`` is the stored row's."""

    event_id: str
    id: int


class Rejected(Wire, frozen=True, kw_only=True):
    """An event that can never be stored; ``code`` says why."""

    event_id: str
    code: str
    detail: str = ""


class EventsAnswer(Wire, frozen=True, kw_only=True):
    """Answer of POST events."""

    accepted: list[Accepted] = []
    rejected: list[Rejected] = []


class TradeResult(Wire, frozen=True, kw_only=True):
    """The narrow form of a trade's state (POST push-trade-result)."""

    success: bool
    mt5_ticket: Ticket | None = None
    symbol: str | None = None
    side: SideName | None = None
    volume: Number | None = None
    entry_price: Number | None = None
    stop_loss: Number | None = None
    take_profit: Number | None = None
    close_price: Number | None = None
    pnl: Number | None = None
    status: TradeStatus | None = None
    error: Short | None = None


class PushTradeResult(Wire, frozen=True, kw_only=True):
    """Body of POST push-trade-result."""

    user_id: int
    signal_id: int | None = None
    terminal_id: Key | None = None
    trade_result: TradeResult
