"""The composition root: builds every part of the server and hands each what it uses."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from signalos import __version__
from signalos.brokers.mt5.selftest.evidence import EVIDENCE, verified_on_real_terminal
from signalos.kit.clock import Clock
from signalos.kit.ids import Ids
from signalos.parser import load_languages
from signalos.protocol import asyncapi, export
from signalos.protocol import firebridge as wire
from signalos.server import openapi
from signalos.server.analytics import endpoints as analytics
from signalos.server.analytics.service import AnalyticsService
from signalos.server.auth import endpoints as auth
from signalos.server.auth.callers import Callers
from signalos.server.auth.passwords import Passwords
from signalos.server.auth.second_factor import SecondFactor, Vault
from signalos.server.auth.service import AuthService
from signalos.server.auth.tokens import AccessTokens
from signalos.server.backing_up import BackingUp
from signalos.server.bodies import answer
from signalos.server.commands import endpoints as commands
from signalos.server.commands.accepting import Acceptor
from signalos.server.commands.service import CommandService
from signalos.server.dashboard import Dashboard
from signalos.server.db.migrate import migrate
from signalos.server.db.session import Reading
from signalos.server.db.store import Store
from signalos.server.db.values import moment_or_none, number
from signalos.server.edge import Edge
from signalos.server.firebridge import endpoints as firebridge
from signalos.server.firebridge.projection import Projection
from signalos.server.firebridge.service import FirebridgeService
from signalos.server.health import endpoints as health
from signalos.server.housekeeping import Housekeeping
from signalos.server.hub import Hub
from signalos.server.limits import Limits
from signalos.server.logs import endpoints as logs
from signalos.server.metrics import Metrics
from signalos.server.overview import endpoints as overview
from signalos.server.overview.service import OverviewService
from signalos.server.pairing import endpoints as pairing
from signalos.server.pairing.service import PairingService
from signalos.server.problems import Problem, of_status
from signalos.server.providers import endpoints as providers
from signalos.server.providers.service import ProviderService
from signalos.server.providers.trying import TryBox
from signalos.server.reader import Reader
from signalos.server.settings import Settings
from signalos.server.signals import endpoints as signals
from signalos.server.signals.service import SignalService
from signalos.server.socket import Parts, Sockets
from signalos.server.strategies import endpoints as strategies
from signalos.server.strategies.service import StrategyService
from signalos.server.terminals import endpoints as terminals
from signalos.server.terminals import repository as terminal_rows
from signalos.server.terminals.index import TerminalIndex
from signalos.server.terminals.live import Live, LiveTerminals
from signalos.server.terminals.presenting import Presenter
from signalos.server.terminals.service import TerminalService
from signalos.server.trades import endpoints as trades
from signalos.server.trades import repository as trade_rows
from signalos.server.trades.service import TradeService
from signalos.server.trading import endpoints as trading
from signalos.server.trading.service import TradingService


def create_app(settings: Settings, clock: Clock, ids: Ids, passwords: Passwords | None = None) -> FastAPI:
    """Build the server. Nothing is opened or started before its lifespan begins."""
    hub = Hub(clock)
    metrics = Metrics()
    limits = Limits(settings.rates, clock)
    live = LiveTerminals()
    presenter = Presenter(live, hub, clock)
    store = Store(settings.database, clock, hub.publish)
    tokens = AccessTokens(settings.session_secret, clock, ids)
    known = TerminalIndex(store)
    callers = Callers(store, tokens, known, limits, clock)

    def session_ended(session_id: str) -> None:
        callers.forget(session_id)
        hub.close_session(session_id)

    passwords = passwords or Passwords()
    factors = SecondFactor(store, passwords, Vault(settings.session_secret, ids), ids)
    auth_service = AuthService(
        store, tokens, passwords, factors, clock, ids, session_ended, demo_allowed=settings.loopback
    )
    command_service = CommandService(store, hub, presenter, clock, ids)
    trading_service = TradingService(command_service, ids)
    trade_service = TradeService(command_service, live)
    strategy_service = StrategyService(store, command_service)
    languages = load_languages()
    reader = Reader(languages)
    box = TryBox(store, reader, languages, clock)
    provider_service = ProviderService(store, command_service, live, languages)
    signal_service = SignalService(command_service, reader)
    overview_service = OverviewService(store, presenter, verified=verified_on_real_terminal(EVIDENCE))
    projection = Projection(live, presenter)
    bridge = FirebridgeService(store, known, live, presenter, projection, hub, clock)
    terminal_service = TerminalService(store, known, presenter, hub, ids)
    pairing_service = PairingService(store, known, presenter, hub, ids)
    housekeeping = Housekeeping(store, command_service, live, presenter, clock)
    hub.on_presence = housekeeping.check
    backing_up: BackingUp | None = None
    if settings.backups is not None:
        backing_up = BackingUp(settings.database, settings.backups, store, clock)
        backing_up.watched_by(metrics)
    parts = Parts(
        store,
        callers,
        limits,
        hub,
        overview_service,
        command_service,
        trading_service,
        trade_service,
        clock,
    )

    @contextlib.asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await asyncio.to_thread(migrate, settings.database)
        store.start()
        await store.read(lambda db: recall(db, live))
        await auth_service.start()
        keepers = [asyncio.create_task(housekeeping.run(), name="housekeeping")]
        if backing_up is not None:
            keepers.append(asyncio.create_task(backing_up.run(), name="backups"))
        try:
            yield
        finally:
            for keeper in keepers:
                keeper.cancel()
            await asyncio.gather(*keepers, return_exceptions=True)
            hub.close_all()
            await store.stop()
            box.close()
            passwords.close()

    app = FastAPI(
        title="SignalOS",
        version=__version__,
        description="Signals in, trades out: the server's REST API.",
        lifespan=lifespan,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
    )
    app.state.store = store
    accept = Acceptor(store)
    # The hot path first: it is matched before everything else.
    app.router.routes.extend(firebridge.routes(bridge, callers))
    for router in (
        auth.router(auth_service, factors, callers, limits, secure=settings.production or settings.secure),
        pairing.router(pairing_service, callers, limits, secure=settings.secure),
        terminals.router(terminal_service, callers),
        overview.router(overview_service, callers),
        signals.router(signal_service, store, callers, accept),
        trades.router(trade_service, signal_service, store, callers, accept),
        trading.router(trading_service, callers, accept),
        commands.router(command_service, callers),
        strategies.router(strategy_service, callers),
        providers.router(provider_service, box, callers),
        logs.router(store, callers),
        analytics.router(AnalyticsService(store), store, callers),
        health.router(store, metrics),
    ):
        app.include_router(router)
    app.router.add_websocket_route("/ws", Sockets(parts).serve)
    app.router.routes += [
        Route("/api/openapi.json", lambda _: answer(app.openapi())),
        Route("/api/schema.json", lambda _: answer(export.schema())),
        Route("/api/asyncapi.json", lambda _: answer(asyncapi.document(__version__))),
    ]
    app.router.routes.extend(Dashboard(settings.dashboard, ids).routes())
    openapi.install(app)
    _watch(metrics, hub, store, bridge)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _framework)
    app.add_exception_handler(RequestValidationError, _validation)
    app.add_middleware(Edge, metrics=metrics, body_limit=settings.body_limit, secure=settings.secure)
    return app


def recall(db: Reading, live: LiveTerminals) -> None:
    """Take up each terminal's last state and the living trades after a start."""
    for row in terminal_rows.every_row(db):
        try:
            status = msgspec.json.decode(row["state"], type=wire.Status)
        except msgspec.DecodeError:
            # Written by an older version in another shape: the terminal reports again within a second.
            continue
        live.states[row["id"]] = Live(
            status=status,
            received_at=moment_or_none(row["last_seen_at"]),
            day=row["day"],
            day_start_equity=number(row["day_start_equity"]),
        )
    for terminal, identifier, trade_id in trade_rows.living_ids(db):
        live.trade_ids[(terminal, identifier)] = trade_id


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 -- registered for Problem alone
    return error.response()


async def _framework(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 -- registered for HTTPException alone
    return of_status(error.status_code, str(error.detail), error.headers).response()


async def _validation(_: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 -- registered for it alone
    found: list[dict[str, Any]] = [
        {"field": ".".join(map(str, part["loc"])), "message": part["msg"]} for part in error.errors()
    ]
    return Problem("invalid", errors=found).response()


def _watch(metrics: Metrics, hub: Hub, store: Store, bridge: FirebridgeService) -> None:
    writer = store.writer
    metrics.watch("signalos_sockets", "gauge", "Open sockets.", lambda: len(hub))
    metrics.watch(
        "signalos_frames_total", "counter", "Frames queued for browsers.", lambda: hub.frames_sent
    )
    metrics.watch("signalos_commits_total", "counter", "Transactions on disk.", lambda: writer.batches)
    metrics.watch("signalos_writes_total", "counter", "Writes within them.", lambda: writer.items)
    metrics.watch(
        "signalos_failed_commits_total",
        "counter",
        "Transactions refused by the disk.",
        lambda: writer.failures,
    )
    metrics.watch(
        "signalos_events_total", "counter", "Desktop events taken.", lambda: bridge.events_accepted
    )
    metrics.watch(
        "signalos_events_rejected_total",
        "counter",
        "Desktop events refused.",
        lambda: bridge.events_rejected,
    )
