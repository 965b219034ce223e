"""A desktop app asks with a code, its user decides, and the desktop app fetches its token, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TypeVar

from signalos.kit.ids import Ids
from signalos.protocol import views
from signalos.protocol.pairing import (
    PairingStarted,
    PairingToken,
    PairingView,
    PairTerminal,
)
from signalos.server.auth.guessing import count_wrong, refuse_if_locked
from signalos.server.auth.tokens import TERMINAL_PREFIX, fingerprint
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.hub import Hub
from signalos.server.pairing import codes, repository
from signalos.server.pairing.repository import Pairing
from signalos.server.problems import Problem
from signalos.server.terminals import index
from signalos.server.terminals import repository as terminals
from signalos.server.terminals.index import TerminalIndex
from signalos.server.terminals.presenting import Presenter

T = TypeVar("T")
EXPIRES_IN = 600
INTERVAL = 5
SLOWER_BY = 5
WRONG_CODES = 10
"""By one user, from anywhere."""
WRONG_CODES_OF_ADDRESS = 100
"""By all users of one address, so that making accounts does not help to guess."""
KEPT_AFTER = timedelta(hours=1)
"""An expired pairing is remembered so long, to say that it has expired."""


class PairingService:
    """What desktop apps without a token and users with a code do."""

    def __init__(
        self, store: Store, known: TerminalIndex, presenter: Presenter, hub: Hub, ids: Ids
    ) -> None:
        self._store = store
        self._index = known
        self._presenter = presenter
        self._hub = hub
        self._ids = ids

    async def start(self, body: PairTerminal, verification_url: str) -> PairingStarted:
        """Take in a desktop app's question and give it the code to show."""
        device_code = self._ids.secret()

        def work(tx: Writing) -> str:
            code = codes.code_of(self._ids.secret())
            while repository.of_code(tx, code) is not None:
                code = codes.code_of(self._ids.secret())
            expires = tx.now + timedelta(seconds=EXPIRES_IN)
            repository.add(tx, fingerprint(device_code), code, body, expires, INTERVAL)
            return code

        code = await self._store.write(work)
        return PairingStarted(
            user_code=codes.shown(code),
            device_code=device_code,
            verification_url=verification_url,
            interval=INTERVAL,
            expires_in=EXPIRES_IN,
        )

    async def look(self, user_id: int, address: str, text: str) -> PairingView:
        """Who shows this code. Raises Problem pairing_unknown or pairing_locked."""
        return await self._with_code(user_id, address, text, lambda tx, found: _view(tx, user_id, found))

    async def approve(self, user_id: int, address: str, text: str) -> views.TerminalView:
        """Let the desktop app in; again by the same user changes nothing.

        A terminal of that name is taken up again: its old token works until the new one is fetched, so
        that it can be stopped all the while. Raises Problem.
        """

        def work(tx: Writing, found: Pairing) -> views.TerminalView:
            if found.state == "denied":
                raise Problem(
                    "pairing_decided", "this was denied: start the pairing again at the desktop app"
                )
            named = index.of_name(tx, user_id, found.terminal_id)
            if found.state == "pending":
                if named is None:
                    row_id = terminals.add(
                        tx,
                        user_id,
                        found.name,
                        "approved",
                        terminal_id=found.terminal_id,
                        platform=found.platform,
                        version=found.version,
                    )
                else:
                    row_id = named.row_id
                    terminals.set_status(tx, row_id, "approved")
                    terminals.describe(
                        tx, row_id, found.terminal_id, found.name, found.platform, found.version
                    )
                repository.decide(tx, found.device_hash, user_id, "approved")
                self._changed(tx, row_id)
            elif named is None:
                raise Problem("terminal_unknown", "this terminal does not exist any more")
            else:
                row_id = named.row_id
            row = terminals.row(tx, row_id)
            assert row is not None  # noqa: S101 -- just written or found
            return self._presenter.view(row)

        return await self._with_code(user_id, address, text, work)

    async def deny(self, user_id: int, address: str, text: str) -> PairingView:
        """Keep the desktop app out; again by the same user changes nothing. Raises Problem."""

        def work(tx: Writing, found: Pairing) -> PairingView:
            if found.state not in ("pending", "denied"):
                raise Problem(
                    "pairing_decided", "this was approved already: revoke the terminal to put it out"
                )
            repository.decide(tx, found.device_hash, user_id, "denied")
            return _view(tx, user_id, found._replace(state="denied"))

        return await self._with_code(user_id, address, text, work)

    async def token(self, device_code: str) -> PairingToken:
        """The token, once, after approval. Raises Problem with RFC 8628's codes."""
        token = TERMINAL_PREFIX + self._ids.secret()

        def work(tx: Writing) -> PairingToken | Problem:
            found = repository.of_device(tx, fingerprint(device_code))
            if found is None or found.state == "done":
                return Problem(
                    "invalid_grant", "this device code is not known, or its token was handed out"
                )
            if found.expires_at <= tx.now:
                return Problem("expired_token", "nobody approved this in time: start the pairing again")
            named = None if found.user_id is None else index.of_name(tx, found.user_id, found.terminal_id)
            if found.state == "pending":
                return _too_early(tx, found)
            if found.state == "denied" or named is None or named.status != "approved":
                return Problem("access_denied", "the user did not let this desktop app in")
            terminals.set_token(tx, named.row_id, fingerprint(token))
            repository.hand_out(tx, found.device_hash)
            self._changed(tx, named.row_id)
            # Whoever is connected by the token that has just ended.
            tx.after(lambda: self._hub.close_terminal(named.row_id))
            return PairingToken(access_token=token, terminal_id=found.terminal_id, user_id=named.user_id)

        # Answered, not raised: what a refusal has noted is kept.
        result = await self._store.write(work)
        if isinstance(result, Problem):
            raise result
        return result

    async def _with_code(
        self, user_id: int, address: str, text: str, work: Callable[[Writing, Pairing], T]
    ) -> T:
        """Do ``work`` with the pairing of a code; a wrong code counts. Raises Problem."""

        def guarded(tx: Writing) -> T | None:
            guarded_by = (
                (f"PAIRING {user_id}", "", WRONG_CODES),
                ("PAIRING", address, WRONG_CODES_OF_ADDRESS),
            )
            for whose, where, limit in guarded_by:
                refuse_if_locked(tx, whose, where, limit, "pairing_locked", "wrong codes")
            code = codes.typed(text)
            found = None if code is None else repository.of_code(tx, code)
            # What somebody else has decided about is nobody else's business.
            if found is None or found.expires_at <= tx.now or found.user_id not in (None, user_id):
                for whose, where, _ in guarded_by:
                    count_wrong(tx, whose, where)
                return None
            return work(tx, found)

        result = await self._store.write(guarded)
        if result is None:
            raise Problem(
                "pairing_unknown",
                "no desktop app shows this code now: compare it letter by letter; after ten minutes a new one"
                " has to be made",
            )
        return result

    def _changed(self, tx: Writing, row_id: int) -> None:
        self._presenter.emit(tx, row_id)
        tx.after(self._index.forget)


def _too_early(tx: Writing, found: Pairing) -> Problem:
    last = found.asked_last_at
    hasty = last is not None and tx.now - last < timedelta(seconds=found.interval)
    interval = found.interval + SLOWER_BY if hasty else found.interval
    repository.asked(tx, found.device_hash, interval)
    if hasty:
        return Problem("slow_down", f"asked again too soon: wait {interval} s each time")
    return Problem("authorization_pending", "the user has not decided yet")


def _view(db: Reading, user_id: int, found: Pairing) -> PairingView:
    named = index.of_name(db, user_id, found.terminal_id)
    row = None if named is None else terminals.row(db, named.row_id)
    return PairingView(
        user_code=codes.shown(found.user_code),
        terminal_id=found.terminal_id,
        name=found.name,
        platform=found.platform,
        version=found.version,
        asked_at=found.asked_at,
        expires_at=found.expires_at,
        state=found.state,
        replaces=None if row is None else row["name"],
    )
