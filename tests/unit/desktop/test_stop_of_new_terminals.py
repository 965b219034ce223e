"""A local stop is the whole app's: a terminal that is configured while it is in force begins stopped."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from signalos.cli import main
from signalos.desktop.app import App
from signalos.desktop.journal import Journal
from signalos.desktop.parts import load
from signalos.desktop.standalone import status_of, terminals_of
from signalos.kit.clock import SystemClock
from signalos.kit.ids import SystemIds


def opened(folder: Path) -> Journal:
    return Journal(folder / "home", clock=SystemClock(), market=SystemClock(), ids=SystemIds())


def configured(folder: Path, *terminals: str) -> Path:
    """A configuration with ``terminals``, at whose addresses nobody listens."""
    path = folder / "config.json"
    entries = [{"id": name, "type": "simulated", "address": "127.0.0.1:1"} for name in terminals]
    path.write_text(json.dumps({"server_url": None, "terminals": entries}), encoding="utf-8")
    return path


def begin(folder: Path, *terminals: str) -> None:
    """Load the app with ``terminals``, as each of its starts does before anything else."""
    load(configured(folder, *terminals), folder / "home", {}).journal.close()


def stop(folder: Path, mode: str = "close-all", *, local: bool = True, only: str = "") -> str:
    """Latch what `signalos desktop stop` latches; with ``only``, one terminal as the server does."""
    with closing(opened(folder)) as journal:
        terminals = [only] if only else terminals_of(journal)
        return journal.latches.set(terminals, mode, local=local)


def stops(folder: Path) -> dict[str, list[tuple[str, str, bool]]]:
    """For each terminal of the app the latches in force: (id, mode, local)."""
    with closing(opened(folder)) as journal:
        return {
            terminal: [(x.latch_id, x.mode, x.local) for x in journal.latches.active(terminal)]
            for terminal in terminals_of(journal)
        }


def told(folder: Path) -> list[dict[str, Any]]:
    """The latch events that wait for the server."""
    with closing(opened(folder)) as journal:
        return [json.loads(e.data) for e in journal.outbox.pending_events(100) if e.kind == "latch"]


def resume(folder: Path) -> None:
    assert main(["desktop", "resume", "--home", str(folder / "home")]) == 0


@pytest.mark.parametrize(
    ("mode", "there"),
    # What was placed by hand at a terminal that the stop did not know is not closed by it.
    [("close-all", "own-only"), ("own-only", "own-only"), ("stop-entries", "stop-entries")],
)
def test_a_terminal_that_is_added_begins_with_the_same_stop(tmp_path: Path, mode: str, there: str) -> None:
    begin(tmp_path, "t1")
    latch_id = stop(tmp_path, mode)
    begin(tmp_path, "t1", "t2")
    assert stops(tmp_path) == {"t1": [(latch_id, mode, True)], "t2": [(latch_id, there, True)]}
    (event,) = told(tmp_path)
    assert (event["terminalId"], event["latchId"], event["mode"], event["state"]) == (
        "t2",
        latch_id,
        there,
        "set",
    )
    with closing(opened(tmp_path)) as journal:
        first, second = journal.latches.get("t1", latch_id), journal.latches.get("t2", latch_id)
        assert first is not None
        assert second is not None
        assert second.latched_at == first.latched_at, "it is that stop, not a later one"
        assert not second.flat, "nothing is proven of it yet"
        status = status_of(journal, tmp_path / "home")
    assert [(t["id"], t["halted"]) for t in status["terminals"]] == [("t1", "stopped"), ("t2", "stopped")]
    assert status["latch"] == {"latchId": latch_id, "mode": mode, "flat": False}


def test_further_starts_latch_and_tell_nothing_anew(tmp_path: Path) -> None:
    begin(tmp_path, "t1")
    stop(tmp_path)
    begin(tmp_path, "t1", "t2")
    before = stops(tmp_path)
    begin(tmp_path, "t1", "t2")
    assert stops(tmp_path) == before
    assert len(told(tmp_path)) == 1


def test_a_resume_frees_it_and_later_terminals_begin_free(tmp_path: Path) -> None:
    begin(tmp_path, "t1")
    stop(tmp_path)
    begin(tmp_path, "t1", "t2")
    resume(tmp_path)
    begin(tmp_path, "t1", "t2", "t3")
    assert stops(tmp_path) == {"t1": [], "t2": [], "t3": []}
    assert [(e["terminalId"], e["state"]) for e in told(tmp_path)] == [
        ("t2", "set"),
        ("t1", "ended"),
        ("t2", "ended"),
    ]


def test_each_stop_in_force_holds_it(tmp_path: Path) -> None:
    begin(tmp_path, "t1")
    both = [stop(tmp_path, "stop-entries"), stop(tmp_path)]
    begin(tmp_path, "t1", "t2")
    assert [latch_id for latch_id, _, _ in stops(tmp_path)["t2"]] == both, "oldest first, as at the other"


def test_a_terminal_put_in_the_place_of_a_stopped_one_is_stopped(tmp_path: Path) -> None:
    begin(tmp_path, "t1")
    latch_id = stop(tmp_path)
    begin(tmp_path, "t2")
    assert stops(tmp_path) == {"t2": [(latch_id, "own-only", True)]}


def test_what_is_left_at_a_removed_terminal_after_a_resume_stops_nobody(tmp_path: Path) -> None:
    begin(tmp_path, "t1", "t2")
    stop(tmp_path)
    begin(tmp_path, "t1")
    resume(tmp_path)
    begin(tmp_path, "t1", "t3")
    assert stops(tmp_path) == {"t1": [], "t3": []}


def test_a_stop_of_the_server_stays_where_it_was_set(tmp_path: Path) -> None:
    begin(tmp_path, "t1")
    latch_id = stop(tmp_path, local=False, only="t1")
    begin(tmp_path, "t1", "t2")
    assert stops(tmp_path) == {"t1": [(latch_id, "close-all", False)], "t2": []}
    assert told(tmp_path) == []


async def test_a_stop_set_while_the_app_comes_up_holds_the_terminal_it_did_not_know(tmp_path: Path) -> None:
    """The command has read the terminals just before the app wrote them anew."""
    parts = load(configured(tmp_path, "t1", "t2"), tmp_path / "home", {})
    asked = asyncio.Event()
    app = asyncio.create_task(App(parts, {}).run(asked))
    latch_id = stop(tmp_path, only="t1")
    async with asyncio.timeout(20):
        while parts.journal.latches.get("t2", latch_id) is None:
            await SystemClock().sleep(0.02)
    asked.set()
    await app
    assert stops(tmp_path)["t2"] == [(latch_id, "own-only", True)]
