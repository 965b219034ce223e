"""Seeded sequences of quotes and orders, for the simulated terminal and for the engine that judges it.

Only the standard library is used here: the judge has an environment of its own.
"""

from __future__ import annotations

import random
from typing import NamedTuple

LOT = {"EURUSD": 100_000, "USDJPY": 100_000, "XAUUSD": 100}
DIGITS = {"EURUSD": 5, "USDJPY": 3, "XAUUSD": 2}
"""With these a point of a hundredth of a lot is a cent or a yen: nothing is rounded but averages."""
_STARTS = {"EURUSD": 110_000, "USDJPY": 150_000, "XAUUSD": 200_000}
_STEPS = {"EURUSD": 40, "USDJPY": 40, "XAUUSD": 90}
FEE_CENTS = 350
"""A lot and side, in the account's currency."""
OFFERED = 300
"""Hundredths of a lot that each quote offers on each side."""
TICKS = 240


class Tick(NamedTuple):
    """A quote at ``second``; prices in points."""

    second: int
    symbol: str
    bid: int
    ask: int


class Deed(NamedTuple):
    """An order sent after the tick of ``second``; volumes in hundredths of a lot, prices in points.

    ``kind``: ``market``, ``ioc`` (takes what the quote offers), ``close`` (of the position that the
    order ``of`` opened), ``limit`` or ``stop`` (wait at ``price``).
    """

    second: int
    label: str
    kind: str
    symbol: str
    buys: bool
    volume: int
    price: int = 0
    of: str = ""


class Scenario(NamedTuple):
    """One run: ``mode`` is ``hedging`` or ``netting``."""

    mode: str
    seed: int
    ticks: tuple[Tick, ...]
    deeds: tuple[Deed, ...]

    @property
    def name(self) -> str:
        return f"{self.mode}-{self.seed}"


def scenarios() -> list[Scenario]:
    """List all that are judged."""
    return [scenario(mode, seed) for mode in ("hedging", "netting") for seed in range(6)]


def scenario(mode: str, seed: int) -> Scenario:
    """Make the sequence of this seed; the same for ever."""
    dice = random.Random(f"{mode}:{seed}")
    ticks = _ticks(dice)
    deeds: list[Deed] = []
    held: dict[str, Deed] = {}
    waiting = 0
    for second in range(3, TICKS):
        if dice.random() < 0.25:
            continue
        made = _deed(dice, mode, ticks[second:], held, late=second > TICKS // 2 and waiting < 12)
        waiting += made.kind in ("limit", "stop")
        deeds.append(made)
    return Scenario(mode, seed, tuple(ticks), tuple(deeds))


def _ticks(dice: random.Random) -> list[Tick]:
    bids = dict(_STARTS)
    ticks = []
    for second in range(TICKS):
        symbol = sorted(bids)[second % 3]
        bids[symbol] += dice.randint(-_STEPS[symbol], _STEPS[symbol])
        ticks.append(Tick(second, symbol, bids[symbol], bids[symbol] + dice.randint(1, 15)))
    return ticks


def _met_price(ahead: list[Tick], buys: bool, *, above: bool) -> int | None:
    """The price of the first quote to come that is beyond the present one.

    A stop is filled where the market stands, by the judge at its own price; and a judged quote that goes
    through a limit holds the market there for the rest of its second. Where a quote meets the order
    exactly both say the same, or one of them is wrong.
    """
    symbol = ahead[0].symbol
    prices = [t.ask if buys else t.bid for t in ahead if t.symbol == symbol]
    return next((p for p in prices[1:] if (p > prices[0] if above else p < prices[0])), None)


def _deed(dice: random.Random, mode: str, ahead: list[Tick], held: dict[str, Deed], *, late: bool) -> Deed:
    """The next order. ``held`` are the positions that may be closed, with the volume they have left."""
    second, symbol = ahead[0].second, ahead[0].symbol
    label, buys = f"o{second}", dice.random() < 0.5
    mine = [d for d in held.values() if d.symbol == symbol]
    if mode == "hedging" and mine and dice.random() < 0.5:
        target = dice.choice(mine)
        volume = target.volume if dice.random() < 0.4 else dice.randint(1, target.volume)
        left = held.pop(target.label).volume - volume
        if left:
            held[target.label] = target._replace(volume=left)
        return Deed(second, label, "close", symbol, not target.buys, volume, of=target.label)
    if late and dice.random() < 0.4:
        kind = dice.choice(["limit", "stop"])
        price = _met_price(ahead, buys, above=buys is (kind == "stop"))
        if price is not None:
            return Deed(second, label, kind, symbol, buys, dice.randint(1, 60), price)
    # What waits takes its part of a quote first; so only before that an order asks for more than there is.
    if second <= TICKS // 2 and dice.random() < 0.15:
        return Deed(second, label, "ioc", symbol, buys, dice.randint(OFFERED + 1, 2 * OFFERED))
    made = Deed(second, label, "market", symbol, buys, dice.randint(1, 200))
    held[label] = made
    return made
