"""The server's wall clock: what deals, orders, ticks and bars show as their time.

A trade server writes its local time as if it were an epoch. Most brokers' clocks are two hours ahead of
UTC in winter and three in summer on New York's dates, so that a day ends with New York's: that is
``America/New_York+7``. Inside the terminal everything is account time in UTC; only here it is turned.
"""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from signalos.domain.errors import ConfigError

SECOND = 1_000_000
_HOUR = 3_600 * SECOND
DAY = 86_400 * SECOND


class ServerTime:
    """The clock of ``zone``: a zone's name, with whole hours ahead of it after a ``+``.

    Raises ConfigError for a zone that is not known.
    """

    def __init__(self, zone: str = "UTC") -> None:
        name, _, hours = zone.partition("+")
        try:
            self._zone = None if name == "UTC" else ZoneInfo(name)
            self._ahead = int(hours or 0) * _HOUR
        except (ZoneInfoNotFoundError, ValueError, OSError) as why:
            raise ConfigError(
                f"server zone {zone!r} is not known: write a zone's name, such as Europe/Athens, with hours "
                "ahead of it where needed, such as America/New_York+7"
            ) from why
        self._offsets: dict[int, int] = {}

    def shown(self, micros: int) -> int:
        """What the server's clock shows at the moment ``micros``; 0 stays 0, for never."""
        if self._zone is None:
            return micros + self._ahead if micros else 0
        return micros + self._offset(micros) if micros else 0

    def moment(self, shown: int) -> int:
        """When the server's clock shows ``shown``; of an hour that comes twice, one of both."""
        guess = shown - self._offset(shown)
        return shown - self._offset(guess)

    def day_end(self, micros: int) -> int:
        """The first midnight of the server after ``micros``."""
        return self.moment((self.shown(micros) // DAY + 1) * DAY)

    def weekday(self, micros: int) -> int:
        """The server's day of the week, 0 for Sunday."""
        return (self.shown(micros) // DAY + 4) % 7  # the epoch began on a Thursday

    def _offset(self, micros: int) -> int:
        if self._zone is None:
            return self._ahead
        # Clocks change at full hours of UTC.
        hour = micros // _HOUR
        known = self._offsets.get(hour)
        if known is None:
            ahead = datetime.fromtimestamp(hour * 3_600, UTC).astimezone(self._zone).utcoffset()
            known = self._offsets[hour] = self._ahead + (
                round(ahead.total_seconds()) * SECOND if ahead else 0
            )
        return known
