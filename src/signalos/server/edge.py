"""The outermost layer: size limits, security headers, counting, and no exception unanswered."""

from __future__ import annotations

import logging

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from signalos.server.bodies import drain, too_large
from signalos.server.db.writer import StorageFailed
from signalos.server.metrics import Metrics
from signalos.server.problems import Problem

log = logging.getLogger(__name__)
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
API_POLICY = "default-src 'none'; frame-ancestors 'none'"


class Edge:
    """Wraps the application."""

    def __init__(self, app: ASGIApp, metrics: Metrics, body_limit: int, *, secure: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._limit = body_limit
        self._secure = secure

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def decorated(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                self._decorate(scope, message)
            await send(message)

        try:
            await self._check_size(scope, receive)
            await self._app(scope, receive, decorated)
        except Problem as why:
            problem = why
        except StorageFailed as why:
            problem = Problem("storage_failed", str(why), headers={"Retry-After": "2"})
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            if started:
                raise
            problem = Problem("internal", "the server failed on this request; its log says why")
        else:
            return
        await problem.response()(scope, receive, decorated)

    async def _check_size(self, scope: Scope, receive: Receive) -> None:
        for name, value in scope["headers"]:
            if name == b"content-length" and (not value.isdigit() or int(value[:20]) > self._limit):
                raise too_large(self._limit, drained=await drain(receive))

    def _decorate(self, scope: Scope, message: Message) -> None:
        self._metrics.answered(scope["method"], message["status"])
        headers = MutableHeaders(scope=message)
        for name, value in HEADERS.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", API_POLICY)
        if scope["path"].startswith("/api/"):
            headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            headers.setdefault("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
