"""What the reading functions find: filters by ticket, symbol, group and time, and the calculators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any, TypeVar

import msgspec

from signalos.brokers.simulated import checks
from signalos.brokers.simulated.codes import Action
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.execution import prepared
from signalos.brokers.simulated.records import Deal, Order, Position
from signalos.brokers.simulated.requests import InvalidArgument, TradeRequest
from signalos.brokers.simulated.results import Row
from signalos.brokers.simulated.symbols import VOLUME_UNIT
from signalos.domain.money import decimal

_HeldT = TypeVar("_HeldT", Position, Order)
_PastT = TypeVar("_PastT", Order, Deal)
_SECOND = 1_000_000


def grouped(names: Iterable[str], group: str) -> list[str]:
    """Names that the module's ``group`` filter chooses: masks by comma, ``!`` excludes, in order.

    ``*,!EUR*`` is everything that does not begin with EUR.
    """
    if type(group) is not str:
        raise InvalidArgument('Invalid "group" argument')
    masks = [mask.strip() for mask in group.split(",")]
    wanted = [m for m in masks if m and not m.startswith("!")]
    unwanted = [m[1:] for m in masks if m.startswith("!")]
    return [
        name
        for name in names
        if any(fnmatchcase(name, m) for m in wanted) and not any(fnmatchcase(name, m) for m in unwanted)
    ]


def chosen(held: Mapping[int, _HeldT], by: Mapping[str, Any]) -> list[_HeldT]:
    """Positions or waiting orders by ticket, else symbol, else group, else all; lowest ticket first.

    Other keywords are ignored, as the module does.
    """
    if "ticket" in by:
        one = held.get(_whole(by["ticket"], "ticket"))
        return [] if one is None else [one]
    every = [held[ticket] for ticket in sorted(held)]
    if "symbol" in by:
        if type(by["symbol"]) is not str:
            raise InvalidArgument('Invalid "symbol" argument')
        return [h for h in every if h.symbol == by["symbol"]]
    if "group" in by:
        names = set(grouped({h.symbol for h in every}, by["group"]))
        return [h for h in every if h.symbol in names]
    return every


def past_orders(account: Account, span: Sequence[Any], by: Mapping[str, Any]) -> list[Order]:
    """Ended orders by ticket, by position, or within a span of the time they ended."""
    state = account.state
    if "ticket" in by:
        ticket = _whole(by["ticket"], "ticket")
        return [o for o in [state.done_orders.get(ticket)] if o is not None]
    every = [state.done_orders[ticket] for ticket in sorted(state.done_orders)]
    if "position" in by:
        position = _whole(by["position"], "position")
        return [o for o in every if o.position == position]
    return _within(account, every, span, by, lambda o: o.done)


def past_deals(account: Account, span: Sequence[Any], by: Mapping[str, Any]) -> list[Deal]:
    """Deals by the order's ticket, by position, or within a span of time."""
    state = account.state
    every = [state.deals[ticket] for ticket in sorted(state.deals)]
    if "ticket" in by:
        ticket = _whole(by["ticket"], "ticket")
        return [d for d in every if d.order == ticket]
    if "position" in by:
        position = _whole(by["position"], "position")
        return [d for d in every if d.position == position]
    return _within(account, every, span, by, lambda d: d.time)


def needed_margin(account: Account, action: int, symbol: str, volume: float, price: float) -> float:
    """Margin in account currency for one more position, hedging left aside."""
    _side(action)
    name = _convertible(account, symbol)
    units, at = _units(volume), _points(account, symbol, price)
    margin = account.market.margin(name, units, at) / account.settings.leverage
    return float(account.market.cents(margin))


def would_be_profit(
    account: Account, action: int, symbol: str, volume: float, price_open: float, price_close: float
) -> float:
    """Profit in account currency between two prices at today's conversion."""
    sign = 1 if _side(action) == 0 else -1
    name = _convertible(account, symbol)
    opened, closed = (_points(account, symbol, p) for p in (price_open, price_close))
    return float(account.market.profit(name, sign, _units(volume), opened, closed))


def checked(account: Account, request: TradeRequest, let_trade: Callable[[], None]) -> Row:
    """``OrderCheckResult``: what ``order_send`` would say (0 for yes), and the account afterwards.

    ``let_trade`` raises Rejected where nothing may be traded at all.
    """
    retcode, comment = 0, "Done"
    try:
        let_trade()
        prepared(account, request)
    except checks.Rejected as why:
        retcode, comment = int(why.retcode), why.comment
    profit = account.profit
    margin = account.margin
    if retcode == 0 and request.action == Action.DEAL and not request.position:
        quote = account.market.quote(request.symbol)
        if quote is not None:
            buys = request.type == 0
            price = quote.ask if buys else quote.bid
            margin = account.margin_with(request.symbol, buys, _units(request.volume), price)
    equity = account.balance + profit
    return {
        "retcode": retcode,
        "balance": float(account.balance),
        "equity": float(equity),
        "profit": float(profit),
        "margin": float(margin),
        "margin_free": float(equity - margin),
        "margin_level": float(account.market.cents(equity / margin * 100)) if margin else 0.0,
        "comment": comment,
        "request": msgspec.structs.asdict(request),
    }


def _within(
    account: Account, rows: list[_PastT], span: Sequence[Any], by: Mapping[str, Any], time: Any
) -> list[_PastT]:
    if len(span) != 2:
        given = [*span, *(by[k] for k in ("date_from", "date_to") if k in by)]
        if len(given) != 2:
            raise InvalidArgument("Invalid arguments: expected date_from and date_to, ticket, or position")
        span = given
    begin, end = (_micros(bound) for bound in span)
    found = [row for row in rows if begin <= account.server.shown(time(row)) <= end]
    if "group" in by:
        names = set(grouped({row.symbol for row in found}, by["group"]))
        found = [row for row in found if row.symbol in names]
    return found


def _micros(bound: Any) -> int:
    if isinstance(bound, bool) or not isinstance(bound, int | float):
        raise InvalidArgument("Invalid date: expected epoch seconds")
    return round(bound * _SECOND)


def _whole(value: Any, name: str) -> int:
    if type(value) is not int or value < 0:
        raise InvalidArgument(f'Invalid "{name}" argument')
    return value


def _side(action: Any) -> int:
    if type(action) is not int or action not in (0, 1):
        raise InvalidArgument('Invalid "action" argument')
    return action


def _units(volume: Any) -> int:
    if isinstance(volume, bool) or not isinstance(volume, int | float) or not 0 < volume < 1e9:
        raise InvalidArgument('Invalid "volume" argument')
    return round(decimal(volume) / VOLUME_UNIT)


def _points(account: Account, symbol: str, price: Any) -> int:
    if isinstance(price, bool) or not isinstance(price, int | float) or not 0 < price < 1e12:
        raise InvalidArgument('Invalid "price" argument')
    return round(decimal(price).scaleb(account.market.symbols[symbol].digits))


def _convertible(account: Account, symbol: str) -> str:
    why = account.market.not_tradable.get(symbol)
    if why is not None:
        raise InvalidArgument(why)
    return symbol
