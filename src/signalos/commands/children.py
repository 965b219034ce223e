"""Child processes of ``signalos up``: started, watched, started again, and ended in order."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from signalos.kit.clock import Clock

STEADY_SECONDS = 20.0
LONGEST_PAUSE = 15.0
END_WITHIN_SECONDS = 15.0


class Child:
    """One program that should be running. Its output goes to ``log_file``.

    A child that ends by itself is started again, at once the first time, then after growing pauses.
    """

    def __init__(
        self,
        name: str,
        arguments: list[str],
        *,
        environ: Mapping[str, str],
        log_file: Path,
        clock: Clock,
        tell: Callable[[str], None],
    ) -> None:
        self.name = name
        self._arguments = arguments
        self._environ = dict(environ)
        self._log_file = log_file
        self._clock = clock
        self._tell = tell
        self._process: asyncio.subprocess.Process | None = None
        self._wanted = False
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process is not None else None

    async def start(self) -> None:
        """Start the program and keep it running."""
        self._wanted = True
        await self._spawn()
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")

    async def stop(self) -> None:
        """Ask the program to end, wait, and kill it only if it does not."""
        self._wanted = False
        if self._keeper is not None:
            self._keeper.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._keeper
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                process.send_signal(signal.CTRL_BREAK_EVENT)
            else:
                process.terminate()
        try:
            async with asyncio.timeout(END_WITHIN_SECONDS):
                await process.wait()
        except TimeoutError:
            self._tell(f"{self.name} did not end within {END_WITHIN_SECONDS:g} s and is killed")
            process.kill()
            await process.wait()

    async def _spawn(self) -> None:
        self._log_file.parent.mkdir(parents=True, exist_ok=True)
        with self._log_file.open("ab") as log:
            # A session of its own: Ctrl-C reaches `up` alone, which then ends its children in order.
            flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
            self._process = await asyncio.create_subprocess_exec(
                *self._arguments,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environ},
                start_new_session=sys.platform != "win32",
                creationflags=flags,
            )

    async def _keep(self) -> None:
        pause = 0.0
        while self._wanted and self._process is not None:
            started = self._clock.monotonic()
            code = await self._process.wait()
            if self._clock.monotonic() - started > STEADY_SECONDS:
                pause = 0.0
            self._tell(f"{self.name} has ended with code {code} and is started again; see {self._log_file}")
            while True:
                await self._clock.sleep(pause)
                pause = min(LONGEST_PAUSE, pause * 2 or 0.5)
                try:
                    await self._spawn()
                    break
                except OSError as why:
                    self._tell(f"{self.name} cannot be started ({why}); tried again in {pause:g} s")


def last_lines(path: Path, count: int = 8) -> str:
    """The end of a log, for an error message."""
    if not path.exists():
        return "(no output)"
    return "\n".join(path.read_text(encoding="utf-8", errors="replace").splitlines()[-count:])
