"""``signalos up`` as a process: address, sign-in, live trades, a clean end, the same state next time."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.async_api import Browser, expect

from tests.e2e.screen import opened
from tests.support.world import CLOCK, free_port, signalos

pytestmark = [pytest.mark.browser, pytest.mark.alone, pytest.mark.asyncio(loop_scope="session")]

SIGN_IN = re.compile(r"^Sign in: (\S+) / (\S+)$", re.MULTILINE)
UP_WITHIN = 120.0
TRADES_WITHIN_MS = 90_000


class Up:
    """A running ``signalos up`` with what it has printed so far."""

    def __init__(self, process: subprocess.Popen[bytes], log: Path) -> None:
        self.process = process
        self._log = log

    def printed(self) -> str:
        return self._log.read_text(encoding="utf-8")

    async def signed(self) -> tuple[str, str]:
        """Wait for the line with the demo user's e-mail and password."""
        end = CLOCK.monotonic() + UP_WITHIN
        while (found := SIGN_IN.search(self.printed())) is None:
            assert self.process.poll() is None, self.printed()
            assert CLOCK.monotonic() < end, self.printed()
            await CLOCK.sleep(0.1)
        return found[1], found[2]

    async def interrupt(self) -> int:
        """Press Ctrl-C and wait; the exit code."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.to_thread(self.process.wait, 40)


def environ_in(home: Path, port: int) -> dict[str, str]:
    kept = {
        k: v for k, v in os.environ.items() if k not in {"SESSION_SECRET", "DATABASE_URL", "SIGNALOS_ENV"}
    }
    return {**kept, "SIGNALOS_HOME": str(home), "HOST": "127.0.0.1", "PORT": str(port), "HEADLESS": "1"}


def started(home: Path, port: int, log: Path) -> subprocess.Popen[bytes]:
    with log.open("wb") as file:
        return subprocess.Popen(
            signalos("up", "--speed", "60"),
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environ_in(home, port),
        )


@asynccontextmanager
async def upped(home: Path, port: int, log: Path) -> AsyncIterator[Up]:
    """Start it; whatever happens in the block, it is ended, and its children with it."""
    process = started(home, port, log)
    up = Up(process, log)
    try:
        yield up
    finally:
        if process.poll() is None:
            await up.interrupt()


def processes_of(home: Path) -> list[str]:
    """The command lines of all processes that work in this state folder."""
    mark = f"SIGNALOS_HOME={home}".encode()
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
            except OSError:
                continue  # it has just ended, or is not ours
    return found


async def trades(url: str, email: str, password: str) -> list[dict[str, Any]]:
    """All trades that the server lists."""
    async with httpx.AsyncClient(base_url=url, trust_env=False) as http:
        signed = await http.post("/api/auth/login", json={"email": email, "password": password})
        assert signed.status_code == 200, signed.text
        token = {"Authorization": f"Bearer {signed.json()['token']}"}
        answer = await http.get("/api/trades", params={"limit": 100}, headers=token)
        assert answer.status_code == 200, answer.text
        return answer.json()["items"]


async def test_up_shows_live_trades_ends_cleanly_and_goes_on_next_time(
    browser: Browser, tmp_path: Path
) -> None:
    home, port = tmp_path / "home", free_port()
    url = f"http://127.0.0.1:{port}"
    async with upped(home, port, tmp_path / "first.log") as up:
        email, password = await up.signed()
        assert f"SignalOS runs at {url}" in up.printed()
        assert len(processes_of(home)) >= 4, "up, server, terminal and desktop app"
        async with opened(browser, url) as screen:
            screen.expect_complaint(r"status of 401 .*/api/me")
            await screen.page.goto(url)
            await screen.at("sign-in-email").fill(email)
            await screen.at("sign-in-password").fill(password)
            await screen.at("sign-in-submit").click()
            await screen.live()
            await expect(screen.at("chip-desktop")).to_have_attribute("data-level", "good")
            await expect(screen.at("mode-band")).to_contain_text("Demo")
            await screen.page.goto(f"{url}/trades")
            await expect(screen.rows().or_(screen.rows("pending")).first).to_be_visible(
                timeout=TRADES_WITHIN_MS
            )
        assert await up.interrupt() == 0, up.printed()
    assert up.printed().rstrip().endswith("stopped; the next start goes on from here")
    assert "Traceback" not in up.printed()
    assert processes_of(home) == []

    async with upped(home, port, tmp_path / "second.log") as again:
        assert await again.signed() == (email, password)
        before = {t["id"]: t for t in await trades(url, email, password)}
        assert before
        async with opened(browser, url) as screen:
            await screen.context.request.post(
                f"{url}/api/auth/login",
                data={"email": email, "password": password},
                headers={"Origin": url},
            )
            await screen.go("/trades")
            for trade in [t for t in before.values() if t["status"] == "open"]:
                # It may reach its target while the page is looked at: then it is among the ended ones.
                shown = {t["id"]: t["status"] for t in await trades(url, email, password)}
                if shown[trade["id"]] == "open":
                    await expect(screen.row(trade["identifier"])).to_be_visible()
        assert await again.interrupt() == 0, again.printed()
    assert processes_of(home) == []


async def test_a_busy_port_is_said_with_a_way_out(tmp_path: Path) -> None:
    with socket.socket() as holder:
        holder.bind(("127.0.0.1", 0))
        holder.listen()
        port = holder.getsockname()[1]
        done = await asyncio.to_thread(
            subprocess.run,
            signalos("up"),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=environ_in(tmp_path / "home", port),
        )
    assert done.returncode == 2
    assert f"port {port} is in use by another program" in done.stderr
    assert f"PORT={port + 1} python start.py" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "home" / "server").exists()
