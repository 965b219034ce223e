"""/api/terminals/pair: to be matched before /api/terminals/{id}."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import pairing as wire
from signalos.protocol import views
from signalos.server.auth.callers import Callers, address_of, refuse_foreign_origin
from signalos.server.bodies import answer, read
from signalos.server.limits import Limits
from signalos.server.openapi import documented
from signalos.server.pairing.service import PairingService

NO_STORE = {"Cache-Control": "no-store"}


def router(pairings: PairingService, callers: Callers, limits: Limits, *, secure: bool) -> APIRouter:
    """Routes of pairing. ``secure``: browsers reach this server by https."""
    routes = APIRouter(prefix="/api/terminals/pair", tags=["pairing"])

    @routes.post(
        "", **documented("Ask to be let in by a code", wire.PairTerminal, wire.PairingStarted, 201)
    )
    async def start(request: Request) -> Response:
        refuse_foreign_origin(request)
        limits.address(address_of(request))
        body = await read(request, wire.PairTerminal)
        scheme = "https" if secure else request.url.scheme
        started = await pairings.start(body, f"{scheme}://{request.url.netloc}/pair")
        return answer(started, 201, NO_STORE)

    @routes.post("/look", **documented("Who shows this code", wire.PairingCode, wire.PairingView))
    async def look(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.PairingCode)
        return answer(await pairings.look(caller.user_id, address_of(request), body.user_code))

    @routes.post("/approve", **documented("Let it in", wire.PairingCode, views.TerminalView))
    async def approve(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.PairingCode)
        return answer(await pairings.approve(caller.user_id, address_of(request), body.user_code))

    @routes.post("/deny", **documented("Keep it out", wire.PairingCode, wire.PairingView))
    async def deny(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.PairingCode)
        return answer(await pairings.deny(caller.user_id, address_of(request), body.user_code))

    @routes.post("/token", **documented("Fetch the token, once", wire.PairTokenRequest, wire.PairingToken))
    async def token(request: Request) -> Response:
        refuse_foreign_origin(request)
        limits.address(address_of(request))
        body = await read(request, wire.PairTokenRequest)
        return answer(await pairings.token(body.device_code), 200, NO_STORE)

    return routes
