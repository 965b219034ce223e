"""Finds out who sends a request: an access token, a terminal's token or the browser's cookie."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from signalos.kit.clock import Clock
from signalos.server.auth import repository
from signalos.server.auth.tokens import TERMINAL_PREFIX, AccessTokens, fingerprint
from signalos.server.db.store import Store
from signalos.server.limits import Limits
from signalos.server.problems import Problem
from signalos.server.terminals.index import Known, TerminalIndex

COOKIE = "session"
SAFE = ("GET", "HEAD", "OPTIONS")
CACHED = 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling. Exactly one of ``session_id`` and ``terminal`` is set."""

    user_id: int
    session_id: str = ""
    terminal: Known | None = None
    expires_at: datetime | None = None


class Callers:
    """Answers who is behind a request or socket."""

    def __init__(
        self, store: Store, tokens: AccessTokens, terminals: TerminalIndex, limits: Limits, clock: Clock
    ) -> None:
        self._store = store
        self._tokens = tokens
        self._terminals = terminals
        self._limits = limits
        self._clock = clock
        self._cookies: OrderedDict[str, repository.StoredSession] = OrderedDict()

    async def user(self, request: Request) -> Caller:
        """The signed-in user; terminals have no business here. Raises Problem."""
        caller = await self.anyone(request)
        if caller.terminal is not None:
            raise Problem("forbidden", "a terminal's token cannot do this: sign in as its user")
        return caller

    async def anyone(self, request: Request) -> Caller:
        """The user or terminal behind the request. Raises Problem."""
        refuse_foreign_origin(request)
        token = bearer(request)
        if token is not None:
            caller = await self.of_token(token)
        else:
            caller = await self.of_cookie(request.cookies.get(COOKIE, ""))
            if caller is not None and request.method not in SAFE and "origin" not in request.headers:
                raise Problem(
                    "origin_mismatch", "a change by cookie needs an Origin header equal to the host"
                )
        if caller is None:
            self._limits.address(address_of(request))
            raise Problem("unauthorized", "no valid token or session came with the request: sign in")
        self._limits.user(f"{caller.user_id}/{caller.terminal.row_id if caller.terminal else ''}")
        return caller

    async def of_token(self, token: str) -> Caller | None:
        """Who holds an access token or a terminal's token; None for nobody."""
        if token.startswith(TERMINAL_PREFIX):
            known = await self._terminals.of_token(fingerprint(token))
            return None if known is None else Caller(known.user_id, terminal=known)
        access = self._tokens.verify(token)
        if access is None:
            return None
        return Caller(access.user_id, access.session_id, expires_at=access.expires_at)

    async def of_cookie(self, secret: str) -> Caller | None:
        """Who holds the browser's session cookie; None for nobody."""
        if not secret:
            return None
        hashed = fingerprint(secret)
        session = self._cookies.get(hashed)
        if session is None:
            session = await self._store.read(lambda db: repository.session_of_cookie(db, hashed))
            if session is None:
                return None
            self._cookies[hashed] = session
            if len(self._cookies) > CACHED:
                self._cookies.popitem(last=False)
        if session.expires_at <= self._clock.now():
            return None
        return Caller(session.user_id, session.id, expires_at=session.expires_at)

    def forget(self, session_id: str) -> None:
        """Drop what is remembered of a session that ended."""
        for hashed in [key for key, session in self._cookies.items() if session.id == session_id]:
            del self._cookies[hashed]


def bearer(connection: HTTPConnection) -> str | None:
    """The token of the Authorization header."""
    kind, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def address_of(connection: HTTPConnection) -> str:
    """The peer's address; headers of proxies are not believed."""
    return connection.client.host if connection.client else "unknown"


def same_origin(connection: HTTPConnection) -> bool:
    """Tell whether the Origin header names the host that was asked."""
    origin = urlsplit(connection.headers.get("origin", ""))
    default = {"http": ":80", "https": ":443"}.get(origin.scheme, "")
    host = connection.headers.get("host", "").lower()
    return bool(origin.netloc) and origin.netloc.lower().removesuffix(default) == host.removesuffix(default)


def refuse_foreign_origin(request: Request) -> None:
    """Refuse changes that another site's page sends. Raises Problem origin_mismatch."""
    if request.method not in SAFE and "origin" in request.headers and not same_origin(request):
        raise Problem(
            "origin_mismatch", "the request comes from a page of another site: open this server's own"
        )
