from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signalos.server.db.migrate import migrate
from tests.integration.server.running import Running, Terminal, User, running


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database with the schema, made once and copied."""
    path = tmp_path_factory.mktemp("migrated") / "signalos.sqlite"
    migrate(path)
    return path


@pytest.fixture
def home(tmp_path: Path, migrated: Path) -> Path:
    """A state folder whose database has its schema already."""
    (tmp_path / "server").mkdir()
    shutil.copy(migrated, tmp_path / "server" / migrated.name)
    return tmp_path


@pytest.fixture
async def server(home: Path) -> AsyncIterator[Running]:
    async with running(home) as up:
        yield up


@pytest.fixture
async def ann(server: Running) -> User:
    return await server.user()


@pytest.fixture
async def terminal(ann: User) -> Terminal:
    return await ann.terminal()
