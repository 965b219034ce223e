"""/api/analytics."""

from __future__ import annotations

from datetime import datetime

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from signalos.analytics import CUTS
from signalos.protocol import analytics as wire
from signalos.protocol import views
from signalos.server import paging
from signalos.server.analytics import repository
from signalos.server.analytics.service import AnalyticsService, Question
from signalos.server.auth.callers import Callers
from signalos.server.bodies import answer
from signalos.server.db.store import Store
from signalos.server.openapi import documented
from signalos.server.paths import number_filter
from signalos.server.problems import Problem

POINTS = 500


FILTERS = ("terminalId", "providerId", "since", "until")


def router(analytics: AnalyticsService, store: Store, callers: Callers) -> APIRouter:
    """Routes of figures over time."""
    routes = APIRouter(prefix="/api/analytics", tags=["analytics"])

    @routes.get(
        "/equity",
        **documented("Equity curve", None, views.Page[views.EquityPoint], query=("terminalId", "since")),
    )
    async def equity(request: Request) -> Response:
        caller = await callers.user(request)
        terminal = request.query_params.get("terminalId") or None
        since = _time(request, "since")
        found = await store.read(
            lambda db: repository.equity(db, caller.user_id, POINTS, terminal_id=terminal, since=since)
        )
        return answer(views.Page(items=found))

    @routes.get("/report", **documented("Figures, curve and cuts", None, wire.Analytics, query=FILTERS))
    async def report(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await analytics.report(caller.user_id, _question(request)))

    @routes.get("/summary", **documented("Figures of closed trades", None, wire.Summary, query=FILTERS))
    async def summary(request: Request) -> Response:
        caller = await callers.user(request)
        return answer(await analytics.summary(caller.user_id, _question(request)))

    @routes.get("/cuts", **documented("Figures by ...", None, wire.Cuts, query=("by", *FILTERS)))
    async def cuts(request: Request) -> Response:
        caller = await callers.user(request)
        by = paging.choice(request, "by", tuple(CUTS)) or "provider"
        return answer(await analytics.cuts(caller.user_id, _question(request), by))

    return routes


def _question(request: Request) -> Question:
    return Question(
        terminal_id=request.query_params.get("terminalId") or None,
        provider_id=number_filter(request, "providerId"),
        since=_time(request, "since"),
        until=_time(request, "until"),
    )


def _time(request: Request, name: str) -> datetime | None:
    text = request.query_params.get(name, "")
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or not 1970 <= at.year <= 2200:
        raise Problem("invalid", f"{name}: give an ISO 8601 time with its offset", errors=[{"field": name}])
    return at
