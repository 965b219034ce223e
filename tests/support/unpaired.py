"""A stage before anybody has signed up: server and desktop app run, and know nothing of each other."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
from collections.abc import AsyncIterator

from tests.support.stage import Stage
from tests.support.world import signalos

CODE = re.compile(r"code\s+([A-Z]{4}-[A-Z]{4})")
PAIRED_AS = "My <b>VPS</b>"


class Unpaired(Stage):
    """A stage whose desktop app runs without a token, at a server without users."""

    async def start(self) -> None:
        """Bring everything up; the desktop app waits for its token."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.world.start_sim()
        self.start_server()
        await self.ready()
        await self.world.terminal("account_info")
        self.world.start_app()

    @contextlib.asynccontextmanager
    async def pairing(self) -> AsyncIterator[asyncio.subprocess.Process]:
        """A running `signalos desktop pair`."""
        process = await asyncio.create_subprocess_exec(
            *signalos("desktop", "pair", "--home", str(self.world.home)),
            *("--config", str(self.world.config_file), "--name", PAIRED_AS),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, "SIGNALOS_HOME": str(self.home)},
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()


async def code_of(process: asyncio.subprocess.Process) -> str:
    """The code that the command shows."""
    assert process.stdout is not None
    said = ""
    async with asyncio.timeout(60):
        while line := (await process.stdout.readline()).decode():
            said += line
            if found := CODE.search(line):
                return found[1]
    raise AssertionError(f"it showed no code:\n{said}")
