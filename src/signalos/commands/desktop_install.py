"""``signalos desktop install|uninstall``: let the system start the desktop app by itself."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeAlias

from signalos.commands.autostart import Plan, Start, install_plan, uninstall_plan
from signalos.desktop.start_record import FLAG, forget, note_install
from signalos.domain.errors import ConfigError
from signalos.kit.boot import current_boot
from signalos.kit.paths import write_atomically

NAME = "signalos-desktop"
RESTART = (
    "restart the machine once, then: signalos doctor --home DIR says whether the app came up by itself"
)
SYSTEMS = ("linux", "darwin", "win32")

Runner: TypeAlias = Callable[[Sequence[str]], tuple[int, str]]
"""Runs a program of the system; answers its exit code and what it said."""


def add_to(actions: Any) -> None:
    """Add the two actions to ``signalos desktop``."""
    for name, function, summary in (
        ("install", run_install, "let this system start the app when you sign in"),
        ("uninstall", run_uninstall, "let it no longer start by itself"),
    ):
        parser = actions.add_parser(name, help=summary)
        parser.add_argument("--home", type=Path, required=True, help="the app's folder")
        parser.add_argument("--config", type=Path, required=name == "install", help="config.json")
        parser.add_argument("--name", default=NAME, help="another name for a second app")
        parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
        parser.set_defaults(run=function)


def run_install(options: argparse.Namespace) -> int:
    """Write the files and register them. Exit 1 where the system's tool failed."""
    from signalos.desktop.config import load_config

    config = load_config(options.config, dict(os.environ))
    terminals = [(t.id, t.path) for t in config.terminals if t.type == "mt5" and t.path is not None]
    start = _start(options, terminals)
    code = carry_out(install_plan(_system(), start), run_program, dry=options.dry_run, removing=False)
    if code == 0 and not options.dry_run:
        note_install(Path(start.folder), current_boot(), datetime.now(UTC))
        print(RESTART)
    return code


def run_uninstall(options: argparse.Namespace) -> int:
    """Take the registration back. Exit 1 where the system's tool failed."""
    terminals: list[tuple[str, str]] = []
    if options.config is not None:
        from signalos.desktop.config import load_config

        config = load_config(options.config, dict(os.environ))
        terminals = [(t.id, t.path) for t in config.terminals if t.type == "mt5" and t.path is not None]
    start = _start(options, terminals)
    if not options.dry_run:
        forget(Path(start.folder))
    return carry_out(uninstall_plan(_system(), start), run_program, dry=options.dry_run, removing=True)


def carry_out(plan: Plan, runner: Runner, *, dry: bool, removing: bool) -> int:
    """Write (or delete) the plan's files and run its commands with ``runner``; 1 where one of them fails."""
    if not removing:
        for file, text in plan.files.items():
            print(f"{'would write' if dry else 'writing'} {file}")
            if dry:
                print(_shown(text))
            else:
                write_atomically(Path(file), text)
    failed = False
    for command in plan.commands:
        print(f"{'would run' if dry else 'running'} {' '.join(command)}")
        code, said = (0, "") if dry else runner(command)
        if code != 0:
            failed = True
            print(f"signalos: {command[0]} ended with {code}: {said.strip() or 'no word'}", file=sys.stderr)
            if not removing:
                print("The files are kept: mend what it says and run this again.", file=sys.stderr)
                return 1
    if removing:
        for file in plan.files:
            print(f"{'would delete' if dry else 'deleting'} {file}")
            if not dry:
                Path(file).unlink(missing_ok=True)
    for remark in plan.remarks:
        print(remark)
    return int(failed)


def run_program(command: Sequence[str]) -> tuple[int, str]:
    """Run a program of the system without a shell."""
    try:
        done = subprocess.run(  # noqa: S603 -- a fixed program with words of our own, no shell
            list(command), capture_output=True, text=True, timeout=60, check=False
        )
    except OSError as why:
        return 127, str(why)
    return done.returncode, done.stdout + done.stderr


def _start(options: argparse.Namespace, terminals: Sequence[tuple[str, str]]) -> Start:
    if not options.name or not all(c.isascii() and (c.isalnum() or c in "-_") for c in options.name):
        raise ConfigError(f"--name {options.name!r}: letters, digits, - and _ alone, since it names files")
    home = options.home.expanduser().resolve()
    command = [sys.executable, "-m", "signalos.cli", "desktop", "run"]
    if options.config is not None:
        command += ["--config", str(options.config.expanduser().resolve())]
    command += ["--home", str(home), FLAG]
    environ = {name: os.environ[name] for name in ("SIGNALOS_HOME",) if os.environ.get(name)}
    uid = 0 if sys.platform == "win32" else os.getuid()
    return Start(options.name, command, environ, home, Path.home(), uid, terminals)


def _system() -> str:
    if sys.platform not in SYSTEMS:
        raise ConfigError(
            f"SignalOS does not know how {sys.platform} starts programs: let it run `signalos desktop run` yourself"
        )
    return sys.platform


def _shown(text: bytes) -> str:
    return text.decode("utf-16" if text[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8")
