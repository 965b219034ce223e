"""The one typed model from which every order_send request is built.

The module ignores unknown keys (a misspelt stop opens a naked position) and refuses an int where it
wants a float, so a free dictionary never reaches it.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from signalos.brokers.mt5 import constants as mt5
from signalos.domain.signal import OrderKind, Side

_PENDING_TYPES = {
    (Side.BUY, OrderKind.LIMIT): mt5.ORDER_BUY_LIMIT,
    (Side.SELL, OrderKind.LIMIT): mt5.ORDER_SELL_LIMIT,
    (Side.BUY, OrderKind.STOP): mt5.ORDER_BUY_STOP,
    (Side.SELL, OrderKind.STOP): mt5.ORDER_SELL_STOP,
}
_INTEGERS = (
    "action",
    "magic",
    "order",
    "deviation",
    "type",
    "type_filling",
    "type_time",
    "expiration",
    "position",
)
_FLOATS = ("volume", "price", "sl", "tp")
_ALWAYS_FOR_LEVELS = frozenset({mt5.ACTION_SLTP, mt5.ACTION_MODIFY})


def market_type(side: Side) -> int:
    """``type`` of a market order."""
    return mt5.ORDER_BUY if side is Side.BUY else mt5.ORDER_SELL


def pending_type(side: Side, kind: OrderKind) -> int:
    """``type`` of a waiting order."""
    return _PENDING_TYPES[side, kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRequest:
    """A request of order_send. None = the field does not apply and is left out."""

    action: int
    symbol: str
    magic: int = 0
    order: int | None = None
    position: int | None = None
    volume: Decimal | None = None
    price: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    deviation: int | None = None
    type: int | None = None
    type_filling: int | None = None
    type_time: int | None = None
    expiration: int | None = None
    comment: str = ""
    worst: Decimal | None = None
    """For the worker, not for the module: a market order is not sent where the quote is beyond it."""

    def __post_init__(self) -> None:
        if len(self.comment) > mt5.TAG_LIMIT or not self.comment.isascii():
            raise ValueError(
                f"the comment {self.comment!r} must be ASCII and at most {mt5.TAG_LIMIT} characters"
            )

    def as_dict(self) -> dict[str, int | float | str]:
        """The request as the module takes it: exact int and float types, known keys alone.

        Requests that change levels always carry both, since an omitted one would be removed; 0.0 is
        the module's word for none.
        """
        made: dict[str, int | float | str] = {"symbol": self.symbol}
        for name in _INTEGERS:
            value = getattr(self, name)
            if value is not None:
                made[name] = int(value)
        for name in _FLOATS:
            value = getattr(self, name)
            if value is not None:
                made[name] = float(value)
        if self.action in _ALWAYS_FOR_LEVELS:
            made.setdefault("sl", 0.0)
            made.setdefault("tp", 0.0)
        if self.comment:
            made["comment"] = self.comment
        return made
