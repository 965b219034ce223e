"""Runs one schedule to its end and hands over what is left: the journal, the account, the channel."""

from __future__ import annotations

import random
import shutil
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signalos.brokers.base import Snapshot
from signalos.brokers.simulated.records import AccountSettings
from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import FILE_NAME
from signalos.kit.ids import SeededIds
from signalos.parser import Languages
from tests.simulation.brokerage import Brokerage
from tests.simulation.channel import Channel
from tests.simulation.clocks import ComputerClock, TrueClock
from tests.simulation.desktop import TERMINAL, Build, Desktop
from tests.simulation.loop import Process, new_loop
from tests.simulation.people import People
from tests.simulation.schedule import EVENTFUL_SECONDS, Schedule
from tests.simulation.worker import Accidents, Machine

PATIENCE_SECONDS = 60.0
"""How long everything may take to come to rest once nothing goes wrong any more."""


@dataclass
class Result:
    """What a run left. ``trace`` sums up every order with its moment, and the number of steps: equal for equal runs."""

    schedule: Schedule
    brokerage: Brokerage
    machine: Machine
    channel: Channel
    people: People
    journal: Journal
    accidents: Counter[str]
    deaths: int
    seconds: float
    steps: int
    trace: int
    errors: list[str] = field(default_factory=list)
    watched_until: float = 0.0
    """When the app looked at its account for the last time but one: what the market did since, it need not have seen."""


class Simulation:
    """The desktop side and all around it, under one simulated clock."""

    def __init__(self, schedule: Schedule, home: Path, languages: Languages, build: Build) -> None:
        self.schedule = schedule
        self._home = home
        self._languages = languages
        self._build = build
        seed = schedule.seed
        self.loop = new_loop()
        self.world = Process("world")
        self.true_time = TrueClock(self.loop)
        self.clock = ComputerClock(self.loop)
        self.brokerage = Brokerage(
            self.true_time,
            schedule.path,
            filling=schedule.filling,
            instant=schedule.instant,
            comments=schedule.comments,
            netting=schedule.netting,
        )
        chance = random.Random(f"accidents:{seed}")
        # Where a terminal's answer proves what it never received, nothing is under way for long.
        never = ("late",) if build.absence_proves else ()
        self.accidents = Accidents(chance, sends=schedule.sends, reads=schedule.reads, never=never)
        self.machine = Machine(
            self.loop, self.brokerage, self.accidents, self.world, random.Random(f"wire:{seed}")
        )
        self.channel = Channel(schedule.repeats)
        self.people = People(self, random.Random(f"people:{seed}"))
        self.desktop: Desktop | None = None
        self.errors: list[str] = []
        self.watched_until = 0.0
        self.troubles: Counter[str] = Counter({"netting account": int(schedule.netting)})
        self.dead: list[Desktop] = []
        self._ended: list[Desktop] = []
        self._lives = iter(schedule.lives)
        self._watched: Journal | None = None

    def later(self, seconds: float, do: Callable[[], object]) -> None:
        """Let the world do something later."""
        self.loop.call_later(seconds, do, context=self.world.context)

    # -- the run -----------------------------------------------------------------------------------

    def run(self) -> Result:
        """Run to the end."""
        self.loop.run(self._main())
        return Result(
            schedule=self.schedule,
            brokerage=self.brokerage,
            machine=self.machine,
            channel=self.channel,
            people=self.people,
            journal=self.open_journal(),
            accidents=Counter(self.accidents.seen) + self.troubles,
            deaths=len(self.dead),
            seconds=self.loop.time(),
            steps=self.loop.steps,
            trace=zlib.crc32(repr((self.loop.steps, self.machine.sent, self.brokerage.arrivals)).encode()),
            errors=self.errors,
            watched_until=self.watched_until,
        )

    def open_journal(self) -> Journal:
        """The journal as another process opens it."""
        return Journal(
            self._home, clock=self.true_time, market=self.true_time, ids=SeededIds(self.schedule.seed)
        )

    async def _main(self) -> None:
        self.start_desktop()
        for event in self.schedule.events:
            await self._until(event.at)
            self._happen(event.kind, event.data)
        await self._until(EVENTFUL_SECONDS)
        self.accidents.over = True
        await self._rest()
        # What the last look showed may still be on its way into the journal.
        self.watched_until = ([0.0, *self.machine.shown][-2:])[0]
        if self.desktop is not None:
            last, self.desktop = self.desktop, None
            if last.ended is not None:
                self.errors.append(f"the app ended by itself: {last.ended!r}")
            last.end()
            self._ended.append(last)
        await self.true_time.sleep(4.0)  # what is cancelled unwinds
        for gone in (*self.dead, *self._ended):
            gone.bury()
        for context in self.loop.errors:
            self.errors.append(f"nobody caught: {context.get('message')}: {context.get('exception')!r}")

    async def _until(self, at: float) -> None:
        if at > self.loop.time():
            await self.true_time.sleep(at - self.loop.time())

    async def _rest(self) -> None:
        """Wait until nothing is under way and the app has looked at all of it, at most ``PATIENCE_SECONDS``.

        It has once a second look has begun since: the first, which may hang for seconds, has then ended.
        """
        until = self.loop.time() + PATIENCE_SECONDS
        self._watched = self.open_journal()
        quiet, looks, seen, last = 0, 0, 0, self._look()
        while self.loop.time() < until and (quiet < 4 or looks < 2):
            await self.true_time.sleep(0.5)
            moved, look = len(self.brokerage.arrivals) + len(self.brokerage.deals()), self._look()
            if self._at_rest(self._watched) and moved == seen:
                quiet, looks = quiet + 1, looks + (look is not last)
            else:
                quiet = looks = 0
            seen, last = moved, look
        self._watched.close()
        self._watched = None

    def _at_rest(self, journal: Journal) -> bool:
        unfinished = journal.intents.unfinished(TERMINAL, ("planned", "sending", "unknown"))
        stopping = [x for x in journal.latches.active(TERMINAL) if not x.flat]
        return not (
            unfinished
            or stopping
            or journal.messages.unread() is not None
            or journal.messages.next_for(TERMINAL) is not None
            or self.people.server.unanswered
            or self._look() is None  # away: what happened last is not seen yet
        )

    def _look(self) -> Snapshot | None:
        """What the app's watcher has read last; another one for each of its rounds."""
        terminal = None if self.desktop is None else self.desktop.terminal
        return None if terminal is None else terminal.watcher.latest

    # -- the app's lives ---------------------------------------------------------------------------

    def start_desktop(self) -> None:
        """Start the app anew from the journal."""
        life = next(self._lives, None)
        self.desktop = Desktop(
            self.loop,
            self._home,
            len(self.dead) + 1,
            clock=self.clock,
            machine=self.machine,
            channel=self.channel,
            languages=self._languages,
            seed=self.schedule.seed,
            build=self._build,
            death=None if life is None else life.death,
            on_result=self.people.server.result,
            on_death=lambda: self._died(0.5 if life is None else life.down),
        )
        self.desktop.start()
        self.people.server.deliver()

    def _died(self, down: float) -> None:
        assert self.desktop is not None
        gone, self.desktop = self.desktop, None
        self.dead.append(gone)
        self.troubles["app killed"] += 1
        if gone.power_cut:
            # Before anybody else opens the journal.
            self.later(0.0, lambda: self._lose_power(gone))
        self.later(down, self._again)

    def _lose_power(self, gone: Desktop) -> None:
        self.troubles["power cut"] += 1
        if self._watched is not None:
            self._watched.close()
        if gone.bury():
            self.troubles["power cut undid"] += 1
        if self._watched is not None:
            self._watched = self.open_journal()

    def _again(self) -> None:
        if self.desktop is None:
            # Whoever was killed lets go of its file at once: so does the operating system.
            for gone in self.dead:
                gone.bury()
            self.start_desktop()

    # -- what happens ------------------------------------------------------------------------------

    def _happen(self, kind: str, data: dict[str, Any]) -> None:
        match kind:
            case "kill":
                if self.desktop is not None:
                    self.desktop.die()
            case "worker kill":
                if self.machine.kill_worker():
                    self.troubles[kind] += 1
            case "clock jump":
                self.clock.off_by += data["by"]
                self.troubles[kind] += 1
            case "terminal down" | "offline" | "button off" | "lag" | "stale" | "other account":
                self.troubles[kind] += 1
                self._trouble(kind, on=True)
                self.later(data["lasts"], lambda: self._trouble(kind, on=False))
            case _:
                self.people.act(kind, data)

    def _trouble(self, kind: str, *, on: bool) -> None:
        broker = self.brokerage
        match kind:
            case "terminal down":
                broker.running = not on
                if not on:
                    broker.lag = 0.0
            case "offline":
                broker.terminal.connected = not on
            case "button off":
                broker.terminal.trade_allowed = not on
            case "lag":
                broker.lag = 1.5 if on else 0.0
            case "stale":
                broker.stale = 3.0 if on else 0.0
            case "other account":
                own = broker.own_login
                broker.switch_account(own + 1 if on else own)


@contextmanager
def finished(
    schedule: Schedule, folder: Path, languages: Languages, build: Build | None = None
) -> Iterator[Result]:
    """A run of ``schedule`` in ``folder``, which is emptied before; the journal is open inside."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    template = folder / f"new-{FILE_NAME}"
    if not template.exists():
        _new_journal(folder, template)
    shutil.copyfile(template, home / FILE_NAME)
    result = Simulation(schedule, home, languages, build or Build()).run()
    try:
        yield result
    finally:
        result.journal.close()


def _new_journal(folder: Path, template: Path) -> None:
    clock = TrueClock(new_loop())
    made = folder / "made"
    made.mkdir(parents=True, exist_ok=True)
    journal = Journal(made, clock=clock, market=clock, ids=SeededIds(0))
    # It has been connected before: whose account it is has been learnt.
    journal.set_meta(f"account {TERMINAL}", f"{AccountSettings().login}@{AccountSettings().server}")
    journal.close()
    shutil.move(made / FILE_NAME, template)
