"""Brokers to run the contract over: each is a way to reach a simulated terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import pytest

from signalos.brokers.base import Broker
from signalos.brokers.mt5 import Before, Mt5Broker, Settings, WorkerLauncher, settle, simulated_worker
from signalos.brokers.mt5.session import Session
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.faults import Faults
from signalos.brokers.simulated.server import SimulatorServer
from signalos.brokers.simulated.service import Service
from signalos.brokers.simulated.terminal import Session as TerminalSession
from signalos.domain.order import LegKey, OpenLeg, OrderRequest, Outcome
from signalos.domain.signal import Side
from signalos.kit.clock import SystemClock
from signalos.kit.wire import Answer, Request

MAGIC = 517001
ACCOUNT = "90000001@SignalOS-Simulated"


def write_prices(folder: Path) -> Path:
    """EURUSD swinging around 1.1 and USDJPY around 110, a row a second for ten hours."""
    folder.mkdir()
    start = datetime(2024, 1, 2, tzinfo=UTC)
    for name, middle, step, spread, digits in (
        ("EURUSD", 1.1, 1e-5, 1e-4, 5),
        ("USDJPY", 110, 1e-3, 1e-2, 3),
    ):
        rows = ["time,bid,ask"]
        for second in range(36_000):
            bid = middle + step * (second % 11 - 5)
            at = (start + timedelta(seconds=second)).isoformat()
            rows.append(f"{at},{bid:.{digits}f},{bid + spread:.{digits}f}")
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return folder


@pytest.fixture(scope="session")
def prices(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_prices(tmp_path_factory.mktemp("contract") / "prices")


@dataclass
class World:
    """A broker, and what a test may ask of it. ``service`` is the terminal behind it."""

    broker: Broker
    service: Service
    launcher: WorkerLauncher | None = None
    halted: str = ""
    asked: list[OrderRequest] = field(default_factory=list)

    def key(self, leg: int = 1) -> LegKey:
        return LegKey(self.broker.terminal_id, "-1001", 17, 1, 1, leg)

    def tag(self, leg: int = 1) -> str:
        return self.key(leg).tag(ACCOUNT)

    def gate(self, request: OrderRequest) -> str:
        self.asked.append(request)
        return self.halted

    async def do(self, request: OrderRequest, leg: int = 1) -> Outcome:
        return await self.broker.execute(
            request, key=self.key(leg), tag=self.tag(leg), magic=MAGIC, gate=self.gate
        )

    async def leg(self, **changes: Any) -> OpenLeg:
        """A market buy of 0.10 EURUSD with a stop and a target 50 pips away."""
        tick = await self.broker.tick("EURUSD")
        base: dict[str, Any] = {
            "symbol": "EURUSD",
            "side": Side.BUY,
            "volume": Decimal("0.10"),
            "stop_loss": tick.bid - Decimal("0.005"),
            "take_profit": tick.bid + Decimal("0.005"),
        }
        return OpenLeg(**(base | changes))

    async def settled(self, request: OrderRequest, leg: int = 1, **before: Any) -> Outcome:
        """Look until it is settled; a test that hangs here ends by its own timeout."""
        clock = SystemClock()
        known = Before(clock.now(), **before)
        async with asyncio.timeout(20):
            while True:
                found = await settle(
                    self.broker,
                    request,
                    tag=self.tag(leg),
                    magic=MAGIC,
                    before=known,
                    clock=clock,
                    grace_seconds=0.3,
                )
                if found is not None:
                    return found
                await asyncio.sleep(0.05)

    def deals_of(self, leg: int) -> list[dict[str, Any]]:
        """Deals that carry the leg's tag, read from the terminal itself."""
        session = self.service.session()
        session.call("initialize")
        rows = session.call("history_deals_get", (0, 2**32)).ok
        return [row for row in rows if row["comment"] == self.tag(leg)]


class _Module:
    """The terminal's functions without a wire: the module as the worker's session calls it."""

    def __init__(self, session: TerminalSession) -> None:
        self._session = session
        self._last: tuple[int, str] = (1, "Success")

    def last_error(self) -> tuple[int, str]:
        return self._last

    def __getattr__(self, name: str) -> Any:
        def call(*args: Any, **kwargs: Any) -> Any:
            answer = self._session.call(name, args, kwargs)
            self._last = answer.last_error
            return answer.ok

        return call


class _LocalWorker:
    """A worker's session without a process."""

    def __init__(self, service: Service) -> None:
        self._session = Session(_Module(service.session()))

    async def call(
        self, fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, deadline: float
    ) -> Answer:
        answer = self._session.answer(Request(1, fn, list(args), dict(kwargs or {})))
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)

    async def close(self) -> None:
        pass


@pytest.fixture
async def service(prices: Path, tmp_path: Path) -> AsyncIterator[Service]:
    options = TerminalOptions(state=tmp_path / "account.db", prices=prices)
    terminal = open_terminal(options, SystemClock()).terminal
    yield Service(terminal, Faults(), SystemClock(), lambda: None)
    terminal.close()


@pytest.fixture
async def address(service: Service) -> AsyncIterator[str]:
    """Where the terminal listens, as its process would."""
    server = SimulatorServer(service)
    host, port = await server.start("127.0.0.1", 0)
    stop = asyncio.Event()
    running = asyncio.create_task(server.run(stop))
    yield f"{host}:{port}"
    stop.set()
    await running


@pytest.fixture
async def over_worker(service: Service, address: str) -> AsyncIterator[World]:
    """The MetaTrader broker, a real worker process, the simulated terminal over TCP."""
    clock = SystemClock()
    launcher = WorkerLauncher(simulated_worker(address), clock=clock, random=Random(1))
    broker = Mt5Broker("t1", launcher, clock, Settings())
    await broker.start()
    yield World(broker, service, launcher)
    await broker.stop()


@pytest.fixture
async def in_process(service: Service) -> AsyncIterator[World]:
    """The MetaTrader broker and the simulated terminal in one process, without any wire."""

    async def worker() -> _LocalWorker:
        return _LocalWorker(service)

    broker = Mt5Broker("t1", worker, SystemClock(), Settings())
    await broker.start()
    yield World(broker, service)
    await broker.stop()


@pytest.fixture(params=["over_worker", "in_process"])
def world(request: pytest.FixtureRequest) -> World:
    """Every way in turn: whoever writes another broker adds its fixture here."""
    found: World = request.getfixturevalue(request.param)
    return found
