"""Makes commands, sends them until they are answered, and stores the answers.

A command is a row first; the socket only hurries it. A terminal gets all its commands without a
stored result at each connect, in order, then each new one as it is stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from signalos.kit.clock import Clock
from signalos.kit.ids import Ids
from signalos.protocol import firebridge, socket, views
from signalos.protocol.shapes import CommandState
from signalos.server.commands import repository
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.hub import Connection, Hub, frame
from signalos.server.problems import Problem
from signalos.server.terminals import repository as terminals
from signalos.server.terminals.index import Known
from signalos.server.terminals.presenting import Presenter

EXPIRES_AFTER = timedelta(seconds=60)
EXPIRING = frozenset(("close", "partial_close", "modify", "resume", "signal"))
REPEAT_AFTER = timedelta(seconds=5)
UNANSWERED = "the terminal did not confirm it in time; its answer is stored should it still come"


class CommandService:
    """All commands of all terminals."""

    def __init__(self, store: Store, hub: Hub, presenter: Presenter, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._hub = hub
        self._presenter = presenter
        self._clock = clock
        self._ids = ids

    # ------------------------------------------------------------ making
    def create(
        self,
        tx: Writing,
        user_id: int,
        kind: socket.CommandKind,
        args: dict[str, Any],
        targets: Sequence[Known],
    ) -> views.CommandAccepted:
        """Store a command for ``targets`` within ``tx``; it leaves once it is on disk."""
        command_id = self._ids.uuid()
        expires = tx.now + EXPIRES_AFTER if kind in EXPIRING else None
        repository.add(tx, command_id, user_id, kind, args, expires)
        leaving: list[tuple[int, socket.Command]] = []
        for known in targets:
            seq = repository.add_target(tx, command_id, known.row_id)
            command = socket.Command(
                id=command_id, terminal_seq=seq, kind=kind, args=args, issued_at=tx.now, expires_at=expires
            )
            leaving.append((known.row_id, command))
        self._tell(tx, user_id, command_id)
        tx.after(lambda: self._hurry(leaving))
        return views.CommandAccepted(
            command_id=command_id,
            terminals=[
                views.TerminalCommandView(terminal_id=k.terminal_id or "", state="queued") for k in targets
            ],
        )

    def supersede(
        self, tx: Writing, user_id: int, terminal: int, kind: str, **matching: str | None
    ) -> None:
        """Call off commands of ``kind`` that never left and whose arguments match."""
        for command_id, args in repository.unsent(tx, terminal, kind):
            if any(args.get(name) != value for name, value in matching.items()):
                continue
            result = socket.CommandResult(id=command_id, success=False, reason="superseded")
            repository.conclude(tx, command_id, terminal, "superseded", result)
            self._tell(tx, user_id, command_id)

    def _tell(self, tx: Writing, user_id: int, command_id: str) -> None:
        view = repository.view(tx, user_id, command_id)
        assert view is not None  # noqa: S101 -- written in this transaction
        tx.emit(user_id, "command_update", view)

    # ------------------------------------------------------------ sending
    def _hurry(self, leaving: list[tuple[int, socket.Command]]) -> None:
        sent = [(t, c.id) for t, c in leaving if self._send(self._hub.terminal(t), c, only_live=True)]
        if sent:
            self._store.writer.post(lambda tx: self._mark_sent(tx, sent))

    def _send(self, connections: list[Connection], command: socket.Command, *, only_live: bool) -> bool:
        text = frame("command", command, self._clock.now())
        ready = [c for c in connections if c.commands_live or not only_live]
        for connection in ready:
            connection.send(text)
        return bool(ready)

    def _mark_sent(self, tx: Writing, sent: list[tuple[int, str]]) -> None:
        for terminal, command_id in sent:
            target = repository.target(tx, command_id, terminal)
            if target is not None and target.state == "queued":
                repository.set_state(tx, command_id, terminal, "sent")
                self._tell(tx, target.user_id, command_id)

    async def connected(self, connection: Connection) -> None:
        """Send a terminal that has just connected everything without a stored result, in order."""
        terminal = connection.terminal
        if terminal is None:
            return

        def work(tx: Writing) -> None:
            commands: list[socket.Command] = []
            for state, command in repository.waiting(tx, terminal):
                if state == "queued" and command.expires_at is not None and command.expires_at <= tx.now:
                    self._expire(tx, command.id, terminal, state)
                    continue
                if state == "queued":
                    repository.set_state(tx, command.id, terminal, "sent")
                    self._tell(tx, connection.user_id, command.id)
                commands.append(command)

            def send() -> None:
                # From here on new commands go out by themselves: this runs in the order of commits.
                for command in commands:
                    self._send([connection], command, only_live=False)
                connection.commands_live = True

            tx.after(send)

        await self._store.write(work)

    async def repeat(self) -> None:
        """Send again what a connected terminal has not acknowledged for a while."""
        before = self._clock.now() - REPEAT_AFTER
        for terminal in self._hub.terminals_online():

            def late(db: Reading, terminal: int = terminal) -> list[socket.Command]:
                return repository.unacknowledged(db, terminal, before)

            for command in await self._store.read(late):
                self._send(self._hub.terminal(terminal), command, only_live=True)

    async def expire(self) -> None:
        """Give up commands whose time ran out before a terminal confirmed them."""
        now = self._clock.now()
        if not await self._store.read(lambda db: repository.overdue(db, now)):
            return

        def work(tx: Writing) -> None:
            for command_id, terminal, state in repository.overdue(tx, now):
                self._expire(tx, command_id, terminal, state)

        await self._store.write(work)

    def _expire(self, tx: Writing, command_id: str, terminal: int, state: str) -> None:
        target = repository.target(tx, command_id, terminal)
        assert target is not None  # noqa: S101 -- found in this transaction
        if state == "queued":
            # It never left, so nobody can still carry it out: this is its result.
            result = socket.CommandResult(id=command_id, success=False, reason="expired")
            repository.conclude(tx, command_id, terminal, "expired", result)
        else:
            repository.set_state(tx, command_id, terminal, "expired", UNANSWERED)
        self._tell(tx, target.user_id, command_id)

    # ------------------------------------------------------------ answers
    async def acknowledged(self, terminal: int, ack: socket.CommandAck) -> None:
        """Store that a terminal has journalled a command. Raises Problem not_found."""

        def work(tx: Writing) -> None:
            target = _target(tx, ack.id, terminal)
            if target.answered or target.state == "acknowledged":
                return
            repository.set_state(tx, ack.id, terminal, "acknowledged")
            if target.kind == "stop":
                self._latched(tx, terminal, target)
            self._tell(tx, target.user_id, ack.id)

        await self._store.write(work)

    def _latched(self, tx: Writing, terminal: int, target: repository.Target) -> None:
        """An acknowledged stop is latched at the desktop app: say so before its next report does."""
        terminals.want_stop(tx, terminal, None)
        if terminals.latch_of(tx, terminal) is None:
            latch = firebridge.LatchState(
                latch_id=target.args["latchId"], mode=target.args["mode"], at=tx.now
            )
            terminals.set_latch(tx, terminal, latch)
            self._presenter.emit(tx, terminal)

    async def answered(self, terminal: int, result: socket.CommandResult) -> None:
        """Store a terminal's result; a repeated one changes nothing. Raises Problem not_found."""

        def work(tx: Writing) -> None:
            target = _target(tx, result.id, terminal)
            if target.answered:
                return
            repository.conclude(tx, result.id, terminal, _final(result), result)
            if target.kind == "stop":
                terminals.want_stop(tx, terminal, None)
            ended = target.args.get("endStop") if target.kind == "resume" and result.success else None
            latch = terminals.latch_of(tx, terminal)
            if ended and latch is not None and latch.latch_id == ended:
                terminals.set_latch(tx, terminal, None)
                self._presenter.emit(tx, terminal)
            self._tell(tx, target.user_id, result.id)

        await self._store.write(work)

    # ------------------------------------------------------------ reading
    async def view(self, user_id: int, command_id: str) -> views.CommandView:
        """A user's command. Raises Problem not_found."""
        view = await self._store.read(lambda db: repository.view(db, user_id, command_id))
        if view is None:
            raise Problem("not_found", "you gave no such command")
        return view

    async def page(self, user_id: int, before: int, limit: int) -> list[tuple[int, views.CommandView]]:
        """A user's commands, newest first."""
        return await self._store.read(lambda db: repository.page(db, user_id, before, limit))


def _target(tx: Writing, command_id: str, terminal: int) -> repository.Target:
    target = repository.target(tx, command_id, terminal)
    if target is None:
        raise Problem("not_found", f"no command {command_id!r} was given to this terminal")
    return target


def _final(result: socket.CommandResult) -> CommandState:
    """The state that a result means; a failure is never stored as done."""
    if result.success:
        return "done"
    return result.state if result.state in ("expired", "superseded") else "failed"
