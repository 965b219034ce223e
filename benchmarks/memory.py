"""How much memory the desktop app takes, stand-alone and paired, after a busy hour's worth of messages.

``python benchmarks/memory.py [--messages 600]``. Real processes: the simulated terminal, the app with its
worker and, for the second figure, a server. Nineteen in twenty messages are talk; the others open and close trades.
Resident memory as Linux counts it (VmRSS): pages shared with other processes count in full.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.stage import Stage
from tests.support.world import CLOCK, World, children_of

TALK = (
    "Good morning traders, gold is waiting for the news today, be patient",
    "TP1 smashed! +45 pips, congratulations to everyone who followed",
    "EURUSD is still below the resistance, we may see a reversal later this week",
    "Join our VIP group for more signals, contact the admin",
    "USD retail sales in ten minutes, no new trades until then",
)
EVERY = 20
"""One message in so many is a signal."""


def resident(pid: int) -> float:
    """Resident memory of a process, in MB (10^6 bytes)."""
    lines = Path(f"/proc/{pid}/status").read_text("ascii", errors="replace").splitlines()
    (line,) = (line for line in lines if line.startswith("VmRSS:"))
    return int(line.split()[1]) * 1024 / 1e6


async def feed(world: World, messages: int) -> tuple[float, float, float]:
    """(MB at the beginning, MB after the messages, MB of the worker)."""
    if world.app is None:
        raise RuntimeError("the app does not run")
    await world.until(lambda: world.status().get("ready"), 60)
    before = resident(world.app.pid)
    for number in range(1, messages + 1):
        text = f"{TALK[number % len(TALK)]} ({number})"
        if number % EVERY == 0:
            text = signal_text("sell", number // EVERY)
            if number % (5 * EVERY) == 0:
                text = "Close all trades now"
        world.post(number, text)
        await CLOCK.sleep(0.05)
    world.post(messages + 1, signal_text("buy", 300))
    await world.until(lambda: any(x["messageId"] == messages + 1 for x in world.journal()), 60)
    workers = [resident(pid) for pid in children_of(world.app.pid)]
    return before, resident(world.app.pid), sum(workers)


async def alone(folder: Path, messages: int) -> tuple[float, float, float]:
    """The app without a server."""
    world = World(folder / "world", config={"strategy": QUIET}, prices=quiet_prices(folder / "prices"))
    world.start_sim()
    await world.terminal("account_info")
    world.start_app()
    try:
        return await feed(world, messages)
    finally:
        world.stop()


async def paired(folder: Path, messages: int) -> tuple[float, float, float]:
    """The app that reports to a server."""
    stage = Stage(folder)
    try:
        await stage.start()
        return await feed(stage.world, messages)
    finally:
        await stage.stop()


def main() -> int:
    """Print the table; exit 1 where the app takes more than the limit."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=600)
    options.add_argument("--limit", type=float, default=120.0, help="most MB that the app may take")
    given = options.parse_args()
    worst = 0.0
    print(f"{'MB':<14}{'ready':>9}{'after':>9}{'worker':>9}{'together':>10}")
    for name, run in (("stand-alone", alone), ("paired", paired)):
        with tempfile.TemporaryDirectory(prefix="signalos-bench-") as folder:
            before, after, worker = asyncio.run(run(Path(folder), given.messages))
        print(f"{name:<14}{before:>9.1f}{after:>9.1f}{worker:>9.1f}{after + worker:>10.1f}")
        worst = max(worst, after)
    return 1 if worst > given.limit else 0


if __name__ == "__main__":
    sys.exit(main())
