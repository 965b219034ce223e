"""What a position earns or pays for the night: booked on it at the server's midnight."""

from __future__ import annotations

from decimal import Decimal

from signalos.brokers.simulated.codes import SwapMode
from signalos.brokers.simulated.ledger import Ledger
from signalos.brokers.simulated.records import ZERO, Position
from signalos.brokers.simulated.symbols import VOLUME_UNIT

_YEAR = 360 * 100
"""Interest is percent a year of 360 days."""
_SATURDAY, _SUNDAY = 6, 0


def applies(books: Ledger) -> bool:
    """Whether any symbol of the account knows swaps."""
    return any(s.swap_mode is not SwapMode.DISABLED for s in books.market.symbols.values())


def charge(books: Ledger) -> None:
    """Book the night that begins now, a midnight of the server; once for each of its days.

    Nothing is due at the weekend: the symbol's triple day pays for it.
    """
    ended = books.server.weekday(books.now - 1)
    if ended in (_SATURDAY, _SUNDAY):
        return
    for position in books.state.positions.values():
        symbol = books.market.symbols[position.symbol]
        days = 3 if ended == symbol.swap_3days else 1
        amount = books.market.cents(_night(books, position) * days)
        if amount:
            position.swap += amount
            books.changed_position(position)


def _night(books: Ledger, position: Position) -> Decimal:
    """The swap of one night in account currency."""
    symbol = books.market.symbols[position.symbol]
    rate = symbol.swap_long if position.is_buy else symbol.swap_short
    if symbol.swap_mode is SwapMode.DISABLED:
        return ZERO
    if symbol.swap_mode is SwapMode.CURRENCY_DEPOSIT:
        return rate * position.volume * VOLUME_UNIT
    points = rate
    if symbol.swap_mode is SwapMode.INTEREST_OPEN:
        points = rate * position.price / _YEAR
    elif symbol.swap_mode is SwapMode.INTEREST_CURRENT:
        points = rate * _exit(books, position) / _YEAR
    return books.market.profit(position.symbol, 1, position.volume, 0, points)


def _exit(books: Ledger, position: Position) -> int:
    quote = books.market.feed.quote_or_first(position.symbol)
    return quote.bid if position.is_buy else quote.ask
