"""/health and /metrics."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from signalos.server.bodies import answer
from signalos.server.db.session import Writing
from signalos.server.db.store import Store
from signalos.server.metrics import Metrics


def router(store: Store, metrics: Metrics) -> APIRouter:
    """Routes for whoever watches the server."""
    routes = APIRouter(tags=["health"])

    @routes.get("/health/live", summary="The process answers", response_model=None)
    async def live(_: Request) -> Response:
        return answer({"status": "live"})

    @routes.get("/health/ready", summary="The database takes reads and writes", response_model=None)
    async def ready(_: Request) -> Response:
        await store.read(lambda db: db.value("SELECT 1"))
        await store.write(_nothing)
        return answer({"status": "ready"})

    @routes.get("/metrics", summary="Figures for Prometheus", response_model=None)
    async def figures(_: Request) -> Response:
        return PlainTextResponse(metrics.text(), media_type="text/plain; version=0.0.4")

    return routes


def _nothing(_: Writing) -> None:
    """An empty write: answered only when the writer could commit."""
