"""Stop trading with 20 positions open and orders in flight, under faults, and prove it flat each time.

``python start.py prove stops [--runs 200] [--seed 1]``: each run opens about 20 positions and waiting
orders in three symbols, lets the terminal lose answers, delay, requote, reject and vanish, kills the app,
its worker or the terminal in most runs, and latches the stop from the command line while signals keep
coming. Then the terminal itself is asked: no position, no order, no entry after the latch; and nothing of
what came in the meantime is traded after the resume.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import random
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

from tests.support.stopping import POSITIONS, TROUBLES, Bench, Stop

AT_A_TIME = 2
A_WORLD = 10
"""Runs in one world: with every start of an app its journal and the account's history begin anew."""


def faults_of(stop: Stop) -> list[str]:
    """What a run did wrong."""
    found = []
    if stop.code != 0 or not stop.flat:
        found.append(f"not proven flat (exit {stop.code})")
    if stop.positions or stop.orders:
        found.append(f"{stop.positions} positions and {stop.orders} orders are left")
    if stop.sent_after_latch:
        found.append(f"{stop.sent_after_latch} entries were sent after the latch")
    if stop.entries_after_flat:
        found.append(f"{stop.entries_after_flat} entries after it was called flat")
    if stop.doubled:
        found.append(f"opened twice: {stop.doubled}")
    if stop.traded_later:
        found.append(f"posted while stopped and traded: messages {stop.traded_later}")
    if not stop.refused:
        found.append("no signal came while trading was stopped: this run proves little")
    if stop.open_before < POSITIONS:
        found.append(f"only {stop.open_before} positions were open: this run proves little")
    return found


def emptiness_of(stops: list[Stop]) -> list[str]:
    """Why the runs together prove little, if so."""
    found = []
    if not any(stop.in_flight for stop in stops):
        found.append("no entry was in flight at any latch")
    if not any(stop.lost_answers for stop in stops):
        found.append("no answer was lost")
    return found


def distribution(seconds: list[float]) -> str:
    """Median, 90th and 99th percentile, longest."""
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return ordered[math.ceil(share * len(ordered)) - 1]

    return (
        f"median {statistics.median(ordered):.2f}, p90 {at(0.9):.2f}, p99 {at(0.99):.2f},"
        f" longest {ordered[-1]:.2f}"
    )


async def campaign(runs: int, seed: int, folder: Path, app_program: str = "signalos.cli") -> int:
    """Run all, two at a time, print the figures; the number of faults."""
    turn = asyncio.Semaphore(AT_A_TIME)
    numbers = [range(first, min(first + A_WORLD, runs)) for first in range(0, runs, A_WORLD)]
    if runs <= AT_A_TIME * A_WORLD:  # few runs are shared out all the same
        numbers = [range(first, runs, AT_A_TIME) for first in range(min(runs, AT_A_TIME))]
    found: dict[int, Stop] = {}
    broken: list[str] = []

    async def world(some: range) -> None:
        async with turn:
            broken.extend(await _one_world(some, seed, folder, app_program, found))

    await asyncio.gather(*(world(some) for some in numbers))
    return report(found, broken, runs, seed)


async def _one_world(
    numbers: range, seed: int, folder: Path, app_program: str, found: dict[int, Stop]
) -> list[str]:
    """Several stops in one world, into ``found``; answers what could not even be looked at."""
    chance = random.Random(f"{seed}:{numbers.start}")
    bench = Bench(folder / f"runs-from-{numbers.start}", chance, app_program)
    number = numbers.start
    try:
        await bench.start()
        for number in numbers:
            found[number] = await bench.stop(TROUBLES[number % len(TROUBLES)])
        await bench.fill()
        bench.judge_later()
    except Exception as why:  # noqa: BLE001 -- a fault of that run; the others are reported all the same
        return [f"run {number} came to no end: {why!r}"]
    finally:
        await bench.end()
    return []


def report(found: dict[int, Stop], broken: list[str], runs: int, seed: int) -> int:
    """Print faults and figures; the number of faults."""
    faults = broken[:]
    for number, stop in sorted(found.items()):
        faults += [f"run {number} ({stop.trouble}): {text}" for text in faults_of(stop)]
    stops = list(found.values())
    faults += emptiness_of(stops)
    for text in faults:
        print(f"  FAULT {text}")
    if stops:
        held = statistics.mean(s.open_before for s in stops)
        waiting = statistics.mean(s.waiting_before for s in stops)
        flying = [s.in_flight for s in stops if s.in_flight]
        print(
            f"{len(stops)} of {runs} stops, seed {seed}; at the stop on average {held:.1f} positions and"
            f" {waiting:.1f} waiting orders; {len(flying)} runs with {sum(flying)} entries in flight at the"
            f" latch; {sum(s.lost_answers for s in stops)} answers lost"
        )
        print(f"seconds from the latch to proven flat: {distribution([s.seconds for s in stops])}")
        print(f"the same with the command's own start: {distribution([s.with_start for s in stops])}")
        for trouble in TROUBLES:
            some = [s.seconds for s in stops if s.trouble == trouble]
            if some:
                print(f"  {trouble:<10} {len(some):4} runs: {distribution(some)}")
    print(f"{len(faults)} faults")
    return len(faults)


def main(arguments: list[str]) -> int:
    """Run the campaign; exit 1 on any fault."""
    parser = argparse.ArgumentParser(prog="stops")
    parser.add_argument("--runs", type=int, default=200)
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
