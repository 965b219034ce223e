"""A trading house in memory: replace it by calls of the real one's interface.

What a house must offer for exactly-once trading: a mark of ours (client order id, comment) that stays with
each order, and a way to list orders and executions by it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from signalos.domain.market import Deal, DealEntry, PendingOrder, Position
from signalos.domain.order import OpenLeg
from signalos.domain.signal import Side
from signalos.kit.clock import Clock

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Instrument:
    """What the house says of a symbol; ``loss_per_lot`` is account money a lot and full price unit."""

    name: str
    digits: int
    bid: Decimal
    ask: Decimal
    loss_per_lot: Decimal
    contract_size: Decimal = Decimal(100_000)

    @property
    def margin_per_lot(self) -> Decimal:
        """At a leverage of 100."""
        return self.contract_size * self.ask * self.loss_per_lot / self.contract_size / 100


class VenueDown(Exception):
    """Nothing reached the house: certainly not carried out."""


class VenueRefused(Exception):
    """The house said no. ``code`` is its own word for why."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


@dataclass
class Venue:
    """One hedging account. Every change is complete when its call returns."""

    clock: Clock
    login: str
    server: str
    instruments: Mapping[str, Instrument]
    balance: Decimal = Decimal(100_000)
    up: bool = True
    positions: dict[str, Position] = field(default_factory=dict)
    orders: dict[str, PendingOrder] = field(default_factory=dict)
    deals: list[Deal] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._numbers = itertools.count(1000)

    @property
    def margin(self) -> Decimal:
        """Money that the open positions hold."""
        held = self.positions.values()
        return sum((p.volume * self.instruments[p.symbol].margin_per_lot for p in held), ZERO)

    def ask(self) -> None:
        """Reach the house. Raises VenueDown."""
        if not self.up:
            raise VenueDown

    def open(self, leg: OpenLeg, volume: Decimal, mark: str, group: str) -> Position:
        """Buy or sell at the market. Raises VenueRefused."""
        at, now, number = self.instruments[leg.symbol], self.clock.now(), str(next(self._numbers))
        if volume * at.margin_per_lot > self.balance - self.margin:
            raise VenueRefused("no_money")
        price = at.ask if leg.side is Side.BUY else at.bid
        made = Position(
            *(number, number, leg.symbol, leg.side, volume, price, leg.stop_loss, leg.take_profit),
            *(price, ZERO, ZERO, group, mark, now),
        )
        self.positions[number] = made
        self._deal(made, leg.side, DealEntry.IN, volume, price, ZERO, mark)
        return made

    def close(self, number: str, volume: Decimal, mark: str) -> Deal:
        """Close a part or all of a position."""
        held = self.positions[number]
        at = self.instruments[held.symbol]
        price = at.bid if held.side is Side.BUY else at.ask
        gain = (price - held.entry_price) * held.side.sign * volume * at.loss_per_lot
        self.balance += gain
        if held.volume > volume:
            self.positions[number] = replace(held, volume=held.volume - volume)
        else:
            del self.positions[number]
        return self._deal(held, held.side.opposite, DealEntry.OUT, volume, price, gain, mark)

    def place(self, leg: OpenLeg, price: Decimal, volume: Decimal, mark: str, group: str) -> PendingOrder:
        """Leave an order to wait for its price."""
        number = str(next(self._numbers))
        self.orders[number] = PendingOrder(
            *(number, leg.symbol, leg.side, leg.kind, volume, price, leg.stop_loss, leg.take_profit),
            *(leg.expires_at, group, mark, self.clock.now()),
        )
        return self.orders[number]

    def _deal(
        self,
        position: Position,
        side: Side,
        entry: DealEntry,
        volume: Decimal,
        price: Decimal,
        gain: Decimal,
        mark: str,
    ) -> Deal:
        number = str(next(self._numbers))
        made = Deal(
            ticket=number,
            order=number,
            position=position.identifier,
            symbol=position.symbol,
            side=side,
            entry=entry,
            volume=volume,
            price=price,
            profit=gain,
            swap=ZERO,
            commission=ZERO,
            fee=ZERO,
            reason="expert",
            magic=position.magic,
            tag=mark,
            at=self.clock.now(),
        )
        self.deals.append(made)
        return made
