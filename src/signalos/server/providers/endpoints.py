"""/api/providers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import views
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.db.store import Store
from signalos.server.openapi import documented
from signalos.server.paths import row_id
from signalos.server.problems import Problem
from signalos.server.providers import repository


def router(store: Store, callers: Callers) -> APIRouter:
    """Routes of providers."""
    routes = APIRouter(prefix="/api/providers", tags=["providers"])

    @routes.get(
        "", **documented("Providers", None, views.Page[views.ProviderView], query=("cursor", "limit"))
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        found = await store.read(
            lambda db: repository.page(db, caller.user_id, want.before, want.limit + 1)
        )
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.get("/{id}", **documented("One provider", None, views.ProviderView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        wanted = row_id(request)
        found = await store.read(lambda db: repository.one(db, caller.user_id, wanted))
        if found is None:
            raise Problem("not_found", "you have no such provider")
        return answer(found)

    return routes
