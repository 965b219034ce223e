"""JSON lines with ids and deadlines: how processes of one machine speak to each other.

A request is ``{"id", "fn", "args", "kwargs"}``, an answer ``{"id", "ok", "last_error"}`` or
``{"id", "error"}``; one JSON object a line. The same wire serves the simulated terminal (TCP) and
the terminal workers (standard input and output).
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import Awaitable, Callable, Generator, Mapping, Sequence
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


class UnderWay:
    """A call whose request has left already. Awaiting it waits for the answer; letting it fall is no harm.

    ``lost`` is waited for before WireLost or WireTimeout is raised.
    """

    def __init__(
        self, answer: asyncio.Future[Answer], lost: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self._answer = answer
        self._lost = lost
        answer.add_done_callback(_seen)

    @property
    def answered(self) -> bool:
        """True once the answer is there."""
        return self._answer.done() and not self._answer.cancelled() and self._answer.exception() is None

    def then(self, lost: Callable[[], Awaitable[None]]) -> UnderWay:
        """The same call, with ``lost`` to be waited for."""
        return UnderWay(self._answer, lost)

    def cancel(self) -> None:
        """Wait for it no longer."""
        self._answer.cancel()

    def __await__(self) -> Generator[Any, Any, Answer]:
        try:
            return (yield from self._answer)
        except (WireLost, WireTimeout):
            if self._lost is not None:
                yield from self._lost().__await__()
            raise


def under_way(calling: Awaitable[Answer]) -> UnderWay:
    """``calling`` as a call under way: it goes on while nobody waits for it."""
    return calling if isinstance(calling, UnderWay) else UnderWay(asyncio.ensure_future(calling))


def _seen(answer: asyncio.Future[Answer]) -> None:
    """What went wrong with a call that nobody waits for is nothing to complain about."""
    if not answer.cancelled():
        answer.exception()


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
    ) -> UnderWay:
        """As :meth:`Transport.call`; the request has left when this returns, and its deadline runs."""
        if self._gone:
            raise WireNeverSent(f"{fn}: the peer has closed the connection")
        request = Request(next(self._ids), fn, list(args), dict(kwargs or {}))
        line = self._encoder.encode(request) + b"\n"
        loop = asyncio.get_running_loop()
        waiter: asyncio.Future[Answer] = loop.create_future()
        self._waiting[request.id] = waiter
        timer = loop.call_later(deadline, _too_late, waiter, fn, deadline)
        waiter.add_done_callback(partial(self._over, request.id, timer))
        try:
            self._writer.write(line)
        except (ConnectionError, RuntimeError) as why:
            # Bytes may already have left: never claim that nothing was sent.
            waiter.set_exception(WireLost(f"{fn}: {why}"))
        return UnderWay(waiter)

    def _over(self, number: int, timer: asyncio.TimerHandle, _: asyncio.Future[Answer]) -> None:
        timer.cancel()
        self._waiting.pop(number, None)

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


def _too_late(waiter: asyncio.Future[Answer], fn: str, deadline: float) -> None:
    if not waiter.done():
        waiter.set_exception(WireTimeout(f"{fn}: no answer within {deadline:g} s"))


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
