"""``start.py test``: every check in order, a table at the end, and one line for machines."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tools.setup.console import Console, Problem
from tools.setup.dashboard import dashboard_exists, find_node, set_up_dashboard
from tools.setup.environment import set_up_environment
from tools.setup.places import Places
from tools.setup.programs import run_plain

NO_TESTS_COLLECTED = 5
"""pytest's exit code when a selection matches nothing."""


@dataclass(frozen=True, slots=True)
class Count:
    """How many tests a step ran. A step without tests of its own counts as one."""

    passed: int
    failed: int
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Check:
    """One step: a command in a folder. ``report`` is the file the command writes its tests to."""

    name: str
    command: Sequence[str]
    cwd: Path
    report: Path | None = None
    count: Callable[[Path, int], Count] | None = None
    environ: dict[str, str] = field(default_factory=dict)
    missing: str = ""


@dataclass(frozen=True, slots=True)
class Result:
    """What a step came to."""

    name: str
    state: str
    count: Count
    seconds: float
    why: str = ""


def run_checks(places: Places, console: Console, *, require_all: bool) -> int:
    """Set up, run every check, print the table. Returns 1 if anything failed.

    With ``require_all`` whatever would be skipped (a test, a step without Node) is a failure.
    """
    set_up_environment(places, console, "dev")
    npm, no_npm = _npm(places, console)
    with tempfile.TemporaryDirectory(prefix="signalos-test-") as reports:
        checks = _checks(places, Path(reports), npm, no_npm)
        results = [_run(check, console, require_all=require_all) for check in checks]
    return _summary(results, console)


def _npm(places: Places, console: Console) -> tuple[str | None, str]:
    """Npm's path with the dashboard set up, or the reason why there is none."""
    if not dashboard_exists(places):
        return None, "dashboard/package.json is missing"
    try:
        npm = find_node()
        set_up_dashboard(places, console, packages=True)
    except Problem as problem:
        console.problem(problem)
        return None, problem.what.partition("\n")[0]
    return npm, ""


def _checks(places: Places, reports: Path, npm: str | None, no_npm: str) -> list[Check]:
    def tool(*words: str, name: str = "") -> Check:
        return Check(name or " ".join(words), [str(places.tool(words[0])), *words[1:]], places.root)

    def tests(name: str, *words: str, missing: str = "") -> Check:
        report = reports / f"{name.replace(' ', '-')}.xml"
        command = [str(places.tool("python")), "-m", "pytest", "-q", f"--junitxml={report}", *words]
        return Check(name, command, places.root, report, count_junit, missing=missing)

    def node(name: str, *words: str, report: Path | None = None) -> Check:
        return Check(
            name,
            [npm or "npm", "run", *words],
            places.dashboard,
            report,
            count_vitest if report else None,
            # Tools that find a terminal draw over the lines of the steps before.
            {"CI": "true"},
            missing=no_npm,
        )

    vitest = reports / "vitest.json"
    return [
        tool("ruff", "check"),
        tool("ruff", "format", "--check"),
        tool("mypy"),
        tool("lint-imports", name="import rules"),
        tool("python", "-m", "signalos.protocol.export", "--check", name="protocol drift"),
        tests("Python tests", "--ignore=tests/e2e", "-m", "not alone", "-n", "2", "--dist", "loadfile"),
        tests("Python tests, alone", "--ignore=tests/e2e", "-m", "alone"),
        node("dashboard protocol drift", "protocol:check"),
        node("dashboard lint", "lint"),
        node("dashboard types", "typecheck"),
        node(
            "dashboard tests",
            *("test", "--", "--reporter=default", "--reporter=json", f"--outputFile.json={vitest}"),
            report=vitest,
        ),
        node("dashboard build", "build"),
        tests("browser tests", "tests/e2e", missing=no_npm),
    ]


def _run(check: Check, console: Console, *, require_all: bool) -> Result:
    console.headline(check.name)
    if check.missing:
        console.say(f"{'missing' if require_all else 'skipped'}: {check.missing}")
        count = Count(0, 1) if require_all else Count(0, 0, 1)
        return Result(check.name, "FAILED" if require_all else "skipped", count, 0.0, check.missing)
    environ = {**os.environ, **check.environ}
    if require_all:
        environ["SIGNALOS_REQUIRE"] = "all"
    if shutil.which(check.command[0]) is None:
        return Result(check.name, "FAILED", Count(0, 1), 0.0, f"{check.command[0]} is missing")
    begun = time.monotonic()
    code = run_plain(check.command, cwd=check.cwd, environ=environ)
    seconds = time.monotonic() - begun
    if check.report is None or check.count is None:
        count = Count(int(code == 0), int(code != 0))
    else:
        count = check.count(check.report, code)
    if require_all and count.skipped:
        count = Count(count.passed, count.failed + count.skipped)
    return Result(check.name, "FAILED" if count.failed else "passed", count, seconds)


def count_junit(report: Path, code: int) -> Count:
    """Count pytest's report. An exit code that no test explains counts as one failure."""
    if code == NO_TESTS_COLLECTED:
        return Count(0, 0)
    if not report.exists():
        return Count(0, 1)
    # The file was written by the pytest that has just ended.
    suites = list(ET.parse(report).getroot().iter("testsuite"))  # noqa: S314 -- see above
    total, failures, errors, skipped = (
        sum(int(suite.get(name, "0")) for suite in suites)
        for name in ("tests", "failures", "errors", "skipped")
    )
    failed = failures + errors
    if code != 0 and failed == 0 and skipped == 0:
        failed = 1
    return Count(max(0, total - failures - errors - skipped), failed, skipped)


def count_vitest(report: Path, code: int) -> Count:
    """Count vitest's report. An exit code that no test explains counts as one failure."""
    if not report.exists():
        return Count(0, 1)
    read = json.loads(report.read_text(encoding="utf-8"))
    passed, failed = int(read["numPassedTests"]), int(read["numFailedTests"])
    skipped = int(read["numPendingTests"]) + int(read.get("numTodoTests", 0))
    if code != 0 and failed == 0:
        failed = 1
    return Count(passed, failed, skipped)


def _summary(results: Sequence[Result], console: Console) -> int:
    console.headline("Summary")
    for result in results:
        skips = f", {result.count.skipped} skipped" if result.count.skipped else ""
        why = f"  ({result.why})" if result.why else ""
        counts = f"{result.count.passed} passed, {result.count.failed} failed{skips}"
        console.say(f"  {result.state:<8} {result.name:<26} {result.seconds:7.1f} s  {counts}{why}")
    passed = sum(result.count.passed for result in results)
    failed = sum(result.count.failed for result in results)
    skipped = sum(result.count.skipped for result in results)
    if skipped:
        console.say(f"{skipped} skipped: their reasons are above; with --require all a skip is a failure.")
    console.say(f"{passed} passed, {failed} failed")
    return 1 if failed else 0
