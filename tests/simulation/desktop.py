"""The desktop app as a process that can be killed at any step and between any two statements."""

from __future__ import annotations

import asyncio
import random
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.launcher import WorkerLauncher
from signalos.brokers.mt5.settings import Deadlines, Settings
from signalos.desktop.app import App
from signalos.desktop.channel_book import ChannelBook
from signalos.desktop.config import DesktopConfig, Mt5Settings, TerminalConfig
from signalos.desktop.executor import Executor
from signalos.desktop.journal import Journal
from signalos.desktop.journal.latches import Latches
from signalos.desktop.parts import Parts
from signalos.desktop.strategy_book import StrategyBook
from signalos.desktop.terminal import Terminal
from signalos.desktop.terminal_types import BrokerParts, TerminalType
from signalos.domain.ceilings import Ceilings
from signalos.domain.strategy_document import strategy_from_document
from signalos.kit.ids import SeededIds
from signalos.language_model.settings import LanguageModelSettings
from signalos.parser import Languages
from signalos.sources.base import Source, SourceParts
from tests.simulation.channel import Channel
from tests.simulation.clocks import ComputerClock
from tests.simulation.loop import Process, SimLoop
from tests.simulation.worker import Machine
from tests.support.power import Disk

T = TypeVar("T")
TERMINAL = "t1"
GRACE = 4.0
DEADLINES = Deadlines(connect=3.0, read=1.0, history=1.5, send=2.0)
STRATEGY: dict[str, Any] = {
    "riskPercentage": 0.3,
    "maxDailyTrades": 500,
    "maxOpenTrades": 500,
    "maxSignalAge": 3600,
    "filters": {
        "spread": False,
        "entry_distance": False,
        "min_risk_reward": False,
        "duplicate": False,
        "conflict": False,
    },
}


class Killed(BaseException):
    """The process is dead: it writes nothing any more."""


@dataclass(frozen=True, slots=True)
class Death:
    """When a process dies: ``after`` more "steps" of the loop or "statements" of the journal (``before``
    or after the statement is carried out), counted from the ``moment``-th thing that reaches it (a post,
    a command, an order going out). ``power``: the computer loses its power, and the journal what nobody had
    waited for the disk for.
    """

    what: str
    moment: int
    after: int
    before: bool = True
    power: bool = False


@dataclass(frozen=True, slots=True)
class Build:
    """What the app is built from. Planted bugs are other classes in the same places."""

    executor: type[Executor] = Executor
    latches: type[Latches] = Latches
    journal: type[Journal] = Journal
    absence_proves: bool = False


class Desktop:
    """One life of the app, from its start to its death."""

    def __init__(
        self,
        loop: SimLoop,
        home: Path,
        number: int,
        *,
        clock: ComputerClock,
        machine: Machine,
        channel: Channel,
        languages: Languages,
        seed: int,
        build: Build,
        death: Death | None,
        on_result: Callable[[Any], None],
        on_death: Callable[[], None],
    ) -> None:
        self.process = Process(f"desktop {number}")
        self.process.before_step = self._before_step
        self.ended: BaseException | None = None
        self._loop = loop
        self._home = home
        self._clock = clock
        self._machine = machine
        self._channel = channel
        self._languages = languages
        self._ids = SeededIds(seed * 1000 + number)
        self._random = random.Random(f"desktop:{seed}:{number}")
        self._build = build
        self._death = death
        self._moments = 0
        self._left: int | None = None
        self._on_result = on_result
        self._on_death = on_death
        self._app: App | None = None
        self.disk = Disk(home, home.with_name("disk"))
        self.power_cut = False
        """True until it is buried, where a power cut has ended it."""
        self.terminal: Terminal | None = None
        self.journal: Journal | None = None

    # -- life --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Come up from the journal."""
        self.do(self._start)

    def do(self, what: Callable[[], T]) -> T | None:
        """Carry out ``what`` inside this process; None if it is dead or dies in the middle."""
        if self.process.dead:
            return None
        try:
            return self.process.context.copy().run(what)
        except Killed:
            return None

    def moment(self) -> None:
        """Something reaches this process or leaves it: its death may be counted from here."""
        self._moments += 1
        if self._death is not None and self._moments == self._death.moment:
            self._left = self._death.after

    def die(self) -> None:
        """Kill -9: nothing that this process still does has any effect."""
        if not self.process.dead:
            self.end()
            self.power_cut = self._death is not None and self._death.power
            self._on_death()

    def end(self) -> None:
        """As ``die``, with nobody to start it again."""
        self.process.dead = True
        if self._machine.current is not None:
            self._machine.current.parent_died()
        for task in self.process.tasks:
            task.cancel()

    def bury(self) -> bool:
        """Let go of what a dead process held. Its unfinished transaction is rolled back.

        True where a power cut undoes a finished one, too.
        """
        cut, self.power_cut = self.power_cut, False
        undone = cut and self.disk.loses()
        if self.journal is not None:
            self.journal.close()
        if undone:
            self.disk.cut()
        for task in self.process.tasks:
            task.cancel()
        return undone

    def statement(self, text: str, carry_out: Callable[[], T]) -> T:
        """Carry out a statement of the journal, or die before or after it. Raises Killed."""
        if self.process.dead:
            raise Killed
        if self._counts("statements") and not text.startswith(("SELECT", "PRAGMA")):
            if self._left == 0:
                if self._death is not None and not self._death.before:
                    carry_out()
                self.die()
                raise Killed
            assert self._left is not None
            self._left -= 1
        return carry_out()

    def _before_step(self, step: int) -> None:
        if self._counts("steps"):
            if self._left == 0:
                self.die()
                return
            assert self._left is not None
            self._left -= 1

    def _counts(self, what: str) -> bool:
        return self._left is not None and self._death is not None and self._death.what == what

    # -- parts -------------------------------------------------------------------------------------

    def _start(self) -> None:
        connection = _connection(self)
        self.journal = self._build.journal(
            self._home,
            clock=self._clock,
            market=self._clock,
            ids=self._ids,
            latches=self._build.latches,
            connection=connection,
        )
        parts = self._parts(self.journal)
        self._app = App(parts, {}, languages=self._languages, source_of=self._source)
        self.terminal = self._app.terminals[0]
        self.terminal.desk.send_result = self._on_result
        self._loop.create_task(self._run(self._app), name="app")

    async def _run(self, app: App) -> None:
        try:
            await app.run(asyncio.Event())
        except asyncio.CancelledError:
            raise
        except BaseException as why:  # noqa: BLE001 -- whatever ended it is what the judge wants to know
            self.ended = why

    def _source(self, settings: Any, parts: SourceParts) -> Source:
        del settings, parts
        return self._channel.source(self.moment)

    def _parts(self, journal: Journal) -> Parts:
        config = DesktopConfig(
            server_url=None,
            mt5_settings=Mt5Settings(slippage=2000),
            strategy=STRATEGY,
            sources=["channel"],
            terminals=[TerminalConfig(id=TERMINAL, type="simulated", address="-", grace_seconds=GRACE)],
            routes=[],
            channels=[],
            ceilings=Ceilings(max_open_risk_percentage=None, max_daily_loss_percentage=None),
            language_model=LanguageModelSettings(),
            demo_clock=None,
            logs_folder=None,
        )
        strategy = replace(strategy_from_document(STRATEGY), max_slippage_points=2000)
        strategies = StrategyBook(journal, strategy, paired=False, ceilings=config.ceilings)
        executor = self._build.executor
        return Parts(
            config=config,
            home=self._home,
            journal=journal,
            strategies=strategies,
            channels=ChannelBook(journal, strategies, (), paired=False),
            clock=self._clock,
            market=self._clock,
            round_number=1,
            random=self._random,
            terminal_types={
                "simulated": TerminalType(self._broker, absence_proves=self._build.absence_proves)
            },
            watch_seconds=0.6,
            elsewhere_seconds=0.3,
            terminal_class=type("SimulatedTerminal", (Terminal,), {"executor_class": executor}),
        )

    def _broker(self, config: TerminalConfig, parts: BrokerParts) -> Mt5Broker:
        spawn = self._machine.spawner(self.process, self.moment)
        launcher = WorkerLauncher(["worker"], parts.clock, parts.random, spawn=spawn)
        return Mt5Broker(config.id, launcher, parts.clock, Settings(deadlines=DEADLINES), parts.market)


def _connection(desktop: Desktop) -> type[sqlite3.Connection]:
    """Connections that live and die with ``desktop``."""

    class Mortal(sqlite3.Connection):
        def execute(self, sql: str, parameters: Any = ()) -> sqlite3.Cursor:
            run = super().execute

            def carry_out() -> sqlite3.Cursor:
                return desktop.disk.carry_out(self, sql, lambda: run(sql, parameters))

            try:
                return desktop.statement(sql, carry_out)
            except Killed:
                # The operating system lets go of a dead process's locks; SQLite undoes what was not committed.
                if self.in_transaction:
                    run("ROLLBACK")
                raise

    return Mortal
