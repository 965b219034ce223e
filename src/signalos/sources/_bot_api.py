"""Calls of Telegram's Bot API. The token is part of each address, so it is put in at the last moment.

Requests that the client sees, logs or names in an error carry no token: the transport alone adds it.
"""

from __future__ import annotations

from typing import Any

import httpx
import msgspec

_ANSWER_SECONDS = 15.0


class BotAnswer(msgspec.Struct, frozen=True):
    """What the Bot API answers. ``retry_after`` is seconds to wait, with 429."""

    class Parameters(msgspec.Struct, frozen=True):
        """What it adds to a refusal."""

        retry_after: float = 0.0

    ok: bool
    result: Any = None
    error_code: int = 0
    description: str = ""
    parameters: Parameters = Parameters()


class NoBotAnswer(Exception):
    """Nothing readable came back: the network, or something else than the Bot API."""


class _AddsToken(httpx.AsyncBaseTransport):
    def __init__(self, token: str, inner: httpx.AsyncBaseTransport) -> None:
        self._token = token
        self._inner = inner

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        folder, _, method = request.url.path.rpartition("/")
        url = request.url.copy_with(path=f"{folder}/bot{self._token}/{method}")
        return await self._inner.handle_async_request(
            httpx.Request(
                request.method,
                url,
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        )

    async def aclose(self) -> None:
        await self._inner.aclose()


class BotApi:
    """A bot's methods at ``address`` (Telegram's own, or a Bot API server of the user's)."""

    def __init__(self, address: str, token: str) -> None:
        self._address = address.rstrip("/")
        self._http = httpx.AsyncClient(
            transport=_AddsToken(token, httpx.AsyncHTTPTransport(retries=0)), trust_env=False
        )

    async def call(self, method: str, *, wait: float = 0.0, **arguments: Any) -> BotAnswer:
        """Call ``method``; ``wait`` seconds are its own long poll. Raises NoBotAnswer."""
        try:
            response = await self._http.post(
                f"{self._address}/{method}", json=arguments, timeout=wait + _ANSWER_SECONDS
            )
        except httpx.HTTPError as why:
            raise NoBotAnswer(f"{type(why).__name__}: {why}") from None
        try:
            return msgspec.json.decode(response.content, type=BotAnswer)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NoBotAnswer(f"status {response.status_code} with no readable answer") from None

    async def close(self) -> None:
        """Let go of the connections."""
        await self._http.aclose()
