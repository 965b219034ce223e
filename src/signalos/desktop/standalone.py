"""What can be done with a desktop app's folder from outside the app: status, and a stop while it is down."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from signalos.desktop.connections import Connection, connections_from
from signalos.desktop.journal import Journal
from signalos.desktop.journal.latches import Latch
from signalos.desktop.journal.store import STATE, TERMINALS
from signalos.desktop.parts import build_terminals, load_for
from signalos.desktop.wire_events import latch_event
from signalos.kit.single import AlreadyRunning, SingleInstance, is_held


def terminals_of(journal: Journal) -> list[str]:
    """The terminals that the app was last started with."""
    stored = journal.meta(TERMINALS)
    return [] if stored is None else [str(t) for t in msgspec.json.decode(stored)]


def connections_of(journal: Journal, home: Path) -> list[Connection]:
    """What the running app is connected to, terminals first; all away while it is down."""
    running = is_held(home)
    stored = journal.meta(STATE)
    state: dict[str, Any] = msgspec.json.decode(stored) if running and stored else {}
    return connections_from(state, terminals_of(journal), "" if running else "the app is not running")


def tell_stopped(journal: Journal, terminals: list[str], latch_id: str) -> list[Latch]:
    """Let the server know of a stop that was latched here; answers the latches."""
    found = [journal.latches.get(terminal_id, latch_id) for terminal_id in terminals]
    latches = [latch for latch in found if latch is not None]
    for latch in latches:
        journal.outbox.add("latch", latch.terminal_id, latch_event(latch, "set", "trading stopped locally"))
    return latches


def resume_all(journal: Journal) -> int:
    """End every stop and pause of this app; answers how many stops."""
    ended = 0
    with journal.transaction():
        for terminal_id in terminals_of(journal):
            for latch in journal.latches.active(terminal_id):
                journal.latches.end(terminal_id, latch.latch_id)
                journal.intents.withdraw(
                    terminal_id, f"latch:{latch.latch_id}", "latch_ended", "trading was resumed"
                )
                journal.outbox.add(
                    "latch", terminal_id, latch_event(latch, "ended", "trading resumed locally")
                )
                ended += 1
            journal.latches.unpause_all(terminal_id)
    return ended


def status_of(journal: Journal, home: Path) -> dict[str, Any]:
    """{state, ready, terminals, positions, latch}; from the journal alone while the app is down."""
    running = is_held(home)
    stored = journal.meta(STATE)
    state: dict[str, Any] = msgspec.json.decode(stored) if running and stored else {}
    terminals = []
    positions = 0
    latches: list[Latch] = []
    for terminal_id in terminals_of(journal):
        legs = journal.legs.alive(terminal_id)
        positions += sum(1 for leg in legs if leg.state == "open")
        latches += journal.latches.active(terminal_id)[-1:]
        known = state.get("terminals", {}).get(terminal_id, {})
        terminals.append(
            {
                "id": terminal_id,
                "connected": bool(known.get("connected", False)),
                "reason": known.get("reason", "" if running else "the app is not running"),
                "halted": journal.latches.halted(terminal_id),
                "unfinished": len(journal.intents.unfinished(terminal_id)),
            }
        )
    return {
        "state": "running" if running else "stopped",
        "ready": running and bool(terminals) and all(t["connected"] for t in terminals),
        "terminals": terminals,
        "positions": positions,
        # Of several terminals the first one's: a stop of them all is one, and flat once all are.
        "latch": {
            "latchId": latches[0].latch_id,
            "mode": latches[0].mode,
            "flat": all(latch.flat for latch in latches),
        }
        if latches
        else None,
        "unsentEvents": journal.outbox.waiting(),
    }


async def work_without_app(home: Path, environ: Mapping[str, str], latch_id: str, seconds: float) -> None:
    """Carry out a stop while no app runs: connect, settle, close, prove; at most ``seconds``."""
    try:
        single = SingleInstance(home, "the desktop app")
    except AlreadyRunning:
        return  # the app has come up meanwhile and does it
    with single:
        parts = load_for(home, environ)
        terminals = build_terminals(parts)
        for terminal in terminals:
            terminal.recover()
        try:
            async with asyncio.timeout(max(0.1, seconds)), asyncio.TaskGroup() as all_of_them:
                for terminal in terminals:
                    all_of_them.create_task(_until_flat(terminal, parts.journal, latch_id))
        except TimeoutError:
            return  # what is left is in the journal, with its reasons
        finally:
            parts.journal.close()


async def _until_flat(terminal: Any, journal: Journal, latch_id: str) -> None:
    tasks: list[asyncio.Task[None]] = []
    try:
        tasks.append(asyncio.create_task(terminal.stopper.run()))
        await terminal.connect()
        tasks.append(asyncio.create_task(terminal.watcher.run()))
        while True:
            latch = journal.latches.get(terminal.terminal_id, latch_id)
            if latch is None or latch.flat or latch.ended:
                return
            for task in tasks:
                if task.done():
                    task.result()  # raises what ended it
            await asyncio.sleep(0.02)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await terminal.broker.stop()
