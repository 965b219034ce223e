"""A chat completions endpoint on loopback: it answers whatever a test makes up, well-formed or not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

HANG = "hang"
"""The request is never answered."""
CLOSE = "close"
"""The connection is closed instead of an answer."""
DRIP = "drip"
"""Bytes come one after the other for ever."""
CUT = "cut"
"""The answer ends in its middle."""


def order(**parts: Any) -> dict[str, Any]:
    """A whole order as a model writes it."""
    usual = {"symbol": "EURUSD", "side": "buy", "order": "market", "entry": []}
    return {**usual, "stop_loss": "1.0900", "take_profits": ["1.1100"], **parts}


def completion(content: str | None, **more: Any) -> bytes:
    """The body of a chat completion that says ``content``."""
    message = {"role": "assistant", "content": content, **more}
    choice = {"index": 0, "finish_reason": "stop", "message": message}
    body = {"id": "c-1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}
    return json.dumps(body).encode()


def orders(*said: dict[str, Any]) -> bytes:
    """The body of a completion with these orders."""
    return completion(json.dumps({"orders": list(said)}))


@dataclass
class ModelEndpoint:
    """``answers`` are used one a request, the last for ever: a body (status 200), (status, body), or a fault.

    ``asked`` are the requests: headers (lower case) and the JSON body.
    """

    answers: list[Any] = field(default_factory=lambda: [orders()])
    asked: list[tuple[dict[str, str], dict[str, Any]]] = field(default_factory=list)
    address: str = ""
    location: str = ""
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[ModelEndpoint]:
        """Serve while the block runs; ``address`` is the base URL."""
        clients: set[asyncio.Task[Any]] = set()

        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            clients.add(asyncio.current_task())  # type: ignore[arg-type]  # a handler runs as a task
            try:
                while await self._serve(reader, writer):
                    pass
            except (ConnectionError, asyncio.CancelledError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(client, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        try:
            yield self
        finally:
            server.close()
            for task in clients:
                task.cancel()
            await asyncio.gather(*clients, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        path, headers, body = await _request(reader)
        self.asked.append((headers, body))
        self.was_asked.set()
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if answer == HANG:
            await asyncio.Event().wait()
        if answer == CLOSE:
            return False
        if answer == CUT:
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\n{"choices": [')
            await writer.drain()
            return False
        if answer == DRIP:
            writer.write(
                b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n"
            )
            while True:
                writer.write(b" ")
                await writer.drain()
                await asyncio.sleep(0.01)
        status, said = (200, answer) if isinstance(answer, bytes) else answer
        if path != "/v1/chat/completions":
            status, said = 404, b"{}"
        head = [f"HTTP/1.1 {status} X", "Content-Type: application/json", f"Content-Length: {len(said)}"]
        if self.location:
            head.append(f"Location: {self.location}")
        for piece in _pieces("\r\n".join([*head, "", ""]).encode() + said):
            writer.write(piece)
            await writer.drain()
        return True


async def _request(reader: asyncio.StreamReader) -> tuple[str, dict[str, str], dict[str, Any]]:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return first.split(" ")[1], headers, json.loads(body)


def _pieces(data: bytes) -> Iterator[bytes]:
    for begin in range(0, len(data), 1 << 16):
        yield data[begin : begin + (1 << 16)]
