"""One symbol's recorded ticks, held compactly."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICRO = timedelta(microseconds=1)


def to_micros(moment: datetime) -> int:
    """Microseconds since 1970 of an aware ``moment``; exact, never through a float."""
    return (moment - _EPOCH) // _MICRO


def from_micros(micros: int) -> datetime:
    """The aware UTC time of ``micros`` since 1970."""
    return _EPOCH + timedelta(microseconds=micros)


@dataclass(frozen=True, slots=True)
class PriceSeries:
    """Ticks of ``symbol``: equally long int64 arrays, times in microseconds UTC and never falling,
    prices in points (10 ** -digits), ask >= bid > 0.
    """

    symbol: str
    digits: int
    times: array[int]
    bids: array[int]
    asks: array[int]

    def __len__(self) -> int:
        return len(self.times)

    def last_at(self, micros: int) -> int:
        """Index of the newest tick at or before ``micros``; -1 before the first."""
        return bisect_right(self.times, micros) - 1
