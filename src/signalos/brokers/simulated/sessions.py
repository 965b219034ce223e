"""When a symbol trades: its sessions by the server's clock."""

from __future__ import annotations

import re

from signalos.brokers.simulated.servertime import DAY, SECOND, ServerTime
from signalos.domain.errors import ConfigError

_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_SPAN = re.compile(r"([a-z]{3})(?:-([a-z]{3}))? +(\d\d):(\d\d)-(\d\d):(\d\d)")
_MINUTE = 60 * SECOND


class Sessions:
    """Trading hours such as ``Mon-Thu 00:05-23:55, Fri 00:05-22:00``; without any it always trades.

    Raises ConfigError for what cannot be read.
    """

    def __init__(self, text: str = "") -> None:
        self._spans: dict[int, list[tuple[int, int]]] = {}
        for part in filter(None, (p.strip().lower() for p in text.split(","))):
            found = _SPAN.fullmatch(part)
            if found is None or found[1] not in _DAYS or (found[2] or found[1]) not in _DAYS:
                raise ConfigError(
                    f"the session {part!r} cannot be read: write Mon-Thu 00:05-23:55, Fri 00:05-22:00"
                )
            begin, end = (_clock(found[n], found[n + 1], part) for n in (3, 5))
            first, last = _DAYS.index(found[1]), _DAYS.index(found[2] or found[1])
            for day in range(first, last + 1 if last >= first else last + 8):
                self._spans.setdefault(day % 7, []).append((begin, end))

    def trading(self, server: ServerTime, moment: int) -> bool:
        """Whether the symbol trades at ``moment`` (account time)."""
        if not self._spans:
            return True
        time = server.shown(moment) % DAY
        return any(begin <= time < end for begin, end in self._spans.get(server.weekday(moment), ()))


def _clock(hours: str, minutes: str, part: str) -> int:
    if int(hours) > 24 or int(minutes) > 59:
        raise ConfigError(f"the session {part!r} names a time that no clock shows")
    return (int(hours) * 60 + int(minutes)) * _MINUTE
