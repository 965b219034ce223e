"""Signing up, in and out; rotating refresh tokens; locking out who guesses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import NamedTuple

from signalos.kit.clock import Clock
from signalos.kit.ids import Ids
from signalos.protocol import views
from signalos.server.auth import repository
from signalos.server.auth.guessing import count_wrong, refuse_if_locked
from signalos.server.auth.passwords import AT_ONCE, Passwords
from signalos.server.auth.second_factor import SecondFactor
from signalos.server.auth.tokens import ACCESS_FOR, REFRESH_PREFIX, AccessTokens, fingerprint
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.problems import Problem
from signalos.server.strategies.service import add_default

SESSION_FOR = timedelta(days=30)
WRONG_PASSWORDS = 10


class SignedIn(NamedTuple):
    """A fresh session: the answer's body and the cookie's secret."""

    session: views.Session
    cookie: str


class AuthService:
    """Sessions. ``on_ended`` hears the id of each session that ends, to close its sockets."""

    def __init__(
        self,
        store: Store,
        tokens: AccessTokens,
        passwords: Passwords,
        second_factor: SecondFactor,
        clock: Clock,
        ids: Ids,
        on_ended: Callable[[str], None],
        *,
        demo_allowed: bool,
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._passwords = passwords
        self._second_factor = second_factor
        self._clock = clock
        self._ids = ids
        self._on_ended = on_ended
        self._demo_allowed = demo_allowed
        self._checking = asyncio.Semaphore(AT_ONCE)

    async def start(self) -> None:
        """Remember which sessions ended while their access tokens still live."""
        since = self._clock.now() - 2 * ACCESS_FOR
        for session_id, at in await self._store.read(lambda db: repository.ended_since(db, since)):
            self._tokens.end(session_id, at)

    async def register(self, email: str, password: str) -> SignedIn:
        """Create a user with the default strategy, signed in. Raises Problem email_taken."""
        email = plain_email(email)
        hashed = await self._passwords.hashed(password)
        user = await self._store.write(lambda tx: create_user(tx, email, hashed))
        return await self._begin(user)

    async def login(self, email: str, password: str, code: str | None, address: str) -> SignedIn:
        """Sign in. Raises Problem wrong_credentials, totp_required, totp_wrong or sign_in_locked."""
        email = plain_email(email)
        async with self._checking:
            await self._store.write(lambda tx: self._count_attempt(tx, email, address))
            stored = await self._store.read(lambda db: repository.user_of_email(db, email))
            good = await self._passwords.matches(stored.password if stored else None, password)
            if stored is None or not good or (stored.view.demo and not self._demo_allowed):
                raise Problem("wrong_credentials", "wrong email or password: check both and try again")
            await self._second_factor.ask(stored.view.id, code)
            await self._store.write(lambda tx: repository.clear_failures(tx, email, address))
        return await self._begin(stored.view)

    def _count_attempt(self, tx: Writing, email: str, address: str) -> None:
        """Count the attempt before it is checked, so that attempts in parallel count as well."""
        refuse_if_locked(tx, email, address, WRONG_PASSWORDS, "sign_in_locked", "wrong passwords")
        count_wrong(tx, email, address)

    async def _begin(self, user: views.UserView) -> SignedIn:
        session_id = self._ids.uuid()
        cookie, refresh = self._ids.secret(), REFRESH_PREFIX + self._ids.secret()
        expires = self._clock.now() + SESSION_FOR
        await self._store.write(
            lambda tx: repository.add_session(
                tx, session_id, user.id, fingerprint(cookie), fingerprint(refresh), expires
            )
        )
        token = self._tokens.make(user.id, session_id)
        return SignedIn(views.Session(token=token, refresh_token=refresh, user=user), cookie)

    async def refresh(self, refresh_token: str) -> views.Session:
        """Exchange a refresh token for a new pair; a reused one ends its session. Raises Problem."""
        old, new = fingerprint(refresh_token), REFRESH_PREFIX + self._ids.secret()

        def rotate(tx: Writing) -> tuple[repository.StoredSession, views.UserView] | str:
            found = repository.refresh_token(tx, old)
            if found is None or found.ended or found.session.expires_at <= tx.now:
                return ""
            user = repository.user_of_id(tx, found.session.user_id)
            if found.used or user is None:
                repository.end_session(tx, found.session.id)
                return found.session.id
            repository.use_refresh(tx, old)
            repository.add_refresh(tx, found.session.id, fingerprint(new))
            return found.session, user

        result = await self._store.write(rotate)
        if isinstance(result, str):
            if result:
                self._ended(result)
            raise Problem("session_ended", "this refresh token is not valid any more: sign in again")
        session, user = result
        token = self._tokens.make(user.id, session.id)
        return views.Session(token=token, refresh_token=new, user=user)

    async def logout(self, session_id: str) -> None:
        """End a session: its tokens, its cookie, its sockets."""
        await self._store.write(lambda tx: repository.end_session(tx, session_id))
        self._ended(session_id)

    def _ended(self, session_id: str) -> None:
        self._tokens.end(session_id, self._clock.now())
        self._on_ended(session_id)

    async def user(self, user_id: int) -> views.UserView:
        """The user of an id. Raises Problem unauthorized where it is gone."""

        def find(db: Reading) -> views.UserView | None:
            return repository.user_of_id(db, user_id)

        found = await self._store.read(find)
        if found is None:
            raise Problem("unauthorized", "this user does not exist any more")
        return found


def plain_email(email: str) -> str:
    """Emails are compared without case and surrounding space."""
    return email.strip().lower()


def create_user(tx: Writing, email: str, hashed: str, *, demo: bool = False) -> views.UserView:
    """Store a user with the default strategy. Raises Problem email_taken."""
    if repository.user_of_email(tx, email) is not None:
        raise Problem("email_taken", "somebody is registered under this email: sign in instead")
    user_id = repository.add_user(tx, email, hashed, demo=demo)
    add_default(tx, user_id)
    return views.UserView(id=user_id, email=email, demo=demo)
