"""How values lie in the database: times and decimals as exact text, documents as JSON text."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from signalos.protocol import encode


def stamp(at: datetime) -> str:
    """``at`` as UTC text of fixed width, so that text order is time order."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def stamp_or_none(at: datetime | None) -> str | None:
    """``stamp`` of a time that may be missing."""
    return None if at is None else stamp(at)


def moment(text: str) -> datetime:
    """The aware UTC time behind ``text``."""
    return datetime.fromisoformat(text)


def moment_or_none(text: str | None) -> datetime | None:
    """``moment`` of a column that may be NULL."""
    return None if text is None else datetime.fromisoformat(text)


def exact(value: Decimal | None) -> str | None:
    """A decimal as plain text without an exponent."""
    return None if value is None else format(value, "f")


def number(text: str | None) -> Decimal | None:
    """The decimal behind ``text``."""
    return None if text is None else Decimal(text)


def document(value: Any) -> str:
    """JSON text of a wire value."""
    return encode(value).decode()


def read_document(text: str | None, shape: Any = Any) -> Any:
    """The wire value behind JSON ``text``; None stays None."""
    return None if text is None else msgspec.json.decode(text, type=shape)
