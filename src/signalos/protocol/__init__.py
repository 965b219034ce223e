"""The wire between server, desktop app and dashboard: one source of truth for every shape.

``firebridge`` is what the desktop app posts, ``socket`` what travels on ``/ws``, ``views`` what the
REST API answers, ``requests`` what it takes. ``export`` writes the JSON Schema the dashboard's
TypeScript types are generated from.
"""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")
_encoder = msgspec.json.Encoder(decimal_format="number")


def encode(value: Any) -> bytes:
    """JSON bytes of a wire value; Decimals become JSON numbers, times ISO 8601."""
    return _encoder.encode(value)


def decode(data: bytes | str, shape: type[T]) -> T:
    """Read ``data`` as ``shape``. Raises msgspec.DecodeError (no JSON) or ValidationError (wrong shape)."""
    return msgspec.json.decode(data, type=shape)


def convert(value: Any, shape: type[T]) -> T:
    """Read already parsed JSON as ``shape``. Raises msgspec.ValidationError."""
    return msgspec.convert(value, type=shape)
