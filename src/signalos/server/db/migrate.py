"""Bring the database's schema up to date."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from signalos.domain.errors import ConfigError

HERE = Path(__file__).parent / "migrations"
HEAD = "0003"
"""The newest revision; a test compares it with the folder."""


def current(path: Path) -> str | None:
    """The schema revision of the SQLite file ``path``; None where there is none yet."""
    if not path.exists():
        return None
    db = sqlite3.connect(path)
    try:
        row = db.execute("SELECT version_num FROM alembic_version").fetchone()
    except sqlite3.OperationalError:
        return None
    except sqlite3.DatabaseError as error:
        raise ConfigError(
            f"{path} is not a SignalOS database ({error}): choose another DATABASE_URL"
        ) from None
    finally:
        db.close()
    return None if row is None else str(row[0])


def migrate(path: Path) -> bool:
    """Run the missing revisions on the SQLite file ``path``; tells whether anything was done.

    Raises ConfigError where the file was written by a newer version: nothing is touched then.
    """
    now = current(path)
    if now == HEAD:
        _write_ahead(path)
        return False
    if now is not None and now > HEAD:
        raise ConfigError(
            f"{path} has schema {now}, this version knows up to {HEAD}: start the newer version of SignalOS"
        )
    # Imported here: a server whose schema is current starts without them.
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    path.parent.mkdir(parents=True, exist_ok=True)
    config = Config()
    config.set_main_option("script_location", str(HERE).replace("%", "%%"))
    engine = create_engine(f"sqlite:///{path}")
    try:
        with engine.begin() as connection:
            config.attributes["connection"] = connection
            command.upgrade(config, "head")
    finally:
        engine.dispose()
    path.chmod(0o600)
    _write_ahead(path)
    return True


def _write_ahead(path: Path) -> None:
    """Switch the file to WAL once, before anybody else has it open: the switch waits for no lock."""
    db = sqlite3.connect(path)
    try:
        db.execute("PRAGMA journal_mode=WAL")
    finally:
        db.close()
