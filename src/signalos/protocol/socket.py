"""What travels on ``/ws``."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

from msgspec import Raw, field

from signalos.protocol.shapes import CommandState, Instant, Key, Number, Severity, StopMode, Wire

CLOSE_UNAUTHORISED = 4401
AUTH_WITHIN_SECONDS = 5.0
RESUME_WITHIN_SECONDS = 0.25
FRAME_LIMIT = 1_048_576

CommandKind: TypeAlias = Literal[
    "stop", "pause", "resume", "close", "partial_close", "modify", "strategy_changed", "signal"
]


class Envelope(Wire, frozen=True, kw_only=True):
    """Every server message. ``seq`` counts a user's durable events from 1 without holes, else None."""

    type: str
    data: Any
    seq: int | None = None
    at: Instant


class ClientMessage(Wire, frozen=True, kw_only=True):
    """Every client message: auth, resume_from, ping, emergency_stop_command, close_trade_command,
    command_ack, command_result.
    """

    type: str
    token: str | None = None
    seq: int | None = None
    data: Raw = field(default_factory=lambda: Raw(b"{}"))


class Ready(Wire, frozen=True, kw_only=True):
    """Data of ``ready``: authentication worked; ``seq`` is the newest durable event's."""

    user_id: int
    seq: int


class Command(Wire, frozen=True, kw_only=True):
    """Data of ``command``, sent to one terminal until its result is stored.

    ``args``: stop {mode, latchId}; pause {chatId?}; resume {chatId?, endStop?}; close {identifier};
    partial_close {identifier, volume}; modify {identifier, stopLoss?, takeProfit?} (null removes,
    absent leaves); strategy_changed {}; signal {chatId, messageId, text, chatName, again} (``again``: a
    signal that was refused or waits for a yes is decided anew, as of now; else a new one by hand).
    """

    id: Key
    terminal_seq: int
    kind: CommandKind
    args: dict[str, Any] = {}
    issued_at: Instant
    expires_at: Instant | None = None


class CommandAck(Wire, frozen=True, kw_only=True):
    """Data of ``command_ack``: the command is journalled at the desktop app."""

    id: Key


class CommandResult(Wire, frozen=True, kw_only=True):
    """Data of ``command_result``. ``results`` has one row a position or order touched."""

    id: Key
    success: bool
    state: CommandState = "done"
    reason: str = ""
    text: str = ""
    flat: bool | None = None
    results: list[dict[str, Any]] = []


class EmergencyStop(Wire, frozen=True, kw_only=True):
    """Data of ``emergency_stop_command`` from a browser."""

    timestamp: Any = None
    mode: StopMode = "close-all"
    terminal_id: Key | None = None


class CloseTrade(Wire, frozen=True, kw_only=True):
    """Data of ``close_trade_command`` from a browser."""

    trade_id: int
    timestamp: Any = None


class ErrorAlert(Wire, frozen=True, kw_only=True):
    """Data of ``error_alert``."""

    error: str
    severity: Severity
    timestamp: Instant
    code: str = ""
    terminal_id: str | None = None


class LivePosition(Wire, frozen=True, kw_only=True):
    """A trade's floating state within ``mt5_status_update``."""

    trade_id: int | None
    identifier: str
    symbol: str
    side: str
    volume: Number
    entry_price: Number
    price: Number
    profit: Number
    stop_loss: Number | None = None
    take_profit: Number | None = None
    risk: Number | None = None
    own: bool = True


class StatusUpdate(Wire, frozen=True, kw_only=True):
    """Data of ``mt5_status_update``: one terminal's state, at most 10 a second."""

    terminal_id: str
    is_connected: bool
    balance: Number
    equity: Number
    free_margin: Number
    margin: Number = Number(0)
    profit: Number = Number(0)
    currency: str = ""
    demo: bool = True
    quote_at: Instant | None = None
    market_time: Instant | None = None
    received_at: Instant
    positions: list[LivePosition] = []
    orders: int = 0
    sources: list[dict[str, Any]] = []
    latch: dict[str, Any] | None = None
    paused: bool = False
    reason: str = ""
