"""Copies of the server's database: what they are, and putting one back."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from signalos.kit.backup import Manifest, put_back, swap_in, verify
from signalos.kit.clock import Clock
from signalos.kit.sqlite import transaction
from signalos.server.commands import repository as commands
from signalos.server.db.migrate import HEAD, migrate
from signalos.server.db.session import Writing
from signalos.server.db.store import connect
from signalos.server.logs.telling import tell_everybody

SKIPPED_NUMBERS = 1_000_000
"""A terminal refuses a command whose number is below one that it has seen; those given out since are lost."""


class ServerKind:
    """The server's database; its schema is the migrations' revision."""

    name = "server"

    def schema(self, db: sqlite3.Connection) -> str:
        """The revision. Raises sqlite3.DatabaseError where it is no database of the server."""
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
        if row is None:
            raise sqlite3.DatabaseError("the database has no schema yet")
        return str(row[0])

    def known(self, schema: str) -> bool:
        """False for a database of a newer version."""
        return schema <= HEAD


KIND = ServerKind()


def restore(file: Path, database: Path, clock: Clock) -> tuple[Manifest, Path | None]:
    """Put the copy ``file`` back as ``database``, brought up to date; the server must not run.

    Answers the manifest and where the replaced database is kept. Raises BackupFailed.
    """
    manifest = verify(file, KIND)
    with put_back(file, database) as fresh:
        migrate(fresh)
        with closing(connect(fresh)) as db:
            with transaction(db):
                tx = Writing(db, clock.now())
                commands.skip_numbers(tx, SKIPPED_NUMBERS)
                tell_everybody(
                    tx,
                    "restored",
                    "warning",
                    f"the server's database was put back to {manifest.created:%Y-%m-%d %H:%M} UTC: what came in since "
                    "is missing until each desktop app sends it again (signalos desktop resend), and what was "
                    "revoked since counts again",
                )
            db.execute("PRAGMA journal_mode=DELETE")
        kept = swap_in(fresh, database, clock.now())
    return manifest, kept
