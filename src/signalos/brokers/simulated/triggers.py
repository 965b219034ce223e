"""Which quotes set something off: one band a symbol, so that a quiet tick costs four comparisons."""

from __future__ import annotations

from typing import NamedTuple

from signalos.brokers.simulated.codes import OrderType, Reason
from signalos.brokers.simulated.records import Order, Position
from signalos.brokers.simulated.stopout import Books, StopOutScreen
from signalos.brokers.simulated.symbols import VOLUME_UNIT
from signalos.prices import Quote

_FAR = 1 << 62


def position_touched(position: Position, quote: Quote) -> tuple[Reason, int] | None:
    """Why and at which price ``quote`` closes ``position``; None if it does not.

    A stop is filled where the market stands (a gap costs), a target at its own price.
    """
    here = quote.bid if position.is_buy else quote.ask
    sign = position.sign
    if position.sl and (here - position.sl) * sign <= 0:
        return Reason.SL, here
    if position.tp and (here - position.tp) * sign >= 0:
        return Reason.TP, position.tp
    return None


def order_touched(order: Order, quote: Quote) -> int | None:
    """The price at which ``quote`` fills a waiting ``order``, or makes a stop-limit one a limit; else None.

    Buys look at the ask, sells at the bid. A limit is filled at its price, a stop where the market stands.
    What is left of a market order, or of a stop once set off, takes the next quote there is.
    """
    if takes_any(order):
        return quote.ask if order.is_buy else quote.bid
    match order.type:
        case OrderType.BUY_LIMIT:
            return order.price if quote.ask <= order.price else None
        case OrderType.SELL_LIMIT:
            return order.price if quote.bid >= order.price else None
        case OrderType.BUY_STOP | OrderType.BUY_STOP_LIMIT:
            return quote.ask if quote.ask >= order.price else None
        case OrderType.SELL_STOP | OrderType.SELL_STOP_LIMIT:
            return quote.bid if quote.bid <= order.price else None
    raise ValueError(f"order {order.ticket} of type {order.type!r} does not wait")


def takes_any(order: Order) -> bool:
    """Whether ``order`` waits for volume alone, at whatever price."""
    if order.type in (OrderType.BUY_STOP, OrderType.SELL_STOP):
        return order.left < order.volume
    return order.type in (OrderType.BUY, OrderType.SELL)


class _Band(NamedTuple):
    bid_low: int = -1
    bid_high: int = _FAR
    ask_low: int = -1
    ask_high: int = _FAR

    def narrowed(self, side: str, *, low: int = -1, high: int = _FAR) -> _Band:
        if side == "bid":
            return self._replace(bid_low=max(self.bid_low, low), bid_high=min(self.bid_high, high))
        return self._replace(ask_low=max(self.ask_low, low), ask_high=min(self.ask_high, high))


_ALWAYS = _Band(bid_low=_FAR)


class Triggers:
    """The bands of an account as it stands, and the next expiry (account time, microseconds)."""

    def __init__(self, bands: dict[str, _Band], expiry: int, screen: StopOutScreen | None) -> None:
        self._bands = bands
        self._screen = screen
        self.expiry = expiry

    def touched(self, symbol: str, quote: Quote) -> bool:
        """Whether ``quote`` may set something off; never False when it does."""
        band = self._bands.get(symbol)
        return (
            band is not None
            and (
                quote.bid <= band.bid_low
                or quote.bid >= band.bid_high
                or quote.ask <= band.ask_low
                or quote.ask >= band.ask_high
            )
        ) or (self._screen is not None and not self._screen.safe())

    def always(self, symbol: str) -> bool:
        """Whether every tick of ``symbol`` is looked at."""
        return self._bands.get(symbol) is _ALWAYS

    @classmethod
    def of(cls, account: Books) -> Triggers:
        """Compute them from positions, orders and the distance to the stop-out."""
        bands: dict[str, _Band] = {}
        for p in account.state.positions.values():
            band = bands.get(p.symbol, _Band())
            if p.is_buy:
                bands[p.symbol] = band.narrowed("bid", low=p.sl or -1, high=p.tp or _FAR)
            else:
                bands[p.symbol] = band.narrowed("ask", low=p.tp or -1, high=p.sl or _FAR)
        for o in account.state.orders.values():
            band = bands.get(o.symbol, _Band())
            side = "ask" if o.is_buy else "bid"
            if takes_any(o):
                bands[o.symbol] = _ALWAYS
            elif o.type in (OrderType.BUY_LIMIT, OrderType.SELL_STOP, OrderType.SELL_STOP_LIMIT):
                bands[o.symbol] = band.narrowed(side, low=o.price)
            else:
                bands[o.symbol] = band.narrowed(side, high=o.price)
        screen = _watch_stop_out(account, bands)
        expiry = min((o.expires for o in account.state.orders.values() if o.expires), default=_FAR)
        return cls(bands, expiry, screen)


def _watch_stop_out(account: Books, bands: dict[str, _Band]) -> StopOutScreen | None:
    """Narrow the bands so far that no quote inside them can bring the account to its stop-out.

    The money left above the stop-out is shared among the symbols; a symbol whose gross volume cannot
    lose its share within the band cannot be to blame. Where conversions move the value as well, the
    screen that is returned looks at every tick instead.
    """
    gross: dict[str, int] = {}
    for p in account.state.positions.values():
        gross[p.symbol] = gross.get(p.symbol, 0) + p.volume
    if not gross:
        return None
    if any(account.market.converts(symbol) for symbol in gross):
        return StopOutScreen(account)
    left = account.equity - account.margin * account.settings.stop_out / 100
    # Every position's profit is rounded to the cent: at most a cent each is lost on top.
    share = (left - len(account.state.positions)) / len(gross)
    for symbol, volume in gross.items():
        s = account.market.symbols[symbol]
        room = int(share / (volume * VOLUME_UNIT * s.contract_size * s.point))
        quote = account.market.quote(symbol)
        if room <= 0 or quote is None:
            bands[symbol] = _ALWAYS
            continue
        band = bands.get(symbol, _Band())
        band = band.narrowed("bid", low=quote.bid - room, high=quote.bid + room)
        bands[symbol] = band.narrowed("ask", low=quote.ask - room, high=quote.ask + room)
    return None
