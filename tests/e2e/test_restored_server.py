"""A server put back to a backup: the open page begins anew by itself, and the desktop app fills what is missing."""

from __future__ import annotations

import os
import re
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.e2e.screen import Screen
from tests.support.stage import Stage
from tests.support.world import signalos

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SERVER_AWAY = r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED"


def run(stage: Stage, *words: str) -> str:
    """What one command says, with the server's state folder."""
    environ = {**os.environ, "SIGNALOS_HOME": str(stage.home)}
    done = subprocess.run(
        signalos(*words), env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def all_accepted(stage: Stage) -> bool:
    """True once the server has taken every event that the desktop app has for it."""
    with closing(sqlite3.connect(f"file:{stage.world.home / 'journal.sqlite3'}?mode=ro", uri=True)) as db:
        return db.execute("SELECT 1 FROM outbox WHERE state='waiting' LIMIT 1").fetchone() is None


async def test_what_a_restored_server_misses_is_sent_again_and_shown_without_a_reload(
    stage: Stage, screen: Screen, tmp_path: Path
) -> None:
    screen.expect_complaint(SERVER_AWAY)
    await screen.go("/trades")
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
    since = datetime.now(UTC)
    run(stage, "backup", "create", "--to", str(tmp_path))
    (copy,) = tmp_path.glob("*.sqlite")
    for _ in range(3):
        await stage.signal("buy")
    await expect(screen.rows()).to_have_count(8)
    everything = await screen.identifiers()
    # What the server has not said yes to would be sent to the restored one by itself.
    await stage.world.until(lambda: all_accepted(stage), 30)
    await screen.mark()

    stage.kill_server()
    run(stage, "backup", "restore", str(copy), "--yes")
    stage.start_server()
    await stage.ready()
    await screen.live()
    # The page shows what the server knows, no more.
    await expect(screen.rows()).to_have_count(2)
    await stage.online()

    said = run(stage, "desktop", "resend", "--home", str(stage.world.home), "--since", since.isoformat())
    assert re.match(r"[1-9]\d* event", said)
    await expect(screen.rows()).to_have_count(8)
    assert await screen.identifiers() == everything

    # The desktop app takes the commands of this server, whose numbers it has not seen.
    trade = (await stage.overview())["openTrades"][0]
    assert (await stage.http.post(f"/api/trades/{trade['id']}/close")).status_code == 202
    await expect(screen.rows()).to_have_count(7)
    assert await screen.never_reloaded()
