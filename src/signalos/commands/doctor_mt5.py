"""``signalos doctor mt5``: examine a terminal on a demo account by trading there, and write the evidence."""

from __future__ import annotations

import argparse
import asyncio
import os
import random
from pathlib import Path
from typing import Any

import msgspec

from signalos.brokers.mt5 import Deadlines, WorkerLauncher, mt5linux_worker, native_worker, simulated_worker
from signalos.brokers.mt5.selftest.evidence import Evidence
from signalos.brokers.mt5.selftest.examine import examine
from signalos.desktop.config import TerminalConfig, load_config
from signalos.desktop.terminal_types import credentials
from signalos.domain.errors import ConfigError
from signalos.kit.clock import SystemClock

_SHOWN = 40


def add_to(subparsers: Any) -> None:
    """Add the examination to ``signalos doctor``."""
    parser = subparsers.add_parser(
        "mt5",
        help="examine a MetaTrader terminal on a demo account",
        description="Opens, changes and closes the smallest position on a demo account, compares every answer "
        "with the simulated terminal's, and writes the evidence. It cleans up what it opened.",
    )
    parser.add_argument(
        "--demo-selftest", action="store_true", required=True, help="yes, trade on this demo account"
    )
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument(
        "--config", type=Path, metavar="FILE", dest="config_file", help="a config.json's terminal"
    )
    where.add_argument("--address", metavar="HOST:PORT", help="a simulated terminal")
    where.add_argument("--native", action="store_true", help="this machine's terminal")
    parser.add_argument("--terminal", metavar="ID", help="which terminal of the config.json")
    parser.add_argument("--path", help="the terminal's program file (with --native)")
    parser.add_argument("--symbol", default="EURUSD", help="what to trade (EURUSD)")
    parser.add_argument("--beside-others", action="store_true", help="even where the symbol has positions")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the evidence file (mt5-evidence.json)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Examine. Exit 0: the same answers as the simulated terminal's; 1: differences; 3: a step failed."""
    command, environ, way = _worker(options)
    clock = SystemClock()
    launcher = WorkerLauncher(command, clock, random.Random(), environ)  # noqa: S311 -- pauses between starts
    evidence = asyncio.run(
        examine(
            launcher, clock, symbol=options.symbol.upper(), way=way, beside_others=options.beside_others
        )
    )
    out = options.out or Path("mt5-evidence.json")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_bytes(msgspec.json.format(msgspec.json.encode(evidence), indent=1) + b"\n")
    _show(evidence, out)
    return {"same": 0, "differences": 1}.get(evidence.verdict, 3)


def _worker(options: argparse.Namespace) -> tuple[list[str], dict[str, str], str]:
    if options.address is not None:
        return simulated_worker(options.address), {}, "simulated terminal"
    if options.native:
        return native_worker(options.path), {}, "native module"
    terminal = _terminal(options.config_file, options.terminal)
    if terminal.type == "simulated":
        return simulated_worker(str(terminal.address)), {}, "simulated terminal"
    if terminal.type == "mt5linux":
        command = mt5linux_worker(str(terminal.address), Deadlines().send, terminal.path)
        return command, credentials(terminal), "mt5linux server"
    return native_worker(terminal.path), credentials(terminal), "native module"


def _terminal(path: Path, wanted: str | None) -> TerminalConfig:
    terminals = load_config(path, os.environ).terminals
    found = [t for t in terminals if wanted in (None, t.id)]
    if len(found) != 1:
        names = ", ".join(t.id for t in terminals)
        raise ConfigError(f"{path.name} has the terminals {names}: name one of them with --terminal")
    return found[0]


def _show(evidence: Evidence, out: Path) -> None:
    for step in evidence.steps:
        print(
            f"{'FAILED' if step.failed else 'ok':<8}{step.name:<34}{step.seconds:8.3f} s  {step.failed}".rstrip()
        )
    for found in evidence.differences[:_SHOWN]:
        print(f"differs {found.step}: {found.what}: {found.terminal!r} here, {found.reference!r} simulated")
    if len(evidence.differences) > _SHOWN:
        print(f"... and {len(evidence.differences) - _SHOWN} more in the file")
    if evidence.left:
        print(f"NOT CLEANED UP: close these by hand in the terminal: {', '.join(evidence.left)}")
    print(f"{len(evidence.differences)} differences, verdict: {evidence.verdict} ({evidence.about}); {out}")
