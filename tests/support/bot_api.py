"""A Bot API on loopback: updates with confirmation by offset, long polling, and faults on demand."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

TOKEN = "123456:test-token_of-the-double"


class BotApiDouble:
    """Serves one bot. ``faults`` are answers (status, body) given instead, one a request."""

    def __init__(self) -> None:
        self.updates: list[dict[str, Any]] = []
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.faults: deque[tuple[int, bytes]] = deque()
        self.admins: list[int] = []
        self.confirmed = 0
        self.address = ""
        self._news = asyncio.Event()
        self._number = 100

    def says(self, kind: str = "channel_post", **message: Any) -> None:
        """Something happens in a chat."""
        self._number += 1
        base = {"date": 1_709_542_800, "chat": {"id": -1001, "type": "channel", "title": "Gold"}}
        self.updates.append({"update_id": self._number, kind: base | message})
        self._news.set()

    def fails(self, code: int, words: str = "no", **parameters: Any) -> None:
        """The next request is refused."""
        body = {"ok": False, "error_code": code, "description": words, "parameters": parameters}
        self.faults.append((code, json.dumps(body).encode()))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        clients: set[asyncio.Task[None]] = set()

        async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            clients.add(asyncio.current_task())  # type: ignore[arg-type]  # a handler runs as a task
            try:
                while head := await _head(reader):
                    status, body = await self._answer(*head)
                    writer.write(
                        b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n" % (status, len(body)) + body
                    )
                    await writer.drain()
            except (ConnectionError, asyncio.CancelledError):
                pass
            finally:
                writer.close()

        server = await asyncio.start_server(client, "127.0.0.1", 0)
        self.address = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()
            for task in clients:
                task.cancel()
            await asyncio.gather(*clients, return_exceptions=True)

    async def _answer(self, path: str, arguments: dict[str, Any]) -> tuple[int, bytes]:
        bot, _, method = path.removeprefix("/bot").partition("/")
        self.asked.append((method, arguments))
        if self.faults:
            return self.faults.popleft()
        if bot != TOKEN:
            return 401, b'{"ok": false, "error_code": 401, "description": "Unauthorized"}'
        if method == "getChatAdministrators":
            return 200, json.dumps(
                {"ok": True, "result": [{"user": {"id": n}} for n in self.admins]}
            ).encode()
        self.confirmed = max(self.confirmed, arguments["offset"] - 1)
        self.updates = [u for u in self.updates if u["update_id"] > self.confirmed]
        if not self.updates:
            self._news.clear()
            await self._news.wait()
        return 200, json.dumps({"ok": True, "result": self.updates[:100]}).encode()


async def _head(reader: asyncio.StreamReader) -> tuple[str, dict[str, Any]] | None:
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    except asyncio.IncompleteReadError:
        return None
    size = next(int(line.split(":")[1]) for line in head.lower().split("\r\n") if "content-length" in line)
    return head.split(" ")[1], json.loads(await reader.readexactly(size))
