"""What a user asks for by hand: a signal of their own, a market order, a second look at a refused signal."""

from __future__ import annotations

from signalos.protocol.shapes import Asked, Key, Name, Number, Short, SideName


class NewSignal(Asked, frozen=True, kw_only=True):
    """POST /api/signals: a signal that the user enters by hand, as text or as fields.

    It passes the same reading, filters and limits as a channel's; ``text`` wins over the fields. It is
    shorter than a channel's may be, since it is read while the database's one writer waits.
    """

    text: Short = ""
    symbol: Name | None = None
    side: SideName | None = None
    entry: list[Number] = []
    stop_loss: Number | None = None
    take_profits: list[Number] = []


class NewTrade(Asked, frozen=True, kw_only=True):
    """POST /api/trades: enter the market now on one terminal, sized by its strategy."""

    terminal_id: Key
    symbol: Name
    side: SideName
    stop_loss: Number | None = None
    take_profits: list[Number] = []
