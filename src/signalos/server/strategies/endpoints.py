"""/api/strategies."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import strategies as wire
from signalos.protocol import views
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer, read
from signalos.server.openapi import documented
from signalos.server.paths import row_id
from signalos.server.strategies.catalogue import catalogue
from signalos.server.strategies.service import StrategyService


def router(strategies: StrategyService, callers: Callers) -> APIRouter:
    """Routes of strategies."""
    routes = APIRouter(prefix="/api/strategies", tags=["strategies"])

    @routes.get(
        "", **documented("Strategies", None, views.Page[wire.StrategyView], query=("cursor", "limit"))
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        found = await strategies.page(caller.user_id, want.before, want.limit + 1)
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.get("/schema", **documented("The document's schema and blocks", None, wire.StrategySchema))
    async def schema(request: Request) -> Response:
        await callers.user(request)
        return answer(catalogue())

    @routes.post("", **documented("Make a strategy", wire.StrategyRequest, wire.StrategyView, 201))
    async def create(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.StrategyRequest)
        return answer(await strategies.create(caller.user_id, body), 201)

    @routes.get("/{id}", **documented("One strategy", None, wire.StrategyView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await strategies.one(caller.user_id, row_id(request)))

    @routes.put("/{id}", **documented("Change a strategy", wire.StrategyRequest, wire.StrategyView))
    async def change(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.StrategyRequest)
        return answer(await strategies.change(caller.user_id, row_id(request), body))

    @routes.delete("/{id}", **documented("Delete a strategy", None, None, 204))
    async def remove(request: Request) -> Response:
        caller = await callers.user(request)
        await strategies.remove(caller.user_id, row_id(request))
        return Response(status_code=204)

    @routes.post("/{id}/activate", **documented("Put a strategy in force", None, wire.StrategyView))
    async def activate(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await strategies.activate(caller.user_id, row_id(request)))

    @routes.get(
        "/{id}/versions",
        **documented(
            "A strategy's versions", None, views.Page[wire.StrategyVersion], query=("cursor", "limit")
        ),
    )
    async def versions(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        found = await strategies.versions(caller.user_id, row_id(request), want.before, want.limit + 1)
        return answer(paging.page(found, want.limit, lambda version: int(version.version)))

    @routes.post(
        "/{id}/versions/{version}/restore",
        **documented("Save an earlier version as the newest", None, wire.StrategyView),
    )
    async def restore(request: Request) -> Response:
        caller = await callers.user(request)
        number = row_id(request, "version")
        return answer(await strategies.restore(caller.user_id, row_id(request), number))

    return routes
