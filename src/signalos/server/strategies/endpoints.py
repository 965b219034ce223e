"""/api/strategies."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import requests, views
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer, read
from signalos.server.openapi import documented
from signalos.server.paths import row_id
from signalos.server.strategies.service import StrategyService


def router(strategies: StrategyService, callers: Callers) -> APIRouter:
    """Routes of strategies."""
    routes = APIRouter(prefix="/api/strategies", tags=["strategies"])

    @routes.get(
        "", **documented("Strategies", None, views.Page[views.StrategyView], query=("cursor", "limit"))
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        found = await strategies.page(caller.user_id, want.before, want.limit + 1)
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.get("/{id}", **documented("One strategy", None, views.StrategyView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await strategies.one(caller.user_id, row_id(request)))

    @routes.put("/{id}", **documented("Change a strategy", requests.StrategyRequest, views.StrategyView))
    async def change(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, requests.StrategyRequest)
        return answer(await strategies.change(caller.user_id, row_id(request), body))

    return routes
