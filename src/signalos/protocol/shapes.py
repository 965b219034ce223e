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
Word: TypeAlias = Annotated[str, Meta(min_length=1, max_length=80)]
WordsByRole: TypeAlias = Annotated[
    dict[Word, Annotated[list[Word], Meta(max_length=60)]], Meta(max_length=40)
]
"""Words of a channel's own, by the role that they play (see `signalos.parser.profile`)."""
SymbolNames: TypeAlias = Annotated[dict[Word, Word], Meta(max_length=100)]
"""What a channel writes -> the canonical symbol."""
PipSizes: TypeAlias = Annotated[dict[Word, Number], Meta(max_length=100)]
"""Price units that a channel calls a pip, by canonical symbol."""
PriceStyle: TypeAlias = Literal["auto", "decimal_point", "decimal_comma"]
"""How a numeral that may be read in two ways is meant."""


class Wire(Struct, rename="camel", frozen=True):
    """Base of all wire shapes: camelCase names, unknown fields ignored so that versions can differ."""


class Asked(Wire, frozen=True):
    """Base of what a client sends: fields with a default may be left out."""
