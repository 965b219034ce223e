"""The commands of ``start.py``."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Sequence
from pathlib import Path

from tools.setup.campaigns import prove
from tools.setup.checks import run_checks
from tools.setup.console import Console, Problem
from tools.setup.dashboard import set_up_dashboard
from tools.setup.develop import develop
from tools.setup.environment import set_up_environment
from tools.setup.places import Places
from tools.setup.port import check_port
from tools.setup.programs import become

ROOT = Path(__file__).resolve().parents[2]


def main(arguments: Sequence[str]) -> int:
    """Run one command and return the exit code."""
    options, rest = _parser().parse_known_args(arguments)
    command = options.command or "up"
    if rest and command not in {"up", "prove"}:
        _parser().error(f"unknown argument: {rest[0]}")
    places, console = Places(ROOT), Console()
    try:
        match command:
            case "up":
                check_port(os.environ)
                set_up(places, console, "runtime")
                return become([str(places.tool("signalos")), "up", *rest])
            case "setup":
                set_up(places, console, "dev")
                console.say("Ready. Start SignalOS with: python start.py")
                return 0
            case "dev":
                check_port(os.environ)
                set_up(places, console, "dev", packages=True)
                return develop(places, console)
            case "test":
                return run_checks(places, console, require_all=options.require == "all")
            case _:
                set_up_environment(places, console, "dev")
                return prove(places, console, options.campaigns, rest, only_list=options.list)
    except Problem as problem:
        console.problem(problem)
        return 1
    except KeyboardInterrupt:
        console.say("stopped")
        return 130


def set_up(places: Places, console: Console, kind: str, *, packages: bool = False) -> None:
    """Bring environment and dashboard up to date; silent if nothing is to do. Raises Problem."""
    begun = time.monotonic()
    fresh = not places.tool("signalos").exists()
    if fresh:
        console.say("Setting SignalOS up. The first time takes a few minutes, later starts take seconds.")
    set_up_environment(places, console, kind)
    set_up_dashboard(places, console, packages=packages)
    if fresh:
        console.say(f"Set up in {time.monotonic() - begun:.0f} s.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="start.py",
        description="Set SignalOS up and start it. Without a command: everything, for a first look.",
        epilog="Environment: HOST, PORT (5000), SIGNALOS_HOME (state folder), HEADLESS=1 (open no browser).",
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("up", help="set up and start everything (the default)")
    commands.add_parser(
        "setup", help="set up only: .venv with the signalos command, and the built dashboard"
    )
    test = commands.add_parser("test", help="run every check and test")
    test.add_argument("--require", choices=["all"], help="a test that is skipped counts as failed")
    commands.add_parser(
        "dev", help="start with reloading: the server on changes, the dashboard on port 5173"
    )
    campaign = commands.add_parser("prove", help="run the long campaigns: all, or those named")
    campaign.add_argument("campaigns", nargs="*", metavar="NAME", help="campaigns to run, in this order")
    campaign.add_argument("--list", action="store_true", help="only list the campaigns")
    return parser
