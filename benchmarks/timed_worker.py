"""A simulated terminal's worker that notes when it calls order_send: ``timed_worker.py NOTES HOST PORT``.

A line of NOTES is a moment of ``time.perf_counter``, which all processes of one machine share.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, TextIO

from signalos.brokers.mt5 import worker
from signalos.brokers.simulated.client import SimulatedModule


class TimedModule(SimulatedModule):
    """A simulated terminal's module with a stopwatch at its order_send."""

    def __init__(self, notes: TextIO, host: str, port: int) -> None:
        super().__init__(host, port)
        self._notes = notes

    def order_send(self, request: dict[str, Any]) -> Any:
        """As the module's own."""
        called = time.perf_counter()
        result = self.__getattr__("order_send")(request)
        self._notes.write(f"{called:.6f}\n")
        return result


if __name__ == "__main__":
    path, host, port = sys.argv[1:]
    with Path(path).open("a", encoding="utf-8", buffering=1) as notes:
        worker.run(TimedModule(notes, host, int(port)), {})
