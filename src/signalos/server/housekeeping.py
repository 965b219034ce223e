"""What happens by itself: presence, expiry of commands, sending again, and throwing old rows away."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta

from signalos.kit.clock import Clock
from signalos.server import once
from signalos.server.analytics import repository as analytics
from signalos.server.auth import repository as users
from signalos.server.auth.guessing import LOCKED_FOR
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Writing
from signalos.server.db.store import Store
from signalos.server.db.writer import StorageFailed
from signalos.server.logs import repository as logs
from signalos.server.pairing import repository as pairings
from signalos.server.pairing.service import KEPT_AFTER
from signalos.server.terminals.live import LiveTerminals
from signalos.server.terminals.presenting import Presenter

log = logging.getLogger(__name__)
TICK = 1.0
PRUNE_EVERY = 600
KEPT_EVENTS = 50_000
KEPT_ANSWERS = timedelta(days=30)
KEPT_EQUITY = timedelta(days=400)


class Housekeeping:
    """Runs every second until cancelled."""

    def __init__(
        self,
        store: Store,
        commands: CommandService,
        live: LiveTerminals,
        presenter: Presenter,
        clock: Clock,
    ) -> None:
        self._store = store
        self._commands = commands
        self._live = live
        self._presenter = presenter
        self._clock = clock
        self._ticks = 0

    async def run(self) -> None:
        """Do what is due, every second; a failing disk is reported and tried again."""
        while True:
            await self._clock.sleep(TICK)
            for job in (self.presence, self._commands.expire, self._commands.repeat, self._prune_if_due):
                await self._safely(job)

    async def _safely(self, job: Callable[[], Awaitable[None]]) -> None:
        try:
            await job()
        except asyncio.CancelledError:
            raise
        except StorageFailed as why:
            log.warning("housekeeping waits: %s", why)

    async def presence(self) -> None:
        """Tell browsers of each terminal that went silent."""
        for row_id in list(self._live.states):
            self.check(row_id)

    def check(self, row_id: int) -> None:
        """Tell browsers if a terminal came or went."""
        live, online = self._live.of(row_id), self._presenter.online(row_id)
        if live.announced_online != online:
            live.announced_online = online
            self._store.writer.post(lambda tx: self._presenter.emit(tx, row_id))

    async def _prune_if_due(self) -> None:
        self._ticks += 1
        if self._ticks % PRUNE_EVERY == 1:
            await self.prune()

    async def prune(self) -> None:
        """Throw away what nobody asks for any more."""

        def work(tx: Writing) -> None:
            logs.prune(tx, KEPT_EVENTS)
            once.forget(tx, tx.now - KEPT_ANSWERS)
            analytics.prune(tx, tx.now - KEPT_EQUITY)
            users.forget_expired(tx, tx.now - timedelta(days=1))
            users.forget_failures(tx, tx.now - LOCKED_FOR)
            pairings.prune(tx, tx.now - KEPT_AFTER)

        await self._store.write(work)
