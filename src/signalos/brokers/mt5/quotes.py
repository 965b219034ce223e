"""How old a quote is, and how the server's wall clock relates to ours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.clock_offset import ClockOffset
from signalos.brokers.mt5.mapping import Conditions
from signalos.domain.market import Tick
from signalos.kit.clock import Clock

_QUARTER = 900.0
_TOLERANCE = 60.0
_WATCHED = 10.0
_CLOSELY = 1.0
"""Only a change between two looks this near to each other tells the time well enough."""
_LIKELY = timedelta(hours=5)


class ServerTime:
    """The server writes its wall clock as if it were UTC: this finds the difference and undoes it.

    The module has no call for the offset. It is read from a quote that was seen to change (so it is
    fresh), rounded to a quarter of an hour; before the first change, a last quote that lies near a
    full quarter counts provisionally.
    """

    def __init__(self, fixed: timedelta | None = None) -> None:
        self._offset = fixed.total_seconds() if fixed is not None else 0.0
        self._fixed = fixed is not None
        self.known = self._fixed
        self.newest = 0.0
        """Newest server epoch seen: history queries must reach beyond it."""

    @property
    def offset(self) -> timedelta:
        """How far the server's wall clock is ahead of UTC (0 until known)."""
        return timedelta(seconds=self._offset)

    def to_utc(self, epoch: float) -> datetime:
        """Server epoch seconds -> aware UTC."""
        return datetime.fromtimestamp(epoch - self._offset, UTC)

    def to_server(self, at: datetime) -> int:
        """Aware time -> server epoch seconds."""
        return round(at.timestamp() + self._offset)

    def learn(self, epoch: float, now: datetime, *, fresh: bool) -> None:
        """Take a quote's server time, seen at ``now``; ``fresh`` = it has just been seen to change."""
        self.newest = max(self.newest, epoch)
        if self._fixed:
            return
        difference = epoch - now.timestamp()
        nearest = round(difference / _QUARTER) * _QUARTER
        rounded = abs(difference - nearest) <= _TOLERANCE
        if fresh:
            # A clock that is off by minutes, or a terminal running at another speed: take it as it is.
            offset = nearest if rounded else difference
            if not self.known or abs(offset - self._offset) > _TOLERANCE:
                self._offset = offset
            self.known = True
        elif not self.known and rounded and abs(nearest) <= _LIKELY.total_seconds():
            self._offset = nearest
            self.known = True


class Quotes:
    """Remembers when each symbol's quote last changed, by the monotonic clock.

    ``market`` is the clock whose time the server shows, apart from its zone. ``offset`` is told of quotes
    that were just seen to change; ``newest`` is the symbol that was looked at last.
    """

    def __init__(
        self, clock: Clock, market: Clock, server_time: ServerTime, offset: ClockOffset | None = None
    ) -> None:
        self.newest = ""
        self._offset = offset
        self._clock = clock
        self._market = market
        self._server_time = server_time
        self._seen: dict[str, tuple[int, float, float]] = {}

    def tick(self, symbol: Conditions, row: dict[str, Any]) -> Tick:
        """Read ``row`` of symbol_info_tick; its age counts from the last seen change of time_msc.

        The first sight of a symbol has age 0: nothing is known about the time before.
        """
        now = self._clock.monotonic()
        stamp = int(row["time_msc"])
        before = self._seen.get(symbol.name)
        changed = before is None or before[0] != stamp
        since = now if before is None or changed else before[1]
        watched = before is not None and now - before[2] <= _WATCHED
        self.newest = symbol.name
        if self._offset is not None and stamp and changed and before and now - before[2] <= _CLOSELY:
            self._offset.take(stamp / 1000, self._market.now())
        self._seen[symbol.name] = (stamp, since, now)
        if stamp:
            self._server_time.learn(stamp / 1000, self._market.now(), fresh=changed and watched)
        return mapping.tick(row, symbol.digits, self._server_time.to_utc, now - since)
