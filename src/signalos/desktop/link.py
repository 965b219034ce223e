"""The WebSocket to the server: commands come in, receipts and results go out.

Nothing waits here: a result that finds no connection is dropped, because the server sends a command
again at every connect until its result is stored, and the journal then answers it.
"""

from __future__ import annotations

import asyncio
import logging
import random
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

import msgspec
import websockets.asyncio.client as client
from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI

from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.backoff import Backoff, pause
from signalos.desktop.outbox import Alert
from signalos.desktop.server_url import is_loopback, socket_url
from signalos.domain.errors import JournalError, NotAllowed
from signalos.kit.clock import Clock
from signalos.protocol import encode
from signalos.protocol.shapes import Wire
from signalos.protocol.socket import (
    CLOSE_UNAUTHORISED,
    FRAME_LIMIT,
    Command,
    CommandAck,
    CommandResult,
    Ready,
)

log = logging.getLogger(__name__)

REFUSED_PAUSE = 30.0
"""Seconds between tries while the server refuses the token: only a person can mend that."""
_HEARTBEAT_SECONDS = 10.0
_OPEN_WITHIN = 10.0
_CLOSE_WITHIN = 2.0
_STEADY_SECONDS = 5.0


class CommandInbox(Protocol):
    """Who takes commands: the desktop's control of one terminal."""

    def accept(self, command: Command) -> CommandResult | None:
        """Journal ``command``; it is durable when this returns. A repeated id answers its stored result.

        Raises JournalError where it cannot be journalled: it is then not acknowledged and comes again.
        """
        ...


@dataclass(slots=True)
class LinkState:
    """How the link is doing. ``since`` is when that began; ``user_id`` whose terminal this is."""

    connected: bool = False
    since: datetime | None = None
    last_error: str = ""
    user_id: int | None = None


class _Incoming(Wire, frozen=True, kw_only=True):
    type: str
    data: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"{}"))


class _Named(Wire, frozen=True, kw_only=True):
    id: str


class _Unauthorised(Exception):
    """The server does not know the token, or no longer."""


def _quiet(_code: str, _text: str) -> None:
    return None


def _nothing() -> None:
    return None


class Link:
    """Keeps one terminal connected to ``/ws`` of the server at ``url``.

    Comes back after every loss with growing, jittered pauses; a peer that does not answer pings within
    10 s counts as lost. A refused or revoked token is reported to ``alert`` once and tried slowly.
    """

    def __init__(
        self,
        url: str,
        tokens: AuthTokenManager,
        terminal_id: str,
        inbox: CommandInbox,
        clock: Clock,
        rand: random.Random,
        alert: Alert = _quiet,
    ) -> None:
        self._url = socket_url(url)
        self._tokens = tokens
        self._terminal_id = terminal_id
        self._inbox = inbox
        self._clock = clock
        self._alert = alert
        self._backoff = Backoff(rand, cap=5.0)  # a stop may be waiting at the server
        self._outgoing: asyncio.Queue[bytes] | None = None
        self._held: list[CommandResult] | None = None
        self._retry = asyncio.Event()
        self._alerted = False
        self._ready_at: float | None = None
        self._socket_log = logging.getLogger(f"{__name__}.socket")
        # Its debug lines would show the request's headers, the token among them.
        self._socket_log.setLevel(logging.INFO)
        self.state = LinkState()
        self.on_ready = _nothing
        """Called at each connect, once the server has recognised the terminal."""

    def send_result(self, result: CommandResult) -> None:
        """Send a finished command's result; without a connection it is dropped (the server asks again)."""
        if self._held is not None:
            self._held.append(result)  # its receipt goes first
        else:
            self._put("command_result", result)

    def retry_now(self) -> None:
        """Connect now, for instance after a token was stored."""
        self._retry.set()

    async def run(self) -> None:
        """Stay connected until cancelled, then close cleanly."""
        while True:
            self._retry.clear()
            try:
                why = await self._connected()
                if self._lasted():
                    self._backoff.reset()
                wait = self._backoff.next()
            except _Unauthorised as refusal:
                why, wait = str(refusal), REFUSED_PAUSE
                self._report(why)
            self._lost(why)
            await pause(self._clock, wait, self._retry)

    async def _connected(self) -> str:
        """Connect and serve until the connection ends; returns why. Raises _Unauthorised."""
        try:
            token = self._tokens.get_auth_token(self._terminal_id)
        except NotAllowed as why:
            raise _Unauthorised(str(why)) from why
        if token is None:
            raise _Unauthorised(
                f"no token is stored for this terminal yet in {self._tokens.place.parent}: get one by"
                " `signalos desktop pair`"
            )
        try:
            async with client.connect(
                self._url,
                additional_headers={"Authorization": f"Bearer {token}"},
                user_agent_header="signalos-desktop",
                logger=self._socket_log,
                max_size=FRAME_LIMIT,
                open_timeout=_OPEN_WITHIN,
                close_timeout=_CLOSE_WITHIN,
                ping_interval=_HEARTBEAT_SECONDS,
                ping_timeout=_HEARTBEAT_SECONDS,
                proxy=None if is_loopback(urlsplit(self._url).hostname or "") else True,
            ) as connection:
                return await self._serve(connection)
        except ConnectionClosed as why:
            if why.rcvd is not None and why.rcvd.code == CLOSE_UNAUTHORISED:
                raise _Unauthorised(
                    f"the server closed the link: {why.rcvd.reason or 'not authorised'}"
                ) from why
            return f"the connection ended: {why}"
        except InvalidStatus as why:
            if why.response.status_code in {401, 403}:
                raise _Unauthorised(f"the server refused the token ({why.response.status_code})") from why
            return f"the server answered {why.response.status_code} instead of a WebSocket"
        except (OSError, TimeoutError, InvalidHandshake, InvalidURI) as why:
            return f"{self._url} cannot be reached: {str(why) or type(why).__name__}"

    async def _serve(self, connection: client.ClientConnection) -> str:
        outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        writer = asyncio.create_task(self._write(connection, outgoing), name="link-writer")
        self._outgoing = outgoing
        try:
            async for frame in connection:
                self._take(frame)
            # The loop also ends quietly for a close with 1000 or 1001, where nothing was wrong.
            return f"the server closed the connection ({connection.close_code})"
        except asyncio.CancelledError:
            await connection.close()  # goodbye in order: the library's own way out says "internal error"
            raise
        except JournalError as why:
            # Not acknowledged: the server sends it again at the next connect.
            log.exception("a command could not be journalled")
            return f"a command could not be journalled: {why}"
        finally:
            self._outgoing = None
            writer.cancel()
            await asyncio.gather(writer, return_exceptions=True)

    async def _write(self, connection: client.ClientConnection, outgoing: asyncio.Queue[bytes]) -> None:
        while True:
            await connection.send(await outgoing.get(), text=True)

    def _take(self, frame: str | bytes) -> None:
        """Act on one frame: a message, or an array of them."""
        try:
            messages = msgspec.json.decode(frame, type=list[_Incoming] | _Incoming)
        except msgspec.DecodeError as why:
            log.warning("the server sent what cannot be read: %s", why)
            return
        for message in messages if isinstance(messages, list) else [messages]:
            if message.type == "ready":
                self._ready(message.data)
            elif message.type == "command":
                self._command(message.data)
            elif message.type == "error":
                log.warning(
                    "the server reports an error: %s", bytes(message.data)[:500].decode("utf-8", "replace")
                )

    def _ready(self, data: msgspec.Raw) -> None:
        try:
            ready = msgspec.json.decode(data, type=Ready)
        except msgspec.DecodeError as why:
            log.warning("the server's `ready` cannot be read: %s", why)
            return
        self._ready_at = self._clock.monotonic()
        self._alerted = False
        self.state = LinkState(True, self._clock.now(), "", ready.user_id)
        log.info("linked to the server", extra={"data": {"terminal": self._terminal_id}})
        self.on_ready()

    def _command(self, data: msgspec.Raw) -> None:
        try:
            command = msgspec.json.decode(data, type=Command)
        except msgspec.DecodeError as why:
            self._unreadable(data, str(why))
            return
        self._held = []
        try:
            stored = self._inbox.accept(command)
            held = self._held
        finally:
            self._held = None
        self._put("command_ack", CommandAck(id=command.id))
        for result in held if stored is None else [stored, *(r for r in held if r.id != stored.id)]:
            self._put("command_result", result)

    def _unreadable(self, data: msgspec.Raw, why: str) -> None:
        """Answer a command that this version cannot read, so that it does not come again for ever."""
        log.error("a command of the server cannot be read: %s", why)
        self._alert(
            "command_unreadable", f"a command of the server was not carried out, it cannot be read: {why}"
        )
        try:
            named = msgspec.json.decode(data, type=_Named)
        except msgspec.DecodeError:
            return
        text = f"this desktop app cannot read the command ({why}); update it"
        self._put(
            "command_result",
            CommandResult(id=named.id, success=False, state="failed", reason="unreadable", text=text),
        )

    def _put(self, kind: str, data: Any) -> None:
        if self._outgoing is not None:
            self._outgoing.put_nowait(encode({"type": kind, "data": data}))

    def _lasted(self) -> bool:
        """Tell whether the last connection was a real one: else a server that drops us is not stormed."""
        began, self._ready_at = self._ready_at, None
        return began is not None and self._clock.monotonic() - began >= _STEADY_SECONDS

    def _lost(self, why: str) -> None:
        if self.state.connected or self.state.last_error != why:
            log.warning("no link to the server: %s", why)
        since = self._clock.now() if self.state.connected or self.state.since is None else self.state.since
        self.state = LinkState(False, since, why, self.state.user_id)

    def _report(self, why: str) -> None:
        if not self._alerted:
            self._alerted = True
            self._alert(
                "link_refused",
                f"the server does not let terminal {self._terminal_id} in ({why}). Trading goes on, but the "
                "dashboard cannot command it. Approve the terminal there, or store its current token.",
            )
