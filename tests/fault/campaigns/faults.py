"""Run the desktop side through seeded schedules of faults and deaths under a simulated clock.

``python start.py prove faults [--schedules 20000] [--seed 1] [--planted NAME] [--replay SEED]``. Each
schedule has its own posts, commands, hands at the terminal, accidents on the way to the broker, and deaths
of the app at any step or between any two statements of the journal. Afterwards nothing may be lost,
doubled or unexplained. A failing seed is run again with ``--replay``, step for step.
"""

from __future__ import annotations

import argparse
import logging
import multiprocessing
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from signalos.parser.languages import load_languages
from tests.simulation.desktop import Build
from tests.simulation.judge import judged
from tests.simulation.planted import PLANTED
from tests.simulation.run import finished
from tests.simulation.schedule import Schedule, drawn

EXECUTED_AT_LEAST = 0.95
SHOWN_FAULTS = 30
CHUNK = 25


@dataclass
class Tally:
    """What many schedules came to."""

    schedules: int = 0
    legs: int = 0
    executed: int = 0
    steps: int = 0
    deaths: int = 0
    kinds: Counter[str] = field(default_factory=Counter)
    missed: Counter[str] = field(default_factory=Counter)
    accidents: Counter[str] = field(default_factory=Counter)
    faults: list[tuple[int, str, str]] = field(default_factory=list)

    def add(self, other: Tally) -> None:
        """Add up."""
        self.schedules += other.schedules
        self.legs += other.legs
        self.executed += other.executed
        self.steps += other.steps
        self.deaths += other.deaths
        self.kinds.update(other.kinds)
        self.missed.update(other.missed)
        self.accidents.update(other.accidents)
        self.faults += other.faults

    @property
    def share(self) -> float:
        """Part of the legs that were executed."""
        return self.executed / self.legs if self.legs else 0.0

    @property
    def passed(self) -> bool:
        """True if these schedules prove something and nothing was wrong."""
        return bool(self.legs) and not self.faults and self.share >= EXECUTED_AT_LEAST


def one(schedule: Schedule, folder: Path, build: Build) -> Tally:
    """Run and judge one schedule."""
    with finished(schedule, folder, load_languages(), build) as result:
        verdict = judged(result)
        return Tally(
            schedules=1,
            legs=verdict.legs,
            executed=verdict.executed,
            steps=result.steps,
            deaths=result.deaths,
            kinds=Counter(kind for kind, _ in verdict.faults),
            missed=verdict.missed,
            accidents=result.accidents,
            faults=[(schedule.seed, kind, text) for kind, text in verdict.faults],
        )


def some(seeds: Iterable[int], root: Path, build: Build) -> Tally:
    """Run schedules one after the other, in this process's own folder."""
    folder = root / str(os.getpid())
    folder.mkdir(exist_ok=True)
    tally = Tally()
    for seed in seeds:
        tally.add(one(drawn(seed), folder, build))
    return tally


def tallied(schedules: int, seed: int, build: Build, processes: int) -> Tally:
    """Run ``schedules`` from ``seed`` on in ``processes`` processes."""
    with _memory_folder() as root:
        work = partial(some, root=root, build=build)
        total = Tally()
        if processes == 1:
            total.add(work(range(seed, seed + schedules)))
            return total
        load_languages()  # once, before the processes part
        with multiprocessing.get_context("fork").Pool(processes) as pool:
            for tally in pool.imap(work, _chunks(schedules, seed)):
                total.add(tally)
        if total.schedules != schedules:
            raise RuntimeError(f"only {total.schedules} of {schedules} schedules were run")
        return total


def _chunks(schedules: int, seed: int) -> Iterator[range]:
    for first in range(seed, seed + schedules, CHUNK):
        yield range(first, min(first + CHUNK, seed + schedules))


@contextmanager
def _memory_folder() -> Iterator[Path]:
    """A folder in memory where there is one: a process that dies loses nothing that was written."""
    memory = Path("/dev/shm")  # noqa: S108 -- the folder made in it is this process's own
    with tempfile.TemporaryDirectory(
        dir=memory if memory.is_dir() else None, prefix="signalos-faults-"
    ) as name:
        yield Path(name)


def report(tally: Tally, seconds: float) -> None:
    """Print the figures."""
    a_minute = tally.schedules / seconds * 60
    print(
        f"{tally.schedules} schedules in {seconds:.0f} s ({a_minute:.0f} a minute), {tally.steps} steps,"
        f" {tally.deaths} deaths of the app"
    )
    print("accidents: " + ", ".join(f"{n} {name}" for name, n in tally.accidents.most_common()))
    print(f"legs: {tally.executed} of {tally.legs} executed ({100 * tally.share:.1f} %)")
    print("the others: " + ", ".join(f"{n} {why}" for why, n in tally.missed.most_common()))
    for seed, kind, text in tally.faults[:SHOWN_FAULTS]:
        print(f"  FAULT seed {seed}: {kind}: {text}")
    for kind in ("lost", "doubled", "unexplained", "unproven", "broken"):
        print(f"{tally.kinds[kind]} {kind}")


def replay(seed: int, build: Build) -> int:
    """Run one schedule again, telling what was journalled."""
    with _memory_folder() as folder, finished(drawn(seed), folder, load_languages(), build) as result:
        print(result.schedule)
        for post in result.channel.posts:
            print(f"post {post.message_id} edit={post.edit} deleted={post.deleted}: {post.text!r}")
        for intent in result.journal.intents.everything():
            key = intent.key
            print(
                f"{key.origin} {key.chat_id}/{key.message_id}.{key.version}.{key.part}.{key.leg} {intent.kind}"
                f" {intent.tag} [{intent.state} {intent.reason}] {intent.request}"
            )
        for arrival in result.brokerage.arrivals:
            print(arrival)
        verdict = judged(result)
        for kind, text in verdict.faults:
            print(f"FAULT {kind}: {text}")
        print(f"{result.steps} steps, trace {result.trace:08x}, {len(verdict.faults)} faults")
        return 1 if verdict.faults else 0


def main(arguments: list[str]) -> int:
    """Run the campaign; exit 1 on any fault, or where too little was executed to prove anything."""
    parser = argparse.ArgumentParser(prog="faults")
    parser.add_argument("--schedules", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--planted", choices=PLANTED, help="run the app with this bug: it must be found")
    parser.add_argument("--replay", type=int, metavar="SEED", help="run one schedule again and tell of it")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    options = parser.parse_args(arguments)
    build = PLANTED[options.planted] if options.planted else Build()
    logging.disable(logging.CRITICAL)  # every death and lost answer would be told, thousands of times
    if options.replay is not None:
        return replay(options.replay, build)
    begun = time.monotonic()
    tally = tallied(options.schedules, options.seed, build, options.processes)
    report(tally, time.monotonic() - begun)
    return 0 if tally.passed else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
