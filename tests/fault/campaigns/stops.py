"""Stop trading at random moments, some with a kill in the middle, and prove it flat each time.

``python start.py prove stops [--runs 20] [--seed 1]``: each run opens positions and waiting orders,
latches the stop from the command line while signals keep coming, kills the app in one run of four,
and asks the terminal itself: no position, no order, no entry after the latch, nothing until resume.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from signalos.desktop.journal import Journal
from signalos.kit.ids import SystemIds
from tests.support.world import CLOCK, World, signalos

QUIET = {
    "riskPercentage": 0.2,
    "maxDailyTrades": 1000,
    "maxOpenTrades": 1000,
    "filters": {"skip_duplicates": False, "skip_conflicts": False},
}


def quiet_prices(folder: Path) -> Path:
    """A folder with a EURUSD that hardly moves, for a day from the account's start."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = datetime(2024, 1, 2, tzinfo=UTC)
    with (folder / "EURUSD.csv").open("w", encoding="utf-8") as file:
        file.write("time,bid,ask\n")
        for second in range(7200):
            bid = 1.10000 + (second % 7) * 0.00001
            file.write(f"{(begin + timedelta(seconds=second)).isoformat()},{bid:.5f},{bid + 0.0001:.5f}\n")
    return folder


def signal_text(kind: str, number: int) -> str:
    """A signal whose levels no other number has: the same levels again would be a re-post."""
    away = 0.00001 * (number % 400)
    match kind:
        case "buy":
            return (
                f"EURUSD BUY NOW\nSL {1.0900 - away:.5f}\nTP1 {1.1100 + away:.5f}\nTP2 {1.1200 + away:.5f}"
            )
        case "limit":
            return f"EURUSD BUY LIMIT {1.0950 - away:.5f}\nSL {1.0880 - away:.5f}\nTP {1.1100 + away:.5f}"
        case _:
            return f"EURUSD SELL NOW\nSL {1.1100 + away:.5f}\nTP {1.0900 - away:.5f}"


async def one_stop(folder: Path, chance: random.Random, kill: bool) -> dict[str, Any]:
    """One run; {seconds, entries_after, left, flat, traded_before_resume, opened}."""
    world = World(folder, config={"strategy": QUIET}, prices=quiet_prices(folder / "prices"))
    world.start_sim()
    await world.terminal("account_info")
    world.start_app()
    posting = asyncio.create_task(_keep_posting(world, chance))
    try:
        await world.until(lambda: world.status().get("ready"), 60)
        await CLOCK.sleep(chance.uniform(0.3, 2.0))
        began = CLOCK.monotonic()
        stop = await asyncio.create_subprocess_exec(
            *signalos("desktop", "stop", "--home", str(world.home), "--json", "--wait", "60"),
            stdout=asyncio.subprocess.PIPE,
        )
        if kill:
            await CLOCK.sleep(chance.uniform(0.0, 0.6))
            world.kill(chance.choice(["app", "worker"]))
            await CLOCK.sleep(chance.uniform(0.0, 0.3))
            if world.app is not None and world.app.poll() is not None:
                world.start_app()
        output, _ = await stop.communicate()
        seconds = CLOCK.monotonic() - began
        answer = json.loads(output)
        latched = datetime.fromisoformat(answer["latchedAt"])
        after = await world.deals()
        await CLOCK.sleep(1.0)  # signals keep coming: none of them may trade
        posting.cancel()
        await CLOCK.sleep(0.3)
        later = await world.deals()
        entries = [d for d in later if d["entry"] == 0 and d["type"] in (0, 1)]
        new = len(entries) - len([d for d in after if d["entry"] == 0 and d["type"] in (0, 1)])
        result = {
            "seconds": seconds,
            "code": stop.returncode,
            "flat": answer["flat"],
            "positions": len(await world.positions()),
            "orders": len(await world.terminal("orders_get") or []),
            "entries_after_flat": new,
            "sent_after_latch": sent_after(world.home, latched),
            "opened": len(entries),
        }
        if world.app is not None and world.app.poll() is not None:
            # The stop command held the folder when the app was started again: it refused, as it should.
            world.start_app()
        world.command("resume")
        world.post(900_001, signal_text("buy", 399))
        await world.until(lambda: any(x["messageId"] == 900_001 for x in world.journal()), 30)
        await world.until(world.positions, 30)
        result["trades_after_resume"] = len(await world.positions())
        return result
    finally:
        posting.cancel()
        world.stop()


def sent_after(home: Path, latched: datetime) -> int:
    """How many executed entries were sent after the latch, by the journal's own times."""
    journal = Journal(home, clock=CLOCK, market=CLOCK, ids=SystemIds())
    try:
        return sum(
            1
            for intent in journal.intents.everything()
            if intent.kind == "open" and intent.state in ("executed", "pending")
            if intent.sent_at is not None and intent.sent_at > latched
        )
    finally:
        journal.close()


async def _keep_posting(world: World, chance: random.Random) -> None:
    for number in range(1, 900_000):
        world.post(number, signal_text(chance.choice(["buy", "buy", "limit", "sell"]), number))
        await CLOCK.sleep(chance.uniform(0.02, 0.15))


def faults_of(result: dict[str, Any]) -> list[str]:
    """What a run did wrong."""
    found = []
    if result["code"] != 0 or not result["flat"]:
        found.append(f"not proven flat: {result}")
    if result["positions"] or result["orders"]:
        found.append(f"{result['positions']} positions and {result['orders']} orders are left")
    if result["sent_after_latch"]:
        found.append(f"{result['sent_after_latch']} entries were sent after the latch")
    if result["entries_after_flat"]:
        found.append(f"{result['entries_after_flat']} entries after the stop")
    if not result["trades_after_resume"]:
        found.append("nothing traded after resume")
    return found


async def campaign(runs: int, seed: int, folder: Path) -> int:
    """Run all, print the figures; the number of faults."""
    chance = random.Random(seed)
    faults, seconds, opened = 0, [], 0
    for number in range(runs):
        result = await one_stop(folder / f"run-{number}", chance, kill=number % 4 == 3)
        seconds.append(result["seconds"])
        opened += result["opened"]
        for text in faults_of(result):
            faults += 1
            print(f"  FAULT run {number}: {text}")
    if not opened:
        faults += 1
        print("  FAULT nothing was ever opened: these runs prove nothing")
    print(
        f"{runs} stops, seed {seed}, {opened} entries before them; seconds to proven flat (start of the"
        f" command included): median {statistics.median(seconds):.2f}, longest {max(seconds):.2f}; {faults} faults"
    )
    return faults


def main(arguments: list[str]) -> int:
    """Run the campaign; exit 1 on any fault."""
    parser = argparse.ArgumentParser(prog="stops")
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="signalos-stops-"))
    faults = asyncio.run(campaign(options.runs, options.seed, folder))
    if faults:
        print(f"everything of the runs is kept in {folder}")
        return 1
    shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
