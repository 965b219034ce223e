"""Strategies on the wire: the versioned document and what the desktop app fetches."""

from __future__ import annotations

from typing import Any, Literal

from signalos.protocol.shapes import (
    Asked,
    Instant,
    Name,
    PipSizes,
    PriceStyle,
    Short,
    SymbolNames,
    Wire,
    WordsByRole,
)


class StrategyRequest(Asked, frozen=True, kw_only=True):
    """POST /api/strategies, PUT /api/strategies/{id}: what ``config`` does not name keeps its value.

    ``version``: the version that was edited; another one in force answers 409 `version_conflict`.
    """

    name: Name
    config: dict[str, Any] = {}
    notes: Short = ""
    version: str | None = None


class StrategyView(Wire, frozen=True, kw_only=True):
    """A strategy document; ``config`` uses the camelCase names of the strategy's fields."""

    id: int
    name: str
    version: str
    config: dict[str, Any]
    active: bool
    updated_at: Instant
    notes: str = ""


class StrategyVersion(Wire, frozen=True, kw_only=True):
    """An earlier (or the present) version of a strategy."""

    version: str
    name: str
    config: dict[str, Any]
    notes: str
    saved_at: Instant


class FieldView(Wire, frozen=True, kw_only=True):
    """One field of a block: where it stands in the document, its type, range, unit and default.

    ``place``: top | filters | management; in ``filters`` the field stands under ``key``. ``optional``:
    null switches it off. A bound that is exclusive is not allowed itself.
    """

    key: str
    place: Literal["top", "filters", "management"]
    label: str
    meaning: str
    kind: Literal["choice", "integer", "number", "switch"]
    unit: str
    optional: bool
    default: Any
    minimum: float | None = None
    maximum: float | None = None
    minimum_excluded: bool = False
    maximum_excluded: bool = False
    choices: list[str] = []


class BlockView(Wire, frozen=True, kw_only=True):
    """One step of a signal's way. ``switch`` is the key of the field that switches it, "" if nothing does."""

    id: str
    kind: str
    title: str
    meaning: str
    switch: str
    fields: list[FieldView]


class StrategySchema(Wire, frozen=True, kw_only=True):
    """Answer of GET /api/strategies/schema: the document's JSON Schema, and its blocks in their order."""

    schema: dict[str, Any]
    blocks: list[BlockView]


class ChannelRules(Wire, frozen=True, kw_only=True):
    """What the user set for one channel. ``strategy`` None: the strategy in force.

    ``words`` to ``pip_sizes`` are the profile of how it writes.
    """

    chat_id: str
    enabled: bool = True
    default_symbol: str | None = None
    ignore_words: list[str] = []
    words: WordsByRole = {}
    symbols: SymbolNames = {}
    price_style: PriceStyle = "auto"
    pip_sizes: PipSizes = {}
    strategy: StrategyView | None = None


class PulledStrategy(Wire, frozen=True, kw_only=True):
    """Answer of GET pull-strategy: the strategy in force and the channels' own settings."""

    strategy: StrategyView
    channels: list[ChannelRules] = []
