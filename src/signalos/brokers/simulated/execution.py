"""``order_send``: check a request against the market and the account, then carry it out."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from signalos.brokers.simulated import checks
from signalos.brokers.simulated.checks import Rejected
from signalos.brokers.simulated.codes import Action, OrderType, Reason, Retcode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.records import Deal, Order, Position
from signalos.brokers.simulated.requests import TradeRequest


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

_WAITING = (OrderType.BUY_LIMIT, OrderType.SELL_LIMIT, OrderType.BUY_STOP, OrderType.SELL_STOP)


_CLOSE_BY_ALLOWED = 64
"""SYMBOL_ORDER_CLOSEBY of a symbol's ``order_mode``."""


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
    checks.direction(symbol, buys)
    volume = checks.volume(symbol, request.volume)
    filling = checks.filling(symbol, request.type_filling, waiting=False)
    price = checks.deal_price(symbol, quote, request, buys)
    exit_ = quote.bid if buys else quote.ask
    sl, tp = checks.stops(symbol, request, buys, sl_from=exit_, tp_from=exit_)
    if not account.affords(symbol.name, buys, volume, price):
        raise Rejected(Retcode.NO_MONEY, "No money")

    def deed() -> Sent:
        return _done(
            account.open(
                symbol.name,
                side,
                volume,
                price,
                sl=sl,
                tp=tp,
                filling=filling,
                magic=request.magic,
                comment=request.comment,
            )
        )

    return deed


def _closing(account: Account, request: TradeRequest) -> Deed:
    position = _position(account, request)
    symbol, quote = checks.tradable(account, position.symbol)
    side = _market_side(request)
    if side is position.type:
        raise Rejected(Retcode.INVALID_ORDER, "A close needs the opposite type of its position")
    checks.filling(symbol, request.type_filling, waiting=False)
    volume = checks.close_volume(symbol, request.volume, position)
    checks.not_frozen(symbol, quote, position)
    price = checks.deal_price(symbol, quote, request, side is OrderType.BUY)
    return lambda: _done(
        account.close(position, volume, price, Reason.EXPERT, request.magic, request.comment)
    )


def _close_by(account: Account, request: TradeRequest) -> Deed:
    position = _position(account, request)
    other = account.state.positions.get(request.position_by)
    if other is None:
        raise Rejected(Retcode.POSITION_CLOSED, "Position doesn't exist")
    if other.symbol != position.symbol or other.type is position.type:
        raise Rejected(Retcode.INVALID, "Close by needs two opposite positions of one symbol")
    symbol, quote = checks.tradable(account, position.symbol)
    if not symbol.order_mode & _CLOSE_BY_ALLOWED:
        raise Rejected(Retcode.INVALID_ORDER, "Incorrect or prohibited order type")
    for held in (position, other):
        checks.not_frozen(symbol, quote, held)
    return lambda: _done(account.close_by(position, other, request.magic, request.comment))


def _pending(account: Account, request: TradeRequest) -> Deed:
    symbol, quote = checks.tradable(account, request.symbol)
    kind = next((k for k in _WAITING if k == request.type), None)
    if kind is None or not symbol.order_mode & (2 if kind in _WAITING[:2] else 4):
        raise Rejected(Retcode.INVALID_ORDER, "Incorrect or prohibited order type")
    buys = kind in (OrderType.BUY_LIMIT, OrderType.BUY_STOP)
    checks.direction(symbol, buys)
    volume = checks.volume(symbol, request.volume)
    filling = checks.filling(symbol, request.type_filling, waiting=True)
    price = checks.order_price(symbol, quote, kind, request.price)
    sl, tp = checks.stops(symbol, request, buys, sl_from=price, tp_from=price)
    time_type, expires = checks.expiry(account, symbol, request)
    if len(account.state.orders) >= account.settings.limit_orders:
        raise Rejected(Retcode.LIMIT_ORDERS, "The number of pending orders has reached the limit")

    def deed() -> Sent:
        order = account.place(
            symbol.name,
            kind,
            volume,
            price,
            sl=sl,
            tp=tp,
            filling=filling,
            time_type=time_type,
            expires=expires,
            magic=request.magic,
            comment=request.comment,
        )
        return Sent(Retcode.DONE, "Request executed", order=order.ticket, volume=volume)

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
        return Sent(Retcode.DONE, "Request executed")

    return deed


def _modify(account: Account, request: TradeRequest) -> Deed:
    order = _order(account, request)
    symbol, quote = checks.tradable(account, order.symbol)
    checks.not_frozen(symbol, quote, order)
    price = checks.order_price(symbol, quote, order.type, request.price)
    sl, tp = checks.stops(symbol, request, order.is_buy, sl_from=price, tp_from=price)
    time_type, expires = checks.expiry(account, symbol, request)
    before = (order.price, order.sl, order.tp, order.time_type, order.expires)
    if (price, sl, tp, time_type, expires) == before:
        raise Rejected(Retcode.NO_CHANGES, "No changes")

    def deed() -> Sent:
        account.modify(order, price=price, sl=sl, tp=tp, time_type=time_type, expires=expires)
        return Sent(Retcode.DONE, "Request executed", order=order.ticket)

    return deed


def _remove(account: Account, request: TradeRequest) -> Deed:
    order = _order(account, request)
    symbol, quote = checks.tradable(account, order.symbol)
    checks.not_frozen(symbol, quote, order)

    def deed() -> Sent:
        account.remove(order)
        return Sent(Retcode.DONE, "Request executed", order=order.ticket)

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


def _done(deal: Deal) -> Sent:
    return Sent(
        Retcode.DONE,
        "Request executed",
        deal=deal.ticket,
        order=deal.order,
        volume=deal.volume,
        price=deal.price,
    )
