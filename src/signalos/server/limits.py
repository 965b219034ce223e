"""How many requests a user or an address may send: token buckets in memory."""

from __future__ import annotations

import math
from collections import OrderedDict

from signalos.kit.clock import Clock
from signalos.server.problems import Problem
from signalos.server.settings import Rates

KEPT = 20_000
"""Buckets remembered; the one used longest ago goes first (it is full again by then)."""


class Limits:
    """Counts requests. ``rates`` None lets everything pass."""

    def __init__(self, rates: Rates | None, clock: Clock) -> None:
        self._rates = rates
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def user(self, key: str) -> None:
        """Count one request of a signed-in user or terminal. Raises Problem rate_limited."""
        if self._rates is not None:
            self._take(f"user {key}", self._rates.user, self._rates.user_burst)

    def address(self, address: str) -> None:
        """Count one request of somebody unknown. Raises Problem rate_limited."""
        if self._rates is not None:
            self._take(f"address {address}", self._rates.address, self._rates.address_burst)

    def _take(self, key: str, rate: float, burst: float) -> None:
        now = self._clock.monotonic()
        left, at = self._buckets.get(key, (burst, now))
        left = min(burst, left + (now - at) * rate)
        if left < 1:
            wait = math.ceil((1 - left) / rate)
            raise Problem(
                "rate_limited",
                f"more than {rate:g} requests a second: wait {wait} s",
                headers={"Retry-After": str(wait)},
            )
        self._buckets[key] = (left - 1, now)
        self._buckets.move_to_end(key)
        if len(self._buckets) > KEPT:
            self._buckets.popitem(last=False)
