"""The mt5linux server as users start it, over the module named MetaTrader5 of ``tests/support/native``."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass

_STARTED = re.compile(rb"server started on \[.*\]:(\d+)")


@dataclass
class Mt5LinuxServer:
    """A running ``python -m mt5linux``. ``environ`` says where its module and the terminal are."""

    environ: Mapping[str, str]
    port: int = 0
    process: asyncio.subprocess.Process | None = None
    log: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self) -> None:
        """Start it, on the port that it had before."""
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "mt5linux", "--host", "127.0.0.1", "--port", str(self.port)),
            env={**os.environ, **self.environ},
            stderr=subprocess.PIPE,
        )
        errors = self.process.stderr
        assert errors is not None
        found, said = None, b""
        while found is None:
            line = await errors.readline()
            said += line
            assert line, said.decode()
            found = _STARTED.search(line)
        self.port = int(found[1])
        self.log = asyncio.create_task(_drain(errors))

    async def kill(self) -> None:
        """End it at once; where it has ended already, nothing happens."""
        assert self.process is not None
        assert self.log is not None
        if self.process.returncode is None:
            self.process.kill()
        await self.process.wait()
        await self.log


async def _drain(errors: asyncio.StreamReader) -> None:
    while await errors.readline():
        pass
