"""A server that means harm: it lets every desktop app in and tells it whatever a test makes up."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

TOKEN = "sgt_" + "h" * 43


def now() -> datetime:
    return datetime.now(UTC)


class _Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class HostileServer:
    """``config`` is the strategy it hands out, ``channels`` what it sets for single ones.

    ``results`` are the answers to its commands by command id, ``pulls`` how often the strategy was fetched.
    """

    def __init__(self, config: dict[str, Any], channels: list[dict[str, Any]]) -> None:
        self.config = config
        self.channels = channels
        self.version = 1
        self.pulls = 0
        self.results: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.url = ""
        self._socket: WebSocket | None = None
        self._seq = 0

    # -- what it answers -------------------------------------------------------------------------

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/api/terminals/register", self._register, methods=["POST"]),
                Route("/api/me", self._me),
                Route("/api/firebridge/sync-user", self._sync, methods=["POST"]),
                Route("/api/firebridge/events", self._events, methods=["POST"]),
                Route("/api/firebridge/pull-strategy/{user}", self._pull),
                WebSocketRoute("/ws", self._talk),
            ]
        )

    async def _register(self, request: Request) -> Response:
        body = await request.json()
        return JSONResponse(
            {"id": 1, "status": "approved", "userId": 1, "terminalId": body["terminalId"]}, 201
        )

    async def _me(self, _: Request) -> Response:
        return JSONResponse({"id": 1, "email": "x@example.org", "role": "trader", "demo": False})

    async def _sync(self, _: Request) -> Response:
        return JSONResponse({"ok": True, "receivedAt": now().isoformat()})

    async def _events(self, request: Request) -> Response:
        events = (await request.json())["events"]
        self.events += events
        accepted = [{"eventId": e["eventId"], "id": n} for n, e in enumerate(events, 1)]
        return JSONResponse({"accepted": accepted, "rejected": []})

    async def _pull(self, _: Request) -> Response:
        self.pulls += 1
        return JSONResponse({"strategy": self._strategy(self.config), "channels": self.channels})

    def _strategy(self, config: Any) -> dict[str, Any]:
        return {
            "id": 1,
            "name": "Take it all",
            "version": str(self.version),
            "config": config,
            "active": True,
            "updatedAt": now().isoformat(),
            "notes": "",
        }

    # -- what it commands ------------------------------------------------------------------------

    async def _talk(self, socket: WebSocket) -> None:
        await socket.accept()
        await self._say(socket, "ready", {"userId": 1, "seq": 0})
        self._socket = socket
        try:
            while True:
                message = json.loads(await socket.receive_text())
                if message.get("type") == "command_result":
                    self.results[message["data"]["id"]] = message["data"]
        except (WebSocketDisconnect, RuntimeError):
            self._socket = None

    async def _say(self, socket: WebSocket, kind: str, data: Any) -> None:
        await socket.send_text(
            json.dumps({"type": kind, "data": data, "seq": None, "at": now().isoformat()})
        )

    async def command(self, kind: str, seq: int | None = None, name: str = "", **args: Any) -> str:
        """Send a command and answer its id; ``seq`` and ``name`` may be anything."""
        self._seq += 1
        name = name or f"evil-{self._seq}"
        data = {
            "id": name,
            "terminalSeq": self._seq if seq is None else seq,
            "kind": kind,
            "args": args,
            "issuedAt": now().isoformat(),
            "expiresAt": (now() + timedelta(seconds=60)).isoformat(),
        }
        assert self._socket is not None, "the desktop app is not connected"
        await self._say(self._socket, "command", data)
        return name

    async def raw(self, text: str) -> None:
        """Send any text at all."""
        assert self._socket is not None, "the desktop app is not connected"
        await self._socket.send_text(text)

    @property
    def connected(self) -> bool:
        return self._socket is not None


@contextlib.asynccontextmanager
async def hostile_server(
    config: dict[str, Any], channels: list[dict[str, Any]] | None = None
) -> AsyncIterator[HostileServer]:
    """Serve on a free port of this machine until the block ends."""
    hostile = HostileServer(config, channels or [])
    serving = uvicorn.Config(hostile.app(), host="127.0.0.1", port=0, log_level="warning", lifespan="off")
    server = _Quiet(serving)
    task = asyncio.create_task(server.serve())
    try:
        while not server.started:
            assert not task.done(), "the hostile server did not start"
            await asyncio.sleep(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        hostile.url = f"http://127.0.0.1:{port}"
        yield hostile
    finally:
        server.should_exit = True
        server.force_exit = True
        await task
