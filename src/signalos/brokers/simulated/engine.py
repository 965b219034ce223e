"""The account: positions, orders and money, moved by quotes and by calls. No I/O, no clock.

Time comes in through ``advance_to``; what happened since is walked tick by tick, so the same state
and the same ticks give the same account whether or not the process was away in between.
"""

from __future__ import annotations

from decimal import Decimal

from signalos.brokers.simulated.codes import (
    DealType,
    Entry,
    Filling,
    OrderState,
    OrderType,
    Reason,
    TimeType,
)
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
from signalos.brokers.simulated.symbols import VOLUME_UNIT
from signalos.brokers.simulated.triggers import Triggers, order_touched, position_touched
from signalos.prices import Quote


class Account:
    """A hedging account: every opening deal makes its own position."""

    def __init__(
        self, settings: AccountSettings, market: Market, state: AccountState, changes: Changes | None = None
    ) -> None:
        self.settings = settings
        self.market = market
        self.state = state
        self.changes = changes or Changes()
        self.balance = sum((deal.net for deal in state.deals.values()), ZERO)
        self._triggers: Triggers | None = None
        market.feed.jump(state.now)

    # ------------------------------------------------------------ figures

    @property
    def now(self) -> int:
        """Account time in microseconds."""
        return self.state.now

    def floating(self, position: Position) -> Decimal:
        """Profit of ``position`` if it were closed at the newest quote."""
        return self.market.profit(
            position.symbol, position.sign, position.volume, position.price, self.exit_price(position)
        )

    def exit_price(self, position: Position) -> int:
        """Where ``position`` would be closed now, in points."""
        quote = self.market.feed.quote_or_first(position.symbol)
        return quote.bid if position.is_buy else quote.ask

    @property
    def profit(self) -> Decimal:
        """Floating profit of all positions."""
        return sum((self.floating(p) for p in self.state.positions.values()), ZERO)

    @property
    def equity(self) -> Decimal:
        """Balance and floating profit."""
        return self.balance + self.profit

    @property
    def margin(self) -> Decimal:
        """Margin in use: of each symbol's two sides the larger one counts (hedging by the larger leg)."""
        return self.margin_with(None)

    def margin_with(self, added: tuple[str, bool, int, int] | None) -> Decimal:
        """The margin in use if (symbol, buys, volume, price) were open as well."""
        sides: dict[str, list[Decimal]] = {}
        held = [(p.symbol, p.is_buy, p.volume, p.price) for p in self.state.positions.values()]
        for symbol, buys, volume, price in [*held, added] if added else held:
            both = sides.setdefault(symbol, [ZERO, ZERO])
            both[0 if buys else 1] += self.market.margin(symbol, volume, price) / self.settings.leverage
        return self.market.cents(sum((max(both) for both in sides.values()), ZERO))

    def affords(self, symbol: str, buys: bool, volume: int, price: int) -> bool:
        """Whether the equity covers the margin with that position, too."""
        return self.margin_with((symbol, buys, volume, price)) <= self.equity

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
        triggers = self._watched()
        for symbol, quote in self.market.feed.walk(now):
            if triggers.expiry <= quote.time:
                self._expire(quote.time)
                triggers = self._watched()
            if triggers.touched(symbol, quote):
                state.now = quote.time
                self._react(symbol, quote)
                if not triggers.always(symbol):
                    self._triggers = None  # the stop-out is measured from here on
                triggers = self._watched()
        self._expire(now)
        state.now = now

    def _watched(self) -> Triggers:
        if self._triggers is None:
            self._triggers = Triggers.of(self)
        return self._triggers

    def _react(self, symbol: str, quote: Quote) -> None:
        """Carry out what ``quote`` of ``symbol`` sets off: exits first, then entries, then the stop-out."""
        state = self.state
        for position in [p for _, p in sorted(state.positions.items()) if p.symbol == symbol]:
            exit_ = position_touched(position, quote)
            if exit_ is not None:
                reason, price = exit_
                level = position.sl if reason is Reason.SL else position.tp
                digits = self.market.symbols[symbol].digits
                comment = f"[{reason.name.lower()} {level / 10**digits:.{digits}f}]"
                self.close(position, position.volume, price, reason, position.magic, comment)
        for order in [o for _, o in sorted(state.orders.items()) if o.symbol == symbol]:
            price_or_none = order_touched(order, quote)
            if price_or_none is not None:
                self._fill(order, price_or_none)
        while state.positions and self.equity * 100 < self.margin * self.settings.stop_out:
            worst = min(state.positions.values(), key=lambda p: (self.floating(p), p.ticket))
            self.close(worst, worst.volume, self.exit_price(worst), Reason.SO, worst.magic, "so")

    def _fill(self, order: Order, price: int) -> None:
        buys = order.is_buy
        if not self.affords(order.symbol, buys, order.left, price):
            self._end(order, OrderState.REJECTED)
            order.comment = "no money"
            return
        order.left = 0
        order.position = order.ticket
        self._end(order, OrderState.FILLED)
        self._open_from(order, OrderType.BUY if buys else OrderType.SELL, price)

    def _expire(self, now: int) -> None:
        due = [o for o in self.state.orders.values() if o.expires and o.expires <= now]
        for order in sorted(due, key=lambda o: (o.expires, o.ticket)):
            self.state.now = max(self.state.now, order.expires)
            self._end(order, OrderState.EXPIRED)

    # ------------------------------------------------------------ deeds, all at self.now

    def open(
        self,
        symbol: str,
        side: OrderType,
        volume: int,
        price: int,
        *,
        sl: int,
        tp: int,
        filling: Filling,
        magic: int,
        comment: str,
    ) -> Deal:
        """Open a position at ``price`` by a market order, which goes to the history as filled."""
        order = self._order(
            symbol, side, volume, price, sl=sl, tp=tp, filling=filling, magic=magic, comment=comment
        )
        order.left = 0
        order.position = order.ticket
        self._record_done(order, OrderState.FILLED)
        return self._open_from(order, side, price)

    def close(
        self, position: Position, volume: int, price: int, reason: Reason, magic: int, comment: str
    ) -> Deal:
        """Close ``volume`` of ``position`` at ``price``; what is left keeps its ticket."""
        side = OrderType.SELL if position.is_buy else OrderType.BUY
        order = self._order(
            position.symbol,
            side,
            volume,
            price,
            sl=0,
            tp=0,
            filling=Filling.FOK,
            magic=magic,
            comment=comment,
            reason=reason,
        )
        order.left = 0
        order.position = position.ticket
        self._record_done(order, OrderState.FILLED)
        profit = self.market.profit(position.symbol, position.sign, volume, position.price, price)
        self._reduce(position, volume)
        return self._deal(order, side, Entry.OUT, price, profit)

    def close_by(self, position: Position, other: Position, magic: int, comment: str) -> Deal:
        """Close two opposite positions against each other; what the larger one has more stays open.

        One order makes two deals at the opening price of ``other``: the first brings all the profit, and
        no spread is paid.
        """
        volume = min(position.volume, other.volume)
        order = self._order(
            position.symbol,
            OrderType.CLOSE_BY,
            volume,
            other.price,
            sl=0,
            tp=0,
            filling=Filling.FOK,
            magic=magic,
            comment=comment,
        )
        order.left, order.position, order.position_by = 0, position.ticket, other.ticket
        self._record_done(order, OrderState.FILLED)
        profit = self.market.profit(position.symbol, position.sign, volume, position.price, other.price)
        self._reduce(position, volume)
        self._reduce(other, volume)
        first = self._deal(order, other.type, Entry.OUT_BY, other.price, profit)
        self._deal(order, position.type, Entry.OUT_BY, other.price, ZERO, of=other.ticket)
        return first

    def place(
        self,
        symbol: str,
        kind: OrderType,
        volume: int,
        price: int,
        *,
        sl: int,
        tp: int,
        filling: Filling,
        time_type: TimeType,
        expires: int,
        magic: int,
        comment: str,
    ) -> Order:
        """Place a waiting order."""
        order = self._order(
            symbol, kind, volume, price, sl=sl, tp=tp, filling=filling, magic=magic, comment=comment
        )
        order.time_type, order.expires = time_type, expires
        self.state.orders[order.ticket] = order
        self._changed_order(order.ticket)
        return order

    def set_stops(self, position: Position, sl: int, tp: int) -> None:
        """Set stop and target of ``position``; 0 removes."""
        position.sl, position.tp, position.updated = sl, tp, self.now
        self._changed_position(position.ticket)

    def modify(
        self, order: Order, *, price: int, sl: int, tp: int, time_type: TimeType, expires: int
    ) -> None:
        """Change a waiting order."""
        order.price, order.sl, order.tp = price, sl, tp
        order.time_type, order.expires = time_type, expires
        self._changed_order(order.ticket)

    def remove(self, order: Order) -> None:
        """Cancel a waiting order."""
        self._end(order, OrderState.CANCELED)

    # ------------------------------------------------------------ bookkeeping

    def _order(
        self,
        symbol: str,
        kind: OrderType,
        volume: int,
        price: int,
        *,
        sl: int,
        tp: int,
        filling: Filling,
        magic: int,
        comment: str,
        reason: Reason = Reason.EXPERT,
    ) -> Order:
        ticket = self.state.next_order
        self.state.next_order += 1
        return Order(
            ticket=ticket,
            symbol=symbol,
            type=kind,
            volume=volume,
            left=volume,
            price=price,
            sl=sl,
            tp=tp,
            filling=filling,
            time_type=TimeType.GTC,
            expires=0,
            state=OrderState.PLACED,
            reason=reason,
            magic=magic,
            comment=comment,
            position=0,
            setup=self.now,
        )

    def _open_from(self, order: Order, side: OrderType, price: int) -> Deal:
        self.state.positions[order.ticket] = Position(
            ticket=order.ticket,
            symbol=order.symbol,
            type=side,
            volume=order.volume,
            price=price,
            sl=order.sl,
            tp=order.tp,
            magic=order.magic,
            comment=order.comment,
            reason=order.reason,
            opened=self.now,
            updated=self.now,
        )
        self._changed_position(order.ticket)
        return self._deal(order, side, Entry.IN, price, ZERO)

    def _reduce(self, position: Position, volume: int) -> None:
        position.volume -= volume
        position.updated = self.now
        if position.volume == 0:
            del self.state.positions[position.ticket]
        self._changed_position(position.ticket)

    def _deal(
        self, order: Order, side: OrderType, entry: Entry, price: int, profit: Decimal, of: int = 0
    ) -> Deal:
        """Record a deal of ``order``, on the position ``of`` if that is not the order's own."""
        ticket = self.state.next_deal
        self.state.next_deal += 1
        lots = order.volume * VOLUME_UNIT
        deal = Deal(
            ticket=ticket,
            order=order.ticket,
            time=self.now,
            type=DealType.BUY if side is OrderType.BUY else DealType.SELL,
            entry=entry,
            reason=order.reason,
            symbol=order.symbol,
            volume=order.volume,
            price=price,
            position=of or order.position,
            magic=order.magic,
            comment=order.comment,
            profit=profit,
            commission=-self.market.cents(lots * self.market.symbols[order.symbol].commission),
        )
        self.state.deals[ticket] = deal
        self.balance += deal.net
        self.changes.deals.add(ticket)
        return deal

    def _end(self, order: Order, state: OrderState) -> None:
        del self.state.orders[order.ticket]
        self._changed_order(order.ticket)
        self._record_done(order, state)

    def _record_done(self, order: Order, state: OrderState) -> None:
        order.state, order.done = state, self.now
        self.state.done_orders[order.ticket] = order
        self.changes.done_orders.add(order.ticket)

    def _changed_position(self, ticket: int) -> None:
        self._triggers = None
        self.changes.positions.add(ticket)

    def _changed_order(self, ticket: int) -> None:
        self._triggers = None
        self.changes.orders.add(ticket)
