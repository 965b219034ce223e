"""The MetaTrader broker over real worker processes, with a terminal that can be stopped in the middle."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from random import Random

import pytest

from signalos.brokers.mt5 import Deadlines, Mt5Broker, Settings, WorkerLauncher, simulated_worker
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.faults import Effect, Fault, Faults
from signalos.brokers.simulated.server import SimulatorServer
from signalos.brokers.simulated.service import Service
from signalos.kit.clock import SystemClock
from tests.contract.conftest import World, prices

__all__ = ["prices"]


class HeldClock:
    """The terminal's clock: a delayed call announces itself and waits until it is let go."""

    def __init__(self) -> None:
        self._system = SystemClock()
        self.reached = asyncio.Event()
        self.go = asyncio.Event()

    def now(self) -> datetime:
        return self._system.now()

    def monotonic(self) -> float:
        return self._system.monotonic()

    async def sleep(self, seconds: float) -> None:
        self.reached.set()
        await self.go.wait()


class TerminalProcess:
    """A terminal that can be ended and started again at the same address, as a process could."""

    def __init__(self, prices: Path, folder: Path) -> None:
        self._prices = prices
        self._folder = folder
        self.clock = HeldClock()
        self.died = asyncio.Event()
        self.port = 0
        self._stop = asyncio.Event()
        self._running: asyncio.Task[None] | None = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    async def start(self, login: int | None = None) -> None:
        name = f"account-{login}.db" if login else "account.db"
        options = TerminalOptions(state=self._folder / name, prices=self._prices, login=login)
        terminal = open_terminal(options, self.clock).terminal
        self.service = Service(terminal, Faults(), self.clock, self.died.set)
        server = SimulatorServer(self.service)
        _, self.port = await server.start("127.0.0.1", self.port)
        self._stop = asyncio.Event()
        self._running = asyncio.create_task(server.run(self._stop))

    async def end(self) -> None:
        self._stop.set()
        if self._running is not None:
            await self._running
            self._running = None
            self.service.terminal.close()

    def fault(self, effect: Effect, fn: str = "order_send", **more: object) -> None:
        self.service.faults.add(Fault(**({"fn": fn, "effect": effect, "nth": 1} | more)))  # type: ignore[arg-type]


@pytest.fixture
async def terminal(prices: Path, tmp_path: Path) -> AsyncIterator[TerminalProcess]:
    made = TerminalProcess(prices, tmp_path)
    await made.start()
    yield made
    made.clock.go.set()
    await made.end()


@pytest.fixture
async def world(terminal: TerminalProcess) -> AsyncIterator[World]:
    clock = SystemClock()
    launcher = WorkerLauncher(simulated_worker(terminal.address), clock=clock, random=Random(1))
    broker = Mt5Broker("t1", launcher, clock, Settings(deadlines=Deadlines(send=1.0, connect=5.0)))
    await broker.start()
    made = World(broker, terminal.service, launcher)
    yield made
    await broker.stop()
