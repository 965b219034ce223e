"""What a trade server refuses, and with which code. Nothing here changes the account."""

from __future__ import annotations

from typing import NamedTuple

from signalos.brokers.simulated import liquidity
from signalos.brokers.simulated.codes import Execution, Filling, OrderType, Retcode, TimeType, TradeMode
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.records import Order, Position
from signalos.brokers.simulated.requests import TradeRequest
from signalos.brokers.simulated.symbols import VOLUME_UNIT, SymbolProperties
from signalos.prices import Quote

_SECOND = 1_000_000
_NOISE = 1e-4
"""Part of a point by which a float may miss it: arithmetic noise passes, half a point does not."""


class Rejected(Exception):
    """The server refuses the request: code and the comment that it answers."""

    def __init__(self, retcode: Retcode, comment: str) -> None:
        super().__init__(comment)
        self.retcode = retcode
        self.comment = comment


class Place(NamedTuple):
    """A symbol with its current quote."""

    symbol: SymbolProperties
    quote: Quote


def tradable(account: Account, name: str) -> Place:
    """The symbol and its quote; refused if unknown, disabled, without quotes, or in a closed market."""
    market = account.market
    symbol = market.symbols.get(name)
    if symbol is None:
        raise Rejected(Retcode.INVALID, f"Unknown symbol {name!r}")
    if name in market.not_tradable:
        raise Rejected(Retcode.TRADE_DISABLED, "Trade is disabled")
    quote = market.quote(name)
    if quote is None:
        raise Rejected(Retcode.PRICE_OFF, "No prices")
    if not in_session(account, symbol, quote):
        raise Rejected(Retcode.MARKET_CLOSED, "Market closed")
    return Place(symbol, quote)


def in_session(account: Account, symbol: SymbolProperties, quote: Quote) -> bool:
    """Whether the market trades: by its sessions, and unless the symbol closes after some silence."""
    if not account.trading(symbol.name):
        return False
    return not symbol.closed_after or account.now - quote.time < symbol.closed_after * _SECOND


def direction(symbol: SymbolProperties, buys: bool) -> None:
    """Refuse an opening in a direction the symbol does not allow."""
    if symbol.trade_mode is TradeMode.LONGONLY and not buys:
        raise Rejected(Retcode.LONG_ONLY, "Only long positions are allowed")
    if symbol.trade_mode is TradeMode.SHORTONLY and buys:
        raise Rejected(Retcode.SHORT_ONLY, "Only short positions are allowed")
    if symbol.trade_mode is TradeMode.CLOSEONLY:
        raise Rejected(Retcode.CLOSE_ONLY, "Only position closing is allowed")


def volume(symbol: SymbolProperties, lots: float) -> int:
    """``lots`` in whole units; refused outside minimum and maximum and between two steps."""
    units = round(lots / float(VOLUME_UNIT))
    step = int(symbol.volume_step / VOLUME_UNIT)
    low, high = (int(v / VOLUME_UNIT) for v in (symbol.volume_min, symbol.volume_max))
    if not low <= units <= high or units % step:
        raise Rejected(Retcode.INVALID_VOLUME, "Invalid volume")
    return units


def volume_limit(account: Account, symbol: SymbolProperties, buys: bool, units: int) -> None:
    """Refuse what would bring one side of a symbol, positions and waiting orders, beyond its limit."""
    if not symbol.volume_limit:
        return
    state = account.state
    held = sum(p.volume for p in state.positions.values() if (p.symbol, p.is_buy) == (symbol.name, buys))
    waits = sum(o.left for o in state.orders.values() if (o.symbol, o.is_buy) == (symbol.name, buys))
    if held + waits + units > int(symbol.volume_limit / VOLUME_UNIT):
        raise Rejected(Retcode.LIMIT_VOLUME, "The volume of orders and positions has reached the limit")


def room(account: Account, symbol: str) -> None:
    """Refuse one more position than the account may have."""
    limit, open_now = account.settings.limit_positions, account.state.positions.values()
    joins = account.settings.netting and any(p.symbol == symbol for p in open_now)
    if limit and len(open_now) >= limit and not joins:
        raise Rejected(Retcode.LIMIT_POSITIONS, "The number of open positions has reached the limit")


def not_being_closed(account: Account, position: Position, units: int) -> None:
    """Refuse to close more than is left beside the closing orders that wait already."""
    # The rest of an order that made the position larger bears its identifier as well.
    waits = sum(
        o.left
        for o in account.state.orders.values()
        if o.position == position.identifier and o.is_buy is not position.is_buy
    )
    if waits and waits + units > position.volume:
        raise Rejected(Retcode.CLOSE_ORDER_EXIST, "A close order for this position exists already")


def close_volume(symbol: SymbolProperties, lots: float, position: Position) -> int:
    """``lots`` in whole units to be closed; what is left must be nothing or a tradable volume."""
    units = round(lots / float(VOLUME_UNIT))
    step = int(symbol.volume_step / VOLUME_UNIT)
    if units <= 0 or (units % step and units != position.volume):
        raise Rejected(Retcode.INVALID_VOLUME, "Invalid volume")
    left = position.volume - units
    if left < 0 or 0 < left < int(symbol.volume_min / VOLUME_UNIT):
        raise Rejected(Retcode.INVALID_CLOSE_VOLUME, "Invalid close volume")
    return units


def points(symbol: SymbolProperties, price: float, retcode: Retcode, comment: str) -> int:
    """``price`` in points; refused with ``retcode`` when negative or between two ticks."""
    exact = price * float(10**symbol.digits)
    whole = round(exact)
    noise = max(_NOISE, abs(exact) * 1e-12)
    if price < 0 or abs(exact - whole) > noise or whole % symbol.tick_size:
        raise Rejected(retcode, comment)
    return whole


def hedge(account: Account, symbol: str, buys: bool) -> None:
    """Refuse a deal against an open position where the account may not hold both directions."""
    if account.hedges(symbol, buys):
        raise Rejected(Retcode.HEDGE_PROHIBITED, "Hedging is prohibited")


def first_in(account: Account, *closed: Position) -> None:
    """Refuse to close anything before the oldest position of the symbol, where the account says so."""
    if not account.settings.fifo_close or account.settings.netting:
        return
    symbol = closed[0].symbol
    same = [p for p in account.state.positions.values() if p.symbol == symbol]
    if min(same, key=lambda p: (p.opened, p.identifier)) not in closed:
        raise Rejected(Retcode.FIFO_CLOSE, "Positions are closed by FIFO")


def filling(symbol: SymbolProperties, mode: int, *, waiting: bool, passive: bool = False) -> Filling:
    """The filling, if the symbol allows it: a mask of FOK 1, IOC 2, BOC 4; RETURN for waiting orders.

    Book-or-cancel is for ``passive`` orders, which wait at their own price. Exchange execution takes
    RETURN for market orders as well, instant and request execution take fill-or-kill for them always.
    """
    try:
        wanted = Filling(mode)
    except ValueError:
        raise Rejected(Retcode.INVALID_FILL, "Unsupported filling mode") from None
    allowed = {
        Filling.FOK: symbol.filling_mode & 1 or (asks_price(symbol) and not waiting),
        Filling.IOC: symbol.filling_mode & 2,
        Filling.BOC: passive and symbol.filling_mode & 4,
        Filling.RETURN: waiting or symbol.execution is Execution.EXCHANGE,
    }
    if not allowed[wanted]:
        raise Rejected(Retcode.INVALID_FILL, "Unsupported filling mode")
    return wanted


def asks_price(symbol: SymbolProperties) -> bool:
    """Whether a market order names the price it was shown: instant and request execution."""
    return symbol.execution in (Execution.INSTANT, Execution.REQUEST)


def fillable(account: Account, symbol: SymbolProperties, buys: bool, volume: int, mode: Filling) -> int:
    """How much of a market order is filled at once; refused where that is too little for its filling."""
    if symbol.fills_later:
        return 0
    units = liquidity.offered(account, symbol.name, buys, volume)
    if units < volume and not liquidity.takes_part(mode):
        raise Rejected(Retcode.REJECT, "The market does not offer the whole volume")
    if units == 0 and not liquidity.rest_waits(mode):
        raise Rejected(Retcode.REJECT, "The market offers no volume")
    return units


def deal_price(symbol: SymbolProperties, quote: Quote, request: TradeRequest, buys: bool) -> int:
    """The price of a market deal; instant execution refuses one further off than ``deviation`` points."""
    here = quote.ask if buys else quote.bid
    if asks_price(symbol):
        if request.price == 0.0:
            raise Rejected(Retcode.INVALID_PRICE, "Invalid price")
        asked = points(symbol, request.price, Retcode.INVALID_PRICE, "Invalid price")
        if abs(asked - here) > request.deviation:
            raise Rejected(Retcode.REQUOTE, "Requote")
    return here


def stops(
    symbol: SymbolProperties, request: TradeRequest, buys: bool, *, sl_from: int, tp_from: int
) -> tuple[int, int]:
    """Stop and target in points (0: none), each at least the stops level away from its reference.

    An open buy is measured from the bid (where it would be closed), a sell from the ask, a waiting
    order from its own price. The level itself must be beyond the reference.
    """
    sl = points(symbol, request.sl, Retcode.INVALID_STOPS, "Invalid stops")
    tp = points(symbol, request.tp, Retcode.INVALID_STOPS, "Invalid stops")
    sign = 1 if buys else -1
    least = max(1, symbol.stops_level)
    if (sl and (sl_from - sl) * sign < least) or (tp and (tp - tp_from) * sign < least):
        raise Rejected(Retcode.INVALID_STOPS, "Invalid stops")
    return sl, tp


def order_price(symbol: SymbolProperties, quote: Quote, kind: OrderType, price: float) -> int:
    """The price of a waiting order: on its side of the market, at least the stops level away.

    For a stop-limit order that is its stop.
    """
    at = points(symbol, price, Retcode.INVALID_PRICE, "Invalid price")
    least = max(1, symbol.stops_level)
    away = {
        OrderType.BUY_LIMIT: quote.ask - at,
        OrderType.BUY_STOP: at - quote.ask,
        OrderType.SELL_LIMIT: at - quote.bid,
        OrderType.SELL_STOP: quote.bid - at,
        OrderType.BUY_STOP_LIMIT: at - quote.ask,
        OrderType.SELL_STOP_LIMIT: quote.bid - at,
    }[kind]
    if at == 0 or away < least:
        raise Rejected(Retcode.INVALID_PRICE, "Invalid price")
    return at


def limit_after_stop(symbol: SymbolProperties, kind: OrderType, stop: int, price: float) -> int:
    """Where a stop-limit order will wait as a limit: on the near side of its stop (0 for other orders)."""
    if kind not in (OrderType.BUY_STOP_LIMIT, OrderType.SELL_STOP_LIMIT):
        return 0
    at = points(symbol, price, Retcode.INVALID_PRICE, "Invalid price")
    away = stop - at if kind is OrderType.BUY_STOP_LIMIT else at - stop
    if at == 0 or away < max(1, symbol.stops_level):
        raise Rejected(Retcode.INVALID_PRICE, "Invalid price")
    return at


def expiry(account: Account, symbol: SymbolProperties, request: TradeRequest) -> tuple[TimeType, int]:
    """How long an order waits, and until when (account time, microseconds; 0 for ever).

    Requests name the server's time, and days are the server's.
    """
    try:
        kind = TimeType(request.type_time)
    except ValueError:
        raise Rejected(Retcode.INVALID_EXPIRATION, "Invalid expiration") from None
    if not symbol.expiration_mode & (1 << kind):
        raise Rejected(Retcode.INVALID_EXPIRATION, "Invalid expiration")
    if kind is TimeType.GTC:
        return kind, 0
    if kind is TimeType.DAY:
        return kind, account.server.day_end(account.now)
    until = account.server.moment(request.expiration * _SECOND)
    if kind is TimeType.SPECIFIED_DAY:
        until = account.server.day_end(until)
    if until <= account.now:
        raise Rejected(Retcode.INVALID_EXPIRATION, "Invalid expiration")
    return kind, until


def not_frozen(symbol: SymbolProperties, quote: Quote, held: Position | Order) -> None:
    """Refuse what touches a position or order whose level lies within the freeze distance."""
    if not symbol.freeze_level:
        return
    levels: tuple[int, ...]
    if isinstance(held, Position):
        here, levels = (quote.bid if held.is_buy else quote.ask), (held.sl, held.tp)
    else:
        here, levels = (quote.ask if held.is_buy else quote.bid), (held.price,)
    if any(level and abs(here - level) <= symbol.freeze_level for level in levels):
        raise Rejected(Retcode.FROZEN, "Order or position frozen")
