"""Bounded basic shapes that the wire types share."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

Name: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
Key: TypeAlias = Annotated[str, Meta(min_length=1, max_length=120)]
Text: TypeAlias = Annotated[str, Meta(max_length=20_000)]
Short: TypeAlias = Annotated[str, Meta(max_length=2_000)]
Instant: TypeAlias = Annotated[datetime, Meta(tz=True)]
"""ISO 8601 with an offset; the server keeps UTC."""
Ticket: TypeAlias = str | int
"""A 64-bit id: a string in our JSON, a number is accepted where one comes in."""
SideName: TypeAlias = Literal["buy", "sell"]
OrderName: TypeAlias = Literal["market", "limit", "stop"]
StopMode: TypeAlias = Literal["stop-entries", "cancel-pendings", "own-only", "close-all"]
TradeStatus: TypeAlias = Literal["pending", "open", "closed", "cancelled", "failed", "unknown"]
Severity: TypeAlias = Literal["info", "warning", "error", "critical"]
CommandState: TypeAlias = Literal[
    "queued", "sent", "acknowledged", "done", "failed", "expired", "superseded"
]
TerminalStatus: TypeAlias = Literal["pending", "approved", "denied", "revoked"]
Number: TypeAlias = Decimal


class Wire(Struct, rename="camel", frozen=True):
    """Base of all wire shapes: camelCase names, unknown fields ignored so that versions can differ."""
