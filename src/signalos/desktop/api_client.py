"""The server's REST interface as the desktop app uses it."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Mapping
from typing import Any, TypeVar

import httpx
import msgspec

from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.server_url import server_base
from signalos.domain.errors import NotAllowed, ServerDown, ServerRefused
from signalos.kit.clock import Clock
from signalos.protocol import encode
from signalos.protocol.firebridge import EventBatch, EventsAnswer, SyncUser
from signalos.protocol.pairing import PairingStarted, PairingToken, PairTerminal, PairTokenRequest
from signalos.protocol.requests import RegisterTerminal
from signalos.protocol.shapes import Wire
from signalos.protocol.strategies import ChannelRules
from signalos.protocol.views import TerminalRegistered

T = TypeVar("T")

WITHIN_SECONDS = 15.0
"""A whole request, from connecting to the last byte."""
_ANSWER_LIMIT = 8 << 20
_PASSING = frozenset({408, 425, 429})


class PulledStrategy(Wire, frozen=True, kw_only=True):
    """Answer of GET pull-strategy: the strategy in force {id, name, config, ...} and the channels' own rules."""

    strategy: dict[str, Any]
    channels: list[ChannelRules] = []


class _Me(Wire, frozen=True, kw_only=True):
    id: int


class _Problem(Wire, frozen=True, kw_only=True):
    code: str = ""
    detail: str = ""
    title: str = ""


class APIClient:
    """Calls the server with the stored tokens.

    Every method raises ServerDown (no answer, a passing fault, or an answer that is not SignalOS's:
    try again) or ServerRefused (the server said no). ``http`` is handed in and stays the caller's to
    close. The constructor raises NotAllowed for an address that must not be spoken to.
    """

    def __init__(
        self, base_url: str, tokens: AuthTokenManager, http: httpx.AsyncClient, clock: Clock
    ) -> None:
        self._base = server_base(base_url)
        try:
            httpx.URL(self._base)
        except httpx.InvalidURL as why:
            raise NotAllowed(f"server address {self._base!r}: {why}") from why
        self._tokens = tokens
        self._http = http
        self._clock = clock
        self.last_answer_at: float | None = None
        """When the server last answered, in the clock's monotonic seconds."""

    async def register_terminal(
        self, terminal_id: str, *, name: str, platform: str, version: str
    ) -> TerminalRegistered:
        """Make this terminal known; repeatable. The answer's status says whether the user approved it."""
        body = RegisterTerminal(terminal_id=terminal_id, name=name, platform=platform, version=version)
        return await self._call("POST", "/api/terminals/register", TerminalRegistered, terminal_id, body)

    async def start_pairing(self, asker: PairTerminal) -> PairingStarted:
        """Ask to be let in without a token; the answer's user code is for the user to type."""
        return await self._exchange("POST", "/api/terminals/pair", PairingStarted, {}, asker)

    async def pairing_token(self, device_code: str) -> PairingToken:
        """Fetch the token after the user's approval. ServerRefused carries RFC 8628's code until then."""
        body = PairTokenRequest(device_code=device_code)
        return await self._exchange("POST", "/api/terminals/pair/token", PairingToken, {}, body)

    async def validate_terminal_auth(self, terminal_id: str | None = None) -> int:
        """Ask whose token this is; returns the user's id. ServerRefused 401 = it is no longer valid."""
        return (await self._call("GET", "/api/me", _Me, terminal_id)).id

    async def report_status(self, status: SyncUser) -> None:
        """Hand over a terminal's newest state."""
        await self._call("POST", "/api/firebridge/sync-user", dict, status.terminal_id, status)

    async def post_events(self, batch: EventBatch) -> EventsAnswer:
        """Hand over journalled events; may be repeated with the same event ids."""
        return await self._call("POST", "/api/firebridge/events", EventsAnswer, batch.terminal_id, batch)

    async def pull_strategy(self, user_id: int) -> PulledStrategy:
        """Fetch the user's strategy and what is set for single channels."""
        return await self._call("GET", f"/api/firebridge/pull-strategy/{user_id:d}", PulledStrategy)

    async def _call(
        self,
        method: str,
        path: str,
        shape: type[T],
        terminal_id: str | None = None,
        body: Wire | None = None,
    ) -> T:
        what = f"{method} {path}"
        try:
            token = self._tokens.get_auth_token(terminal_id)
        except NotAllowed as why:
            raise ServerRefused(401, "token_unreadable", str(why)) from why
        if token is None:
            raise ServerRefused(
                401,
                "no_token",
                f"{what}: no token is stored yet in {self._tokens.place.parent}; get one by `signalos desktop pair`",
            )
        return await self._exchange(method, path, shape, {"Authorization": f"Bearer {token}"}, body)

    async def _exchange(
        self, method: str, path: str, shape: type[T], headers: Mapping[str, str], body: Wire | None
    ) -> T:
        what = f"{method} {path}"
        headers = {"Accept": "application/json", **headers}
        content = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            content = encode(body)
        status, answer_headers, answer = await self._send(what, method, path, headers, content)
        self.last_answer_at = self._clock.monotonic()
        if not 200 <= status < 300:
            raise _error(what, status, answer_headers, answer)
        try:
            return msgspec.json.decode(answer, type=shape)
        except msgspec.DecodeError as why:
            raise ServerDown(
                f"{what}: what answered at {self._base} is not a SignalOS server of this version ({why}). "
                "Check the address, and whether a proxy or sign-in page stands in between."
            ) from why

    async def _send(
        self, what: str, method: str, path: str, headers: Mapping[str, str], content: bytes | None
    ) -> tuple[int, httpx.Headers, bytes]:
        parts: list[bytes] = []
        size = 0
        try:
            async with (
                asyncio.timeout(WITHIN_SECONDS),
                self._http.stream(
                    method, self._base + path, headers=headers, content=content, follow_redirects=False
                ) as response,
            ):
                async for part in response.aiter_bytes():
                    size += len(part)
                    if size > _ANSWER_LIMIT:
                        raise ServerDown(f"{what}: the answer is larger than {_ANSWER_LIMIT} bytes")
                    parts.append(part)
        except TimeoutError as why:
            raise ServerDown(f"{what}: no complete answer within {WITHIN_SECONDS:g} s") from why
        except (httpx.HTTPError, httpx.StreamError) as why:
            raise ServerDown(
                f"{what}: {self._base} cannot be reached ({type(why).__name__}: {why})"
            ) from why
        return response.status_code, response.headers, b"".join(parts)


def _error(what: str, status: int, headers: httpx.Headers, answer: bytes) -> ServerDown | ServerRefused:
    try:
        problem = msgspec.json.decode(answer, type=_Problem)
    except msgspec.DecodeError:
        problem = _Problem()
    detail = (problem.detail or problem.title or f"HTTP status {status}")[:500]
    if status >= 500 or status in _PASSING:
        return ServerDown(f"{what}: {detail} ({status})", _retry_after(headers))
    if 300 <= status < 400:
        detail = (
            f"it points to {headers.get('location', 'another address')!r}: write that address as server_url"
        )
        return ServerRefused(status, "redirected", f"{what}: {detail}")
    return ServerRefused(status, problem.code or f"http_{status}", f"{what}: {detail}")


def _retry_after(headers: httpx.Headers) -> float | None:
    """Seconds of a Retry-After header; a date there is not used."""
    try:
        seconds = float(headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, 300.0) if math.isfinite(seconds) and seconds >= 0 else None
