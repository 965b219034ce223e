"""A small HTTP/1.1 server for this machine: one answer function, hard limits on size, time and number."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import h11
import msgspec

_HEAD = 16 * 1024
_SECONDS = 15.0
"""For one request to arrive, and for an idle connection to stay."""
_CONNECTIONS = 64
_CHUNK = 16 * 1024
_READ_ON = 1 << 20
"""Of a body that is too large so much is read and dropped: a close before that may cost its sender the answer."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request. Names of ``headers`` are lower case. ``too_large``: the body was not kept."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    too_large: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """An answer."""

    status: int
    body: bytes
    headers: dict[str, str] = field(default_factory=dict)


def problem(status: int, code: str, detail: str, headers: Mapping[str, str] | None = None) -> Said:
    """Make an answer of RFC 9457."""
    body = {
        "type": f"urn:signalos:problem:{code}",
        "title": code.replace("_", " "),
        "status": status,
        "code": code,
        "detail": detail,
    }
    return Said(
        status, msgspec.json.encode(body), {"content-type": "application/problem+json", **(headers or {})}
    )


class Server:
    """A listening server; the block around it ends its connections."""

    def __init__(self, answer: Callable[[Asked], Said], largest: int) -> None:
        self._answer = answer
        self._largest = largest
        self._server: asyncio.Server | None = None
        self._clients: set[asyncio.Task[None]] = set()
        self.port = 0

    async def listen(self, host: str, port: int) -> None:
        """Begin to listen. Raises OSError."""
        self._server = await asyncio.start_server(self._client, host, port, limit=_HEAD)
        self.port = self._server.sockets[0].getsockname()[1]

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, why: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._server is not None:
            self._server.close()
        for client in self._clients:
            client.cancel()
        await asyncio.gather(*self._clients, return_exceptions=True)

    async def _client(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is None or len(self._clients) >= _CONNECTIONS:
            writer.close()
            return
        self._clients.add(task)
        connection = h11.Connection(h11.SERVER, max_incomplete_event_size=_HEAD)
        try:
            while await self._one(connection, reader, writer):
                connection.start_next_cycle()
        except (ConnectionError, TimeoutError, asyncio.CancelledError):
            pass  # the client has gone or is too slow, or the source ends: the connection ends either way
        except h11.RemoteProtocolError as why:
            # Answered where the connection still allows it.
            with contextlib.suppress(h11.LocalProtocolError, ConnectionError):
                await _send(connection, writer, problem(why.error_status_hint, "bad_request", str(why)))
        finally:
            self._clients.discard(task)
            writer.close()

    async def _one(
        self, connection: h11.Connection, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        """Answer one request; False when the connection ends."""
        async with asyncio.timeout(_SECONDS):
            request = await _next(connection, reader)
            if not isinstance(request, h11.Request):
                return False
            body, size = bytearray(), 0
            while isinstance(part := await _next(connection, reader), h11.Data):
                size += len(part.data)
                if size <= self._largest:
                    body += part.data
                elif size > _READ_ON:
                    break
        too_large = size > self._largest
        asked = Asked(
            request.method.decode("ascii"),
            request.target.partition(b"?")[0].decode("latin-1"),
            {name.decode("ascii"): value.decode("latin-1") for name, value in request.headers},
            b"" if too_large else bytes(body),
            too_large,
        )
        await _send(connection, writer, self._answer(asked), last=too_large)
        return connection.our_state is h11.DONE and connection.their_state is h11.DONE


async def serve(host: str, port: int, answer: Callable[[Asked], Said], *, largest: int) -> Server:
    """Listen at ``host``:``port`` (0 takes a free one); bodies up to ``largest`` bytes. Raises OSError."""
    server = Server(answer, largest)
    await server.listen(host, port)
    return server


async def _next(connection: h11.Connection, reader: asyncio.StreamReader) -> object:
    while (event := connection.next_event()) is h11.NEED_DATA:
        connection.receive_data(await reader.read(_CHUNK))
    return event


async def _send(
    connection: h11.Connection, writer: asyncio.StreamWriter, said: Said, *, last: bool = False
) -> None:
    headers = {**said.headers, "content-length": str(len(said.body))}
    if last:
        headers["connection"] = "close"
    parts = [
        connection.send(h11.Response(status_code=said.status, headers=list(headers.items()))),
        connection.send(h11.Data(data=said.body)),
        connection.send(h11.EndOfMessage()),
    ]
    writer.write(b"".join(part for part in parts if part))
    await writer.drain()
