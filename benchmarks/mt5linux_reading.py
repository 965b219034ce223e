"""Thirty open positions as plain data, read through one mt5linux server: its own client and ours.

``python benchmarks/mt5linux_reading.py [--times 50]``. The server serves the simulated terminal; the
simulated terminal's own client, with no mt5linux between, is the third line.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mt5linux import MetaTrader5

from signalos.brokers.mt5.plain import plain
from signalos.brokers.mt5.remote import RemoteModule
from signalos.brokers.simulated.client import SimulatedModule
from tests.contract.conftest import native_environ, write_prices
from tests.support.mt5linux_server import Mt5LinuxServer
from tests.support.world import World

POSITIONS = 30
ORDER = {"action": 1, "symbol": "EURUSD", "volume": 0.1, "type": 0, "type_filling": 1}


def measure(read: Callable[[], Any], times: int) -> list[float]:
    """Milliseconds of each of ``times`` readings, after one that is not counted."""
    assert len(read()) == POSITIONS
    found = []
    for _ in range(times):
        begin = time.perf_counter()
        read()
        found.append((time.perf_counter() - begin) * 1000)
    return found


def readings(server: int, terminal: int, times: int) -> dict[str, list[float]]:
    """Milliseconds by client."""
    ours = RemoteModule("127.0.0.1", server, 20.0)
    assert ours.initialize()
    for _ in range(POSITIONS):
        assert ours.order_send(ORDER)["retcode"] == 10009
    theirs = MetaTrader5("127.0.0.1", server)
    found = {
        "mt5linux's own client": measure(
            lambda: plain([p._asdict() for p in theirs.positions_get()]), times
        ),
        "signalos, one round trip": measure(lambda: plain(ours.positions_get()), times),
    }
    ours.shutdown()
    direct = SimulatedModule("127.0.0.1", terminal)
    assert direct.initialize()
    found["no mt5linux between"] = measure(lambda: plain(direct.positions_get()), times)
    direct.shutdown()
    return found


async def main() -> None:
    """Start the processes, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        world = World(Path(folder) / "world", prices=write_prices(Path(folder) / "prices"))
        world.start_sim()
        await world.terminal("initialize")
        server = Mt5LinuxServer(native_environ(f"127.0.0.1:{world.port}"))
        await server.start()
        try:
            found = await asyncio.to_thread(readings, server.port, world.port, options.times)
        finally:
            await server.kill()
            world.stop()
    print(f"{POSITIONS} positions, {options.times} readings, milliseconds: median, slowest")
    for name, values in found.items():
        print(f"{name:<26}{statistics.median(values):8.2f}{max(values):9.2f}")


if __name__ == "__main__":
    asyncio.run(main())
