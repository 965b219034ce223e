"""``/ws``: one socket for browsers and terminals.

A connection is authenticated, told ``ready``, and gets the durable events that it names by
``resume_from`` (or, after a quarter of a second, those since ``ready``), then everything live.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from signalos.kit.clock import Clock
from signalos.protocol import requests, socket, views
from signalos.server.auth import repository as users
from signalos.server.auth.callers import COOKIE, Caller, Callers, bearer, same_origin
from signalos.server.bodies import NOT_JSON, parse
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Durable, Writing
from signalos.server.db.store import Store
from signalos.server.db.writer import StorageFailed
from signalos.server.hub import Connection, Hub, durable_frame, frame
from signalos.server.limits import Limits
from signalos.server.logs import repository as logs
from signalos.server.overview.service import OverviewService
from signalos.server.problems import Problem
from signalos.server.trades.service import TradeService
from signalos.server.trading.service import TradingService

T = TypeVar("T")
log = logging.getLogger(__name__)
SNAPSHOT_CHARACTERS = 250_000
CATCH_UP_PAGE = 200
CATCH_UP_MOST = 20_000
"""Further behind than this, a snapshot is less to send than the events."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a socket uses."""

    store: Store
    callers: Callers
    limits: Limits
    hub: Hub
    overview: OverviewService
    commands: CommandService
    trading: TradingService
    trades: TradeService
    clock: Clock


class Sockets:
    """Serves ``/ws``."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def serve(self, websocket: WebSocket) -> None:
        """Serve one connection until it ends."""
        await websocket.accept()
        try:
            caller = await self._authenticate(websocket)
        except WebSocketDisconnect:
            return
        if caller is None or (caller.terminal is not None and caller.terminal.status != "approved"):
            await _close(websocket, socket.CLOSE_UNAUTHORISED)
            return
        connection = Connection(
            caller.user_id,
            terminal=caller.terminal.row_id if caller.terminal else None,
            session_id=caller.session_id,
        )
        await _Session(self._parts, websocket, connection, caller).run()

    async def _authenticate(self, websocket: WebSocket) -> Caller | None:
        """Who is connecting: by header, by cookie from our own page, or by the first message."""
        if "origin" in websocket.headers and not same_origin(websocket):
            return None
        token = bearer(websocket)
        if token is not None:
            return await self._parts.callers.of_token(token)
        cookie = websocket.cookies.get(COOKIE, "")
        if cookie and "origin" in websocket.headers:
            return await self._parts.callers.of_cookie(cookie)
        try:
            async with asyncio.timeout(socket.AUTH_WITHIN_SECONDS):
                text = await _receive(websocket)
        except TimeoutError:
            return None
        try:
            message = msgspec.json.decode(text, type=socket.ClientMessage)
            inner = msgspec.json.decode(message.data) if not message.token else None
        except NOT_JSON:
            return None
        # The token stands beside the type; within ``data``, where all other fields are, it is found as well.
        stated = message.token or (inner.get("token") if isinstance(inner, dict) else None)
        if message.type != "auth" or not isinstance(stated, str) or not stated:
            return None
        return await self._parts.callers.of_token(stated)


class _Session:
    """One authenticated connection."""

    def __init__(self, parts: Parts, websocket: WebSocket, connection: Connection, caller: Caller) -> None:
        self._parts = parts
        self._websocket = websocket
        self._connection = connection
        self._caller = caller
        self._started = asyncio.Event()
        self._handlers: dict[str, Callable[[socket.ClientMessage], Awaitable[None]]] = {
            "ping": self._ping,
            "resume_from": self._resume_from,
            "emergency_stop_command": self._stop,
            "close_trade_command": self._close_trade,
        }
        if caller.terminal is not None:
            self._handlers = {
                "ping": self._ping,
                "resume_from": self._ignore,
                "command_ack": self._ack,
                "command_result": self._result,
            }

    async def run(self) -> None:
        """Serve until either side ends it."""
        connection, parts = self._connection, self._parts
        user_id = connection.user_id
        stored = await parts.store.read(lambda db: users.newest_seq(db, user_id))
        seq = max(stored, parts.hub.newest.get(user_id, 0))
        parts.hub.newest[user_id] = seq
        connection.last = seq
        parts.hub.add(connection)
        connection.send(frame("ready", socket.Ready(user_id=user_id, seq=seq), parts.clock.now()))
        tasks = [
            asyncio.create_task(self._send(), name="socket sender"),
            asyncio.create_task(self._receive(), name="socket receiver"),
            asyncio.create_task(self._begin(), name="socket beginning"),
        ]
        if self._caller.expires_at is not None:
            tasks.append(asyncio.create_task(self._expire(self._caller.expires_at), name="socket expiry"))
        try:
            await asyncio.wait(tasks[:2], return_when=asyncio.FIRST_COMPLETED)
            if tasks[1].done() and not tasks[0].done():
                # The client left: nothing that is still queued can reach it.
                connection.close(1000)
            elif connection.close_code is not None:
                await _close(self._websocket, connection.close_code)
        finally:
            parts.hub.remove(connection)
            for task in tasks:
                task.cancel()
            for outcome in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(outcome, Exception) and not isinstance(outcome, WebSocketDisconnect):
                    log.error("a socket ended by an error", exc_info=outcome)

    # ------------------------------------------------------------ out
    async def _send(self) -> None:
        while (text := await self._connection.next()) is not None:
            try:
                await self._websocket.send_text(text)
            except (WebSocketDisconnect, RuntimeError):
                return

    async def _expire(self, at: datetime) -> None:
        await self._parts.clock.sleep((at - self._parts.clock.now()).total_seconds())
        self._connection.close(socket.CLOSE_UNAUTHORISED)

    async def _begin(self) -> None:
        """Start; where that fails the socket is closed, since an open one without events looks alive."""
        try:
            await self._start()
        except Exception:
            self._connection.close(1011)
            raise

    async def _start(self) -> None:
        """Start what is due: commands for a terminal at once, events for a browser unless it resumes."""
        if self._caller.terminal is not None:
            await self._parts.commands.connected(self._connection)
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(socket.RESUME_WITHIN_SECONDS):
                await self._started.wait()
        if not self._started.is_set():
            await self._catch_up()

    async def _catch_up(self) -> None:
        """Send what is stored above ``last`` until nothing is missing, then go live in the same turn."""
        self._started.set()
        connection, hub = self._connection, self._parts.hub
        while connection.last < hub.newest.get(connection.user_id, 0):
            since = connection.last

            def missed(db: Any, since: int = since) -> list[Durable]:
                return logs.after(db, connection.user_id, since, CATCH_UP_PAGE)

            events = await self._parts.store.read(missed)
            if not events:
                break
            connection.last = events[-1].seq
            connection.send_all([durable_frame(event) for event in events])
            await connection.drained()
        connection.live = True

    # ------------------------------------------------------------ in
    async def _receive(self) -> None:
        while True:
            try:
                text = await _receive(self._websocket)
            except WebSocketDisconnect:
                return
            try:
                self._parts.limits.user(
                    f"socket {self._connection.user_id}/{self._connection.terminal or ''}"
                )
                message = parse(text.encode(), socket.ClientMessage)
                handler = self._handlers.get(message.type)
                if handler is None:
                    raise Problem("invalid", f"type {message.type[:40]!r} is not known here")
                await handler(message)
            except Problem as why:
                self._error(why)
            except StorageFailed as why:
                self._error(Problem("storage_failed", str(why)))

    def _error(self, why: Problem) -> None:
        now = self._parts.clock.now()
        data = socket.ErrorAlert(error=why.detail, severity="error", timestamp=now, code=why.code)
        self._connection.send(frame("error", data, now))

    async def _ping(self, message: socket.ClientMessage) -> None:
        data = msgspec.json.decode(message.data)
        self._connection.send(
            frame("pong", data if isinstance(data, dict) else {}, self._parts.clock.now())
        )

    async def _ignore(self, message: socket.ClientMessage) -> None:
        """A terminal gets commands by their own order, whatever events it has seen."""

    async def _resume_from(self, message: socket.ClientMessage) -> None:
        seq = message.seq
        if seq is None:
            seq = _data(message, _Resume).seq
        newest = self._parts.hub.newest.get(self._connection.user_id, 0)
        if seq < 0:
            raise Problem("invalid", "resume_from: seq counts from 0")
        if seq > newest:
            raise Problem("invalid", f"resume_from: seq {seq} is in the future, the newest is {newest}")
        if self._started.is_set():
            # Events have begun to flow: what is missing before them comes as a snapshot.
            await self._snapshot()
            return
        user_id = self._connection.user_id
        self._started.set()
        oldest = await self._parts.store.read(lambda db: logs.oldest_seq(db, user_id))
        too_old = seq < newest and (oldest is None or seq < oldest - 1)
        if too_old or newest - seq > CATCH_UP_MOST:
            await self._snapshot()
        else:
            self._connection.last = seq
        await self._catch_up()

    async def _snapshot(self) -> None:
        overview: views.Overview = await self._parts.overview.of(self._connection.user_id)
        self._connection.last = max(self._connection.last, overview.seq)
        now = self._parts.clock.now()
        text = frame("snapshot", overview, now)
        while len(text) > SNAPSHOT_CHARACTERS and overview.recent_signals:
            # The page reads older signals from the API; what must not happen is a frame nobody takes.
            kept = overview.recent_signals[: len(overview.recent_signals) // 2]
            overview = msgspec.structs.replace(overview, recent_signals=kept)
            text = frame("snapshot", overview, now)
        self._connection.send(text)

    async def _stop(self, message: socket.ClientMessage) -> None:
        body = _data(message, socket.EmergencyStop)
        wanted = requests.EmergencyStopRequest(mode=body.mode, terminal_id=body.terminal_id)
        user_id = self._connection.user_id

        def work(tx: Writing) -> None:
            self._parts.trading.stop(tx, user_id, wanted)

        await self._parts.store.write(work)

    async def _close_trade(self, message: socket.ClientMessage) -> None:
        trade_id = _data(message, socket.CloseTrade).trade_id
        user_id = self._connection.user_id

        def work(tx: Writing) -> None:
            self._parts.trades.close(tx, user_id, trade_id)

        await self._parts.store.write(work)

    async def _ack(self, message: socket.ClientMessage) -> None:
        await self._parts.commands.acknowledged(self._terminal(), _data(message, socket.CommandAck))

    async def _result(self, message: socket.ClientMessage) -> None:
        await self._parts.commands.answered(self._terminal(), _data(message, socket.CommandResult))

    def _terminal(self) -> int:
        assert self._connection.terminal is not None  # noqa: S101 -- these handlers are a terminal's
        return self._connection.terminal


class _Resume(msgspec.Struct):
    seq: int


def _data(message: socket.ClientMessage, shape: type[T]) -> T:
    return parse(bytes(message.data), shape)


async def _receive(websocket: WebSocket) -> str:
    """The next message's text. Raises WebSocketDisconnect."""
    message = await websocket.receive()
    if message["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(message.get("code", 1005))
    text = message.get("text")
    if text is not None:
        return str(text)
    return bytes(message.get("bytes") or b"").decode("utf-8", "replace")


async def _close(websocket: WebSocket, code: int) -> None:
    """Close, unless the client was faster."""
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await websocket.close(code)
