"""/api/providers."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import providers as wire
from signalos.protocol import views
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer, read
from signalos.server.openapi import documented
from signalos.server.paths import row_id
from signalos.server.providers.service import ProviderService
from signalos.server.providers.trying import TryBox


def router(providers: ProviderService, box: TryBox, callers: Callers) -> APIRouter:
    """Routes of providers."""
    routes = APIRouter(prefix="/api/providers", tags=["providers"])

    @routes.get(
        "", **documented("Providers", None, views.Page[wire.ProviderView], query=("cursor", "limit"))
    )
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        found = await providers.page(caller.user_id, want.before, want.limit + 1)
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.post("", **documented("Set a channel up", wire.NewProvider, wire.ProviderView, 201))
    async def add(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.NewProvider)
        return answer(await providers.add(caller.user_id, body), 201)

    @routes.post("/try", **documented("Read a text, and trade nothing", wire.TryMessage, wire.TriedMessage))
    async def try_message(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.TryMessage)
        return answer(await box.read(caller.user_id, body))

    @routes.get("/{id}", **documented("One provider", None, wire.ProviderView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await providers.one(caller.user_id, row_id(request)))

    @routes.put("/{id}", **documented("Set a channel's rules", wire.ProviderSettings, wire.ProviderView))
    async def change(request: Request) -> Response:
        caller = await callers.user(request)
        body = await read(request, wire.ProviderSettings)
        return answer(await providers.change(caller.user_id, row_id(request), body))

    @routes.delete("/{id}", **documented("Forget a channel's settings", None, None, 204))
    async def remove(request: Request) -> Response:
        caller = await callers.user(request)
        await providers.remove(caller.user_id, row_id(request))
        return Response(status_code=204)

    return routes
