"""/api/firebridge: plain Starlette routes, the hot path."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signalos.protocol import firebridge
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer, body_of, check_type, parse, read
from signalos.server.firebridge.service import FirebridgeService
from signalos.server.once import key_of, request_hash
from signalos.server.paths import row_id


def routes(service: FirebridgeService, callers: Callers) -> list[Route]:
    """Routes of what desktop apps hand over."""

    async def sync(request: Request) -> Response:
        caller = await callers.anyone(request)
        return answer(await service.sync(caller, await read(request, firebridge.SyncUser)))

    async def events(request: Request) -> Response:
        caller = await callers.anyone(request)
        return answer(await service.events(caller, await read(request, firebridge.EventBatch)))

    async def pull(request: Request) -> Response:
        caller = await callers.anyone(request)
        return answer(await service.strategy(caller, row_id(request, "userId")))

    async def push(request: Request) -> Response:
        caller = await callers.anyone(request)
        raw = await body_of(request)
        check_type(request, raw)
        body = parse(raw, firebridge.PushTradeResult)
        hashed = request_hash("push-trade-result", raw)
        answered = await service.push(caller, body, key_of(request), hashed)
        return Response(answered.body, status_code=answered.status, media_type="application/json")

    return [
        Route("/api/firebridge/sync-user", sync, methods=["POST"]),
        Route("/api/firebridge/events", events, methods=["POST"]),
        Route("/api/firebridge/pull-strategy/{userId}", pull, methods=["GET"]),
        Route("/api/firebridge/push-trade-result", push, methods=["POST"]),
    ]
