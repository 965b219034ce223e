"""``order_send``: check a request against the market and the account, then carry it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import msgspec

from signalos.brokers.simulated import checks, holding
from signalos.brokers.simulated.checks import Rejected
from signalos.brokers.simulated.codes import Action, OrderType, Retcode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.ledger import Terms
from signalos.brokers.simulated.records import Deal, Order, Position
from signalos.brokers.simulated.requests import TradeRequest
from signalos.brokers.simulated.symbols import SymbolProperties


class Sent(NamedTuple):
    """What a request came to. ``price`` is in points of ``symbol``, ``volume`` in whole units."""

    retcode: int
    comment: str
    deal: int = 0
    order: int = 0
    volume: int = 0
    price: int = 0


Deed = Callable[[], Sent]
"""A checked request, ready to be carried out at once."""

_ALLOWED_BY = {
    OrderType.BUY_LIMIT: 2,
    OrderType.SELL_LIMIT: 2,
    OrderType.BUY_STOP: 4,
    OrderType.SELL_STOP: 4,
    OrderType.BUY_STOP_LIMIT: 8,
    OrderType.SELL_STOP_LIMIT: 8,
    OrderType.CLOSE_BY: 64,
}
"""The bit of a symbol's ``order_mode`` (SYMBOL_ORDER_*) that allows a kind of order."""


_EXECUTED = "Request executed"


def prepared(account: Account, request: TradeRequest) -> Deed:
    """Check ``request`` completely. The deed must run before time moves. Raises Rejected."""
    try:
        action = Action(request.action)
    except ValueError:
        raise Rejected(Retcode.INVALID, "Invalid request") from None
    return {
        Action.DEAL: _deal,
        Action.PENDING: _pending,
        Action.SLTP: _sltp,
        Action.MODIFY: _modify,
        Action.REMOVE: _remove,
        Action.CLOSE_BY: _close_by,
    }[action](account, request)


def _deal(account: Account, request: TradeRequest) -> Deed:
    if request.position:
        return _closing(account, request)
    symbol, quote = checks.tradable(account, request.symbol)
    side = _market_side(request)
    buys = side is OrderType.BUY
    volume = checks.volume(symbol, request.volume)
    opposite = _opposite(account, symbol.name, buys)
    if opposite is None or volume > opposite.volume:
        checks.direction(symbol, buys)
    else:
        checks.close_volume(symbol, request.volume, opposite)
    if opposite is not None:
        checks.not_frozen(symbol, quote, opposite)
    checks.hedge(account, symbol.name, buys)
    checks.room(account, symbol.name)
    checks.volume_limit(account, symbol, buys, volume - (opposite.volume if opposite else 0))
    filling = checks.filling(symbol, request.type_filling, waiting=False)
    price = checks.deal_price(symbol, quote, request, buys)
    exit_ = quote.bid if buys else quote.ask
    sl, tp = checks.stops(symbol, request, buys, sl_from=exit_, tp_from=exit_)
    if not account.affords(symbol.name, buys, volume, price):
        raise Rejected(Retcode.NO_MONEY, "No money")
    units = checks.fillable(account, symbol, buys, volume, filling)
    terms = _terms(request, symbol.name, side, volume, price)
    terms = msgspec.structs.replace(terms, sl=sl, tp=tp, filling=filling)
    return lambda: _traded(account.trade(terms, units), terms)


def _closing(account: Account, request: TradeRequest) -> Deed:
    position = _position(account, request)
    symbol, quote = checks.tradable(account, position.symbol)
    side = _market_side(request)
    if side is position.type:
        raise Rejected(Retcode.INVALID_ORDER, "A close needs the opposite type of its position")
    filling = checks.filling(symbol, request.type_filling, waiting=False)
    volume = checks.close_volume(symbol, request.volume, position)
    checks.first_in(account, position)
    checks.not_being_closed(account, position, volume)
    checks.not_frozen(symbol, quote, position)
    price = checks.deal_price(symbol, quote, request, side is OrderType.BUY)
    units = checks.fillable(account, symbol, side is OrderType.BUY, volume, filling)
    terms = _terms(request, symbol.name, side, volume, price)
    terms = msgspec.structs.replace(terms, filling=filling)
    return lambda: _traded(account.trade(terms, units, closes=position), terms)


def _close_by(account: Account, request: TradeRequest) -> Deed:
    position = _position(account, request)
    other = account.state.positions.get(request.position_by)
    if other is None:
        raise Rejected(Retcode.POSITION_CLOSED, "Position doesn't exist")
    if other.symbol != position.symbol or other.type is position.type:
        raise Rejected(Retcode.INVALID, "Close by needs two opposite positions of one symbol")
    symbol, quote = checks.tradable(account, position.symbol)
    _allowed(symbol, OrderType.CLOSE_BY)
    checks.first_in(account, position, other)
    for held in (position, other):
        checks.not_frozen(symbol, quote, held)

    def deed() -> Sent:
        deal = account.close_by(position, other, request.magic, request.comment)
        return Sent(Retcode.DONE, _EXECUTED, deal.ticket, deal.order, deal.volume, deal.price)

    return deed


def _pending(account: Account, request: TradeRequest) -> Deed:
    symbol, quote = checks.tradable(account, request.symbol)
    kind = next((k for k in _ALLOWED_BY if k == request.type and k is not OrderType.CLOSE_BY), None)
    if kind is None:
        raise Rejected(Retcode.INVALID_ORDER, "Incorrect or prohibited order type")
    _allowed(symbol, kind)
    buys = kind % 2 == 0
    checks.direction(symbol, buys)
    checks.hedge(account, symbol.name, buys)
    volume = checks.volume(symbol, request.volume)
    checks.volume_limit(account, symbol, buys, volume)
    passive = kind not in (OrderType.BUY_STOP, OrderType.SELL_STOP)
    filling = checks.filling(symbol, request.type_filling, waiting=True, passive=passive)
    price = checks.order_price(symbol, quote, kind, request.price)
    stoplimit = checks.limit_after_stop(symbol, kind, price, request.stoplimit)
    opens = stoplimit or price
    sl, tp = checks.stops(symbol, request, buys, sl_from=opens, tp_from=opens)
    time_type, expires = checks.expiry(account, symbol, request)
    if len(account.state.orders) >= account.settings.limit_orders:
        raise Rejected(Retcode.LIMIT_ORDERS, "The number of pending orders has reached the limit")
    terms = msgspec.structs.replace(
        _terms(request, symbol.name, kind, volume, price),
        sl=sl,
        tp=tp,
        filling=filling,
        time_type=time_type,
        expires=expires,
        stoplimit=stoplimit,
    )

    def deed() -> Sent:
        order = account.place(terms)
        return Sent(Retcode.DONE, _EXECUTED, order=order.ticket, volume=volume)

    return deed


def _sltp(account: Account, request: TradeRequest) -> Deed:
    position = _position(account, request)
    symbol, quote = checks.tradable(account, position.symbol)
    exit_ = quote.bid if position.is_buy else quote.ask
    sl = checks.points(symbol, request.sl, Retcode.INVALID_STOPS, "Invalid stops")
    tp = checks.points(symbol, request.tp, Retcode.INVALID_STOPS, "Invalid stops")
    if (sl, tp) == (position.sl, position.tp):
        raise Rejected(Retcode.NO_CHANGES, "No changes")
    checks.stops(symbol, request, position.is_buy, sl_from=exit_, tp_from=exit_)
    checks.not_frozen(symbol, quote, position)

    def deed() -> Sent:
        account.set_stops(position, sl, tp)
        return Sent(Retcode.DONE, _EXECUTED)

    return deed


def _modify(account: Account, request: TradeRequest) -> Deed:
    order = _order(account, request)
    symbol, quote = checks.tradable(account, order.symbol)
    checks.not_frozen(symbol, quote, order)
    if order.type not in _ALLOWED_BY:
        raise Rejected(Retcode.INVALID, "An order that waits for volume alone cannot be changed")
    price = checks.order_price(symbol, quote, order.type, request.price)
    stoplimit = checks.limit_after_stop(symbol, order.type, price, request.stoplimit)
    opens = stoplimit or price
    sl, tp = checks.stops(symbol, request, order.is_buy, sl_from=opens, tp_from=opens)
    time_type, expires = checks.expiry(account, symbol, request)
    before = (order.price, order.stoplimit, order.sl, order.tp, order.time_type, order.expires)
    if (price, stoplimit, sl, tp, time_type, expires) == before:
        raise Rejected(Retcode.NO_CHANGES, "No changes")

    def deed() -> Sent:
        account.modify(
            order, price=price, stoplimit=stoplimit, sl=sl, tp=tp, time_type=time_type, expires=expires
        )
        return Sent(Retcode.DONE, _EXECUTED, order=order.ticket)

    return deed


def _remove(account: Account, request: TradeRequest) -> Deed:
    order = _order(account, request)
    symbol, quote = checks.tradable(account, order.symbol)
    checks.not_frozen(symbol, quote, order)

    def deed() -> Sent:
        account.remove(order)
        return Sent(Retcode.DONE, _EXECUTED, order=order.ticket)

    return deed


def _market_side(request: TradeRequest) -> OrderType:
    if request.type not in (OrderType.BUY, OrderType.SELL):
        raise Rejected(Retcode.INVALID_ORDER, "Incorrect or prohibited order type")
    return OrderType(request.type)


def _position(account: Account, request: TradeRequest) -> Position:
    position = account.state.positions.get(request.position)
    if position is None:
        raise Rejected(Retcode.POSITION_CLOSED, "Position doesn't exist")
    if request.symbol and request.symbol != position.symbol:
        raise Rejected(Retcode.INVALID, "The position is of another symbol")
    return position


def _order(account: Account, request: TradeRequest) -> Order:
    order = account.state.orders.get(request.order)
    if order is None:
        if request.order in account.state.done_orders:
            raise Rejected(Retcode.ORDER_CHANGED, "Order state changed")
        raise Rejected(Retcode.INVALID, "Invalid request")
    return order


def _opposite(account: Account, symbol: str, buys: bool) -> Position | None:
    """The position that a deal of this side makes smaller, on a netting account."""
    held = holding.position_of(account, symbol) if account.settings.netting else None
    return held if held is not None and held.is_buy is not buys else None


def _allowed(symbol: SymbolProperties, kind: OrderType) -> None:
    if not symbol.order_mode & _ALLOWED_BY[kind]:
        raise Rejected(Retcode.INVALID_ORDER, "Incorrect or prohibited order type")


def _terms(request: TradeRequest, symbol: str, kind: OrderType, volume: int, price: int) -> Terms:
    return Terms(
        symbol=symbol,
        type=kind,
        volume=volume,
        price=price,
        magic=request.magic,
        comment=request.comment,
    )


def _traded(made: tuple[Order, Deal | None], terms: Terms) -> Sent:
    """The answer of a market order: done, done in part, or accepted and not filled yet."""
    order, deal = made
    if deal is None:
        return Sent(Retcode.PLACED, "Order placed", order=order.ticket, volume=terms.volume)
    whole = deal.volume == terms.volume
    code, comment = (Retcode.DONE, _EXECUTED) if whole else (Retcode.DONE_PARTIAL, "Done partially")
    return Sent(code, comment, deal.ticket, order.ticket, deal.volume, deal.price)
