"""From a line appended to the followed file to the order executed at the simulated terminal.

``python benchmarks/message_to_order.py [--messages 200]``. Real processes, journal synced. Prints the
machine's own fsync time first: two syncs lie on the way (message with reading, decision with intents)
and one at the terminal, so the ratio to it says more than the milliseconds.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from signalos.desktop.journal import Journal
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import CLOCK, World

HELD = 10
"""After so many signals everything is closed: an account that holds a usual number of trades."""


def fsync_milliseconds(folder: Path, count: int = 200) -> list[float]:
    """How long a write of 4 KiB with fsync takes here."""
    found = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(count):
            file.write(b"x" * 4096)
            file.flush()
            begin = time.perf_counter()
            os.fsync(file.fileno())
            found.append((time.perf_counter() - begin) * 1000)
    return found


async def measure(folder: Path, messages: int) -> dict[str, list[float]]:
    """Milliseconds from the append to: SENDING journalled; executed, by the terminal's clock (1 ms)."""
    world = World(folder / "world", config={"strategy": QUIET}, prices=quiet_prices(folder / "prices"))
    world.start_sim()
    await world.terminal("account_info")
    world.start_app()
    posted: dict[int, datetime] = {}
    try:
        await world.until(lambda: world.status().get("ready"), 60)
        for number in range(1, messages + 1):
            opening, closing = 2 * number - 1, 2 * number
            posted[opening] = datetime.now(UTC)
            world.post(opening, signal_text("sell", number))
            await CLOCK.sleep(0.15)
            if number % HELD == 0:
                world.post(closing, "Close all trades now")
                await CLOCK.sleep(0.3)
        await world.until(lambda: world.status().get("positions") == 0, 60)
        deals = {d["comment"]: d["time_msc"] / 1000 for d in await world.deals() if d["entry"] == 0}
    finally:
        world.stop()
    clock = SystemClock()
    journal = Journal(world.home, clock=clock, market=clock, ids=SystemIds())
    sent: list[float] = []
    executed: list[float] = []
    for intent in journal.intents.everything():
        if intent.kind != "open" or intent.state != "executed":
            continue
        begin = posted[intent.key.message_id]
        if intent.sent_at is not None:
            sent.append((intent.sent_at - begin).total_seconds() * 1000)
        executed.append((deals[intent.tag] - begin.timestamp()) * 1000)
    journal.close()
    return {"message to SENDING journalled": sent, "message to order at the terminal": executed}


def main() -> int:
    """Print the table; exit 1 if nothing was executed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=200, help="a multiple of ten")
    parser.add_argument("--limit", type=float, default=10.0, help="highest median to the order, in ms")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="signalos-bench-") as name:
        folder = Path(name)
        base = fsync_milliseconds(folder)
        figures = {"fsync of 4 KiB (baseline)": base, **asyncio.run(measure(folder, options.messages))}
    print(f"{'ms':<34}{'n':>6}{'median':>9}{'p95':>9}{'p99':>9}{'x fsync':>9}")
    for name, values in figures.items():
        if not values:
            print(f"{name:<34}{'nothing executed':>33}")
            return 1
        values.sort()
        p95, p99 = values[int(len(values) * 0.95)], values[int(len(values) * 0.99)]
        median = statistics.median(values)
        print(
            f"{name:<34}{len(values):>6}{median:>9.2f}{p95:>9.2f}{p99:>9.2f}{median / statistics.median(base):>9.1f}"
        )
    reached = statistics.median(figures["message to order at the terminal"])
    if reached > options.limit:
        print(f"the median to the order is {reached:.2f} ms, above {options.limit:g} ms")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
