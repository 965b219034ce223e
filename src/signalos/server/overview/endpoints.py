"""/api/overview."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import views
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.openapi import documented
from signalos.server.overview.service import OverviewService


def router(overview: OverviewService, callers: Callers) -> APIRouter:
    """The overview's route."""
    routes = APIRouter(prefix="/api", tags=["overview"])

    @routes.get("/overview", **documented("All that the first page needs", None, views.Overview))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await overview.of(caller.user_id))

    return routes
