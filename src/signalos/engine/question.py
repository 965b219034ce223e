"""What an entry's filters look at: the action, its context, and how it would enter now."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from signalos.domain.decision import DecisionContext, SignalLeg, SignalRecord, SymbolData
from signalos.domain.money import ZERO
from signalos.domain.signal import Open, OrderKind
from signalos.domain.strategy import Strategy
from signalos.engine.figures import plain

ENDED = frozenset(("closed", "refused"))
"""States in which a leg holds nothing any more."""


@dataclass(frozen=True, slots=True)
class Target:
    """A take profit. ``number`` counts from 1 by nearness and is the number of its leg.

    ``price`` is None for a leg without take profit. ``reason`` says why the target is not traded.
    """

    number: int
    price: Decimal | None
    reason: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class PricedEntry:
    """How an action would enter at the present quote; prices are rounded to the tick size.

    ``price`` is where it is expected to fill, ``sizing_price`` the worse of that and the stated
    price. ``distance`` is how far the market is beyond the stated price (0 = at it or better), and
    ``stated`` the edge it is measured from, None if the message names no price.
    """

    order: OrderKind
    price: Decimal
    sizing_price: Decimal
    stated: Decimal | None
    distance: Decimal
    stop: Decimal | None
    targets: tuple[Target, ...]

    @property
    def stop_distance(self) -> Decimal | None:
        """Price distance from the expected fill to the stop, None without a (sensible) stop."""
        distance = None if self.stop is None else abs(self.price - self.stop)
        return distance or None

    @property
    def live_targets(self) -> tuple[Target, ...]:
        """Targets that are traded, nearest first."""
        return tuple(target for target in self.targets if not target.reason)


@dataclass(frozen=True, slots=True)
class Question:
    """An opening action under examination.

    ``data`` is None when the terminal has no such symbol, ``entry`` when no entry can be priced.
    """

    action: Open
    context: DecisionContext
    strategy: Strategy
    data: SymbolData | None
    entry: PricedEntry | None

    @property
    def earlier(self) -> tuple[SignalRecord, ...]:
        """Signals alive on this terminal, without the legs of this very message."""
        return tuple(r for r in self.context.records if not self.own(r) and alive(r))

    def own(self, record: SignalRecord) -> bool:
        """True for a record of this very message."""
        return (record.chat_id, record.message_id) == (self.context.chat_id, self.context.message_id)


def alive(record: SignalRecord) -> bool:
    """True while a leg is at the broker, or may be, or is about to be."""
    return any(leg.state not in ENDED for leg in record.legs)


def living_legs(record: SignalRecord) -> tuple[SignalLeg, ...]:
    """Legs with a position or a waiting order at the broker."""
    return tuple(leg for leg in record.legs if leg.position is not None or leg.order is not None)


def unusable(data: SymbolData) -> str:
    """Why contract or quote cannot be reckoned with, "" if they can."""
    spec, tick = data.spec, data.tick
    needed = {
        "point": spec.point,
        "tick size": spec.tick_size,
        "volume step": spec.volume_step,
        "loss per lot": spec.loss_per_lot,
        "bid": tick.bid,
        "ask": tick.ask,
    }
    wrong = [f"{name} {plain(value)}" for name, value in needed.items() if value <= ZERO]
    if not wrong and tick.ask < tick.bid:
        wrong = [f"ask {plain(tick.ask)} below bid {plain(tick.bid)}"]
    return ", ".join(wrong)
