"""``signalos desktop``: run the app, and speak to it through its journal."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sqlite3
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from signalos.commands import desktop_install, desktop_login, desktop_pair
from signalos.desktop.start_record import FLAG, note_start
from signalos.domain.errors import ConfigError, JournalError
from signalos.kit.boot import current_boot

MODES = ("stop-entries", "cancel-pendings", "own-only", "close-all")
QUIT_WITHIN_SECONDS = 15.0


def add(subparsers: Any) -> None:
    """Register the command."""
    parser = subparsers.add_parser("desktop", help="the desktop app")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)

    run_ = _action(actions, "run", run, "run the app in the foreground")
    run_.add_argument("--config", type=Path, required=True, help="config.json")
    run_.add_argument(FLAG, action="store_true", help="said by the system that starts it by itself")

    desktop_pair.add(
        _action(actions, "pair", desktop_pair.run, "get a token from the server by a short code")
    )

    desktop_login.add(
        _action(actions, "login", desktop_login.run, "sign in to Telegram, or show its chats")
    )

    journal = _action(actions, "journal", show_journal, "print one line for each leg and update")
    journal.add_argument("--json", action="store_true", help="one JSON object a line")

    stop = _action(actions, "stop", stop_trading, "stop trading, latched durably, and prove it")
    stop.add_argument("--mode", choices=MODES, default="close-all")
    stop.add_argument("--wait", type=float, default=60.0, help="seconds to wait for the proof")
    stop.add_argument("--json", action="store_true")

    _action(actions, "resume", resume_trading, "end the stop and any pause")
    status = _action(actions, "status", show_status, "what the app is doing")
    status.add_argument("--json", action="store_true")
    _action(actions, "screen", show_screen, "follow, stop and resume the app in this window")
    _action(actions, "quit", quit_app, "let the app finish what it has sent and end")
    desktop_install.add_to(actions)
    resend = _action(actions, "resend", send_again, "after a restore of the server: send events again")
    resend.add_argument(
        "--since", required=True, metavar="TIME", help="ISO 8601, for example 2026-03-01T12:00Z"
    )


def _action(actions: Any, name: str, function: Any, summary: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = actions.add_parser(name, help=summary)
    parser.add_argument("--home", type=Path, required=True, help="the app's folder")
    parser.set_defaults(run=function)
    return parser


def run(options: argparse.Namespace) -> int:
    """Run the app until it is told to quit."""
    from signalos.desktop.app import run_app
    from signalos.kit import loop

    def on_up() -> None:
        if options.by_system:
            note_start(options.home, current_boot(), datetime.now(UTC))

    options.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    return loop.run(run_app(options.config, options.home, dict(os.environ), on_up))


def _open(home: Path) -> Any:
    from signalos.desktop.journal import Journal
    from signalos.desktop.journal.store import FILE_NAME
    from signalos.kit.clock import SystemClock
    from signalos.kit.ids import SystemIds

    if not (home / FILE_NAME).exists():
        raise ConfigError(f"no journal in {home}: has the desktop app run with --home {home}?")
    try:
        return Journal(home, clock=SystemClock(), market=SystemClock(), ids=SystemIds())
    except sqlite3.DatabaseError as why:
        raise JournalError(
            f"the journal {home / FILE_NAME} cannot be opened ({why}). If another program holds it, end that"
            " program; if it is damaged, put a backup in its place: what it says of open trades is lost else"
        ) from why


def show_journal(options: argparse.Namespace) -> int:
    """Print the journal, oldest first; also while the app is down."""
    journal = _open(options.home)
    for intent in journal.intents.everything():
        line = intent.shown()
        if options.json:
            print(json.dumps(line, ensure_ascii=False))
        else:
            place = f"{line['chatId']}/{line['messageId']}.{line['version']} part {line['part']} leg {line['leg']}"
            print(
                f"{line['state']:<13} {line['kind']:<12} {line['terminalId']:<12} {place}  {line['reason']}"
            )
    return 0


def stop_trading(options: argparse.Namespace) -> int:
    """Latch the stop before anything else, then wait for the proof (exit 0) or say what is left (3)."""
    from signalos.desktop.standalone import terminals_of

    journal = _open(options.home)
    terminals = terminals_of(journal)
    if not terminals:
        raise ConfigError(
            f"nothing is latched: the app in {options.home} has never started with a terminal"
        )
    latch_id = journal.latches.set(terminals, options.mode, local=True)
    # It is latched: whatever fails from here on ends with 3, since every other code says that it is not.
    answer: dict[str, Any] = {"latchId": latch_id, "latchedAt": None, "flat": False, "left": []}
    try:
        asyncio.run(_prove(journal, terminals, options, answer))
    except KeyboardInterrupt:
        print("signalos: latched; the wait for the proof was interrupted", file=sys.stderr)
    except Exception as why:  # noqa: BLE001 -- told here, and the exit code says the rest
        print(f"signalos: latched, but the proof cannot be read: {why!r}", file=sys.stderr)
    if options.json:
        print(json.dumps(answer))
    else:
        print(f"stopped ({latch_id}): " + ("proven flat" if answer["flat"] else f"left: {answer['left']}"))
    return 0 if answer["flat"] else 3


async def _prove(
    journal: Any, terminals: list[str], options: argparse.Namespace, answer: dict[str, Any]
) -> None:
    """Keep ``answer`` true to the journal until it is flat or the wait is over; work if no app does."""
    from signalos.desktop.standalone import tell_stopped, terminals_of, work_without_app
    from signalos.kit.clock import SystemClock
    from signalos.kit.single import is_held

    clock = SystemClock()
    latches = tell_stopped(journal, terminals, answer["latchId"])
    answer["latchedAt"] = latches[0].latched_at.isoformat()
    until = clock.monotonic() + options.wait
    trouble = ""
    while True:
        if not is_held(options.home):
            try:
                await work_without_app(
                    options.home, dict(os.environ), answer["latchId"], until - clock.monotonic()
                )
            except Exception as why:  # noqa: BLE001 -- told below and in ``left``
                # It is latched all the same; only nobody works on it until the app can start again.
                trouble = f"nothing can be closed before the app can start: {why!r}"
                print(f"signalos: latched, but {trouble}", file=sys.stderr)
        # A terminal that came into the configuration meanwhile is stopped with the others.
        found = [
            journal.latches.get(t, answer["latchId"])
            for t in dict.fromkeys(terminals + terminals_of(journal))
        ]
        latches = [latch for latch in found if latch is not None]
        answer["flat"] = all(x.flat for x in latches)
        answer["left"] = [{"terminalId": x.terminal_id, **item} for x in latches for item in x.left] + [
            {"terminalId": x.terminal_id, "ticket": None, "reason": "app_cannot_start", "text": trouble}
            for x in latches
            if trouble and not x.flat and not x.left
        ]
        # Written so that a wait that is no number ends as well.
        if answer["flat"] or trouble or not clock.monotonic() < until:
            return
        await clock.sleep(0.05)


def resume_trading(options: argparse.Namespace) -> int:
    """End every stop and pause of this app."""
    from signalos.desktop.standalone import resume_all

    ended = resume_all(_open(options.home))
    print(
        f"trading resumed, {ended} stop(s) ended"
        if ended
        else "trading was not stopped; any pause is ended"
    )
    return 0


def show_status(options: argparse.Namespace) -> int:
    """Print {state, ready, terminals, positions, latch}."""
    from signalos.desktop.standalone import status_of

    status = status_of(_open(options.home), options.home)
    if options.json:
        print(json.dumps(status))
    else:
        for name, value in status.items():
            print(f"{name}: {value}")
    return 0


def show_screen(options: argparse.Namespace) -> int:
    """Show the app until the user leaves. It goes on, or stays stopped, as it is."""
    if not sys.stdout.isatty():
        raise ConfigError("the screen needs a terminal window; `signalos desktop status` needs none")
    try:
        from signalos.desktop.screen.view import DesktopScreen
    except ImportError:
        raise ConfigError("the screen needs the package textual: pip install 'signalos[screen]'") from None
    from signalos.kit.clock import SystemClock

    DesktopScreen(_open(options.home), options.home, SystemClock(), dict(os.environ)).run()
    return 0


def quit_app(options: argparse.Namespace) -> int:
    """Ask the app to end and wait for it. Exit 1 if it does not within 15 seconds."""
    return asyncio.run(_quit_app(options))


async def _quit_app(options: argparse.Namespace) -> int:
    from signalos.desktop.journal.store import QUIT
    from signalos.kit.clock import SystemClock
    from signalos.kit.single import is_held

    clock = SystemClock()
    journal = _open(options.home)
    if not is_held(options.home):
        print("the app is not running")
        return 0
    journal.set_meta(QUIT, "1")
    until = clock.monotonic() + QUIT_WITHIN_SECONDS
    while is_held(options.home):
        if clock.monotonic() > until:
            print(
                f"the app still runs after {QUIT_WITHIN_SECONDS:g} s; see its log in {options.home}",
                file=sys.stderr,
            )
            return 1
        await clock.sleep(0.05)
    print("the app has ended")
    return 0


def send_again(options: argparse.Namespace) -> int:
    """Let what was sent since a moment wait anew; also while the app runs. The server takes each event once."""
    try:
        since = datetime.fromisoformat(options.since)
    except ValueError:
        since = None
    if since is None or since.tzinfo is None:
        raise ConfigError(
            f"--since {options.since}: give an ISO 8601 time with its zone, 2026-03-01T12:00Z say"
        )
    count = _open(options.home).outbox.send_again(since)
    print(f"{count} event(s) since {since:%Y-%m-%d %H:%M:%S %Z} will be sent again")
    return 0
