"""``signalos up``: server, desktop app, simulated terminal and example channel on one demo clock."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec

from signalos.commands.children import Child, last_lines
from signalos.commands.demo import LONGEST_GAP, DemoHome, Recording
from signalos.domain.errors import ConfigError
from signalos.kit.clock import DemoTime, SystemClock
from signalos.kit.paths import state_home, write_atomically
from signalos.kit.single import AlreadyRunning, SingleInstance

DEMO_EMAIL = "demo@signalos.example"
SPEED = 60.0
LEAD = timedelta(minutes=2)
READY_WITHIN_SECONDS = 60.0
SAVE_EVERY_SECONDS = 2.0


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("up", help="start everything for a first look")
    parser.add_argument(
        "--speed",
        type=float,
        default=os.environ.get("SIGNALOS_DEMO_SPEED", str(SPEED)),
        help=f"recorded seconds a second, {SPEED:g} by default (environment: SIGNALOS_DEMO_SPEED)",
    )
    parser.add_argument("--examples", type=Path, default=None, help="folder with channel/ and prices/")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Start everything and keep it running until Ctrl-C."""
    if not 0.1 <= options.speed <= 3600:
        raise ConfigError(f"the demo's speed is {options.speed:g}; it must be between 0.1 and 3600")
    return asyncio.run(_run(options))


async def _run(options: argparse.Namespace) -> int:
    home = state_home()
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        single = SingleInstance(home / "up", "SignalOS")
    except AlreadyRunning as why:
        raise ConfigError(str(why)) from None
    with single:
        up = Up(home, _examples(options.examples), options.speed)
        stopped = asyncio.Event()
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            if sys.platform != "win32":
                loop.add_signal_handler(number, stopped.set)
            else:
                signal.signal(number, lambda *_: loop.call_soon_threadsafe(stopped.set))
        await up.run(stopped)
    return 0


class Up:
    """The demo: children in the order they need each other, ended in the opposite order."""

    def __init__(self, home: Path, examples: Path, speed: float) -> None:
        self._home = home
        self._examples = examples
        self._speed = speed
        self._clock = SystemClock()
        self._host = os.environ.get("HOST", "127.0.0.1")
        if self._host not in ("127.0.0.1", "localhost"):
            raise ConfigError(
                f"HOST is {self._host}: the demo runs on 127.0.0.1 only. For other addresses start"
                " `signalos server` with TLS, and the desktop app beside your terminal."
            )
        self._port = _port(os.environ.get("PORT", "5000").strip())
        self._url = f"http://127.0.0.1:{self._port}"
        self._demo = DemoHome(home / "demo", self._clock)
        self._logs = home / "logs"
        self._environ = {"SIGNALOS_HOME": str(home), "HOST": self._host, "PORT": str(self._port)}

    async def run(self, stopped: asyncio.Event) -> None:
        """Run rounds of the recording until ``stopped``."""
        self._refuse_busy_port()
        recording = await asyncio.to_thread(_recording, self._examples)
        password = self._demo.password()
        await self._make_user(password)
        _say("starting the server")
        async with self._running(self._server()) as server:
            await self._ready(server)
            token = await self._terminal_token(password)
            self._hand_over(token)
            told = False
            while not stopped.is_set():
                demo = self._demo.begin(recording, self._speed)
                async with self._round(demo.round):
                    if not told:
                        self._greet(password)
                        told = True
                    await self._until_end(demo, stopped)
                self._demo.save(demo)
                if not stopped.is_set():
                    _say("the recording has ended: the account and the channel begin anew")
        _say("stopped; the next start goes on from here")

    # -- preparation -----------------------------------------------------------------------------

    def _refuse_busy_port(self) -> None:
        with socket.socket() as probe:
            if sys.platform != "win32":  # where it would let us share a port that is taken
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(("127.0.0.1", self._port))
            except OSError:
                raise ConfigError(
                    f"port {self._port} is in use by another program. End that program, or choose another"
                    f" port, for example: PORT={self._port + 1} python start.py"
                ) from None

    async def _make_user(self, password: str) -> None:
        done = self._home / "demo" / "user"
        if done.exists():
            return
        _say("making the database and the demo user")
        process = await asyncio.create_subprocess_exec(
            *_signalos("user", "create", "--email", DEMO_EMAIL, "--password-stdin", "--demo"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env={**os.environ, **self._environ},
        )
        output, _ = await process.communicate(password.encode() + b"\n")
        if process.returncode != 0:
            raise ConfigError(f"the demo user could not be made: {output.decode(errors='replace').strip()}")
        write_atomically(done, DEMO_EMAIL.encode())

    def _server(self) -> Child:
        return self._child("server", _signalos("server"))

    def _child(self, name: str, arguments: list[str]) -> Child:
        return Child(
            name,
            arguments,
            environ=self._environ,
            log_file=self._logs / f"{name}.log",
            clock=self._clock,
            tell=_say,
        )

    async def _ready(self, server: Child) -> None:
        until = self._clock.monotonic() + READY_WITHIN_SECONDS
        async with httpx.AsyncClient(base_url=self._url, trust_env=False) as http:
            while self._clock.monotonic() < until:
                with contextlib.suppress(httpx.TransportError):
                    if (await http.get("/health/ready")).status_code == 200:
                        return
                if server.pid is None:
                    break
                await self._clock.sleep(0.1)
        log = self._logs / "server.log"
        raise ConfigError(f"the server did not become ready. The end of {log}:\n{last_lines(log)}")

    async def _terminal_token(self, password: str) -> str:
        """The desktop app's token: the stored one if the server still takes it, else a new terminal's."""
        path = self._home / "auth_token"
        async with httpx.AsyncClient(base_url=self._url, trust_env=False) as http:
            if path.exists():
                stored = path.read_text(encoding="utf-8").strip()
                mine = await http.get("/api/me", headers={"Authorization": f"Bearer {stored}"})
                if mine.status_code == 200:
                    return stored
            answer = await http.post("/api/auth/login", json={"email": DEMO_EMAIL, "password": password})
            if answer.status_code != 200:
                raise ConfigError(
                    f"the demo user cannot sign in ({answer.status_code}: {answer.text[:200]}). If its password was"
                    f" changed, remove {self._home / 'demo'} and start again."
                )
            headers = {"Authorization": f"Bearer {answer.json()['token']}"}
            made = await http.post("/api/terminals", json={"name": "Simulated terminal"}, headers=headers)
            made.raise_for_status()
            token: str = made.json()["token"]
        return token

    def _hand_over(self, token: str) -> None:
        from signalos.desktop.auth import AuthTokenManager

        AuthTokenManager(self._home).store_auth_token(token)

    # -- a round ---------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _round(self, number: int) -> AsyncIterator[None]:
        folder = self._demo.round_folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        address = f"127.0.0.1:{_free_port()}"
        config = folder / "config.json"
        write_atomically(config, msgspec.json.format(msgspec.json.encode(self._config(address)), indent=2))
        simulated = self._child(
            "terminal",
            _signalos(
                "sim",
                *("--listen", address),
                *("--state", str(folder / "account.sqlite3")),
                *("--prices", str(self._examples / "prices")),
                *("--clock", str(self._demo.clock_file)),
            ),
        )
        desktop = self._child(
            "desktop",
            _signalos("desktop", "run", "--config", str(config), "--home", str(folder / "desktop")),
        )
        _say("starting the simulated terminal and the desktop app")
        async with self._running(simulated), self._running(desktop):
            yield

    def _config(self, address: str) -> dict[str, Any]:
        return {
            "server_url": self._url,
            "demo_clock": str(self._demo.clock_file),
            "mt5_settings": {"magic_number": 517001, "slippage": 20},
            "strategy": {"risk_percentage": 1},
            "sources": [
                {
                    "type": "export",
                    "name": "example channel",
                    "path": str(self._examples / "channel" / "result.json"),
                }
            ],
            "terminals": [{"id": "simulated", "type": "simulated", "address": address}],
        }

    async def _until_end(self, demo: DemoTime, stopped: asyncio.Event) -> None:
        while not stopped.is_set() and demo.at(self._clock.now()) < demo.data_end:
            self._demo.save(demo)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(SAVE_EVERY_SECONDS):
                    await stopped.wait()

    @contextlib.asynccontextmanager
    async def _running(self, child: Child) -> AsyncIterator[Child]:
        await child.start()
        try:
            yield child
        finally:
            await child.stop()

    def _greet(self, password: str) -> None:
        _say(f"SignalOS runs at {self._url}")
        _say(f"Sign in: {DEMO_EMAIL} / {password}")
        _say(f"recorded prices at {self._speed:g} times their pace; Ctrl-C ends everything")
        if os.environ.get("HEADLESS") != "1":
            webbrowser.open(self._url)


def _recording(examples: Path) -> Recording:
    """Where the recording begins (shortly before the first message), ends and pauses."""
    from signalos.prices import closed_spans, recorded_span

    first, last = recorded_span(examples / "prices")
    export = msgspec.json.decode((examples / "channel" / "result.json").read_bytes())
    posted = min(int(m["date_unixtime"]) for m in export["messages"] if m["type"] == "message")
    begin = datetime.fromtimestamp(posted, UTC) - LEAD
    return Recording(max(first, begin), last, closed_spans(examples / "prices", LONGEST_GAP))


def _examples(named: Path | None) -> Path:
    folder = named or Path(__file__).resolve().parents[3] / "examples"
    missing = [p for p in ("channel/result.json", "prices") if not (folder / p).exists()]
    if missing:
        raise ConfigError(
            f"the examples are missing: {', '.join(missing)} in {folder}. Name their folder with --examples."
        )
    return folder


def _signalos(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "signalos.cli", *arguments]


def _port(text: str) -> int:
    if not (text.isascii() and text.isdigit() and 1 <= int(text) <= 65535):
        raise ConfigError(f"PORT is {text!r}: it must be a number from 1 to 65535")
    return int(text)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _say(text: str) -> None:
    print(text, flush=True)
