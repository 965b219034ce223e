"""/api/signals."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import hand, views
from signalos.protocol.shapes import Asked
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.commands.accepting import Acceptor
from signalos.server.db.store import Store
from signalos.server.openapi import documented
from signalos.server.paths import row_id
from signalos.server.problems import Problem
from signalos.server.signals import repository
from signalos.server.signals.service import SignalService

STATUSES = ("received", "executed", "refused", "rejected")
FILTERS = ("cursor", "limit", "status", "symbol", "chatId")


class _Nothing(Asked, frozen=True):
    """A body without fields."""


def router(signals: SignalService, store: Store, callers: Callers, accept: Acceptor) -> APIRouter:
    """Routes of signals."""
    routes = APIRouter(prefix="/api/signals", tags=["signals"])

    @routes.get("", **documented("Signals", None, views.Page[views.SignalView], query=FILTERS))
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        query = request.query_params
        status = paging.choice(request, "status", STATUSES)
        found = await store.read(
            lambda db: repository.page(
                db,
                caller.user_id,
                want.before,
                want.limit + 1,
                status=status,
                symbol=query.get("symbol") or None,
                chat_id=query.get("chatId") or None,
            )
        )
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.get("/{id}", **documented("One signal with its decisions", None, views.SignalView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        wanted = row_id(request)
        found = await store.read(lambda db: repository.one(db, caller.user_id, wanted))
        if found is None:
            raise Problem("not_found", "you have no such signal")
        return answer(found)

    @routes.post("", **documented("Enter a signal by hand", hand.NewSignal, views.SignalView, 201))
    async def enter(request: Request) -> Response:
        caller = await callers.user(request)
        return await accept(
            request,
            caller.user_id,
            hand.NewSignal,
            lambda tx, body: signals.enter(tx, caller.user_id, body),
            required=True,
            status=201,
        )

    @routes.post(
        "/{id}/confirm", **documented("Say yes to a waiting signal", None, views.CommandAccepted, 202)
    )
    async def confirm(request: Request) -> Response:
        caller = await callers.user(request)
        wanted = row_id(request)
        return await accept(
            request, caller.user_id, _Nothing, lambda tx, _: signals.confirm(tx, caller.user_id, wanted)
        )

    @routes.post(
        "/{id}/retrigger",
        **documented("Decide a refused signal once more", None, views.CommandAccepted, 202),
    )
    async def retrigger(request: Request) -> Response:
        caller = await callers.user(request)
        wanted = row_id(request)
        return await accept(
            request, caller.user_id, _Nothing, lambda tx, _: signals.retrigger(tx, caller.user_id, wanted)
        )

    return routes
