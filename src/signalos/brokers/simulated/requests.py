"""The one dict that ``order_send`` and ``order_check`` take, read as strictly as the module reads it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

_U64 = 1 << 64
_I32 = 1 << 31
_TEXT_LIMIT = 29


class InvalidArgument(ValueError):
    """The module would not even take the arguments: the call answers None and (-2, this text)."""


class TradeRequest(msgspec.Struct, kw_only=True, frozen=True):
    """A trade request; missing keys are zero. Field order is the module's."""

    action: int = 0
    magic: int = 0
    order: int = 0
    symbol: str = ""
    volume: float = 0.0
    price: float = 0.0
    stoplimit: float = 0.0
    sl: float = 0.0
    tp: float = 0.0
    deviation: int = 0
    type: int = 0
    type_filling: int = 0
    type_time: int = 0
    expiration: int = 0
    comment: str = ""
    position: int = 0
    position_by: int = 0


_UNSIGNED = frozenset({"magic", "order", "position", "position_by", "deviation", "expiration"})
_INTS = frozenset({"action", "type", "type_filling", "type_time"}) | _UNSIGNED
_FLOATS = frozenset({"volume", "price", "stoplimit", "sl", "tp"})


def read_request(given: Any) -> TradeRequest:
    """Read ``given``: whole numbers must be int and the others float, never the other way round.

    Unknown keys are ignored, as the module does (so a misspelt stop opens without one). Raises
    InvalidArgument.
    """
    if not isinstance(given, Mapping):
        raise InvalidArgument("Unnamed arguments not allowed: expected one dictionary")
    fields: dict[str, Any] = {}
    for key in TradeRequest.__struct_fields__:
        if key in given:
            _check(key, given[key])
            fields[key] = given[key]
    return TradeRequest(**fields)


def _check(key: str, value: Any) -> None:
    if key in _INTS:
        top = _U64 if key in _UNSIGNED else _I32
        fits = type(value) is int and 0 <= value < top
    elif key in _FLOATS:
        # NaN and infinities never compare equal to a price: refused with the arguments.
        fits = type(value) is float and abs(value) < 1e15
    else:
        fits = type(value) is str and len(value) <= _TEXT_LIMIT
    if not fits:
        raise InvalidArgument(f'Invalid "{key}" argument')
