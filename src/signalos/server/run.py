"""Runs the server with uvicorn until it is told to stop."""

from __future__ import annotations

import contextlib
import importlib.util
import signal
import socket
import ssl
import sys
from collections.abc import Callable, Iterator

import uvicorn
from fastapi import FastAPI

from signalos.domain.errors import ConfigError
from signalos.protocol.socket import FRAME_LIMIT
from signalos.server.settings import Settings

STOPPED_BY = [signal.SIGINT, signal.SIGTERM]
if sys.platform == "win32":
    STOPPED_BY.append(signal.SIGBREAK)


def bind(settings: Settings) -> socket.socket:
    """Take the address. Raises ConfigError where it is taken or not ours."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    if sys.platform == "win32":
        # There, SO_REUSEADDR would let us share a port that another program listens on.
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
    else:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        taken.bind((settings.host, settings.port))
        taken.listen(2048)
    except OSError as why:
        taken.close()
        raise ConfigError(
            f"cannot listen on {settings.host}:{settings.port} ({why.strerror}): stop the program that holds the"
            " port, or set PORT to another one"
        ) from None
    taken.setblocking(False)
    return taken


class _Server(uvicorn.Server):
    """Says when it takes requests."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Stop on a signal and return: being asked to stop is no failure, so the exit code is 0."""
        before = {kind: signal.signal(kind, self.handle_exit) for kind in STOPPED_BY}
        try:
            yield
        finally:
            for kind, handler in before.items():
                signal.signal(kind, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        if self.started:
            self._ready()


def config(app: FastAPI, settings: Settings) -> uvicorn.Config:
    """Settings for uvicorn: fast parsers where they exist, the contract's limits, no headers about itself."""
    tls = settings.tls_certificate is not None
    return uvicorn.Config(
        app,
        loop="uvloop" if importlib.util.find_spec("uvloop") else "asyncio",
        http="httptools" if importlib.util.find_spec("httptools") else "h11",
        ws="websockets-sansio",
        ws_max_size=FRAME_LIMIT,
        ws_ping_interval=20.0,
        ws_ping_timeout=20.0,
        ws_per_message_deflate=False,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        # Only a proxy on this machine is believed about the client's address; without one, nobody is.
        proxy_headers=settings.tls_in_front,
        forwarded_allow_ips=["127.0.0.1", "::1"],
        timeout_keep_alive=30,
        timeout_graceful_shutdown=5,
        ssl_certfile=settings.tls_certificate if tls else None,
        ssl_keyfile=settings.tls_key if tls else None,
        ssl_version=ssl.PROTOCOL_TLS_SERVER,
    )


def serve(app: FastAPI, settings: Settings, ready: Callable[[str], None]) -> bool:
    """Serve until SIGINT or SIGTERM; ``ready`` gets the address. Tells whether the start succeeded."""
    listening = bind(settings)
    port = listening.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    address = f"{'https' if settings.tls_certificate else 'http'}://{host}:{port}"
    server = _Server(config(app, settings), lambda: ready(address))
    server.run(sockets=[listening])
    return server.started
