"""The schema: migrations lead to exactly the tables that are declared."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from signalos.domain.errors import ConfigError
from signalos.server.db import migrate as module
from signalos.server.db.migrate import HEAD, current, migrate
from signalos.server.db.tables import metadata


def test_the_migrations_lead_to_the_declared_tables(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "signalos.sqlite"
    assert current(path) is None
    assert migrate(path)
    assert current(path) == HEAD
    engine = create_engine(f"sqlite:///{path}")
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()
    assert not migrate(path), "a second time there is nothing to do"


def test_the_newest_revision_is_the_one_that_is_named() -> None:
    config = Config()
    config.set_main_option("script_location", str(module.HERE))
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_a_newer_schema_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "signalos.sqlite"
    migrate(path)
    with sqlite3.connect(path) as db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    db.close()
    with pytest.raises(ConfigError, match="newer version"):
        migrate(path)
    assert current(path) == "9999"


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "signalos.sqlite"
    path.write_text("this is not a database, and it is long enough to be looked at" * 20)
    with pytest.raises(ConfigError, match="not a SignalOS database"):
        migrate(path)
