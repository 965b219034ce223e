"""Several series walked together, tick by tick, in time order."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from signalos.prices.series import PriceSeries


class Quote(NamedTuple):
    """A tick: ``time`` in microseconds UTC (recorded time), prices in points."""

    time: int
    bid: int
    ask: int


class Feed:
    """Where every symbol stands at one moment of recorded time.

    The whole state is that moment: two feeds over the same series at the same time are equal.
    Ticks of one time come in the order of the symbols' names, of one symbol in file order.
    """

    def __init__(self, series: Mapping[str, PriceSeries]) -> None:
        self.series = {name: series[name] for name in sorted(series)}
        self._names = list(self.series)
        self._index = [-1] * len(self._names)
        self._slot = {name: slot for slot, name in enumerate(self._names)}

    @property
    def first(self) -> int:
        """Time of the first tick of all."""
        return min(s.times[0] for s in self.series.values())

    @property
    def last(self) -> int:
        """Time of the last tick of all."""
        return max(s.times[-1] for s in self.series.values())

    def jump(self, micros: int) -> None:
        """Stand at ``micros`` without visiting the ticks before it."""
        for slot, series in enumerate(self.series.values()):
            self._index[slot] = series.last_at(micros)

    def walk(self, until: int) -> Iterator[tuple[str, Quote]]:
        """Visit each tick up to and including ``until``; the feed stands at the tick just given out."""
        names, index = self._names, self._index
        columns = [(s.times, s.bids, s.asks, len(s.times)) for s in self.series.values()]
        # A merge by hand: the few symbols are compared directly, which beats a heap below ten.
        upcoming = [
            times[i + 1] if i + 1 < size else None
            for (times, _, _, size), i in zip(columns, index, strict=True)
        ]
        while True:
            slot, moment = -1, until + 1
            for here, due in enumerate(upcoming):
                if due is not None and due < moment:
                    slot, moment = here, due
            if slot < 0:
                return
            times, bids, asks, size = columns[slot]
            i = index[slot] = index[slot] + 1
            upcoming[slot] = times[i + 1] if i + 1 < size else None
            yield names[slot], Quote(moment, bids[i], asks[i])

    def insert(self, symbol: str, quote: Quote) -> None:
        """Let ``quote`` be the newest of ``symbol``, between the ticks before and those to come."""
        slot = self._slot[symbol]
        at, old = self._index[slot] + 1, self.series[symbol]
        times, bids, asks = array("q", old.times), array("q", old.bids), array("q", old.asks)
        # Others may read the same recording: theirs stays as it is.
        for column, value in ((times, quote.time), (bids, quote.bid), (asks, quote.ask)):
            column.insert(at, value)
        self.series[symbol] = PriceSeries(old.symbol, old.digits, times, bids, asks)
        self._index[slot] = at

    def quote(self, symbol: str) -> Quote | None:
        """The newest quote of ``symbol``, held after its last row; None before its first."""
        i = self._index[self._slot[symbol]]
        return None if i < 0 else self._at(symbol, i)

    def quote_or_first(self, symbol: str) -> Quote:
        """The newest quote, or before the first one that first one (for conversions at the start)."""
        return self._at(symbol, max(0, self._index[self._slot[symbol]]))

    def _at(self, symbol: str, i: int) -> Quote:
        series = self.series[symbol]
        return Quote(series.times[i], series.bids[i], series.asks[i])
