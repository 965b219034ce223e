"""Providers (channels) on the wire: settings, statistics, and the box that tries a message."""

from __future__ import annotations

from typing import Annotated, Any

from msgspec import Meta

from signalos.protocol.firebridge import Span
from signalos.protocol.shapes import (
    Asked,
    Instant,
    Key,
    Name,
    Number,
    OrderName,
    PipSizes,
    PriceStyle,
    SideName,
    SymbolNames,
    Text,
    Wire,
    Word,
    WordsByRole,
)


class NewProvider(Asked, frozen=True, kw_only=True):
    """POST /api/providers: set a channel up before it has posted."""

    chat_id: Key
    name: Name


class ProviderSettings(Asked, frozen=True, kw_only=True):
    """PUT /api/providers/{id}: all settings of a channel; what is left out takes its default.

    ``ignore_words``: a message with one of them is not read. ``strategy_id`` None: the one in force.
    ``words`` to ``pip_sizes`` are the profile of how the channel writes.
    """

    name: Name | None = None
    enabled: bool = True
    default_symbol: Annotated[str, Meta(max_length=40)] | None = None
    ignore_words: Annotated[list[Word], Meta(max_length=100)] = []
    strategy_id: int | None = None
    words: WordsByRole = {}
    symbols: SymbolNames = {}
    price_style: PriceStyle = "auto"
    pip_sizes: PipSizes = {}


class ProviderStatistics(Wire, frozen=True, kw_only=True):
    """What became of a channel's messages; ``profit`` is realised, with costs, in account currency.

    ``win_rate`` is a share from 0 to 1 of the closed trades whose profit is known, None without one;
    ``reasons`` counts the refused signals by reason.
    """

    signals: int = 0
    executed: int = 0
    refused: int = 0
    rejected: int = 0
    open_trades: int = 0
    closed_trades: int = 0
    wins: int = 0
    win_rate: float | None = None
    profit: Number = Number(0)
    reasons: dict[str, int] = {}


class ProviderView(Wire, frozen=True, kw_only=True):
    """A channel with its settings and statistics; ``paused_on`` names the terminals on which it is paused."""

    id: int
    chat_id: str
    name: str
    signals: int
    last_message_at: Instant | None
    enabled: bool = True
    default_symbol: str | None = None
    ignore_words: list[str] = []
    strategy_id: int | None = None
    words: WordsByRole = {}
    symbols: SymbolNames = {}
    price_style: PriceStyle = "auto"
    pip_sizes: PipSizes = {}
    paused_on: list[str] = []
    statistics: ProviderStatistics = ProviderStatistics()


class TryMessage(Asked, frozen=True, kw_only=True):
    """POST /api/providers/try: read a text as that channel's next message. Nothing is traded.

    ``settings``: by these instead of the stored ones, to see what they would do before they are saved.
    """

    text: Text
    provider_id: int | None = None
    settings: ProviderSettings | None = None


class TriedAction(Wire, frozen=True, kw_only=True):
    """One action as read."""

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


class TriedMessage(Wire, frozen=True, kw_only=True):
    """What was read; ``reason`` says why nothing is traded. ``words`` is the reading in plain words, by line.

    ``notes``: which of the channel's own words were read, and what its pips come to.
    """

    actions: list[TriedAction]
    reason: str
    words: str
    notes: list[str] = []
