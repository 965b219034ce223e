"""/api/logs."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import views
from signalos.protocol.shapes import Severity
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.db.store import Store
from signalos.server.logs import repository
from signalos.server.openapi import documented

FILTERS = ("type", "severity", "terminalId", "text")
LONGEST_SEARCH = 100


def router(store: Store, callers: Callers) -> APIRouter:
    """Routes of durable events."""
    routes = APIRouter(prefix="/api/logs", tags=["logs"])

    @routes.get(
        "",
        **documented(
            "Durable events", None, views.Page[views.LogView], query=("cursor", "limit", *FILTERS)
        ),
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        query = request.query_params
        severity = paging.choice(request, "severity", get_args(Severity))
        found = await store.read(
            lambda db: repository.page(
                db,
                caller.user_id,
                want.before,
                want.limit + 1,
                kind=query.get("type") or None,
                severity=severity,
                terminal_id=query.get("terminalId") or None,
                text=(query.get("text") or "")[:LONGEST_SEARCH] or None,
            )
        )
        return answer(paging.page(found, want.limit, lambda view: view.seq))

    return routes
