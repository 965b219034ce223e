"""The account's books: tickets, orders, deals and the balance, and a note of all that has changed."""

from __future__ import annotations

from decimal import Decimal

import msgspec

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
from signalos.brokers.simulated.servertime import ServerTime
from signalos.brokers.simulated.symbols import VOLUME_UNIT


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What an order is to be: prices in points, ``expires`` in account time, 0 for never."""

    symbol: str
    type: OrderType
    volume: int
    price: int
    sl: int = 0
    tp: int = 0
    filling: Filling = Filling.FOK
    time_type: TimeType = TimeType.GTC
    expires: int = 0
    reason: Reason = Reason.EXPERT
    magic: int = 0
    comment: str = ""
    stoplimit: int = 0


class Ledger:
    """Writes down; decides nothing. ``stale`` is set by everything that moves what is watched for."""

    def __init__(
        self, settings: AccountSettings, market: Market, state: AccountState, changes: Changes | None = None
    ) -> None:
        self.settings = settings
        self.market = market
        self.state = state
        self.server = ServerTime(settings.server_zone)
        self.changes = changes or Changes()
        self.balance = sum((deal.net for deal in state.deals.values()), ZERO)
        self.stale = True

    @property
    def now(self) -> int:
        """Account time in microseconds."""
        return self.state.now

    def new_order(self, terms: Terms) -> Order:
        """An order with the next ticket, not in the books yet: it will wait or be done at once."""
        return Order(
            ticket=self.next_ticket(),
            left=terms.volume,
            state=OrderState.PLACED,
            position=0,
            setup=self.now,
            **{name: getattr(terms, name) for name in Terms.__struct_fields__},
        )

    def next_ticket(self) -> int:
        """A number for an order or a position that was never given before."""
        ticket = self.state.next_order
        self.state.next_order += 1
        return ticket

    def wait(self, order: Order) -> None:
        """Put ``order`` among those that wait."""
        self.state.orders[order.ticket] = order
        self.changed_order(order.ticket)

    def end(self, order: Order, state: OrderState) -> None:
        """Move a waiting ``order`` to the history."""
        del self.state.orders[order.ticket]
        self.changed_order(order.ticket)
        self.done(order, state)

    def done(self, order: Order, state: OrderState) -> None:
        """Put ``order``, which waits nowhere, into the history."""
        order.state, order.done = state, self.now
        self.state.done_orders[order.ticket] = order
        self.changes.done_orders.add(order.ticket)

    def hold(self, position: Position) -> None:
        """Put ``position`` among the open ones."""
        self.state.positions[position.ticket] = position
        self.changed_position(position)

    def let_go(self, position: Position) -> None:
        """Take ``position`` off the open ones."""
        del self.state.positions[position.ticket]
        self.changed_position(position)

    def deal(
        self,
        order: Order,
        side: OrderType,
        entry: Entry,
        volume: int,
        price: int,
        profit: Decimal = ZERO,
        swap: Decimal = ZERO,
        of: int = 0,
    ) -> Deal:
        """Record a deal of ``order``, on the position ``of`` if that is not the order's own."""
        symbol = self.market.symbols[order.symbol]
        charged = -self.market.cents(volume * VOLUME_UNIT * symbol.commission)
        deal = Deal(
            ticket=self._next_deal(),
            order=order.ticket,
            time=self.now,
            type=DealType.BUY if side is OrderType.BUY else DealType.SELL,
            entry=entry,
            reason=order.reason,
            symbol=order.symbol,
            volume=volume,
            price=price,
            position=of or order.position,
            magic=order.magic,
            comment=order.comment,
            profit=profit,
            swap=swap,
            commission=ZERO if symbol.commission_deals else charged,
        )
        self._record(deal)
        if symbol.commission_deals and charged:
            self._charge(deal, charged)
        return deal

    def changed_position(self, position: Position) -> None:
        """Note that ``position`` is no longer what it was."""
        self.stale = True
        self.changes.positions.add(position.ticket)

    def changed_order(self, ticket: int) -> None:
        """Note that the waiting order ``ticket`` is no longer what it was."""
        self.stale = True
        self.changes.orders.add(ticket)

    def _charge(self, deal: Deal, amount: Decimal) -> None:
        """Some servers book what a deal costs as a deal of its own."""
        charge = msgspec.structs.replace(
            deal,
            ticket=self._next_deal(),
            type=DealType.COMMISSION,
            entry=Entry.IN,
            volume=0,
            price=0,
            profit=amount,
            swap=ZERO,
        )
        self._record(charge)

    def _record(self, deal: Deal) -> None:
        self.state.deals[deal.ticket] = deal
        self.balance += deal.net
        self.changes.deals.add(deal.ticket)

    def _next_deal(self) -> int:
        ticket = self.state.next_deal
        self.state.next_deal += 1
        return ticket
