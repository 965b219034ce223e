"""A worker process as a transport: calls with deadlines, and a kill where a deadline passes."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import subprocess
import sys
from collections.abc import Awaitable, Mapping, Sequence
from functools import partial
from typing import Any

from signalos.kit.wire import (
    LINE_LIMIT,
    Answer,
    LineTransport,
    UnderWay,
    WireLost,
    WireNeverSent,
    WireTimeout,
    send_at_once,
)

_log = logging.getLogger(__name__)

_GRACE_SECONDS = 2.0
"""How long a worker may take to end after its standard input closed, before it is killed."""


class WorkerProcess:
    """One running worker. Implements :class:`signalos.kit.wire.Transport`.

    A call that misses its deadline kills the process: the module inside is blocked, and nothing else
    frees it. What the killed call was doing is unknown.
    """

    def __init__(
        self,
        process: asyncio.subprocess.Process,
        transport: LineTransport,
        stdin: asyncio.StreamWriter,
        stderr: asyncio.StreamReader,
    ) -> None:
        self._process = process
        self._transport = transport
        self._stdin = stdin
        self._errors = asyncio.create_task(self._log_errors(stderr), name=f"worker-{process.pid}-stderr")

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def alive(self) -> bool:
        """False once the process has ended or its pipe broke."""
        return self._process.returncode is None and not self._transport.lost

    def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Awaitable[Answer]:
        """As :meth:`Transport.call`; the request has left when this returns, before it is waited for."""
        return UnderWay(
            partial(self._answer, fn, self._transport.call(fn, args, kwargs, deadline=deadline))
        )

    async def _answer(self, fn: str, calling: Awaitable[Answer]) -> Answer:
        try:
            return await calling
        except (WireTimeout, WireLost):
            _log.warning("worker %d is killed: %s was not answered", self.pid, fn)
            await self.kill()
            raise

    async def kill(self) -> None:
        """End the process at once and wait until it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()
        await self._end()

    async def close(self) -> None:
        """Close the worker's input, which ends it; kill it where it does not end in time."""
        self._stdin.close()
        try:
            async with asyncio.timeout(_GRACE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            _log.warning("worker %d did not end by itself and is killed", self.pid)
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        await self._end()

    async def _end(self) -> None:
        await self._transport.close()
        await self._errors

    async def _log_errors(self, stderr: asyncio.StreamReader) -> None:
        while line := await stderr.readline():
            _log.info("worker %d: %s", self.pid, line.decode(errors="replace").rstrip())


async def spawn_worker(command: Sequence[str], environ: Mapping[str, str] | None = None) -> WorkerProcess:
    """Start ``command`` as a worker. Raises WireNeverSent when it cannot be started.

    The worker gets a session of its own, so that Ctrl-C ends the app first and lets it finish.
    """
    flags = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            limit=LINE_LIMIT,
            env=None if environ is None else {**os.environ, **environ},
            start_new_session=sys.platform != "win32",
            creationflags=flags,
        )
    except OSError as why:
        raise WireNeverSent(f"the terminal's worker could not be started ({why})") from why
    stdin, stdout, stderr = process.stdin, process.stdout, process.stderr
    if stdin is None or stdout is None or stderr is None:
        raise WireNeverSent("the terminal's worker was started without pipes")
    send_at_once(stdin)
    return WorkerProcess(process, LineTransport(stdout, stdin), stdin, stderr)


def simulated_worker(address: str) -> list[str]:
    """Command line of a worker for the simulated terminal at ``address`` ("host:port")."""
    return [sys.executable, "-m", "signalos.brokers.mt5.worker", "--address", address]


def native_worker(path: str | None = None) -> list[str]:
    """Command line of a worker for this machine's terminal, the one at ``path`` if given."""
    command = [sys.executable, "-m", "signalos.brokers.mt5.worker", "--native"]
    return [*command, "--path", path] if path else command


def mt5linux_worker(address: str, order_seconds: float, path: str | None = None) -> list[str]:
    """Command line of a worker for the terminal behind the mt5linux server at ``address`` ("host:port").

    ``order_seconds`` is the deadline of a send; ``path`` is the terminal's program file as Wine names it.
    """
    command = [sys.executable, "-m", "signalos.brokers.mt5.worker", "--mt5linux", address]
    command += ["--order-seconds", str(order_seconds)]
    return [*command, "--path", path] if path else command
