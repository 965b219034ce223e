"""What a proxy says of the client's address counts only from this machine, and only where one is expected."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
import uvicorn

from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from signalos.server.app import create_app
from signalos.server.run import bind, config
from signalos.server.settings import Rates
from tests.integration.server.running import cheap_passwords, settings_in

FEW = Rates(address=0.1, address_burst=3)


class Quiet(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self):  # type: ignore[no-untyped-def]
        yield


@contextlib.asynccontextmanager
async def serving(home: Path, *, in_front: bool) -> AsyncIterator[str]:
    settings = replace(settings_in(home, FEW), tls_in_front=in_front)
    app = create_app(settings, SystemClock(), SystemIds(), cheap_passwords())
    listening = bind(settings)
    server = Quiet(config(app, settings))
    with contextlib.closing(listening):
        task = asyncio.create_task(server.serve(sockets=[listening]))
        try:
            while not server.started:
                assert not task.done()
                await asyncio.sleep(0.01)
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            await task


async def codes(url: str, said: str, came_from: str = "127.0.0.1") -> set[int]:
    """The answers to a few unsigned requests whose proxy says that they come from ``said``."""
    transport = httpx.AsyncHTTPTransport(local_address=came_from)
    async with httpx.AsyncClient(base_url=url, transport=transport) as http:
        return {
            (await http.get("/api/me", headers={"X-Forwarded-For": said})).status_code for _ in range(5)
        }


async def test_behind_a_proxy_each_client_has_its_own_limit(home: Path) -> None:
    async with serving(home, in_front=True) as url:
        assert await codes(url, "203.0.113.7") == {401, 429}
        assert await codes(url, "203.0.113.7") == {429}
        assert await codes(url, "203.0.113.8") == {401, 429}
        # The last hop is what our proxy has seen itself; what stands before it the client wrote.
        assert await codes(url, "198.51.100.1, 203.0.113.8") == {429}


async def test_without_a_proxy_nobody_is_believed(home: Path) -> None:
    async with serving(home, in_front=False) as url:
        assert await codes(url, "203.0.113.7") == {401, 429}
        assert await codes(url, "203.0.113.8") == {429}


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has all of 127/8 on loopback")
async def test_another_address_than_the_proxys_is_not_believed(home: Path) -> None:
    async with serving(home, in_front=True) as url:
        assert await codes(url, "203.0.113.7", came_from="127.0.0.2") == {401, 429}
        assert await codes(url, "203.0.113.8", came_from="127.0.0.2") == {429}
        assert await codes(url, "203.0.113.8") == {401, 429}
