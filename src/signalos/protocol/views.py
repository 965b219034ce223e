"""What the REST API answers; the same shapes travel as data of durable socket events."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from signalos.protocol.firebridge import LatchState, PlanData, SourceState, Span, StepData
from signalos.protocol.shapes import (
    CommandState,
    Instant,
    Number,
    OrderName,
    Severity,
    SideName,
    TerminalStatus,
    TradeStatus,
    Wire,
)

T = TypeVar("T")


class Page(Wire, Generic[T], frozen=True, kw_only=True):
    """One page of a list, newest first; ``next_cursor`` None on the last."""

    items: list[T]
    next_cursor: str | None = None


class UserView(Wire, frozen=True, kw_only=True):
    """The signed-in user."""

    id: int
    email: str
    role: str = "trader"
    demo: bool = False


class Session(Wire, frozen=True, kw_only=True):
    """Answer of sign-in, registration and refresh."""

    token: str
    refresh_token: str
    user: UserView


class TradeView(Wire, frozen=True, kw_only=True):
    """A trade; ``pnl`` is the realised profit so far with costs (floating profit is in the status).

    ``volume`` is what was opened, ``closed_volume`` what has been closed of it since. ``symbol`` is ""
    and ``side`` None where a narrow push named neither.
    """

    id: int
    signal_id: int | None
    terminal_id: str
    mt5_ticket: str | None
    identifier: str | None
    symbol: str
    side: SideName | None
    volume: Number
    closed_volume: Number = Number(0)
    entry_price: Number | None
    stop_loss: Number | None
    take_profit: Number | None
    close_price: Number | None
    pnl: Number | None
    status: TradeStatus
    reason: str
    leg: int | None
    chat_name: str
    opened_at: Instant | None
    closed_at: Instant | None
    updated_at: Instant


class DecisionView(Wire, frozen=True, kw_only=True):
    """What one terminal decided about one version of a signal, with every step."""

    terminal_id: str
    version: int
    action: str
    verdict: str
    reason: str
    steps: list[StepData]
    plan: list[PlanData]
    strategy_version: str
    budget: Number | None
    risk: Number | None
    decided_at: Instant


class SignalView(Wire, frozen=True, kw_only=True):
    """A signal or update as read, with its decisions and the trades it led to.

    ``status``: received (no decision yet) | executed | refused | rejected (the reading itself).
    """

    id: int
    chat_id: str
    chat_name: str
    message_id: int
    part: int
    version: int
    text: str
    action: str
    symbol: str | None
    side: SideName | None
    order: OrderName | None
    entry: list[Number]
    stop_loss: Number | None
    take_profits: list[Number]
    details: dict[str, Any]
    spans: list[Span]
    confidence: float
    status: str
    reason: str
    posted_at: Instant
    received_at: Instant
    decisions: list[DecisionView] = []
    trade_ids: list[int] = []


class TerminalView(Wire, frozen=True, kw_only=True):
    """A terminal with its last state; ``last_seen_at`` is the age of everything in it."""

    id: int
    terminal_id: str | None
    name: str
    platform: str
    version: str
    status: TerminalStatus
    connected: bool
    online: bool
    last_seen_at: Instant | None
    quote_at: Instant | None
    market_time: Instant | None
    balance: Number | None
    equity: Number | None
    free_margin: Number | None
    profit: Number | None
    currency: str
    demo: bool
    day_start_equity: Number | None
    latch: LatchState | None
    paused: bool
    sources: list[SourceState]
    reason: str


class TerminalRegistered(Wire, frozen=True, kw_only=True):
    """Answer of POST /api/terminals/register: whether the user lets this terminal in."""

    id: int
    status: TerminalStatus
    user_id: int
    terminal_id: str


class TerminalIssued(Wire, frozen=True, kw_only=True):
    """Answer of everything that hands out a terminal token; the token is shown this once."""

    id: int
    status: TerminalStatus
    token: str


class TerminalCommandView(Wire, frozen=True, kw_only=True):
    """A command's state at one terminal."""

    terminal_id: str
    state: CommandState
    reason: str = ""
    text: str = ""
    flat: bool | None = None
    results: list[dict[str, Any]] = []


class CommandView(Wire, frozen=True, kw_only=True):
    """A command and how far each terminal is."""

    id: str
    kind: str
    args: dict[str, Any]
    state: CommandState
    issued_at: Instant
    expires_at: Instant | None
    terminals: list[TerminalCommandView]


class CommandAccepted(Wire, frozen=True, kw_only=True):
    """Answer 202 of everything that commands a terminal."""

    command_id: str
    terminals: list[TerminalCommandView] = []


class AlertView(Wire, frozen=True, kw_only=True):
    """Something that a person should know."""

    id: int
    code: str
    severity: Severity
    text: str
    terminal_id: str | None
    at: Instant


class LogView(Wire, frozen=True, kw_only=True):
    """A durable event as the log page lists it."""

    id: int
    seq: int
    type: str
    at: Instant
    data: dict[str, Any]


class SyncAnswer(Wire, frozen=True, kw_only=True):
    """Answer of POST sync-user."""

    ok: bool
    received_at: Instant


class PushAnswer(Wire, frozen=True, kw_only=True):
    """Answer of POST push-trade-result."""

    ok: bool
    trade_id: int


class EquityPoint(Wire, frozen=True, kw_only=True):
    """A sampled point of a terminal's equity curve."""

    at: Instant
    balance: Number
    equity: Number
    terminal_id: str = ""


class Overview(Wire, frozen=True, kw_only=True):
    """Data of ``snapshot`` and of GET /api/overview: all that the first page needs at once."""

    user: UserView
    seq: int
    terminals: list[TerminalView]
    open_trades: list[TradeView]
    recent_signals: list[SignalView]
    commands: list[CommandView]
    alerts: list[AlertView]
    equity: list[EquityPoint]
    demo: bool
    verified_on_real_terminal: bool = False


class Problem(Wire, frozen=True, kw_only=True):
    """RFC 9457 problem details; ``code`` is stable."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    errors: list[dict[str, Any]] = []
