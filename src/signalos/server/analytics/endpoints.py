"""/api/analytics."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.protocol import views
from signalos.server.analytics import repository
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.db.store import Store
from signalos.server.openapi import documented
from signalos.server.problems import Problem

POINTS = 500


def router(store: Store, callers: Callers) -> APIRouter:
    """Routes of figures over time."""
    routes = APIRouter(prefix="/api/analytics", tags=["analytics"])

    @routes.get(
        "/equity",
        **documented("Equity curve", None, views.Page[views.EquityPoint], query=("terminalId", "since")),
    )
    async def equity(request: Request) -> Response:
        caller = await callers.user(request)
        terminal = request.query_params.get("terminalId") or None
        since = _since(request)
        found = await store.read(
            lambda db: repository.equity(db, caller.user_id, POINTS, terminal_id=terminal, since=since)
        )
        return answer(views.Page(items=found))

    return routes


def _since(request: Request) -> datetime | None:
    text = request.query_params.get("since", "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year <= 2200:
        raise Problem(
            "invalid", "since: give an ISO 8601 time with its offset", errors=[{"field": "since"}]
        )
    return at
