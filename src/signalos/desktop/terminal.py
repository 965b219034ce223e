"""All that belongs to one terminal, put together: executor, lane, watcher, stopper, desk."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeAlias

from signalos.brokers.base import Broker
from signalos.desktop.ceilings import CeilingGuard
from signalos.desktop.clock_watch import ClockWatch
from signalos.desktop.context import ContextBuilder
from signalos.desktop.desk import Desk
from signalos.desktop.executor import Executor
from signalos.desktop.hand import Hand
from signalos.desktop.holding import Holding
from signalos.desktop.journal import Journal
from signalos.desktop.lane import Lane
from signalos.desktop.own_part import OwnParts
from signalos.desktop.stop import Stopper
from signalos.desktop.strategy_book import StrategyBook
from signalos.desktop.unknown_tags import UnknownTags
from signalos.desktop.watcher import Watcher
from signalos.domain.ceilings import Ceilings
from signalos.domain.errors import TerminalError, WrongAccount
from signalos.domain.strategy import Strategy
from signalos.kit.clock import Clock
from signalos.parser.profile import Profile

log = logging.getLogger(__name__)
CONNECT_AGAIN_SECONDS = 0.5
OTHER_ACCOUNT_AGAIN_SECONDS = 3.0
"""Longer than any pause between two workers: else "the worker is started again soon" would hide the account's words."""


@dataclass(frozen=True, slots=True)
class TerminalSettings:
    """How one terminal is treated. ``grace_seconds``: how long an unknown order is looked for;
    ``absence_proves``: the terminal's answer proves that it never received what it does not show;
    ``allow_real_account``: open trades on accounts that are no demo accounts; ``watch_seconds``: the
    pause between two looks at its positions and orders.
    """

    terminal_id: str
    grace_seconds: float = 30.0
    absence_proves: bool = False
    allow_real_account: bool = False
    watch_seconds: float = 0.1


Note: TypeAlias = Callable[[str, dict[str, Any]], None]
"""Adds an entry to one of the logs that people open by hand."""


class Terminal:
    """One terminal's parts and their tasks."""

    executor_class = Executor
    stopper_class = Stopper

    def __init__(
        self,
        settings: TerminalSettings,
        broker: Broker,
        journal: Journal,
        strategies: StrategyBook,
        *,
        listens_to: Callable[[str], bool],
        strategy_of: Callable[[str, str], Strategy] | None = None,
        profile_of: Callable[[str], Profile] = lambda chat_id: Profile(),
        note: Note = lambda name, entry: None,
        ceilings: Ceilings | None = None,
        clock: Clock,
        market: Clock,
    ) -> None:
        self.terminal_id = settings.terminal_id
        self.broker = broker
        self._journal = journal
        self._strategies = strategies
        self._strategy_of = strategy_of or (lambda source, chat_id: strategies.for_message(chat_id))
        self._clock = clock
        busy = asyncio.Lock()
        magic = lambda: strategies.current().magic  # noqa: E731 -- read anew at each use
        guard = None if ceilings is None else CeilingGuard(self.terminal_id, journal, ceilings, market)
        own = OwnParts(self.terminal_id, broker, journal, magic)
        holding = Holding(broker, journal, own, clock)
        executor = self.executor_class(
            self.terminal_id, broker, journal, guard=guard, holding=holding, clock=clock, market=market
        )
        contexts = ContextBuilder(self.terminal_id, broker, journal, market, guard, profile_of, magic=magic)
        self.lane = Lane(
            self.terminal_id,
            journal,
            executor,
            contexts,
            strategy=self._strategy_of,
            listens_to=listens_to,
            allow_real_account=settings.allow_real_account,
            note=note,
            clock=clock,
            busy=busy,
        )
        self.watcher = Watcher(
            self.terminal_id,
            broker,
            journal,
            executor,
            contexts,
            strategy=self._strategy_for,
            magic=magic,
            clock=clock,
            market=market,
            busy=busy,
            grace_seconds=settings.grace_seconds,
            absence_proves=settings.absence_proves,
            guard=guard,
            note=note,
            every_seconds=settings.watch_seconds,
        )
        self.stopper = self.stopper_class(
            self.terminal_id,
            broker,
            journal,
            executor,
            magic=magic,
            own=own,
            holding=holding,
            clock=clock,
        )
        self._unknown_tags = UnknownTags(self.terminal_id, journal)
        self.watcher.on_snapshot = self._unknown_tags.see
        self._clock_watch = ClockWatch(self.terminal_id, broker, journal, clock)
        self.desk = Desk(
            self.terminal_id,
            broker,
            journal,
            executor,
            magic=magic,
            clock=clock,
            busy=busy,
            guard=guard,
            hand=Hand(self.terminal_id, journal, market),
            stop_required=lambda identifier: self._governing(identifier).filters.require_stop,
        )
        self.desk.on_latch = self.stopper.wake
        self.stopper.on_flat = self.desk.wake
        self.watcher.on_settled = self._settled

    def _governing(self, identifier: str) -> Strategy:
        """The strategy of a trade, found as when its message was decided; without a message, the one in force."""
        leg = self._journal.legs.by_identifier(self.terminal_id, identifier)
        if leg is None:
            return self._strategies.current()
        return self._strategy_for(leg.key.chat_id, leg.key.message_id)

    def _strategy_for(self, chat_id: str, message_id: int) -> Strategy:
        """The strategy by which a message is decided, and what it opened is managed."""
        versions = self._journal.messages.versions(chat_id, message_id)
        return self._strategy_of(versions[0].message.source if versions else "", chat_id)

    def _settled(self) -> None:
        self.lane.wake()
        self.desk.wake()

    def recover(self) -> None:
        """Mark what the last run left half done; before anything is sent."""
        self._journal.messages.join(self.terminal_id)
        self.watcher.start()

    async def connect(self) -> None:
        """Connect until it works. The first answer must come before anything else runs."""
        told = ""
        while True:
            pause = CONNECT_AGAIN_SECONDS
            try:
                await self.broker.start()
                snapshot = await self.broker.snapshot()
                self._must_be_the_same_account(snapshot.account.identity)
                self._unknown_tags.see(snapshot)
                self.watcher.trouble = ""
                return
            except TerminalError as why:
                if isinstance(why, WrongAccount):
                    await self.broker.stop()  # else it would hold on to the account it has just seen
                    pause = OTHER_ACCOUNT_AGAIN_SECONDS
                self.watcher.away(why)
                if told != str(why):
                    log.warning(
                        "terminal away", extra={"data": {"terminal": self.terminal_id, "why": str(why)}}
                    )
                    told = str(why)
            await self._clock.sleep(pause)

    def _must_be_the_same_account(self, identity: str) -> None:
        """What is journalled of a terminal is about one account; another one would seem to have lost it."""
        key = f"account {self.terminal_id}"
        known = self._journal.meta(key)
        if known is None:
            self._journal.set_meta(key, identity)
        elif known != identity:
            raise WrongAccount(
                f"The terminal is signed in to {identity}, but {self.terminal_id} has traded on {known} so far: "
                "nothing is sent. Sign in to that account again, or set up the other one under an id of its own."
            )

    async def run(self) -> None:
        """Run all parts until cancelled. Begun anew after a failure, it recovers first."""
        self.recover()
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self.stopper.run(), name=f"stop {self.terminal_id}")
                tasks.create_task(self.desk.run(), name=f"desk {self.terminal_id}")
                await self.connect()
                tasks.create_task(self.watcher.run(), name=f"watch {self.terminal_id}")
                tasks.create_task(self._clock_watch.run(), name=f"clock {self.terminal_id}")
                tasks.create_task(self.lane.run(), name=f"lane {self.terminal_id}")
        finally:
            with contextlib.suppress(TerminalError):
                await self.broker.stop()

    def newest_quote(self) -> datetime | None:
        """When the last snapshot was read (wall time), None while the terminal is away."""
        return None if self.watcher.latest is None else self.watcher.latest.at
