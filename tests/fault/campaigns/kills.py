"""Kill the app, its worker and the simulated terminal at random, and compare with an unkilled run.

``python start.py prove kills [--kills 50] [--seed 1] [--speed 1200]``. Both runs replay the example
channel over the recorded prices on a demo clock. Afterwards every leg must be there exactly once;
legs may differ only where the signal's age ran out, or the market moved on, while something was down.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import random
import shutil
import sqlite3
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from signalos.kit.clock import DemoTime
from tests.support.world import CLOCK, EXAMPLES, World, demo_time

BEGIN = datetime(2014, 5, 1, 5, 55, tzinfo=UTC)
START = "start"
AGE_SECONDS = 3 * 3600.0
"""Signals may be this old (recorded time): most survive a restart, so that few are excused."""
EXCUSES = {
    "too_old",
    "stop_too_close",
    "target_too_close",
    "leg_unsettled",
    "not_filled",
    "no_change",
    "stop_crossed",
    "target_passed",
    "nothing_open",
    "position_closed",
    "stop_wrong_side_of_market",
    "waiting_for_price",
    "stale_quote",
    "price_moved",
    "invalid_price",
    "stops_wrong_side",
    "stops_too_close",
    "invalid_stops",  # the server's own word for it, where the market moved on between our look and the send
    "order_gone",  # placed after the market had passed its price, and called off unfilled
}
"""Reasons that a later moment of the same market can give."""


REACTION = timedelta(minutes=5)
"""So long may the app take in hand what was posted: recorded time, a quarter of a second at the default speed."""


@dataclass
class Downtime:
    """A span of recorded time in which something was down, with the time to recover."""

    which: str
    begin: datetime
    end: datetime

    def met(self, posted: datetime, decided: datetime) -> bool:
        """True for what was posted in it, or so shortly before it that it was decided only after it had begun."""
        return self.begin - REACTION <= posted <= self.end and self.begin <= max(posted, decided)


@dataclass
class Run:
    """What one run left behind; ``decided`` tells when by (message, version), in recorded time."""

    journal: list[dict[str, Any]]
    deals: list[dict[str, Any]]
    balance: float
    downtimes: list[Downtime] = field(default_factory=list)
    kills: Counter[str] = field(default_factory=Counter)
    decided: dict[tuple[int, int], datetime] = field(default_factory=dict)


def strategy() -> dict[str, Any]:
    """Rules that depend on the moment as little as possible, so that little is excused by downtime."""
    return {
        "riskPercentage": 0.5,
        "maxDailyTrades": 200,
        "maxOpenTrades": 200,
        "maxSignalAge": AGE_SECONDS,
        "filters": {
            "spread": False,
            "entry_distance": False,
            "min_risk_reward": False,
            "duplicate": False,
            "conflict": False,
        },
    }


def channel_config() -> dict[str, Any]:
    """The example channel as source."""
    return {
        "sources": [
            {"type": "export", "name": "example", "path": str(EXAMPLES / "channel" / "result.json")}
        ],
        "strategy": strategy(),
        # At this speed the market moves far while an order is on its way.
        "mt5_settings": {"slippage": 5000},
    }


async def one_run(folder: Path, demo: DemoTime, kills: int, seed: int) -> Run:
    """Run the example once, killing ``kills`` times at moments that ``seed`` repeats."""
    world = World(folder, config=channel_config(), demo=demo)
    chance = random.Random(seed)
    run = Run([], [], 0.0)
    world.start_sim()
    await world.terminal("account_info")
    begin = demo.at(datetime.now(UTC))
    world.start_app()
    await world.until(lambda: world.status().get("ready"), 60)
    # On a busy machine the first posts wait for the app to come up.
    run.downtimes.append(Downtime(START, begin, demo.at(datetime.now(UTC)) + timedelta(minutes=30)))
    wall = (demo.wall_at(demo.data_end) - datetime.now(UTC)).total_seconds()
    pause = wall / (kills + 1)
    try:
        for _ in range(kills):
            await CLOCK.sleep(pause * chance.uniform(0.4, 1.2))
            which = chance.choices(["app", "worker", "sim"], weights=[2, 1, 1])[0]
            begin = demo.at(datetime.now(UTC))
            if not world.kill(which):
                continue
            run.kills[which] += 1
            await CLOCK.sleep(chance.uniform(0.0, 0.15))
            if which == "app":
                world.start_app()
            elif which == "sim":
                world.start_sim()
            await world.until(lambda: world.status().get("ready"), 60)
            run.downtimes.append(Downtime(which, begin, demo.at(datetime.now(UTC)) + timedelta(minutes=30)))
        rest = (demo.wall_at(demo.data_end) - datetime.now(UTC)).total_seconds()
        await CLOCK.sleep(max(0.0, rest) + 2.0)
        await world.until(lambda: world.status().get("ready"), 60)
        await world.until(lambda: _settled(world.journal()), 60)
        run.journal = world.journal()
        run.decided = decided_times(world.home / "journal.sqlite3")
        run.deals = await world.deals()
        run.balance = (await world.terminal("account_info"))["balance"]
    finally:
        world.stop()
    return run


def _settled(journal: list[dict[str, Any]]) -> bool:
    return all(line["state"] != "unknown" for line in journal)


def key(line: dict[str, Any]) -> tuple[Any, ...]:
    """A leg's identity."""
    return (line["chatId"], line["messageId"], line["version"], line["part"], line["leg"], line["kind"])


def doubled(run: Run) -> list[str]:
    """Tags with more than one IN deal."""
    entries = Counter(d["comment"] for d in run.deals if d["entry"] == 0 and d["type"] in (0, 1))
    return [tag for tag, count in entries.items() if count > 1]


def unjournalled(run: Run) -> list[str]:
    """IN deals that no journalled leg explains, and executed legs without a deal."""
    entries = {d["comment"] for d in run.deals if d["entry"] == 0 and d["type"] in (0, 1)}
    opened = {
        x["tag"] for x in run.journal if x["kind"] == "open" and x["state"] in ("executed", "pending")
    }
    executed = {x["tag"] for x in run.journal if x["kind"] == "open" and x["state"] == "executed"}
    return sorted(entries - opened) + sorted(executed - entries)


def differences(calm: Run, killed: Run, posted: dict[int, datetime]) -> tuple[list[str], list[str]]:
    """(faults, excused): legs that differ between the runs, by whether a downtime excuses them."""
    a = {key(x): x for x in calm.journal if x["origin"] == "signal"}
    b = {key(x): x for x in killed.journal if x["origin"] == "signal"}
    faults, excused = [], []
    for where in sorted(a.keys() | b.keys(), key=str):
        one, two = a.get(where), b.get(where)
        state = tuple("absent" if x is None else x["state"] for x in (one, two))
        if state[0] == state[1]:
            continue
        reasons = {x["reason"] for x in (one, two) if x is not None and x["reason"]}
        text = f"{where}: {state[0]} -> {state[1]} {sorted(reasons)}"
        moment = posted.get(where[1])
        acted = killed.decided.get((where[1], where[2]), moment)
        down = (
            moment is not None and acted is not None and any(d.met(moment, acted) for d in killed.downtimes)
        )
        # An update differs as well where the signal it is about met a downtime.
        killed_before = [d for d in killed.downtimes if d.which != START and d.begin <= (moment or BEGIN)]
        follows = where[5] != "open" and bool(killed_before)
        # A leg may be absent only where its message was decided in that run as well: else it was lost.
        decided = all(
            x is not None or any(other[:2] == where[:2] for other in run) for x, run in ((one, a), (two, b))
        )
        # What the calm run came too late for, on a busy machine, and the killed one did not, is neither lost nor doubled.
        kinder = (
            state[0] in ("not_executed", "refused") and state[1] == "executed" and bool(reasons & EXCUSES)
        )
        if decided and (kinder or ((down or follows) and (reasons & EXCUSES or "absent" in state))):
            excused.append(text)
        else:
            faults.append(text)
    return faults, excused


def decided_times(journal: Path) -> dict[tuple[int, int], datetime]:
    """When each (message, version) was decided, in recorded time."""
    with contextlib.closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as db:
        rows = db.execute("SELECT message_id, version, max(decided_at) FROM decision GROUP BY 1, 2")
        return {(row[0], row[1]): datetime.fromisoformat(row[2]) for row in rows}


def posted_times() -> dict[int, datetime]:
    """When each message of the example was posted."""
    import json

    export = json.loads((EXAMPLES / "channel" / "result.json").read_text(encoding="utf-8"))
    return {
        m["id"]: datetime.fromtimestamp(int(m["date_unixtime"]), UTC)
        for m in export["messages"]
        if m["type"] == "message"
    }


async def campaign(kills: int, seed: int, speed: float, hours: float, folder: Path) -> int:
    """Run calm and killed, print what differs; the number of faults."""
    from signalos.prices import closed_spans, recorded_span

    _, last = recorded_span(EXAMPLES / "prices")
    closed = closed_spans(EXAMPLES / "prices", timedelta(minutes=30))
    end = min(last, BEGIN + timedelta(hours=hours))
    calm = await one_run(folder / "calm", demo_time(BEGIN, end, speed, closed), 0, seed)
    killed = await one_run(folder / "killed", demo_time(BEGIN, end, speed, closed), kills, seed)
    faults, excused = differences(calm, killed, posted_times())
    faults += [f"doubled: {tag}" for tag in doubled(calm) + doubled(killed)]
    faults += [f"unexplained: {tag}" for tag in unjournalled(calm) + unjournalled(killed)]
    opened = [x for x in calm.journal if x["kind"] == "open"]
    executed = [x for x in opened if x["state"] == "executed"]
    if not executed:
        faults.append("the calm run executed nothing: this run proves nothing")
    print(f"kills: {dict(killed.kills)}, seed {seed}, speed {speed:g}")
    print(f"calm run: {len(opened)} legs, {len(executed)} executed, balance {calm.balance:.2f}")
    print(f"killed run: balance {killed.balance:.2f}, {len(excused)} legs excused by downtime")
    for line in excused:
        print(f"  excused {line}")
    for line in faults:
        print(f"  FAULT {line}")
    for span in killed.downtimes if faults else ():
        print(f"  down: {span.which}, {span.begin.isoformat()} to {span.end.isoformat()}")
    print(f"{len(faults)} faults")
    return len(faults)


def main(arguments: list[str]) -> int:
    """Run the campaign; exit 1 when anything was lost, doubled or unexplained."""
    parser = argparse.ArgumentParser(prog="kills")
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--speed", type=float, default=1200.0)
    parser.add_argument("--hours", type=float, default=36.0, help="recorded hours to replay")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="signalos-kills-"))
    try:
        faults = asyncio.run(campaign(options.kills, options.seed, options.speed, options.hours, folder))
    finally:
        if "faults" in locals() and not locals()["faults"]:
            shutil.rmtree(folder)
        else:
            print(f"everything of the runs is kept in {folder}")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
