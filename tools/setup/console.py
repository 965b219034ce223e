"""What the person in front of the terminal reads: steps with their time, and ways out of a problem."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TextIO


class Problem(Exception):
    """Something is missing or failed. ``way_out`` says what the user can do about it."""

    def __init__(self, what: str, way_out: str) -> None:
        super().__init__(what)
        self.what = what
        self.way_out = way_out


class Console:
    """Plain lines on ``out``. On a terminal, progress rewrites one line; in a log it comes sparsely."""

    def __init__(self, out: TextIO | None = None, now: Callable[[], float] = time.monotonic) -> None:
        self._out = out or sys.stdout
        self._now = now
        self._live = self._out.isatty()
        self._pending = False
        self._quiet_until = 0.0

    def say(self, text: str = "") -> None:
        """Print a line."""
        self._clear()
        # A Windows console may not know every letter of a path or of a program's output.
        encoding = self._out.encoding or "utf-8"
        print(text.encode(encoding, "replace").decode(encoding), file=self._out, flush=True)

    def headline(self, text: str) -> None:
        """Print a line that stands out."""
        self.say()
        self.say(f"=== {text}")

    def problem(self, problem: Problem) -> None:
        """Say what is wrong and what to do."""
        self.say()
        self.say(f"Problem: {problem.what}")
        self.say(f"What to do: {problem.way_out}")

    def progress(self, text: str) -> None:
        """Show that something goes on: at once on a terminal, every ten seconds in a log."""
        if self._live:
            self._out.write("\r\x1b[2K    " + text[:100])
            self._out.flush()
            self._pending = True
        elif self._now() >= self._quiet_until:
            self.say("    " + text[:100])
            self._quiet_until = self._now() + 10.0

    @contextmanager
    def step(self, text: str) -> Iterator[None]:
        """Announce a step, and say how long it took."""
        self.say(f"  {text}")
        begun = self._now()
        self._quiet_until = begun + 10.0
        yield
        self.say(f"    done in {self._now() - begun:.1f} s")

    def _clear(self) -> None:
        if self._pending:
            self._out.write("\r\x1b[2K")
            self._pending = False
