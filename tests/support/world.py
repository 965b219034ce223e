"""A small world of real processes for fault tests: a simulated terminal and a desktop app."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from signalos.kit.clock import DemoTime, SystemClock
from signalos.kit.wire import LineTransport, WireLost, WireNeverSent, WireTimeout, connect_tcp

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "examples"
CLOCK = SystemClock()


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def signalos(*arguments: str) -> list[str]:
    """The command line of `signalos` in this environment."""
    return [sys.executable, "-m", "signalos.cli", *arguments]


@dataclass
class World:
    """One account at a simulated terminal and one desktop app, each a process of its own.

    ``config`` is merged over the desktop app's configuration; ``demo`` is the demo clock, None for
    real time; ``prices`` the folder of recorded prices. ``environ`` is added to every process's.
    ``app_program`` is the module that runs as the desktop app: another one than the product's own shows
    that a test sees its faults.
    """

    folder: Path
    config: dict[str, Any] = field(default_factory=dict)
    demo: DemoTime | None = None
    prices: Path = EXAMPLES / "prices"
    balance: int = 100_000
    account_type: str = "demo"
    environ: dict[str, str] = field(default_factory=dict)
    app_program: str = "signalos.cli"
    port: int = field(default_factory=free_port)
    sim: subprocess.Popen[bytes] | None = None
    app: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self.home = self.folder / "desktop"
        self.channel = self.folder / "channel.jsonl"
        self.channel.touch()
        self._clock_file = self.folder / "clock.json"
        config: dict[str, Any] = {
            "server_url": None,
            "sources": [{"type": "file", "name": "channel", "path": str(self.channel)}],
            "terminals": [
                {
                    "id": "sim",
                    "type": "simulated",
                    "address": f"127.0.0.1:{self.port}",
                    "grace_seconds": 1.0,
                }
            ],
            "strategy": {"risk_percentage": 1},
        }
        if self.demo is not None:
            self._clock_file.write_bytes(msgspec.json.encode(self.demo))
            config["demo_clock"] = str(self._clock_file)
        config |= self.config
        self.config_file = self.folder / "config.json"
        self.config_file.write_text(json.dumps(config), encoding="utf-8")

    # -- processes -------------------------------------------------------------------------------

    def start_sim(self) -> None:
        """Start the simulated terminal; it goes on from its durable state."""
        clock = ["--clock", str(self._clock_file)] if self.demo is not None else []
        self.sim = self._spawn(
            "sim",
            signalos(
                "sim",
                *("--listen", f"127.0.0.1:{self.port}"),
                *("--state", str(self.folder / "account.sqlite3")),
                *("--prices", str(self.prices)),
                *("--balance", str(self.balance)),
                *("--account-type", self.account_type),
                *clock,
            ),
        )

    def start_app(self) -> None:
        """Start the desktop app; it begins with recovery."""
        arguments = ["desktop", "run", "--config", str(self.config_file), "--home", str(self.home)]
        self.app = self._spawn("desktop", [sys.executable, "-m", self.app_program, *arguments])

    def _spawn(self, name: str, command: list[str]) -> subprocess.Popen[bytes]:
        environ = {**os.environ, "SIGNALOS_HOME": str(self.folder / "state"), **self.environ}
        with (self.folder / f"{name}.log").open("ab") as log:
            return subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environ,
                cwd=ROOT,
                start_new_session=True,
            )

    def kill(self, which: str) -> bool:
        """Kill -9 of "app", "worker" or "sim"; False if it was not running."""
        if which == "worker":
            pids = children_of(self.app.pid) if self.app is not None else []
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return bool(pids)
        process = self.app if which == "app" else self.sim
        if process is None or process.poll() is not None:
            return False
        process.kill()
        process.wait()
        return True

    def stop(self) -> None:
        """End both processes and leave nothing behind."""
        for process in (self.app, self.sim):
            if process is not None and process.poll() is None:
                process.terminate()
                try:
                    process.wait(20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()

    # -- looking ---------------------------------------------------------------------------------

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run `signalos desktop ... --home HOME` and wait for it."""
        return subprocess.run(
            signalos("desktop", *arguments, "--home", str(self.home)),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env={**os.environ, "SIGNALOS_HOME": str(self.folder / "state"), **self.environ},
        )

    def journal(self) -> list[dict[str, Any]]:
        """The journal's lines; [] while the app has not made one."""
        done = self.command("journal", "--json")
        if done.returncode != 0:
            return []
        return [json.loads(line) for line in done.stdout.splitlines()]

    def status(self) -> dict[str, Any]:
        """The app's status."""
        done = self.command("status", "--json")
        return json.loads(done.stdout) if done.returncode == 0 else {}

    def log(self, name: str = "desktop") -> str:
        """The end of a process's log."""
        path = self.folder / f"{name}.log"
        return path.read_text(encoding="utf-8", errors="replace")[-4000:] if path.exists() else ""

    async def terminal(self, fn: str, /, *args: Any, **kwargs: Any) -> Any:
        """Call a function of the simulated terminal directly; waits while it is down."""
        while True:
            try:
                transport: LineTransport = await connect_tcp("127.0.0.1", self.port)
            except WireNeverSent:
                await CLOCK.sleep(0.05)
                continue
            try:
                answer = await transport.call(fn, args, kwargs, deadline=20)
            except (WireLost, WireTimeout):
                continue
            finally:
                await transport.close()
            if answer.error is not None:
                raise AssertionError(f"{fn}: {answer.error}")
            return answer.ok

    async def deals(self) -> list[dict[str, Any]]:
        """All deals of the account."""
        return await self.terminal("history_deals_get", 0, 4_000_000_000) or []

    async def positions(self) -> list[dict[str, Any]]:
        """All open positions."""
        return await self.terminal("positions_get") or []

    # -- messages --------------------------------------------------------------------------------

    def post(self, message_id: int, text: str, *, at: datetime | None = None, **more: Any) -> None:
        """Append a message to the followed file."""
        line = {
            "chatId": "-1001",
            "id": message_id,
            "date": (at or datetime.now(UTC)).isoformat(),
            "text": text,
            **more,
        }
        with self.channel.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")

    async def until(self, what: Any, seconds: float = 30.0) -> Any:
        """Wait until ``what()`` (plain or awaitable) is truthy; AssertionError with the logs otherwise."""
        end = CLOCK.monotonic() + seconds
        while True:
            value = what()
            if asyncio.iscoroutine(value):
                value = await value
            if value:
                return value
            if CLOCK.monotonic() > end:
                raise AssertionError(f"not within {seconds:g} s\n{self.log()}\n{self.log('sim')}")
            await CLOCK.sleep(0.05)


def children_of(pid: int) -> list[int]:
    """The direct children of a process (Linux)."""
    try:
        return [int(x) for x in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except FileNotFoundError:
        return []


def demo_time(begin: datetime, end: datetime, speed: float, closed: Any = ()) -> DemoTime:
    """A demo clock that begins a moment from now, so that processes can come up before it runs."""
    return DemoTime(
        data_start=begin,
        wall_start=datetime.now(UTC) + timedelta(seconds=2),
        speed=speed,
        data_end=end,
        closed=tuple(closed),
    )
