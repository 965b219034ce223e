"""Answers what is done once a key: commands to terminals (202), and what they make (201)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol.shapes import Wire
from signalos.server.bodies import body_of, check_type, parse
from signalos.server.db.session import Writing
from signalos.server.db.store import Store
from signalos.server.once import key_of, once, request_hash

T = TypeVar("T")


class Acceptor:
    """Reads a command's body and stores the command, or answers as the first time under its key."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def __call__(
        self,
        request: Request,
        user_id: int,
        shape: type[T],
        work: Callable[[Writing, T], Wire],
        *,
        required: bool = False,
        status: int = 202,
    ) -> Response:
        """Answer ``status`` with what ``work`` did. No body means ``{}`` unless it is ``required``."""
        raw = await body_of(request)
        if raw.strip() or required:
            check_type(request, raw)
        else:
            raw = b"{}"
        body = parse(raw, shape)
        key = key_of(request)
        hashed = request_hash(f"{request.method} {request.url.path}", raw)
        answered = await self._store.write(
            lambda tx: once(tx, user_id, key, hashed, status, lambda t: work(t, body))
        )
        return Response(answered.body, status_code=answered.status, media_type="application/json")
