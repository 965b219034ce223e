"""/api/logs."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import views
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.db.store import Store
from signalos.server.logs import repository
from signalos.server.openapi import documented


def router(store: Store, callers: Callers) -> APIRouter:
    """Routes of durable events."""
    routes = APIRouter(prefix="/api/logs", tags=["logs"])

    @routes.get(
        "",
        **documented("Durable events", None, views.Page[views.LogView], query=("cursor", "limit", "type")),
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        kind = request.query_params.get("type") or None
        found = await store.read(
            lambda db: repository.page(db, caller.user_id, want.before, want.limit + 1, kind)
        )
        return answer(paging.page(found, want.limit, lambda view: view.seq))

    return routes
