"""Which start of the machine this is."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_CLOCKS_DRIFT = timedelta(minutes=2)
"""The moment is worked out from the wall clock, which may have been set since."""


@dataclass(frozen=True, slots=True)
class Boot:
    """A start of the machine: when it was, and the name that the system gives it ("" where it gives none)."""

    at: datetime
    name: str = ""

    def same_as(self, other: Boot) -> bool:
        """True for the same start; by name where both have one, else by the moment."""
        if self.name and other.name:
            return self.name == other.name
        return abs(self.at - other.at) < _CLOCKS_DRIFT


def current_boot(now: datetime | None = None) -> Boot:
    """The start of the machine that we are in."""
    at = (now or datetime.now(UTC)) - timedelta(seconds=_up_seconds())
    try:
        return Boot(at, _BOOT_ID.read_text("ascii").strip())
    except OSError:
        return Boot(at)


def _up_seconds() -> float:
    since_boot = getattr(time, "CLOCK_BOOTTIME", None)  # Linux has it
    if since_boot is not None:
        return time.clock_gettime(since_boot)
    # Windows counts from the start of the machine, macOS too but for the time it slept.
    return time.monotonic()
