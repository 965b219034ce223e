"""/api/trades."""

from __future__ import annotations

from typing import get_args

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import hand, requests, views
from signalos.protocol.shapes import TradeStatus, Wire
from signalos.server import paging
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.commands.accepting import Acceptor
from signalos.server.db.store import Store
from signalos.server.openapi import documented
from signalos.server.paths import number_filter, row_id
from signalos.server.problems import Problem
from signalos.server.signals.service import SignalService
from signalos.server.trades import repository
from signalos.server.trades.service import TradeService

FILTERS = ("cursor", "limit", "status", "terminalId", "signalId", "symbol")


class _Nothing(Wire, frozen=True):
    """A body without fields."""


def router(
    trades: TradeService, signals: SignalService, store: Store, callers: Callers, accept: Acceptor
) -> APIRouter:
    """Routes of trades."""
    routes = APIRouter(prefix="/api/trades", tags=["trades"])

    @routes.get("", **documented("Trades", None, views.Page[views.TradeView], query=FILTERS))
    async def many(request: Request) -> Response:
        caller = await callers.user(request)
        want = paging.wanted(request)
        query = request.query_params
        status = paging.choice(request, "status", get_args(TradeStatus))
        signal_id = number_filter(request, "signalId")
        found = await store.read(
            lambda db: repository.page(
                db,
                caller.user_id,
                want.before,
                want.limit + 1,
                status=status,
                terminal_id=query.get("terminalId") or None,
                symbol=query.get("symbol") or None,
                signal_id=signal_id,
            )
        )
        return answer(paging.page(found, want.limit, lambda view: view.id))

    @routes.post("", **documented("Enter the market by hand", hand.NewTrade, views.CommandAccepted, 202))
    async def enter(request: Request) -> Response:
        caller = await callers.user(request)
        return await accept(
            request,
            caller.user_id,
            hand.NewTrade,
            lambda tx, body: signals.trade(tx, caller.user_id, body),
            required=True,
        )

    @routes.get("/{id}", **documented("One trade", None, views.TradeView))
    async def one(request: Request) -> Response:
        caller = await callers.user(request)
        wanted = row_id(request)
        found = await store.read(lambda db: repository.one(db, caller.user_id, wanted))
        if found is None:
            raise Problem("not_found", "you have no such trade")
        return answer(found)

    @routes.post("/{id}/close", **documented("Close a trade", None, views.CommandAccepted, 202))
    async def close(request: Request) -> Response:
        caller = await callers.user(request)
        trade = row_id(request)
        return await accept(
            request, caller.user_id, _Nothing, lambda tx, _: trades.close(tx, caller.user_id, trade)
        )

    @routes.post(
        "/{id}/partial-close",
        **documented("Close a part of a trade", requests.PartialClose, views.CommandAccepted, 202),
    )
    async def partial_close(request: Request) -> Response:
        caller = await callers.user(request)
        trade = row_id(request)
        return await accept(
            request,
            caller.user_id,
            requests.PartialClose,
            lambda tx, body: trades.partial_close(tx, caller.user_id, trade, body),
            required=True,
        )

    @routes.put(
        "/{id}/modify",
        **documented("Move a trade's levels", requests.ModifyTrade, views.CommandAccepted, 202),
    )
    async def modify(request: Request) -> Response:
        caller = await callers.user(request)
        trade = row_id(request)
        return await accept(
            request,
            caller.user_id,
            requests.ModifyTrade,
            lambda tx, body: trades.modify(tx, caller.user_id, trade, body),
            required=True,
        )

    return routes
