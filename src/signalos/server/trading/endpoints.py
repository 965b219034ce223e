"""/api/trading."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import requests, views
from signalos.server.auth.callers import Callers
from signalos.server.commands.accepting import Acceptor
from signalos.server.openapi import documented
from signalos.server.trading.service import TradingService


def router(trading: TradingService, callers: Callers, accept: Acceptor) -> APIRouter:
    """Routes of stop, pause and resume."""
    routes = APIRouter(prefix="/api/trading", tags=["trading"])

    @routes.post(
        "/emergency-stop",
        **documented("Stop", requests.EmergencyStopRequest, views.CommandAccepted, 202, optional=True),
    )
    async def stop(request: Request) -> Response:
        caller = await callers.user(request)
        return await accept(
            request,
            caller.user_id,
            requests.EmergencyStopRequest,
            lambda tx, body: trading.stop(tx, caller.user_id, body),
        )

    @routes.post(
        "/pause", **documented("Pause", requests.PauseRequest, views.CommandAccepted, 202, optional=True)
    )
    async def pause(request: Request) -> Response:
        caller = await callers.user(request)
        return await accept(
            request,
            caller.user_id,
            requests.PauseRequest,
            lambda tx, body: trading.pause(tx, caller.user_id, body),
        )

    @routes.post(
        "/resume", **documented("Resume", requests.ResumeRequest, views.CommandAccepted, 202, optional=True)
    )
    async def resume(request: Request) -> Response:
        caller = await callers.user(request)
        return await accept(
            request,
            caller.user_id,
            requests.ResumeRequest,
            lambda tx, body: trading.resume(tx, caller.user_id, body),
        )

    return routes
