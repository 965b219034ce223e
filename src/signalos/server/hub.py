"""Who is connected, and what each connection still has to be sent.

Durable events reach every browser socket of a user once, in order of their sequence numbers; live
state is coalesced to ten frames a second; commands go to the terminal they are for. A frame is
encoded once, whoever receives it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any

from signalos.kit.clock import Clock
from signalos.protocol import encode, socket
from signalos.server.db.session import Durable

STATUS_EVERY = 0.1
QUEUE_FRAMES = 1_000
QUEUE_CHARACTERS = 8_000_000
BATCH_CHARACTERS = 250_000
"""Longest batch: even if each character took four bytes it stays below a message's limit of 1 MB."""
CLOSE_SLOW = 1013
CLOSE_GOING_AWAY = 1001


def frame(kind: str, data: Any, at: datetime) -> str:
    """A message that is not durable, as text."""
    return encode(socket.Envelope(type=kind, data=data, at=at)).decode()


def durable_frame(event: Durable) -> str:
    """A stored event as it goes over the wire; its data is JSON already."""
    head = f'{{"type":"{event.type}","data":'
    return f'{head}{event.data.decode()},"seq":{event.seq},"at":"{event.at}"}}'


def batches(messages: list[str]) -> list[str]:
    """Few frames of many messages, each small enough for any client; a single message stays as it is."""
    frames: list[str] = []
    group: list[str] = []
    size = 0
    for message in messages:
        if group and size + len(message) > BATCH_CHARACTERS:
            frames.append(_joined(group))
            group, size = [], 0
        group.append(message)
        size += len(message)
    if group:
        frames.append(_joined(group))
    return frames


def _joined(group: list[str]) -> str:
    return group[0] if len(group) == 1 else "[" + ",".join(group) + "]"


class Connection:
    """One socket's outbox. A client that does not read is closed rather than buffered for ever."""

    def __init__(self, user_id: int, *, terminal: int | None = None, session_id: str = "") -> None:
        self.user_id = user_id
        self.terminal = terminal
        self.session_id = session_id
        self.live = False
        self.last = 0
        self.close_code: int | None = None
        self.commands_live = False
        self._frames: deque[str] = deque()
        self._size = 0
        self._wake = asyncio.Event()
        self._room = asyncio.Event()
        self._status: dict[int, str] = {}
        self._status_at = float("-inf")
        self._status_timer: asyncio.TimerHandle | None = None

    def send(self, text: str) -> None:
        """Queue a frame."""
        if self.close_code is not None:
            return
        self._frames.append(text)
        self._size += len(text)
        if len(self._frames) > QUEUE_FRAMES or self._size > QUEUE_CHARACTERS:
            self._frames.clear()
            self.close(CLOSE_SLOW)
        self._wake.set()

    def send_all(self, messages: list[str]) -> None:
        """Queue messages in as few frames as may be."""
        for text in batches(messages):
            self.send(text)

    def close(self, code: int) -> None:
        """Close the socket once what is queued has been sent."""
        if self.close_code is None:
            self.close_code = code
        self._drop_timer()
        self._wake.set()
        self._room.set()

    async def drained(self) -> None:
        """Wait until all that was queued is with the operating system, or the socket is to be closed."""
        while self._frames and self.close_code is None:
            self._room.clear()
            await self._room.wait()

    async def next(self) -> str | None:
        """The next frame to send; None when the connection is to be closed with ``close_code``."""
        while not self._frames:
            self._room.set()
            if self.close_code is not None:
                return None
            self._wake.clear()
            await self._wake.wait()
        text = self._frames.popleft()
        self._size -= len(text)
        return text

    def durable(self, frames: list[tuple[int, str]]) -> None:
        """Take a user's next durable events, unless this socket is still catching up."""
        if not self.live:
            return
        fresh = [text for seq, text in frames if seq > self.last]
        if fresh:
            self.last = frames[-1][0]
            self.send_all(fresh)

    def status(self, terminal: int, text: str, now: float) -> None:
        """Take a terminal's newest state; older unsent state of it is dropped."""
        self._status[terminal] = text
        if self._status_timer is None:
            wait = max(0.0, self._status_at + STATUS_EVERY - now)
            if wait == 0.0:
                self._flush_status(now)
            else:
                loop = asyncio.get_running_loop()
                self._status_timer = loop.call_later(wait, self._flush_status, now + wait)

    def _flush_status(self, now: float) -> None:
        self._status_timer = None
        self._status_at = now
        frames = list(self._status.values())
        self._status.clear()
        self.send_all(frames)

    def _drop_timer(self) -> None:
        if self._status_timer is not None:
            self._status_timer.cancel()
            self._status_timer = None


class Hub:
    """All connections of this process."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._users: dict[int, set[Connection]] = {}
        self._terminals: dict[int, set[Connection]] = {}
        self.newest: dict[int, int] = {}
        self.on_presence: Callable[[int], None] = lambda _: None
        self.frames_sent = 0

    def __len__(self) -> int:
        return sum(map(len, self._users.values())) + sum(map(len, self._terminals.values()))

    def add(self, connection: Connection) -> None:
        """Take in an authenticated connection."""
        if connection.terminal is None:
            self._users.setdefault(connection.user_id, set()).add(connection)
        else:
            self._terminals.setdefault(connection.terminal, set()).add(connection)
            self.on_presence(connection.terminal)

    def remove(self, connection: Connection) -> None:
        """Forget a connection that ended."""
        connection.close(CLOSE_GOING_AWAY)
        key = connection.user_id if connection.terminal is None else connection.terminal
        group = self._users if connection.terminal is None else self._terminals
        members = group.get(key, set())
        members.discard(connection)
        if not members:
            group.pop(key, None)
        if connection.terminal is not None:
            self.on_presence(connection.terminal)

    def publish(self, events: Iterable[Durable]) -> None:
        """Send stored events to their users' browsers, in order."""
        frames: dict[int, list[tuple[int, str]]] = {}
        for event in events:
            self.newest[event.user_id] = max(event.seq, self.newest.get(event.user_id, 0))
            if event.user_id in self._users:
                frames.setdefault(event.user_id, []).append((event.seq, durable_frame(event)))
        for user_id, ready in frames.items():
            for connection in self._users[user_id]:
                connection.durable(ready)
                self.frames_sent += 1

    def status(self, user_id: int, terminal: int, make: Callable[[], socket.StatusUpdate]) -> None:
        """Send a terminal's live state to its user's browsers; encoded only if somebody looks."""
        watching = self._users.get(user_id)
        if not watching:
            return
        text = frame("mt5_status_update", make(), self._clock.now())
        now = asyncio.get_running_loop().time()
        for connection in watching:
            connection.status(terminal, text, now)
            self.frames_sent += 1

    def terminal(self, terminal: int) -> list[Connection]:
        """The sockets of one terminal."""
        return list(self._terminals.get(terminal, ()))

    def terminals_online(self) -> list[int]:
        """The terminals that have a socket."""
        return list(self._terminals)

    def online(self, terminal: int) -> bool:
        """Tell whether a terminal has a socket."""
        return terminal in self._terminals

    def close_session(self, session_id: str) -> None:
        """Close all sockets of a session that ended."""
        for connections in self._users.values():
            for connection in connections:
                if connection.session_id == session_id:
                    connection.close(socket.CLOSE_UNAUTHORISED)

    def close_terminal(self, terminal: int) -> None:
        """Close all sockets of a terminal whose token ended."""
        for connection in self.terminal(terminal):
            connection.close(socket.CLOSE_UNAUTHORISED)

    def close_all(self, code: int = CLOSE_GOING_AWAY) -> None:
        """Close everything: the server stops."""
        for connections in [*self._users.values(), *self._terminals.values()]:
            for connection in connections:
                connection.close(code)
