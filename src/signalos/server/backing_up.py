"""The server's own backups: one when it is due, proven, old ones removed; a failure is told to everybody."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path

from signalos.kit import backup
from signalos.kit.clock import Clock
from signalos.kit.single import AlreadyRunning
from signalos.server.backup import KIND
from signalos.server.db.session import Writing
from signalos.server.db.store import Store
from signalos.server.db.writer import StorageFailed
from signalos.server.logs.telling import tell_everybody
from signalos.server.metrics import Metrics
from signalos.server.settings import Backups

log = logging.getLogger(__name__)
FIRST_AFTER = timedelta(minutes=5)
"""A server that has no backup makes its first one so long after its start."""
AGAIN_AFTER = timedelta(hours=1)
"""How soon a failed one is tried again."""
LOOK_EVERY_SECONDS = 30.0


class BackingUp:
    """Runs beside the server until cancelled; the copying is done in a thread."""

    def __init__(self, database: Path, settings: Backups, store: Store, clock: Clock) -> None:
        self._database = database
        self._settings = settings
        self._store = store
        self._clock = clock
        self._told = False
        self.last_success = 0.0
        """Unix seconds of the newest backup; 0 = there is none."""
        self.failures = 0

    def watched_by(self, metrics: Metrics) -> None:
        """Add the figures."""
        metrics.watch(
            "signalos_backup_last_success_timestamp",
            "gauge",
            "Unix seconds of the newest proven backup; 0 = none.",
            lambda: self.last_success,
        )
        metrics.watch(
            "signalos_backup_failures_total", "counter", "Backups that failed.", lambda: self.failures
        )

    async def run(self) -> None:
        """Make a backup whenever one is due."""
        due = await asyncio.to_thread(self._first_due)
        while True:
            if self._clock.now() >= due:
                made = await self.make()
                pause = timedelta(hours=self._settings.hours)
                due = self._clock.now() + (pause if made else min(pause, AGAIN_AFTER))
            await self._clock.sleep(LOOK_EVERY_SECONDS)

    async def make(self) -> bool:
        """Make one now and remove old ones; tells whether it worked. A failure is logged and told once."""
        try:
            made = await asyncio.to_thread(self._make)
        except (backup.BackupFailed, AlreadyRunning, OSError) as why:
            self.failures += 1
            log.exception("no backup was made")
            await self._tell(str(why))
            return False
        self._told = False
        self.last_success = made.manifest.created.timestamp()
        log.info("backup made", extra={"data": {"file": str(made.file), "bytes": made.manifest.bytes}})
        return True

    def _first_due(self) -> datetime:
        known = backup.found(self._settings.folder, KIND)
        begun = self._clock.now()
        if not known:
            return begun + FIRST_AFTER
        newest = known[0].manifest.created
        self.last_success = newest.timestamp()
        return min(newest.astimezone(UTC), begun) + timedelta(hours=self._settings.hours)

    def _make(self) -> backup.Backup:
        made = backup.create(self._database, self._settings.folder, KIND, self._clock)
        for gone in backup.rotate(
            self._settings.folder, KIND, keep=self._settings.keep, days=self._settings.days
        ):
            log.info("old backup removed", extra={"data": {"file": str(gone)}})
        return made

    async def _tell(self, why: str) -> None:
        if self._told:
            return

        def work(tx: Writing) -> None:
            tell_everybody(
                tx,
                "backup_failed",
                "error",
                f"the server could not make its backup: {why[:300]}. It is tried again; see to the disk",
            )

        try:
            await self._store.write(work)
        except StorageFailed as also:
            log.warning("the failed backup could not be told: %s", also)
        else:
            self._told = True
