"""Backups of a running server, and a server started from one."""

from __future__ import annotations

import asyncio
import os
import signal as signals
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from signalos.desktop.journal import Journal
from signalos.desktop.journal.store import TERMINALS
from signalos.kit.backup import BackupFailed, create, found, manifest_of, verify
from signalos.kit.clock import SystemClock, VirtualClock
from signalos.kit.ids import SystemIds
from signalos.kit.single import SingleInstance
from signalos.server.backing_up import FIRST_AFTER, BackingUp
from signalos.server.backup import KIND, SKIPPED_NUMBERS, restore
from signalos.server.db.migrate import HEAD
from signalos.server.metrics import Metrics
from signalos.server.settings import Backups
from tests.integration.server.running import PASSWORD, running, signal, trade

SIGNALOS = [sys.executable, "-m", "signalos.cli"]
START = datetime(2026, 3, 1, 12, tzinfo=UTC)
STEP_SECONDS = 600.0
NAMED = 1_000_000
"""Killed in the moment in which the copy has its name."""


def environment(home: Path) -> dict[str, str]:
    dropped = ("HOST", "PORT", "DATABASE_URL", "SESSION_SECRET")
    kept = {n: v for n, v in os.environ.items() if not n.startswith("SIGNALOS_") and n not in dropped}
    return {**kept, "SIGNALOS_HOME": str(home), "PORT": "0", "SIGNALOS_RATE_LIMIT": "off"}


def run(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SIGNALOS, *arguments],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def database(home: Path) -> Path:
    return home / "server" / "signalos.sqlite"


async def test_every_write_answered_before_the_backup_began_is_in_it(home: Path) -> None:
    async with running(home) as server:
        ann = await server.user()
        terminal = await ann.terminal()
        answered = 0
        begun, stop = asyncio.Event(), asyncio.Event()

        async def write(lane: int) -> None:
            nonlocal answered
            number = 0
            while not stop.is_set():
                number += 1
                await terminal.tell(signal(message_id=lane * 100_000 + number))
                answered += 1
                begun.set()

        writers = [asyncio.create_task(write(lane)) for lane in range(4)]
        try:
            for _ in range(4):
                await begun.wait()
                before = answered
                made = await asyncio.to_thread(create, database(home), home / "to", KIND, SystemClock())
                assert made.manifest.counts["signals"] >= before
                assert made.manifest.schema == HEAD
        finally:
            stop.set()
            await asyncio.gather(*writers)
    assert answered > 4


async def test_a_server_from_a_backup_knows_its_users_sessions_and_terminals(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(home) as server:
        ann = await server.user()
        terminal = await ann.terminal()
        kept_event, lost_event = signal(message_id=1), trade("901")
        await terminal.tell(kept_event)
        made = await asyncio.to_thread(create, database(home), home / "to", KIND, SystemClock())
        await terminal.tell(lost_event)
        newest = (await ann.get("/api/overview"))["seq"]
        refused = await asyncio.to_thread(run, home, "backup", "restore", str(made.file), "--yes")
    # This server of the test holds no lock; what it has open is noticed all the same.
    assert refused.returncode == 2
    assert "has it open" in refused.stderr

    done = run(home, "backup", "restore", str(made.file), "--yes")
    assert done.returncode == 0, done.stderr
    assert "signalos desktop resend" in done.stdout
    async with running(home) as server:
        ann.server = server
        answer = await server.http.post(
            "/api/auth/login", json={"email": "ann@example.org", "password": PASSWORD}
        )
        assert answer.status_code == 200
        assert (await ann.get("/api/overview"))["alerts"][0]["code"] == "restored"
        assert (await ann.get("/api/signals"))["items"]
        assert (await ann.get("/api/trades"))["items"] == []
        # A page from before is told that it is ahead, and what the newest number is.
        async with ann.socket() as socket:
            assert socket.ready["seq"] < newest + 10
            await socket.send("resume_from", seq=newest + 10)
            message = await socket.next()
            assert "in the future" in message["data"]["error"]
        # What the desktop app sends again is taken where it is missing, and once.
        again = await terminal.tell(kept_event, lost_event)
        assert len(again["accepted"]) == 2
        assert len((await ann.get("/api/trades"))["items"]) == 1
        assert len((await ann.get("/api/signals"))["items"]) == 1
    with closing(sqlite3.connect(database(home))) as db:
        assert db.execute("SELECT command_seq FROM terminals").fetchone() == (SKIPPED_NUMBERS,)
    kept = [p for p in database(home).parent.iterdir() if ".replaced-" in p.name]
    assert len(kept) == 1
    with closing(sqlite3.connect(kept[0])) as db:
        assert db.execute("SELECT COUNT(*) FROM trades").fetchone() == (1,)


def test_a_running_server_is_not_restored_over(home: Path) -> None:
    made = create(database(home), home / "to", KIND, SystemClock())
    with subprocess.Popen(
        [*SIGNALOS, "server"],
        env=environment(home),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            url = process.stdout.readline().split()[-1]
            refused = run(home, "backup", "restore", str(made.file), "--yes")
            assert (refused.returncode, "already running" in refused.stderr) == (2, True)
            assert httpx.get(f"{url}/health/ready", trust_env=False).status_code == 200
            while_running = run(home, "backup", "create")
            assert while_running.returncode == 0, while_running.stderr
        finally:
            process.terminate()
    assert len(found(home / "backups", KIND)) == 1


def test_without_yes_nothing_is_replaced_and_a_journal_is_no_server(home: Path) -> None:
    made = create(database(home), home / "to", KIND, SystemClock())
    asked = run(home, "backup", "restore", str(made.file))
    assert (asked.returncode, "--yes" in asked.stderr) == (2, True)
    other = run(home, "backup", "restore", str(made.file), "--yes", "--desktop", str(home))
    assert (other.returncode, "leave --desktop out" in other.stderr) == (2, True)
    assert list(database(home).parent.glob("*.replaced-*")) == []
    assert run(home, "backup", "verify", str(made.file)).returncode == 0


def test_an_older_schema_is_brought_up_to_date_and_a_newer_one_refused(tmp_path: Path, home: Path) -> None:
    from alembic import command
    from alembic.config import Config
    from sqlalchemy import create_engine

    from signalos.server.db.migrate import HERE, current

    older = tmp_path / "older.sqlite"
    config = Config()
    config.set_main_option("script_location", str(HERE))
    engine = create_engine(f"sqlite:///{older}")
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "0001")
    engine.dispose()
    made = create(older, tmp_path / "to", KIND, VirtualClock(START))
    assert made.manifest.schema == "0001"
    restore(made.file, database(home), VirtualClock(START))
    assert current(database(home)) == HEAD

    with closing(sqlite3.connect(older)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    newer = create(older, tmp_path / "to", KIND, VirtualClock(START + timedelta(hours=1)))
    with pytest.raises(BackupFailed, match="newer than this version"):
        restore(newer.file, database(home), VirtualClock(START))
    assert current(database(home)) == HEAD


@pytest.mark.parametrize("moment", [*range(6), NAMED])
def test_a_killed_backup_leaves_nothing_that_counts_as_one(home: Path, moment: int) -> None:
    with closing(sqlite3.connect(database(home))) as db, db:
        db.execute("CREATE TABLE ballast (data BLOB)")
        db.executemany("INSERT INTO ballast VALUES (?)", [(os.urandom(100_000),)] * 300)
    folder = home / "backups"
    process = subprocess.Popen([*SIGNALOS, "backup", "create"], env=environment(home))
    try:
        # Killed at another place of its work each time: by what lies in the folder.
        seen = 0
        while process.poll() is None and seen <= moment * 4:
            names = [p.name for p in folder.iterdir()] if folder.exists() else []
            seen += any(name.endswith((".part", ".trial")) for name in names)
            if any(name.endswith(".sqlite") and not name.startswith(".") for name in names):
                break
    finally:
        if process.poll() is None:
            process.send_signal(signals.SIGKILL if sys.platform != "win32" else signals.SIGTERM)
        process.wait()
    for copy in folder.glob("signalos-*.sqlite"):
        verify(copy, KIND)
    again = create(database(home), folder, KIND, SystemClock())
    assert verify(again.file, KIND) == again.manifest
    left = {p.name for p in folder.iterdir()} - {"lock"}
    whole = {b.file.name for b in found(folder, KIND)}
    assert left == whole | {manifest_of(b.file).name for b in found(folder, KIND)}


async def test_the_server_makes_its_own_when_due_and_tells_of_a_failure_once(home: Path) -> None:
    clock = VirtualClock(START)
    folder = home / "own"
    async with running(home) as server:
        ann = await server.user()
        metrics = Metrics()
        own = BackingUp(database(home), Backups(folder, hours=24, keep=2, days=1), server.store, clock)
        own.watched_by(metrics)
        task = asyncio.create_task(own.run())
        try:
            await until(lambda: own.last_success > 0, clock)
            (made,) = found(folder, KIND)
            assert made.manifest.created >= START + FIRST_AFTER
            assert f"signalos_backup_last_success_timestamp {own.last_success:g}" in metrics.text()
            first = own.last_success
            await until(lambda: own.last_success > first, clock)
            # Virtual time goes on while the thread copies, on a busy machine for hours; two days it is not.
            assert 86_400 <= own.last_success - first < 2 * 86_400

            with SingleInstance(folder, "Somebody else"):
                await until(lambda: own.failures == 2, clock)
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
        codes = [alert["code"] for alert in (await ann.get("/api/overview"))["alerts"]]
        assert codes == ["backup_failed"]
    # A new start goes on counting from the newest backup.
    clock = VirtualClock(datetime.fromtimestamp(own.last_success, UTC))
    again = BackingUp(database(home), Backups(folder, hours=24), server.store, clock)
    task = asyncio.create_task(again.run())
    await until(lambda: again.last_success > 0, clock)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    assert again.last_success == own.last_success


async def until(true: Callable[[], bool], clock: VirtualClock) -> None:
    """Let virtual time pass, with real time for the thread that copies, until it is ``true``."""
    async with asyncio.timeout(30):
        while not true():
            await clock.advance(STEP_SECONDS)
            await asyncio.sleep(0.01)


def test_a_journal_comes_back_with_entries_stopped(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app = home / "app"
    with closing(Journal(app, clock=SystemClock(), market=SystemClock(), ids=SystemIds())) as journal:
        journal.set_meta(TERMINALS, '["t1"]')
        assert run(home, "backup", "create", "--desktop", str(app)).returncode == 0
        journal.set_meta("later", "lost")
    (copy,) = (app / "backups").glob("signalos-desktop-*.sqlite")
    assert "desktop" in run(home, "backup", "verify", str(copy)).stdout
    wrong = run(home, "backup", "restore", str(copy), "--yes")
    assert (wrong.returncode, "--desktop DIR" in wrong.stderr) == (2, True)
    done = run(home, "backup", "restore", str(copy), "--yes", "--desktop", str(app))
    assert done.returncode == 0, done.stderr
    assert "signalos desktop resume" in done.stdout
    with closing(Journal(app, clock=SystemClock(), market=SystemClock(), ids=SystemIds())) as journal:
        assert journal.meta("later") is None
        assert journal.latches.halted("t1") == "stopped"
        (latch,) = journal.latches.active("t1")
        assert (latch.mode, latch.local) == ("stop-entries", True)
        assert [e.kind for e in journal.outbox.pending_events(5)] == ["latch"]


def test_a_running_server_says_when_it_would_make_its_backups(home: Path) -> None:
    from signalos.domain.errors import ConfigError
    from signalos.server.settings import read_settings

    def read(**environ: str) -> Backups | None:
        return read_settings(SystemIds(), {"SIGNALOS_HOME": str(home), **environ}).backups

    assert read() == Backups(home / "backups", 24.0)
    assert read(SIGNALOS_BACKUP_HOURS="0") is None
    named = read(SIGNALOS_BACKUP_HOURS="6", SIGNALOS_BACKUP_DIR=str(home / "x"), SIGNALOS_BACKUP_KEEP="5")
    assert named == replace(Backups(home / "x", 6.0), keep=5)
    for wrong in ("often", "-1", "nan"):
        with pytest.raises(ConfigError, match="SIGNALOS_BACKUP_HOURS"):
            read(SIGNALOS_BACKUP_HOURS=wrong)
