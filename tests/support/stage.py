"""The whole product as real processes: server with the built dashboard, desktop app, simulated terminal."""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any

import httpx

from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.journal.store import FILE_NAME
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import CLOCK, World, free_port, signalos

EMAIL = "demo@signalos.example"
PASSWORD = "open sesame, please"
DASHBOARD = Path(__file__).resolve().parents[2] / "dashboard" / "dist"


class Stage:
    """A demo user, its terminal with a token, and a world whose desktop app reports to the server.

    The followed file is ``world.channel``; ``world.terminal(...)`` asks the simulated terminal itself.
    Everything listens on 127.0.0.1 and lies below ``folder``. ``config`` is merged over the desktop app's.
    """

    def __init__(self, folder: Path, config: dict[str, Any] | None = None) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.world = World(
            folder / "world",
            config={"server_url": self.url, "strategy": QUIET, **(config or {})},
            prices=quiet_prices(folder / "prices"),
        )
        self.home = self.world.folder / "state"
        self.server: subprocess.Popen[bytes] | None = None
        self.http = httpx.AsyncClient(base_url=self.url, trust_env=False, timeout=10)
        self._last_message = 0
        self._levels = 0
        self._environ = {
            **os.environ,
            "SIGNALOS_HOME": str(self.home),
            "SIGNALOS_ENV": "development",
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "HEADLESS": "1",
        }

    # -- processes -------------------------------------------------------------------------------

    async def start(self) -> None:
        """Bring everything up; returns once the server has heard the terminal through the desktop app."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.world.start_sim()
        await self._make_user()
        self.start_server()
        await self.ready()
        await self._sign_in()
        made = await self.http.post("/api/terminals", json={"name": "Simulated terminal"})
        made.raise_for_status()
        AuthTokenManager(self.home).store_auth_token(made.json()["token"])
        await self.use_strategy(QUIET)
        await self.world.terminal("account_info")
        self.world.start_app()
        await self.online()

    def start_server(self) -> None:
        """Start the server; it goes on from its database."""
        with (self.folder / "server.log").open("ab") as log:
            self.server = subprocess.Popen(
                signalos("server"),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=self._environ,
                start_new_session=True,
            )

    def kill_server(self) -> None:
        """Kill -9 of the server."""
        assert self.server is not None
        self.server.kill()
        self.server.wait()

    async def stop(self) -> None:
        """End every process that was started here."""
        await self.http.aclose()
        await asyncio.to_thread(self.world.stop)
        if self.server is not None and self.server.poll() is None:
            self.server.terminate()
            try:
                await asyncio.to_thread(self.server.wait, 15)
            except subprocess.TimeoutExpired:
                self.server.kill()
                self.server.wait()

    # -- waiting ---------------------------------------------------------------------------------

    async def ready(self) -> None:
        """Wait until the server answers."""

        async def answers() -> bool:
            assert self.server is not None
            assert self.server.poll() is None, f"the server has ended:\n{self.log()}"
            try:
                return (await self.http.get("/health/ready")).status_code == 200
            except httpx.TransportError:
                return False

        await self.world.until(answers, 30)

    async def online(self) -> None:
        """Wait until the desktop app is connected and reports a connected terminal."""

        async def reports() -> bool:
            terminals = (await self.overview())["terminals"]
            return any(t["online"] and t["connected"] and t["quoteAt"] for t in terminals)

        await self.world.until(reports, 30)

    def log(self) -> str:
        """The end of the server's log."""
        return (self.folder / "server.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    # -- the user --------------------------------------------------------------------------------

    async def overview(self) -> dict[str, Any]:
        """What the server shows the user."""
        answer = await self.http.get("/api/overview")
        if answer.status_code == 401:
            await self._sign_in()
            answer = await self.http.get("/api/overview")
        answer.raise_for_status()
        return answer.json()

    async def post(self, text: str, **more: Any) -> int:
        """Append a message to the followed file; its number, which no other message has."""
        self._last_message += 1
        self.world.post(self._last_message, text, **more)
        return self._last_message

    async def signal(self, kind: str) -> int:
        """Post a signal ("buy" with two targets, "limit", "sell") whose levels no other one has."""
        self._levels += 1
        return await self.post(signal_text(kind, self._levels))

    async def signal_of(self, message_id: int, *states: str) -> dict[str, Any]:
        """The signal that came of a message, once the server shows it in one of ``states``."""
        wanted = states or ("executed", "refused", "rejected")

        async def found() -> dict[str, Any] | None:
            signals = (await self.overview())["recentSignals"]
            return next(
                (s for s in signals if s["messageId"] == message_id and s["status"] in wanted), None
            )

        return await self.world.until(found, 30)

    async def reset(self) -> None:
        """Bring back what a test has ended, resume what it has stopped, close what it has left open."""
        if self.server is None or self.server.poll() is not None:
            self.start_server()
        await self.ready()
        if self.world.app is None or self.world.app.poll() is not None:
            self.world.start_app()
        await self.online()
        overview = await self.overview()
        for latch in [t["latch"] for t in overview["terminals"] if t["latch"]]:
            await self._accepted("/api/trading/resume", {"endStop": latch["latchId"]})
        for trade in overview["openTrades"]:
            await self._accepted(f"/api/trades/{trade['id']}/close")

        async def fresh() -> bool:
            now = await self.overview()
            return not now["openTrades"] and not any(t["latch"] for t in now["terminals"])

        await self.world.until(fresh, 30)
        await self.world.until(self._is_flat, 30)

    async def _accepted(self, path: str, body: Any = None) -> None:
        answer = await self.http.post(path, json=body)
        assert answer.status_code == 202, answer.text

    async def _is_flat(self) -> bool:
        return not await self.world.positions() and not await self.world.terminal("orders_get")

    async def _make_user(self) -> None:
        process = await asyncio.create_subprocess_exec(
            *signalos("user", "create", "--email", EMAIL, "--password-stdin", "--demo"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=self._environ,
        )
        output, _ = await process.communicate(PASSWORD.encode() + b"\n")
        assert process.returncode == 0, output.decode(errors="replace")

    async def _sign_in(self) -> None:
        answer = await self.http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
        answer.raise_for_status()
        self.http.cookies.clear()
        self.http.headers["Authorization"] = f"Bearer {answer.json()['token']}"

    async def use_strategy(self, config: dict[str, Any]) -> None:
        """Let ``config`` be the strategy in force; returns once a running desktop app decides by it."""
        active = (await self.http.get("/api/strategies")).json()["items"][0]
        answer = await self.http.put(
            f"/api/strategies/{active['id']}", json={"name": active["name"], "config": config}
        )
        assert answer.status_code == 200, answer.text
        if self.world.app is not None:
            await self.world.until(lambda: self._pulled_version() == answer.json()["version"], 30)

    def _pulled_version(self) -> str:
        with closing(sqlite3.connect(self.world.home / FILE_NAME)) as db:
            row = db.execute("SELECT value FROM meta WHERE key='server_strategy'").fetchone()
        return "" if row is None else str(json.loads(row[0])["version"])


@asynccontextmanager
async def staged(folder: Path) -> AsyncIterator[Stage]:
    """A running stage for the length of the block."""
    assert (DASHBOARD / "index.html").is_file(), "the dashboard is not built: run python start.py setup"
    stage = Stage(folder)
    began = CLOCK.monotonic()
    try:
        await stage.start()
        print(f"stage up after {CLOCK.monotonic() - began:.1f} s")
        yield stage
    finally:
        await stage.stop()
