"""What an execution does to the positions: the difference between hedging and netting accounts.

On a hedging account an order makes its own position, and only an order that names one closes it. On a
netting account (exchange accounts are of that kind) a symbol has one position: a deal of its side makes
it larger at the average price, an opposite one smaller, and beyond its volume turns it round.
"""

from __future__ import annotations

from decimal import Decimal

from signalos.brokers.simulated.codes import Entry, OrderType
from signalos.brokers.simulated.ledger import Ledger
from signalos.brokers.simulated.records import ZERO, Deal, Order, Position

_AVERAGE = Decimal("0.00000001")
"""Averages keep this part of a point, so that the profit stays right to the cent."""


def position_of(books: Ledger, symbol: str) -> Position | None:
    """The one position of ``symbol`` on a netting account."""
    return next((p for p in books.state.positions.values() if p.symbol == symbol), None)


def identified(books: Ledger, identifier: int) -> Position | None:
    """The position of ``identifier``, whatever its ticket is by now."""
    return next((p for p in books.state.positions.values() if p.identifier == identifier), None)


def closes(books: Ledger, order: Order) -> bool:
    """Whether ``order`` is there to close a position of a hedging account."""
    return not books.settings.netting and order.position not in (0, order.ticket)


def fill(books: Ledger, order: Order, volume: int, price: int) -> Deal:
    """Carry out ``volume`` of ``order`` at ``price``: opens, grows, reduces or turns a position."""
    order.left -= volume
    if books.settings.netting:
        held = position_of(books, order.symbol)
    else:
        held = identified(books, order.position) if order.position else None
    if held is None:
        order.position = order.ticket
        _open(books, order, volume, price, order.ticket)
        return books.deal(order, order.side, Entry.IN, volume, price)
    order.position = held.identifier
    if held.type is order.side:
        _grow(books, held, order, volume, price)
        return books.deal(order, order.side, Entry.IN, volume, price)
    if volume > held.volume:
        return _turn(books, held, order, volume, price)
    profit = books.market.profit(held.symbol, held.sign, volume, held.price, price)
    swap = reduce(books, held, volume)
    return books.deal(order, order.side, Entry.OUT, volume, price, profit, swap)


def fill_by(books: Ledger, order: Order, held: Position, other: Position) -> Deal:
    """Close two opposite positions against each other; what the larger one has more stays open.

    One order makes two deals at the opening price of ``other``: the first brings all the profit, and
    no spread is paid.
    """
    volume, price = order.volume, round(other.price)
    profit = books.market.profit(held.symbol, held.sign, volume, held.price, other.price)
    order.left, order.position, order.position_by = 0, held.identifier, other.identifier
    swaps = reduce(books, held, volume), reduce(books, other, volume)
    first = books.deal(order, other.type, Entry.OUT_BY, volume, price, profit, swaps[0])
    books.deal(order, held.type, Entry.OUT_BY, volume, price, ZERO, swaps[1], of=other.identifier)
    return first


def reduce(books: Ledger, held: Position, volume: int) -> Decimal:
    """Take ``volume`` off ``held``; what is left keeps its ticket. Returns that volume's part of the swap."""
    swap = books.market.cents(held.swap * volume / held.volume)
    held.volume -= volume
    held.swap -= swap
    held.updated = books.now
    if held.volume == 0:
        books.let_go(held)
    books.changed_position(held)
    return swap


def _open(books: Ledger, order: Order, volume: int, price: int, identifier: int) -> None:
    books.hold(
        Position(
            ticket=order.ticket,
            identifier=identifier,
            symbol=order.symbol,
            type=OrderType.BUY if order.is_buy else OrderType.SELL,
            volume=volume,
            price=price,
            sl=order.sl,
            tp=order.tp,
            magic=order.magic,
            comment=order.comment,
            reason=order.reason,
            opened=books.now,
            updated=books.now,
        )
    )


def _grow(books: Ledger, held: Position, order: Order, volume: int, price: int) -> None:
    total = held.volume + volume
    average = (Decimal(held.price) * held.volume + price * volume) / total
    whole = round(average)
    held.price = whole if whole == average else average.quantize(_AVERAGE)
    held.volume, held.updated = total, books.now
    # The newest order's levels count; one without leaves what was set.
    held.sl, held.tp = order.sl or held.sl, order.tp or held.tp
    books.changed_position(held)


def _turn(books: Ledger, held: Position, order: Order, volume: int, price: int) -> Deal:
    """One deal closes the position and opens the other side: new ticket, same identifier."""
    profit = books.market.profit(held.symbol, held.sign, held.volume, held.price, price)
    books.let_go(held)
    _open(books, order, volume - held.volume, price, held.identifier)
    return books.deal(order, order.side, Entry.INOUT, volume, price, profit, held.swap)
