"""The terminal on a TCP port: JSON lines, any number of connections, this machine only."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
from typing import Any

import msgspec

from signalos.brokers.simulated.service import NoAnswer, Service
from signalos.brokers.simulated.terminal import Session
from signalos.domain.errors import ConfigError
from signalos.kit.wire import LINE_LIMIT, Answer, Request

_PACE = 0.02
"""Seconds between two looks at the market while nobody calls."""


def listen_address(text: str) -> tuple[str, int]:
    """Read ``HOST:PORT`` of this machine; port 0 takes a free one. Raises ConfigError."""
    host, colon, port = text.rpartition(":")
    host = host.strip("[]")
    if not colon or not port.isdecimal() or int(port) > 65535:
        raise ConfigError(f"--listen {text!r} is not an address: write 127.0.0.1:PORT")
    try:
        loopback = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host).is_loopback
    except ValueError:
        loopback = False
    if not loopback:
        raise ConfigError(
            f"--listen {text!r} is refused: the simulated terminal knows no passwords and listens on this "
            f"machine only. Write 127.0.0.1:{port}."
        )
    return host, int(port)


class SimulatorServer:
    """Serves one terminal until ``stop`` is set or the account cannot be written any more."""

    def __init__(self, service: Service, clock_tick: float = _PACE) -> None:
        self._service = service
        self._pace = clock_tick
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self._broken: asyncio.Future[None] | None = None
        self._encode = msgspec.json.Encoder().encode
        self._decode = msgspec.json.Decoder(Request).decode

    async def start(self, host: str, port: int) -> tuple[str, int]:
        """Listen; return the address with its real port. Raises ConfigError for a busy port."""
        self._broken = asyncio.get_running_loop().create_future()
        try:
            self._server = await asyncio.start_server(self._client, host, port, limit=LINE_LIMIT)
        except OSError as why:
            raise ConfigError(
                f"cannot listen at {host}:{port}: {why.strerror or why}. "
                "Stop the program that uses this port, or choose another one (0 takes a free one)."
            ) from why
        address = self._server.sockets[0].getsockname()
        return address[0], address[1]

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop``; raises what made the account unwritable."""
        if self._server is None or self._broken is None:
            raise RuntimeError("start the server first")
        market = asyncio.create_task(self._follow_market(), name="market")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        try:
            ends: set[asyncio.Future[Any]] = {market, stopping, self._broken}
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._server.close()
            for task in [market, stopping, *self._clients]:
                task.cancel()
            await asyncio.gather(stopping, *self._clients, return_exceptions=True)
        with contextlib.suppress(asyncio.CancelledError):
            await market
        if self._broken.done():
            self._broken.result()

    async def _follow_market(self) -> None:
        while True:
            self._service.terminal.advance()
            await asyncio.sleep(self._pace)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._clients.add(task)
        session = self._service.session()
        try:
            while line := await _line(reader):
                writer.write(await self._answer(session, line))
                await writer.drain()
        except NoAnswer:
            writer.transport.abort()
        except (ConnectionError, asyncio.CancelledError):
            pass  # the client has gone, or the terminal stops: the connection ends either way
        except _TooLong:
            writer.write(self._encode({"id": None, "error": "the line is too long"}) + b"\n")
        except Exception as why:
            # Memory may be ahead of the disk now: nothing is answered any more.
            if self._broken is not None and not self._broken.done():
                self._broken.set_exception(why)
            raise
        finally:
            if task is not None:
                self._clients.discard(task)
            writer.close()

    async def _answer(self, session: Session, line: bytes) -> bytes:
        try:
            request = self._decode(line)
        except msgspec.DecodeError as why:
            return self._encode({"id": None, "error": f"not a request: {why}"}) + b"\n"
        try:
            answer = await self._service.call(session, request.fn, request.args, request.kwargs)
        except NoAnswer as why:
            if why.broken:
                raise
            return b""
        return self._encoded(request.id, answer)

    def _encoded(self, number: int, answer: Answer) -> bytes:
        if answer.error is not None:
            return self._encode({"id": number, "error": answer.error}) + b"\n"
        return self._encode({"id": number, "ok": answer.ok, "last_error": answer.last_error}) + b"\n"


class _TooLong(Exception):
    """A line beyond the wire's limit."""


async def _line(reader: asyncio.StreamReader) -> bytes:
    try:
        return await reader.readline()
    except ValueError:
        raise _TooLong from None
