"""Checks before anything is sent, in the order in which a terminal would make them.

Each check is a short function that answers an :class:`Objection` or None. Closing passes none of
them but the connection: what ends a risk is left to the terminal to judge.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.clock_offset import WRONG_SECONDS
from signalos.brokers.mt5.mapping import Conditions, Terminal
from signalos.domain.market import Account, Tick
from signalos.domain.money import floor_to_step
from signalos.domain.order import OutcomeKind
from signalos.domain.signal import OrderKind, Side


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a request is not sent. ``retcode`` is what the terminal would have answered."""

    reason: str
    retcode: int
    explanation: str
    kind: OutcomeKind = OutcomeKind.REFUSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """An order about to be sent, rounded to the symbol's steps, with all that the checks look at.

    ``asked`` is the volume before rounding. ``price`` is the open price of a waiting order, None for a
    market order. ``held`` is the volume open and waiting in the same direction, None where the symbol
    has no volume limit. ``clock_off`` is how many seconds this machine's clock is ahead, if that is known;
    ``experts_allowed``: the broker lets programs trade on the account.
    """

    terminal: Terminal
    account: Account
    symbol: Conditions
    tick: Tick
    side: Side
    kind: OrderKind
    asked: Decimal
    volume: Decimal
    price: Decimal | None
    stop_loss: Decimal | None
    take_profit: Decimal | None
    expires: bool
    worst_price: Decimal | None
    max_quote_age: float
    held: Decimal | None = None
    clock_off: float | None = None
    experts_allowed: bool = True

    @property
    def opens_at(self) -> Decimal:
        """Where the position would open."""
        return self.tick.entry_price(self.side) if self.price is None else self.price


def connected(terminal: Terminal) -> Objection | None:
    """The terminal must have its connection to the broker: without it the outcome would be unknown."""
    if terminal.connected:
        return None
    return Objection(
        "not_connected",
        10031,
        "Not sent: the terminal has no connection to the broker's server. It is tried again when the "
        "connection is back.",
        OutcomeKind.NEVER_SENT,
    )


def programs_may_trade(e: Entry) -> Objection | None:
    """Both the terminal and the account must let programs trade."""
    if e.terminal.api_disabled or not e.terminal.trade_allowed:
        return Objection(
            "autotrading_disabled",
            10027,
            "Not sent: the terminal does not let programs trade. Switch Algo Trading on in the terminal "
            "and allow trading through the external Python API in its options.",
        )
    if not e.experts_allowed:
        return Objection(
            "autotrading_disabled_server",
            10026,
            f"Not sent: the broker's server lets no programs trade on account {e.account.identity}. Ask the "
            "broker to allow automated trading.",
        )
    if not e.account.trade_allowed:
        return Objection(
            "trade_disabled",
            10017,
            f"Not sent: account {e.account.identity} may not trade (an investor password, or the broker's "
            "setting). Sign in with the trading password, or ask the broker.",
        )
    return None


def clock_right(e: Entry) -> Objection | None:
    """This machine's clock must be about right: how old a signal is would be counted wrongly."""
    if e.clock_off is None or abs(e.clock_off) <= WRONG_SECONDS:
        return None
    return Objection(
        "clock_wrong",
        0,
        f"Not sent: this machine's clock is {abs(e.clock_off):.0f} s "
        f"{'ahead of' if e.clock_off > 0 else 'behind'} the broker's (limit {WRONG_SECONDS:.0f} s), so the "
        "age of a signal is not known. Set the clock by the network; entries go on by themselves then.",
    )


def quoted(e: Entry) -> Objection | None:
    """There must be a quote, and it must be alive."""
    if e.tick.bid <= 0 or e.tick.ask <= 0:
        return Objection(
            "no_quote",
            10021,
            f"Not sent: {e.symbol.name} has no quote. It waits for the first one.",
            OutcomeKind.WAITING,
        )
    if e.tick.age > e.max_quote_age:
        return Objection(
            "stale_quote",
            10021,
            f"Not sent: the quote of {e.symbol.name} has not changed for {e.tick.age:.0f} s "
            f"(limit {e.max_quote_age:.0f} s), so the market is closed or the feed is down. It waits for "
            "the next quote.",
            OutcomeKind.WAITING,
        )
    return None


def direction_allowed(e: Entry) -> Objection | None:
    """The symbol's trade mode may allow one direction alone, or only closing."""
    mode, name = e.symbol.trade_mode, e.symbol.name
    if mode == mt5.TRADE_FULL:
        return None
    if mode == mt5.TRADE_DISABLED:
        return Objection(
            "trade_disabled", 10017, f"Not sent: the broker has switched trading in {name} off."
        )
    if mode == mt5.TRADE_CLOSE_ONLY:
        return Objection("close_only", 10044, f"Not sent: the broker allows only closing {name}.")
    if mode == mt5.TRADE_LONG_ONLY and e.side is Side.SELL:
        return Objection("long_only", 10042, f"Not sent: the broker allows only buying {name}.")
    if mode == mt5.TRADE_SHORT_ONLY and e.side is Side.BUY:
        return Objection("short_only", 10043, f"Not sent: the broker allows only selling {name}.")
    return None


def kind_allowed(e: Entry) -> Objection | None:
    """The symbol must take this kind of order, and a stop or target in it."""
    needed = {
        OrderKind.MARKET: mt5.ALLOW_MARKET,
        OrderKind.LIMIT: mt5.ALLOW_LIMIT,
        OrderKind.STOP: mt5.ALLOW_STOP,
    }[e.kind]
    if not e.symbol.order_mask & needed:
        return Objection(
            "order_kind", 10035, f"Not sent: the broker takes no {e.kind} orders for {e.symbol.name}."
        )
    if e.stop_loss is not None and not e.symbol.order_mask & mt5.ALLOW_SL:
        return Objection(
            "no_stops_allowed", 10016, f"Not sent: the broker takes no stop loss for {e.symbol.name}."
        )
    if e.take_profit is not None and not e.symbol.order_mask & mt5.ALLOW_TP:
        return Objection(
            "no_stops_allowed", 10016, f"Not sent: the broker takes no take profit for {e.symbol.name}."
        )
    return None


def volume_allowed(e: Entry) -> Objection | None:
    """Volume between the symbol's smallest and largest, and within its total limit."""
    s = e.symbol
    if e.volume < s.volume_min:
        return Objection(
            "volume_too_small",
            10014,
            f"Not sent: {e.asked} lots of {s.name} is less than the smallest order of {s.volume_min} "
            f"(step {s.volume_step}). Allow more risk, or skip signals with a stop this wide.",
        )
    if e.volume > s.volume_max:
        return Objection(
            "volume_too_large",
            10014,
            f"Not sent: {e.volume} lots of {s.name} is more than the largest order of {s.volume_max}. "
            "Lower the risk.",
        )
    if e.held is not None and e.held + e.volume > s.volume_limit:
        return Objection(
            "volume_limit",
            10034,
            f"Not sent: {e.held} lots of {s.name} are open or waiting in this direction, and the broker "
            f"allows {s.volume_limit} in all. Close something there first.",
        )
    return None


def price_acceptable(e: Entry) -> Objection | None:
    """A market order's quote not beyond the worst price; a waiting order on its side of the market."""
    quote = e.tick.entry_price(e.side)
    if e.price is None:
        return beyond_worst(e.side, quote, e.worst_price)
    wants_below = (e.side is Side.BUY) == (e.kind is OrderKind.LIMIT)
    gap = quote - e.price if wants_below else e.price - quote
    if gap > 0 and gap >= e.symbol.stops_distance:
        return None
    where = "below" if wants_below else "above"
    least = f" by at least {e.symbol.stops_distance}" if e.symbol.stops_distance else ""
    return Objection(
        "invalid_price",
        10015,
        f"Not sent: a {e.side} {e.kind} at {e.price} must lie {where} the market ({quote}){least}: the "
        "price has already been there or is too close.",
    )


def beyond_worst(side: Side, quote: Decimal, worst: Decimal | None) -> Objection | None:
    """Refuse where ``quote`` is worse than ``worst`` for ``side``."""
    if worst is None or (quote - worst) * side.sign <= 0:
        return None
    return Objection(
        "price_moved",
        10020,
        f"Not sent: the market is at {quote}, beyond the worst acceptable entry {worst}. The entry was "
        "missed; chasing it would change the risk.",
    )


def levels_allowed(e: Entry) -> Objection | None:
    """Stop and target on their sides, and as far away as the broker wants."""
    reference = e.tick.exit_price(e.side) if e.price is None else e.price
    return check_levels(e.symbol, e.side, reference, e.stop_loss, e.take_profit)


def check_levels(
    symbol: Conditions,
    side: Side,
    reference: Decimal,
    stop_loss: Decimal | None,
    take_profit: Decimal | None,
) -> Objection | None:
    """Check levels against ``reference``: the exit quote of a position, a waiting order's own price."""
    for name, value, sign in (("stop loss", stop_loss, 1), ("take profit", take_profit, -1)):
        if value is None:
            continue
        gap = (reference - value) * side.sign * sign
        side_word = "below" if side.sign * sign > 0 else "above"
        if gap <= 0:
            return Objection(
                "stops_wrong_side",
                10016,
                f"Not sent: the {name} {value} of a {side} must lie {side_word} {reference}. Check the "
                "level, or wait until the price allows it.",
            )
        if gap < symbol.stops_distance:
            return Objection(
                "stops_too_close",
                10016,
                f"Not sent: the {name} {value} is {gap} from {reference}; the broker wants at least "
                f"{symbol.stops_distance}. Move it away, or wait until the price allows it.",
            )
    return None


def expiry_allowed(e: Entry) -> Objection | None:
    """A waiting order with an expiry needs a symbol that takes one."""
    if e.price is None or not e.expires or e.symbol.expiration_mask & mt5.EXPIRATION_SPECIFIED:
        return None
    return Objection(
        "invalid_expiration",
        10022,
        f"Not sent: the broker takes no expiry time for orders in {e.symbol.name}. Set the strategy's "
        "expiry of waiting orders to none.",
    )


def not_frozen(symbol: Conditions, quote: Decimal, levels: Iterable[Decimal | None]) -> Objection | None:
    """Within the freeze distance of its activation nothing may be changed."""
    for value in levels:
        if value is not None and symbol.freeze_distance and abs(quote - value) <= symbol.freeze_distance:
            return Objection(
                "frozen",
                10029,
                f"Not sent: the market ({quote}) is within {symbol.freeze_distance} of {value}, where the "
                "broker allows no change. It is tried again when the price has moved away.",
                OutcomeKind.WAITING,
            )
    return None


def close_volume(
    symbol: Conditions, held: Decimal, wanted: Decimal | None
) -> tuple[Decimal, Objection | None]:
    """Lots to close of ``held`` when ``wanted`` (None = all) is asked for, floored to the step.

    What a partial close leaves must be nothing or at least the smallest order.
    """
    if wanted is None or wanted >= held:
        return held, None
    volume = floor_to_step(wanted, symbol.volume_step)
    left = held - volume
    if volume < symbol.volume_min or left < symbol.volume_min:
        return volume, Objection(
            "volume_too_small",
            10014,
            f"Not sent: closing {wanted} of {held} lots of {symbol.name} would trade {volume} and leave "
            f"{left}; both must be at least {symbol.volume_min}. Close all of it, or leave it open.",
        )
    return volume, None


ENTRY_CHECKS: tuple[Callable[[Entry], Objection | None], ...] = (
    programs_may_trade,
    clock_right,
    quoted,
    direction_allowed,
    kind_allowed,
    volume_allowed,
    price_acceptable,
    levels_allowed,
    expiry_allowed,
)
"""In the terminal's own order; the money is left to its order_check."""


def first_objection(entry: Entry) -> Objection | None:
    """The first check that objects to ``entry``, or None."""
    lost = connected(entry.terminal)
    if lost is not None:
        return lost
    return next((found for check in ENTRY_CHECKS if (found := check(entry)) is not None), None)
