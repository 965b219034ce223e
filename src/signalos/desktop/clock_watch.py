"""Compares this machine's clock with the broker's, and tells where it is off."""

from __future__ import annotations

from signalos.brokers.base import Broker, TellsTime
from signalos.brokers.mt5.clock_offset import ALERT_SECONDS, WRONG_SECONDS
from signalos.desktop.journal import Journal
from signalos.desktop.wire_events import alert_event
from signalos.domain.errors import TerminalError
from signalos.kit.clock import Clock
from signalos.protocol.shapes import Severity

LOOK_SECONDS = 0.25
LOOKS = 40
"""So often in a row: a quote that changes between two looks is fresh."""
PAUSE_SECONDS = 60.0


class ClockWatch:
    """Looks in short rows of quotes, again and again. The broker itself refuses entries at a wrong clock.

    Told is once that the clock is off, once more where it became wrong, and once that it is right again.
    """

    def __init__(self, terminal_id: str, broker: Broker, journal: Journal, clock: Clock) -> None:
        self._terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._clock = clock
        self._told = ""

    async def run(self) -> None:
        """Look until cancelled; at once done where the broker tells no time."""
        if not isinstance(self._broker, TellsTime):
            return
        while True:
            await self._look(self._broker)
            await self._clock.sleep(PAUSE_SECONDS)

    async def _look(self, broker: TellsTime) -> None:
        for _ in range(LOOKS):
            try:
                off = await broker.clock_off()
            except TerminalError:
                return  # away, or without quotes: the next row tells
            if off is not None:
                self._tell(off)
            await self._clock.sleep(LOOK_SECONDS)

    def _tell(self, off: float) -> None:
        state = "wrong" if abs(off) > WRONG_SECONDS else "off" if abs(off) > ALERT_SECONDS else ""
        if state == self._told:
            return
        before, self._told = self._told, state
        where = f"{abs(off):.1f} s {'ahead of' if off > 0 else 'behind'} the broker's"
        if state == "":
            self._alert("clock_right", "info", f"this machine's clock is right again ({where})")
        elif state == "wrong":
            text = f"this machine's clock is {where}: nothing is opened until it is set by the network"
            self._alert("clock_wrong", "error", text)
        elif before == "":
            self._alert("clock_off", "warning", f"this machine's clock is {where}: set it by the network")

    def _alert(self, code: str, severity: Severity, text: str) -> None:
        self._journal.outbox.add(
            "alert", self._terminal_id, alert_event(code, severity, text, self._terminal_id)
        )
