"""/api/commands."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import views
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.commands.service import CommandService
from signalos.server.openapi import documented


def router(commands: CommandService, callers: Callers) -> APIRouter:
    """Routes of commands."""
    routes = APIRouter(prefix="/api/commands", tags=["commands"])

    @routes.get(
        "", **documented("Commands", None, views.Page[views.CommandView], query=("cursor", "limit"))
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        numbered = await commands.page(caller.user_id, want.before, want.limit + 1)
        numbers = {view.id: number for number, view in numbered}
        return answer(
            paging.page([view for _, view in numbered], want.limit, lambda view: numbers[view.id])
        )

    @routes.get("/{id}", **documented("One command", None, views.CommandView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await commands.view(caller.user_id, request.path_params["id"]))

    return routes
