"""The account: positions, orders and money, moved by quotes and by calls. No I/O, no clock.

Time comes in through ``advance_to``; what happened since is walked tick by tick, so the same state
and the same ticks give the same account whether or not the process was away in between. What an
execution does to the positions is said in ``holding``, what is written down in ``ledger``.
"""

from __future__ import annotations

from decimal import Decimal

from signalos.brokers.simulated import holding, liquidity, margins, swaps
from signalos.brokers.simulated.codes import OrderState, OrderType, Reason, TimeType
from signalos.brokers.simulated.ledger import Ledger, Terms
from signalos.brokers.simulated.market import Market
from signalos.brokers.simulated.records import (
    ZERO,
    AccountSettings,
    AccountState,
    Changes,
    Deal,
    Order,
    Position,
)
from signalos.brokers.simulated.triggers import Triggers, order_touched, position_touched
from signalos.prices import Quote


class Account(Ledger):
    """An account of any margin mode: figures, the passing of time, and the deeds of a client."""

    def __init__(
        self, settings: AccountSettings, market: Market, state: AccountState, changes: Changes | None = None
    ) -> None:
        super().__init__(settings, market, state, changes)
        self._triggers: Triggers | None = None
        self._swaps = swaps.applies(self)
        market.feed.jump(state.now)

    # ------------------------------------------------------------ figures

    def floating(self, position: Position) -> Decimal:
        """Profit of ``position`` if it were closed at the newest quote; its swap is not in it."""
        return self.market.profit(
            position.symbol, position.sign, position.volume, position.price, self.exit_price(position)
        )

    def exit_price(self, position: Position) -> int:
        """Where ``position`` would be closed now, in points."""
        quote = self.market.feed.quote_or_first(position.symbol)
        return quote.bid if position.is_buy else quote.ask

    @property
    def profit(self) -> Decimal:
        """Floating profit and swap of all positions."""
        return sum((self.floating(p) + p.swap for p in self.state.positions.values()), ZERO)

    @property
    def equity(self) -> Decimal:
        """Balance, floating profit and swap."""
        return self.balance + self.profit

    @property
    def margin(self) -> Decimal:
        """Margin in use."""
        return margins.needed(self.market, self.settings, margins.legs(self.state.positions.values()))

    def margin_with(self, symbol: str, buys: bool, volume: int, price: int) -> Decimal:
        """The margin in use after one more deal."""
        held = margins.legs(self.state.positions.values())
        added = margins.Leg(symbol, buys, volume, price)
        after = margins.with_added(held, added, netting=self.settings.netting)
        return margins.needed(self.market, self.settings, after)

    def affords(self, symbol: str, buys: bool, volume: int, price: int) -> bool:
        """Whether the equity covers the margin after that deal; what makes a position smaller is let through."""
        if self.settings.netting:
            held = holding.position_of(self, symbol)
            if held is not None and held.is_buy is not buys and volume <= held.volume:
                return True
        return self.margin_with(symbol, buys, volume, price) <= self.equity

    def hedges(self, symbol: str, buys: bool) -> bool:
        """Whether a deal of this side would stand against an open position, where that is not allowed."""
        if self.settings.netting or self.settings.hedging_allowed:
            return False
        return any(p.symbol == symbol and p.is_buy is not buys for p in self.state.positions.values())

    def trading(self, symbol: str) -> bool:
        """Whether ``symbol`` has a session now."""
        return self.market.sessions[symbol].trading(self.server, self.now)

    # ------------------------------------------------------------ time

    def advance_to(self, now: int) -> None:
        """Let the market move on to ``now``: stops, targets, waiting orders and expiries in their order.

        An earlier ``now`` changes nothing.
        """
        state = self.state
        if now <= state.now:
            return
        if not state.positions and not state.orders:
            self.market.feed.jump(now)
            state.now = now
            return
        while self._swaps and (midnight := self.server.day_end(state.now)) <= now:
            self._walk(midnight)
            swaps.charge(self)
        self._walk(now)

    def jump(self, symbol: str, points: int) -> None:
        """Let a quote come in that nobody recorded, ``points`` away from the newest one."""
        before = self.market.quote(symbol)
        if before is not None:
            quote = Quote(self.now, max(1, before.bid + points), max(1, before.ask + points))
            self.market.feed.insert(symbol, quote)
            self._react(symbol, quote)
            self.stale = True

    def _walk(self, until: int) -> None:
        """Visit each tick up to ``until`` and stand there."""
        triggers = self._watched()
        for symbol, quote in self.market.feed.walk(until):
            if triggers.expiry <= quote.time:
                self._expire(quote.time)
                triggers = self._watched()
            if triggers.touched(symbol, quote):
                self.state.now = quote.time
                self._react(symbol, quote)
                if not triggers.always(symbol):
                    self.stale = True  # the stop-out is measured from here on
                triggers = self._watched()
        self._expire(until)
        self.state.now = until

    def _watched(self) -> Triggers:
        if self._triggers is None or self.stale:
            self._triggers = Triggers.of(self)
            self.stale = False
        return self._triggers

    def _react(self, symbol: str, quote: Quote) -> None:
        """Carry out what ``quote`` of ``symbol`` sets off: exits first, then entries, then the stop-out.

        Where the market is closed nothing is: the first quote of the session does it.
        """
        if self.trading(symbol):
            self._exits(symbol, quote)
            self._entries(symbol, quote)
        while self.state.positions and self.equity * 100 < self.margin * self.settings.stop_out:
            open_now = [p for p in self.state.positions.values() if self.trading(p.symbol)]
            if not open_now:
                return
            worst = min(open_now, key=lambda p: (self.floating(p), p.ticket))
            self._force(worst, self.exit_price(worst), Reason.SO, "so")

    def _exits(self, symbol: str, quote: Quote) -> None:
        for position in [p for _, p in sorted(self.state.positions.items()) if p.symbol == symbol]:
            exit_ = position_touched(position, quote)
            if exit_ is not None:
                reason, price = exit_
                level = position.sl if reason is Reason.SL else position.tp
                digits = self.market.symbols[symbol].digits
                comment = f"[{reason.name.lower()} {level / 10**digits:.{digits}f}]"
                self._force(position, price, reason, comment)

    def _entries(self, symbol: str, quote: Quote) -> None:
        for order in [o for _, o in sorted(self.state.orders.items()) if o.symbol == symbol]:
            if order.stoplimit and order_touched(order, quote) is not None:
                self._activate(order)
            price_or_none = order_touched(order, quote)
            if price_or_none is not None and not order.stoplimit:
                self._fill(order, price_or_none)

    def _force(self, position: Position, price: int, reason: Reason, comment: str) -> None:
        """Close ``position`` whole, without anybody's request."""
        terms = Terms(
            symbol=position.symbol,
            type=OrderType.SELL if position.is_buy else OrderType.BUY,
            volume=position.volume,
            price=price,
            reason=reason,
            magic=position.magic,
            comment=comment,
        )
        self.trade(terms, terms.volume, closes=position)

    def _activate(self, order: Order) -> None:
        """A stop-limit order whose stop has come waits on as a limit, under the same ticket."""
        order.type = OrderType.BUY_LIMIT if order.is_buy else OrderType.SELL_LIMIT
        order.price, order.stoplimit = order.stoplimit, 0
        self.changed_order(order.ticket)

    def _fill(self, order: Order, price: int) -> None:
        """Fill a waiting ``order`` whose price has come, as far as money and the market allow."""
        if holding.closes(self, order):
            held = holding.identified(self, order.position)
            if held is None or held.volume < order.left:
                self.end(order, OrderState.CANCELED)
                return
        elif self.hedges(order.symbol, order.is_buy):
            self._reject(order, "hedge prohibited")
            return
        elif not self.affords(order.symbol, order.is_buy, order.left, price):
            self._reject(order, "no money")
            return
        units = liquidity.offered(self, order.symbol, order.is_buy, order.left)
        if units == order.left or (units and liquidity.takes_part(order.filling)):
            holding.fill(self, order, units, price)
            order.state = OrderState.PARTIAL
            self.changed_order(order.ticket)
        if order.left == 0:
            self.end(order, OrderState.FILLED)
        elif not liquidity.rest_waits(order.filling):
            self.end(order, OrderState.CANCELED)

    def _reject(self, order: Order, why: str) -> None:
        order.comment = why
        self.end(order, OrderState.REJECTED)

    def _expire(self, now: int) -> None:
        due = [o for o in self.state.orders.values() if o.expires and o.expires <= now]
        for order in sorted(due, key=lambda o: (o.expires, o.ticket)):
            self.state.now = max(self.state.now, order.expires)
            self.end(order, OrderState.EXPIRED)

    # ------------------------------------------------------------ deeds, all at self.now

    def trade(
        self, terms: Terms, units: int, *, closes: Position | None = None
    ) -> tuple[Order, Deal | None]:
        """Make a market order and fill ``units`` of it at its price; ``closes`` is the position it is for.

        What is not filled waits for the next quote if the order's filling says so, else it is cancelled.
        """
        order = self.new_order(terms)
        if closes is not None:
            order.position = closes.identifier
        deal = holding.fill(self, order, units, terms.price) if units else None
        if order.left == 0:
            self.done(order, OrderState.FILLED)
        elif units == 0 or liquidity.rest_waits(order.filling):
            order.state = OrderState.PARTIAL if units else OrderState.PLACED
            self.wait(order)
        else:
            self.done(order, OrderState.CANCELED)
        return order, deal

    def close_by(self, position: Position, other: Position, magic: int, comment: str) -> Deal:
        """Close two opposite positions against each other."""
        terms = Terms(
            symbol=position.symbol,
            type=OrderType.CLOSE_BY,
            volume=min(position.volume, other.volume),
            price=round(other.price),
            magic=magic,
            comment=comment,
        )
        order = self.new_order(terms)
        self.done(order, OrderState.FILLED)
        return holding.fill_by(self, order, position, other)

    def place(self, terms: Terms) -> Order:
        """Place a waiting order."""
        order = self.new_order(terms)
        self.wait(order)
        return order

    def set_stops(self, position: Position, sl: int, tp: int) -> None:
        """Set stop and target of ``position``; 0 removes."""
        position.sl, position.tp, position.updated = sl, tp, self.now
        self.changed_position(position)

    def modify(
        self,
        order: Order,
        *,
        price: int,
        stoplimit: int,
        sl: int,
        tp: int,
        time_type: TimeType,
        expires: int,
    ) -> None:
        """Change a waiting order."""
        order.price, order.stoplimit, order.sl, order.tp = price, stoplimit, sl, tp
        order.time_type, order.expires = time_type, expires
        self.changed_order(order.ticket)

    def remove(self, order: Order) -> None:
        """Cancel a waiting order."""
        self.end(order, OrderState.CANCELED)
