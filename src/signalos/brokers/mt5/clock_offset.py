"""How far this machine's clock is off, told by the times of fresh quotes.

The module says neither the server's time nor its zone. A quote that was just seen to change bears the server's
wall clock: what it differs from a full quarter of an hour is this machine's error, less the quote's way here.
An error of more than seven minutes cannot be told from a zone, unless the server's offset is set.
"""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta

ALERT_SECONDS = 2.0
WRONG_SECONDS = 15.0
"""From here on no entries: a signal's age, an order's expiry and the search in history would be wrong."""
_QUARTER = 900.0
_SAMPLES = 8
_ENOUGH = 3


class ClockOffset:
    """Collects samples; ``fixed`` is the server's offset from UTC where it is set."""

    def __init__(self, fixed: timedelta | None = None) -> None:
        self._fixed = None if fixed is None else fixed.total_seconds()
        self._samples: deque[float] = deque(maxlen=_SAMPLES)

    def take(self, epoch: float, now: datetime) -> None:
        """Take the server time of a quote that was seen to change at ``now`` by this machine's clock."""
        difference = epoch - now.timestamp()
        zone = round(difference / _QUARTER) * _QUARTER if self._fixed is None else self._fixed
        self._samples.append(difference - zone)

    @property
    def seconds(self) -> float | None:
        """Seconds that this machine's clock is ahead (behind: negative); None while too little is known.

        Quotes come late and never early, so the earliest of the newest samples is the nearest to the truth.
        """
        return None if len(self._samples) < _ENOUGH else -max(self._samples)
