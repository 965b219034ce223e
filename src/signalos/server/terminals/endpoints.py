"""/api/terminals."""

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
from signalos.server.terminals.service import TerminalService

NO_STORE = {"Cache-Control": "no-store"}


def router(terminals: TerminalService, callers: Callers) -> APIRouter:
    """Routes of terminals."""
    routes = APIRouter(prefix="/api/terminals", tags=["terminals"])

    @routes.get(
        "", **documented("Terminals", None, views.Page[views.TerminalView], query=("cursor", "limit"))
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        found = await terminals.page(caller.user_id, want.before, want.limit + 1)
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.post(
        "", **documented("Make a terminal with a token", requests.NewTerminal, views.TerminalIssued, 201)
    )
    async def issue(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, requests.NewTerminal)
        return answer(await terminals.issue(caller.user_id, body), 201, NO_STORE)

    @routes.post(
        "/register",
        **documented(
            "Register a desktop app's terminal", requests.RegisterTerminal, views.TerminalRegistered, 201
        ),
    )
    async def register(request: Request) -> Response:
        caller = await callers.anyone(request)
        body = await read(request, requests.RegisterTerminal)
        registered, new = await terminals.register(caller, body)
        return answer(registered, 201 if new else 200)

    @routes.post("/{id}/approve", **documented("Let a terminal in", None, views.TerminalView))
    async def approve(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await terminals.set_status(caller.user_id, row_id(request), "approved"))

    @routes.post("/{id}/deny", **documented("Keep a terminal out", None, views.TerminalView))
    async def deny(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await terminals.set_status(caller.user_id, row_id(request), "denied"))

    @routes.post(
        "/{id}/revoke", **documented("Put a terminal out; its token ends", None, views.TerminalView)
    )
    async def revoke(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await terminals.set_status(caller.user_id, row_id(request), "revoked"))

    @routes.post(
        "/{id}/token", **documented("Hand out a terminal's token, once", None, views.TerminalIssued)
    )
    async def token(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await terminals.token(caller.user_id, row_id(request)), 200, NO_STORE)

    return routes
