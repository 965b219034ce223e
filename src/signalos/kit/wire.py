"""JSON lines with ids and deadlines: how processes of one machine speak to each other.

A request is ``{"id", "fn", "args", "kwargs"}``, an answer ``{"id", "ok", "last_error"}`` or
``{"id", "error"}``; one JSON object a line. The same wire serves the simulated terminal (TCP) and
the terminal workers (standard input and output).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Coroutine, Generator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import msgspec

LINE_LIMIT = 32 * 1024 * 1024
"""Longest line in bytes: a full history answer fits, a runaway peer does not fill the memory."""


class Answer(msgspec.Struct):
    """What came back: ``ok`` is the function's result, ``last_error`` its (code, text) pair."""

    id: int
    ok: Any = None
    last_error: tuple[int, str] = (1, "Success")
    error: str | None = None


class Request(msgspec.Struct):
    """One call on the wire."""

    id: int
    fn: str
    args: list[Any] = []
    kwargs: dict[str, Any] = {}


class WireLost(ConnectionError):
    """The peer is gone. Whether it carried out the last request is unknown."""


class WireTimeout(TimeoutError):
    """No answer before the deadline. Whether the peer carried out the request is unknown."""


class WireNeverSent(ConnectionError):
    """The request never left this process: it was certainly not carried out."""


@dataclass(frozen=True, slots=True)
class UnderWay:
    """A call whose request has left already. Awaiting it waits for the answer; letting it fall is no harm."""

    wait: Callable[[], Coroutine[Any, Any, Answer]]

    def __await__(self) -> Generator[Any, Any, Answer]:
        return self.wait().__await__()


class Transport(Protocol):
    """A channel to something that answers calls: handed in wherever a terminal is spoken to."""

    def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Awaitable[Answer]:
        """Call ``fn`` and wait at most ``deadline`` seconds.

        Raises WireNeverSent (nothing was sent), WireLost or WireTimeout (outcome unknown).
        """
        ...

    async def close(self) -> None: ...


class LineTransport:
    """A :class:`Transport` over an asyncio stream pair; many calls may be under way at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._ids = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Answer]] = {}
        self._encoder = msgspec.json.Encoder()
        self._decoder = msgspec.json.Decoder(Answer)
        self._gone = False
        self._task = asyncio.create_task(self._read(), name="wire-reader")

    @property
    def lost(self) -> bool:
        """True once the peer has gone: every further call raises WireNeverSent."""
        return self._gone

    def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Awaitable[Answer]:
        """As :meth:`Transport.call`; the request has left when this returns, before it is waited for."""
        if self._gone:
            raise WireNeverSent(f"{fn}: the peer has closed the connection")
        request = Request(next(self._ids), fn, list(args), dict(kwargs or {}))
        waiter: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = waiter
        try:
            self._writer.write(self._encoder.encode(request) + b"\n")
        except (ConnectionError, RuntimeError) as why:
            # Bytes may already have left: never claim that nothing was sent.
            waiter.set_exception(WireLost(f"{fn}: {why}"))
        except BaseException:
            del self._waiting[request.id]
            raise
        return UnderWay(partial(self._answer, fn, request.id, waiter, deadline))

    async def _answer(
        self, fn: str, number: int, waiter: asyncio.Future[Answer], deadline: float
    ) -> Answer:
        try:
            async with asyncio.timeout(deadline):
                await self._writer.drain()
                return await waiter
        except TimeoutError:
            raise WireTimeout(f"{fn}: no answer within {deadline:g} s") from None
        except WireLost:
            raise
        except (ConnectionError, RuntimeError) as why:
            # Bytes may already have left: never claim that nothing was sent.
            raise WireLost(f"{fn}: {why}") from why
        finally:
            self._waiting.pop(number, None)
            # A failed write leaves the waiter unread: asyncio would complain about its error later.
            if waiter.done() and not waiter.cancelled():
                waiter.exception()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self._writer.close()
        with contextlib.suppress(ConnectionError, BrokenPipeError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        why = "the peer has closed the connection"
        try:
            while line := await self._reader.readline():
                answer = self._decoder.decode(line)
                waiter = self._waiting.get(answer.id)
                if waiter is not None and not waiter.done():
                    waiter.set_result(answer)
        except (ConnectionError, ValueError, msgspec.DecodeError) as error:
            why = f"the connection broke: {error}"
        finally:
            self._gone = True
            for waiter in self._waiting.values():
                if not waiter.done():
                    waiter.set_exception(WireLost(why))


def send_at_once(writer: asyncio.StreamWriter) -> None:
    """Let what is written leave at once: uvloop would else keep it until this turn of the loop ends."""
    writer.transport.set_write_buffer_limits(high=0)


async def connect_tcp(host: str, port: int) -> LineTransport:
    """Connect to a JSON-lines peer. Raises WireNeverSent when nobody listens."""
    try:
        reader, writer = await asyncio.open_connection(host, port, limit=LINE_LIMIT)
    except OSError as why:
        raise WireNeverSent(f"nobody answers at {host}:{port} ({why})") from why
    send_at_once(writer)
    return LineTransport(reader, writer)
