"""Charts, tick history and the order book: what the market's own past and present look like.

Times asked for and shown are the server's clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice, takewhile
from typing import Any

from signalos.brokers.simulated.codes import BookType, CopyTicks
from signalos.brokers.simulated.engine import Account
from signalos.brokers.simulated.requests import InvalidArgument
from signalos.brokers.simulated.results import Row, tick_of
from signalos.prices import PriceSeries, Quote

_SECOND = 1_000_000
_MINUTE = 60 * _SECOND
_DAY = 86_400 * _SECOND
_HOURS, _WEEKS, _MONTHS = 0x4000, 0x8000, 0xC000
"""The upper bits of a ``TIMEFRAME_*`` tell its unit, the lower ones how many; without them minutes."""
_MINUTES = frozenset({1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30})
_WHOLE_HOURS = frozenset({1, 2, 3, 4, 6, 8, 12, 24})
_TO_SUNDAY = 4 * _DAY
"""The epoch began on a Thursday; weekly bars begin on Sundays."""


def bar_start(timeframe: Any, moment: int) -> int:
    """When the bar that holds ``moment`` began (both microseconds). Raises InvalidArgument."""
    if type(timeframe) is int:
        unit, count = timeframe & _MONTHS, timeframe & ~_MONTHS
        if unit == 0 and count in _MINUTES:
            return moment - moment % (count * _MINUTE)
        if unit == _HOURS and count in _WHOLE_HOURS:
            return moment - moment % (count * 60 * _MINUTE)
        if (unit, count) == (_WEEKS, 1):
            return moment - (moment + _TO_SUNDAY) % (7 * _DAY)
        if (unit, count) == (_MONTHS, 1):
            day = datetime.fromtimestamp(moment // _SECOND, UTC)
            first = day.replace(day=1, hour=0, minute=0, second=0)
            return round(first.timestamp()) * _SECOND
    raise InvalidArgument('Invalid "timeframe" argument')


def bars_from(account: Account, symbol: str, timeframe: Any, date_from: Any, count: Any) -> list[Row]:
    """The ``count`` bars that began at ``date_from`` or before, oldest first."""
    newest = min(account.server.moment(_micros(date_from, "date_from")), account.now)
    return _oldest_first(islice(_bars(account, symbol, timeframe, newest), _count(count)))


def bars_at(account: Account, symbol: str, timeframe: Any, start_pos: Any, count: Any) -> list[Row]:
    """``count`` bars before and including number ``start_pos``; 0 is the one still growing."""
    if type(start_pos) is not int or start_pos < 0:
        raise InvalidArgument('Invalid "start_pos" argument')
    newest_first = _bars(account, symbol, timeframe, account.now)
    return _oldest_first(islice(newest_first, start_pos, start_pos + _count(count)))


def bars_between(account: Account, symbol: str, timeframe: Any, date_from: Any, date_to: Any) -> list[Row]:
    """The bars that began between the two moments, both included."""
    begin, end = _micros(date_from, "date_from"), _micros(date_to, "date_to")
    newest_first = _bars(account, symbol, timeframe, min(account.server.moment(end), account.now))
    return _oldest_first(takewhile(lambda bar: bar["time"] * _SECOND >= begin, newest_first))


def ticks_from(account: Account, symbol: str, date_from: Any, count: Any, flags: Any) -> list[Row]:
    """The ``count`` ticks from ``date_from`` on."""
    series, limit = account.market.feed.series[symbol], _count(count)
    first = bisect_left(series.times, account.server.moment(_micros(date_from, "date_from")))
    end = min(first + limit, bisect_right(series.times, account.now))
    return _ticks(account, symbol, first, end, flags)


def ticks_between(account: Account, symbol: str, date_from: Any, date_to: Any, flags: Any) -> list[Row]:
    """The ticks between the two moments, both included."""
    times = account.market.feed.series[symbol].times
    begin, until = (
        account.server.moment(_micros(moment, name))
        for moment, name in ((date_from, "date_from"), (date_to, "date_to"))
    )
    first, end = bisect_left(times, begin), bisect_right(times, min(until, account.now))
    return _ticks(account, symbol, first, end, flags)


def book(account: Account, symbol: str) -> list[Row]:
    """The order book: one row a side, for quotes know no depth. Each takes the largest order allowed."""
    quote = account.market.quote(symbol)
    if quote is None:
        return []
    properties = account.market.symbols[symbol]
    lots = float(properties.volume_max)
    return [
        {"type": int(side), "price": properties.price(points), "volume": int(lots), "volume_dbl": lots}
        for side, points in ((BookType.SELL, quote.ask), (BookType.BUY, quote.bid))
    ]


def _bars(account: Account, symbol: str, timeframe: Any, newest: int) -> Iterator[Row]:
    """Bars of the bid, newest first, from the one that holds ``newest``: no bar of the future is seen."""
    series = account.market.feed.series[symbol]
    server = account.server
    starts_by = bar_start(timeframe, server.shown(newest))
    known = bisect_right(series.times, account.now)
    while known:
        start = bar_start(timeframe, server.shown(series.times[known - 1]))
        # An hour that the clock shows twice would else be a bar without ticks.
        first = min(bisect_left(series.times, server.moment(start), 0, known), known - 1)
        if start <= starts_by:
            yield _bar(account, symbol, series, start, first, known)
        known = first


def _bar(account: Account, symbol: str, series: PriceSeries, start: int, first: int, end: int) -> Row:
    price = account.market.symbols[symbol].price
    bids = series.bids[first:end]
    return {
        "time": start // _SECOND,
        "open": price(bids[0]),
        "high": price(max(bids)),
        "low": price(min(bids)),
        "close": price(bids[-1]),
        "tick_volume": end - first,
        "spread": series.asks[end - 1] - bids[-1],
        "real_volume": 0,
    }


def _ticks(account: Account, symbol: str, first: int, end: int, flags: Any) -> list[Row]:
    try:
        wanted = CopyTicks(flags)
    except ValueError:
        raise InvalidArgument('Invalid "flags" argument') from None
    if wanted is CopyTicks.TRADE:
        return []  # the recordings hold quotes; nobody's last trade is among them
    series = account.market.feed.series[symbol]
    rows = zip(series.times[first:end], series.bids[first:end], series.asks[first:end], strict=True)
    return [tick_of(account, symbol, Quote(*row)) for row in rows]


def _oldest_first(bars: Iterator[Row]) -> list[Row]:
    return list(bars)[::-1]


def _count(count: Any) -> int:
    if type(count) is not int or count <= 0:
        raise InvalidArgument('Invalid "count" argument')
    return count


def _micros(moment: Any, name: str) -> int:
    if isinstance(moment, bool) or not isinstance(moment, int | float):
        raise InvalidArgument(f'Invalid "{name}" argument')
    return round(moment * _SECOND)
