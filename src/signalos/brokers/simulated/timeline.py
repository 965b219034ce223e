"""How wall time becomes account time."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import msgspec

from signalos.domain.errors import ConfigError
from signalos.kit.clock import DemoTime
from signalos.prices import PriceSeries, to_micros


class Timeline(msgspec.Struct, frozen=True, kw_only=True):
    """Account time of a terminal that has its recording to itself, in microseconds.

    Account time ``account`` was reached at wall time ``wall``; from there it runs ``speed`` times as
    fast. Recorded prices are shown ``shift`` later than they were recorded. ``shift`` is None where a
    shared demo clock gives the time instead.
    """

    wall: int
    account: int
    speed: float
    shift: int | None

    def at(self, wall: datetime) -> int:
        """Account time at ``wall``."""
        return self.account + max(0, round((to_micros(wall) - self.wall) * self.speed))

    def from_here(self, wall: datetime, speed: float) -> Timeline:
        """The same time going on at another speed from ``wall``."""
        if speed == self.speed:
            return self
        return Timeline(wall=to_micros(wall), account=self.at(wall), speed=speed, shift=self.shift)


def first_timeline(wall: datetime, speed: float, first_row: int) -> Timeline:
    """The timeline of an account's first start: the first recorded row falls on ``wall``."""
    now = to_micros(wall)
    return Timeline(wall=now, account=now, speed=speed, shift=now - first_row)


def demo_timeline(demo: DemoTime) -> Timeline:
    """What is remembered of a shared demo clock: that there was one."""
    return Timeline(
        wall=to_micros(demo.wall_start), account=to_micros(demo.data_start), speed=demo.speed, shift=None
    )


def read_demo_time(path: Path) -> DemoTime:
    """Read a demo clock file. Raises ConfigError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=DemoTime)
    except (OSError, msgspec.DecodeError) as why:
        raise ConfigError(
            f"the clock file {path} cannot be used: {why}. "
            "It holds dataStart, wallStart, speed, dataEnd and closed as JSON."
        ) from why


def shifted(series: Mapping[str, PriceSeries], shift: int) -> dict[str, PriceSeries]:
    """The same prices ``shift`` microseconds later, all symbols alike."""
    if not shift:
        return dict(series)
    return {
        name: PriceSeries(s.symbol, s.digits, array("q", [t + shift for t in s.times]), s.bids, s.asks)
        for name, s in series.items()
    }
