"""Brokers to run the contract over: each is a way to reach a simulated terminal."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest

from signalos.brokers._template import TemplateBroker, Venue
from signalos.brokers._template.venue import Instrument
from signalos.brokers.base import Broker
from signalos.brokers.mt5 import (
    Before,
    Deadlines,
    Mt5Broker,
    Settings,
    WorkerLauncher,
    mt5linux_worker,
    native_worker,
    settle,
    simulated_worker,
)
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.faults import Faults
from signalos.brokers.simulated.local import LocalWorker
from signalos.brokers.simulated.server import SimulatorServer
from signalos.brokers.simulated.service import Service
from signalos.domain.market import Deal
from signalos.domain.order import LegKey, OpenLeg, OrderRequest, Outcome
from signalos.domain.signal import Side
from signalos.kit.clock import SystemClock
from tests.support.mt5linux_server import Mt5LinuxServer

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
    """A broker, and what a test may ask of it. ``service`` is the simulated terminal behind it.

    A broker of another kind is put in by :class:`OtherWorld`.
    """

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


NATIVE = Path(__file__).parents[1] / "support" / "native"


def native_environ(address: str) -> dict[str, str]:
    """Environment of a worker that finds a module named MetaTrader5, over the terminal at ``address``."""
    return {"PYTHONPATH": str(NATIVE), "SIGNALOS_TEST_TERMINAL": address}


@pytest.fixture
async def through_native(service: Service, address: str) -> AsyncIterator[World]:
    """The MetaTrader broker, a worker process with ``--native``, and the module that it imports."""
    clock = SystemClock()
    launcher = WorkerLauncher(native_worker(), clock, Random(1), native_environ(address))
    broker = Mt5Broker("t1", launcher, clock, Settings(deadlines=Deadlines(send=2.0)))
    await broker.start()
    yield World(broker, service, launcher)
    await broker.stop()


@pytest.fixture
async def mt5linux_server(address: str) -> AsyncIterator[Mt5LinuxServer]:
    """The server of the mt5linux package, over the terminal at ``address``."""
    pytest.importorskip("mt5linux", reason="the package mt5linux is for Linux")
    server = Mt5LinuxServer(native_environ(address))
    await server.start()
    yield server
    await server.kill()


@pytest.fixture
async def through_mt5linux(service: Service, mt5linux_server: Mt5LinuxServer) -> AsyncIterator[World]:
    """The MetaTrader broker, a worker process with ``--mt5linux``, the server and the module behind it."""
    clock, deadlines = SystemClock(), Deadlines(send=2.0)
    launcher = WorkerLauncher(mt5linux_worker(mt5linux_server.address, deadlines.send), clock, Random(1))
    broker = Mt5Broker("t1", launcher, clock, Settings(deadlines=deadlines))
    await broker.start()
    yield World(broker, service, launcher)
    await broker.stop()


@pytest.fixture
async def in_process(service: Service) -> AsyncIterator[World]:
    """The MetaTrader broker and the simulated terminal in one process, without any wire."""

    async def worker() -> LocalWorker:
        return LocalWorker(service)

    broker = Mt5Broker("t1", worker, SystemClock(), Settings())
    await broker.start()
    yield World(broker, service)
    await broker.stop()


@dataclass
class OtherWorld(World):
    """A broker that is no simulated MetaTrader: ``all_deals`` lists its house's deals."""

    service: Any = None
    all_deals: Callable[[], Iterable[Deal]] = tuple

    def deals_of(self, leg: int) -> list[Any]:
        return [deal for deal in self.all_deals() if deal.tag == self.tag(leg)]


@pytest.fixture
async def from_template() -> OtherWorld:
    """The broker that others are copied from, over a trading house in memory."""
    login, _, server = ACCOUNT.partition("@")
    house = Venue(
        SystemClock(),
        login,
        server,
        {
            "EURUSD": Instrument("EURUSD", 5, Decimal("1.1"), Decimal("1.1001"), Decimal(100_000)),
            "USDJPY": Instrument("USDJPY", 3, Decimal(110), Decimal("110.01"), Decimal(909)),
        },
    )
    broker = TemplateBroker("t1", house)
    await broker.start()
    return OtherWorld(broker, all_deals=lambda: house.deals)


TO_METATRADER = ("over_worker", "through_native", "through_mt5linux", "in_process")


@pytest.fixture(params=TO_METATRADER)
def mt5_world(request: pytest.FixtureRequest) -> World:
    """Every way to a MetaTrader terminal in turn."""
    found: World = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=[*TO_METATRADER, "from_template"])
def world(request: pytest.FixtureRequest) -> World:
    """Every way in turn: whoever writes another broker adds its fixture here."""
    found: World = request.getfixturevalue(request.param)
    return found
