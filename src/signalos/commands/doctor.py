"""``signalos doctor``: look at everything that has to be right, and say what to do where it is not."""

from __future__ import annotations

import argparse
import dataclasses
import importlib
import importlib.util
import json
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from signalos.commands.checks import app, machine, server, signed_in, start
from signalos.commands.checks.finding import Finding, State, Subject, failed
from signalos.domain.errors import ConfigError
from signalos.kit.clock import SystemClock
from signalos.kit.paths import state_home

Check: TypeAlias = Callable[[Subject], "Finding | list[Finding]"]

CHECKS: tuple[Check, ...] = (
    machine.python,
    machine.system,
    machine.packages,
    machine.disk,
    machine.private_folder,
    server.settings,
    server.database,
    server.backups,
    server.port,
    server.dashboard,
    app.config,
    app.terminals,
    signed_in.terminals_ready,
    app.token,
    app.clock,
    app.sources,
    app.language_model,
    app.journal,
    start.restart,
)
EXAMINATIONS = ("signalos.commands.doctor_mt5",)
"""Modules with ``add_to(subparsers)``: examinations of their own, present where their file is."""
JOURNAL = "journal.sqlite3"


def add(subparsers: Any) -> None:
    """Add the command to the command line."""
    parser = subparsers.add_parser("doctor", help="check this installation and say what to do")
    parser.add_argument("--home", type=Path, help="the state folder, or a desktop app's folder")
    parser.add_argument("--config", type=Path, help="the desktop app's config.json")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.set_defaults(run=run)
    special = parser.add_subparsers(metavar="EXAMINATION", required=False)
    for module in EXAMINATIONS:
        if importlib.util.find_spec(module) is not None:
            importlib.import_module(module).add_to(special)


def run(options: argparse.Namespace) -> int:
    """Run every check. Exit 1 if one failed; warnings do not count."""
    findings = examine(subject_of(options.home, options.config), CHECKS)
    bad = [finding for finding in findings if finding.state is State.FAILED]
    if options.json:
        shown = [dataclasses.asdict(finding) for finding in findings]
        print(json.dumps({"ok": not bad, "findings": shown}, ensure_ascii=False))
    else:
        for finding in findings:
            print(f"{finding.state:<15}{finding.check:<20} {finding.text}")
            if finding.todo:
                print(f"{'':<36}-> {finding.todo}")
        warnings = sum(finding.state is State.WARNING for finding in findings)
        print(f"{len(findings)} checks: {len(bad)} failed, {warnings} to look at")
    return 1 if bad else 0


def subject_of(home: Path | None, config: Path | None) -> Subject:
    """What is to be examined. Raises ConfigError for a folder that does not exist."""
    if home is not None and not home.is_dir():
        raise ConfigError(f"there is no folder {home}: name SIGNALOS_HOME or the desktop app's folder")
    state, app = state_home(), None
    if home is not None:
        if (home / JOURNAL).exists():
            app = home.resolve()
        else:
            state = home.resolve()
    return Subject(state=state, app=app, config=config, environ=dict(os.environ), clock=SystemClock())


def examine(subject: Subject, checks: Sequence[Check]) -> list[Finding]:
    """Every finding in order. A check that breaks is itself a failed one; the others go on."""
    findings: list[Finding] = []
    for check in checks:
        try:
            found = check(subject)
        except Exception as why:  # noqa: BLE001 -- a broken check is told as failed, the others still help
            found = failed(
                check.__name__.replace("_", " "),
                f"the check itself broke: {why!r}",
                "report it with this line",
            )
        findings += found if isinstance(found, list) else [found]
    return findings
