"""One part of the app fails: the others go on; without its journal the app ends and says so."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from signalos.desktop.app import App, keep
from signalos.desktop.parts import load
from signalos.domain.errors import JournalError
from signalos.kit.clock import SystemClock, VirtualClock
from tests.support.rig import START

LINE = {"chatId": "-1001", "id": 1, "date": "2024-03-05T10:00:00Z", "text": "good morning"}


@pytest.fixture
def app(tmp_path: Path) -> App:
    followed = tmp_path / "followed.jsonl"
    followed.write_text(json.dumps(LINE) + "\n")
    broken = tmp_path / "result.json"
    broken.write_text("{ this is no export")
    config = {
        "server_url": None,
        "sources": [
            {"type": "export", "name": "broken", "path": str(broken)},
            {"type": "file", "name": "followed", "path": str(followed)},
        ],
        "terminals": [{"id": "t1", "type": "simulated", "address": "127.0.0.1:1"}],
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config))
    return App(load(path, tmp_path / "home", {}), {})


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await SystemClock().sleep(0.02)


async def test_a_source_that_cannot_be_read_stops_alone_and_is_told_of(app: App) -> None:
    asked = asyncio.Event()
    running = asyncio.create_task(app.run(asked))
    journal = app._journal

    def told() -> bool:
        events = journal.outbox.pending_events(100)
        alerts = [e for e in events if e.kind == "alert" and b"part_stopped" in e.data]
        return bool(alerts) and any(e.kind == "message" for e in events)

    await until(told)
    asked.set()
    await running


async def test_without_its_journal_the_app_ends_with_one_clear_error(app: App) -> None:
    running = asyncio.create_task(app.run(asyncio.Event()))
    await until(lambda: app._journal.outbox.waiting() > 0)
    app._journal.close()
    with pytest.raises(JournalError, match="sends nothing"):
        await running


async def test_a_part_that_fails_is_told_of_once_and_begun_anew() -> None:
    clock, runs, told = VirtualClock(START), [0], list[str]()

    async def run() -> None:
        runs[0] += 1
        if runs[0] < 4:
            raise ExceptionGroup("terminal t1", [RuntimeError("a defect")])

    kept = asyncio.create_task(keep("terminal t1", run, clock, lambda code, text: told.append(code)))
    await clock.advance(60)
    await kept
    assert (runs[0], told) == (4, ["part_failed"])


async def test_a_part_whose_journal_fails_is_not_begun_again() -> None:
    async def run() -> None:
        raise ExceptionGroup("terminal t1", [sqlite3.OperationalError("database or disk is full")])

    with pytest.raises(ExceptionGroup):
        await keep("terminal t1", run, VirtualClock(START), lambda code, text: None)
