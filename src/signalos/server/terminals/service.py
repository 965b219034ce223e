"""Registering terminals, letting them in, and putting them out."""

from __future__ import annotations

from signalos.kit.ids import Ids
from signalos.protocol import requests, views
from signalos.protocol.shapes import TerminalStatus
from signalos.server.auth.callers import Caller
from signalos.server.auth.tokens import TERMINAL_PREFIX, fingerprint
from signalos.server.db.session import Writing
from signalos.server.db.store import Store
from signalos.server.hub import Hub
from signalos.server.problems import Problem
from signalos.server.terminals import index, repository
from signalos.server.terminals.index import Known, TerminalIndex
from signalos.server.terminals.presenting import Presenter


class TerminalService:
    """What users and desktop apps do with terminals."""

    def __init__(
        self, store: Store, known: TerminalIndex, presenter: Presenter, hub: Hub, ids: Ids
    ) -> None:
        self._store = store
        self._index = known
        self._presenter = presenter
        self._hub = hub
        self._ids = ids

    async def page(self, user_id: int, before: int, limit: int) -> list[views.TerminalView]:
        """A user's terminals, newest first."""
        return await self._store.read(lambda db: self._presenter.page(db, user_id, before, limit))

    async def register(
        self, caller: Caller, body: requests.RegisterTerminal
    ) -> tuple[views.TerminalRegistered, bool]:
        """Take in what a desktop app says about itself; may be repeated. Tells whether it is new.

        A pasted token's first register binds the terminal's name. Raises Problem terminal_bound or
        terminal_exists.
        """

        def work(tx: Writing) -> tuple[views.TerminalRegistered, bool]:
            named = index.of_name(tx, caller.user_id, body.terminal_id)
            if caller.terminal is None:
                new = named is None
                row_id = (
                    named.row_id
                    if named
                    else repository.add(
                        tx, caller.user_id, body.name, "pending", terminal_id=body.terminal_id
                    )
                )
            else:
                new = False
                row_id = _bound(caller.terminal, named, body.terminal_id)
            repository.describe(tx, row_id, body.terminal_id, body.name, body.platform, body.version)
            self._changed(tx, row_id)
            row = repository.row(tx, row_id)
            assert row is not None  # noqa: S101 -- just written
            # A revoked terminal hears the word that it knows.
            status: TerminalStatus = "denied" if row["status"] == "revoked" else row["status"]
            registered = views.TerminalRegistered(
                id=row_id, status=status, user_id=caller.user_id, terminal_id=body.terminal_id
            )
            return registered, new

        return await self._store.write(work)

    async def issue(self, user_id: int, body: requests.NewTerminal) -> views.TerminalIssued:
        """Make an approved terminal whose token the user pastes into a desktop app."""
        token = TERMINAL_PREFIX + self._ids.secret()

        def work(tx: Writing) -> views.TerminalIssued:
            row_id = repository.add(tx, user_id, body.name, "approved", token_hash=fingerprint(token))
            self._changed(tx, row_id)
            return views.TerminalIssued(id=row_id, status="approved", token=token)

        return await self._store.write(work)

    async def set_status(self, user_id: int, row_id: int, status: TerminalStatus) -> views.TerminalView:
        """Approve, deny or revoke. Raises Problem terminal_unknown."""

        def work(tx: Writing) -> views.TerminalView:
            _mine(tx, user_id, row_id)
            repository.set_status(tx, row_id, status)
            self._changed(tx, row_id)
            row = repository.row(tx, row_id)
            assert row is not None  # noqa: S101 -- seen above
            return self._presenter.view(row)

        view = await self._store.write(work)
        if status != "approved":
            self._hub.close_terminal(row_id)
        return view

    async def token(self, user_id: int, row_id: int) -> views.TerminalIssued:
        """Hand out an approved terminal's token, once. Raises Problem."""
        token = TERMINAL_PREFIX + self._ids.secret()

        def work(tx: Writing) -> views.TerminalIssued:
            known = _mine(tx, user_id, row_id)
            if known.status != "approved":
                raise Problem("terminal_not_approved", f"the terminal is {known.status}: approve it first")
            row = repository.row(tx, row_id)
            if row is not None and row["token_hash"] is not None:
                raise Problem(
                    "token_already_issued",
                    "this terminal's token was shown once and cannot be shown again: revoke and approve the"
                    " terminal to get a new one",
                )
            repository.set_token(tx, row_id, fingerprint(token))
            self._changed(tx, row_id)
            return views.TerminalIssued(id=row_id, status="approved", token=token)

        return await self._store.write(work)

    def _changed(self, tx: Writing, row_id: int) -> None:
        self._presenter.emit(tx, row_id)
        tx.after(self._index.forget)


def _bound(holder: Known, named: Known | None, terminal_id: str) -> int:
    if holder.terminal_id not in (None, terminal_id):
        raise Problem(
            "terminal_bound",
            f"this token belongs to the terminal {holder.terminal_id!r}: add another terminal to get its own token",
        )
    if named is not None and named.row_id != holder.row_id:
        raise Problem(
            "terminal_exists",
            f"another terminal of yours is called {terminal_id!r}: use its own token, or another name",
        )
    return holder.row_id


def _mine(tx: Writing, user_id: int, row_id: int) -> Known:
    known = index.of_row(tx, user_id, row_id)
    if known is None:
        raise Problem("terminal_unknown", "you have no such terminal")
    return known
