"""The dashboard: its packages and its build."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from tools.setup.console import Console, Problem
from tools.setup.environment import OFFLINE_NOTE, check_disk
from tools.setup.places import Places
from tools.setup.programs import Failed, run_watched
from tools.setup.stamps import content_hash, read_stamp, write_stamp

OLDEST_NODE = (20, 19)
"""The oldest that the build tools run on."""

NOT_SOURCES = {"node_modules", "dist", "test-results", "tests", ".vite", "coverage"}


def find_node() -> str:
    """The path of npm, of a Node that is new enough. Raises Problem."""
    node, npm = shutil.which("node"), shutil.which("npm")
    how = (
        "Get Node 22 with npm: from nodejs.org, or by `sudo apt install nodejs npm` (Debian 13, Ubuntu 25.04 or"
        " newer), `brew install node`, or `winget install OpenJS.NodeJS.LTS`. Open a new terminal and start again."
    )
    if node is None:
        raise Problem("Node is missing (there is no `node` on the PATH); it builds the dashboard.", how)
    if npm is None:
        raise Problem(f"npm is missing beside Node ({node}); it fetches the dashboard's packages.", how)
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    found = re.match(r"v(\d+)\.(\d+)", said)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    if version < OLDEST_NODE:
        raise Problem(f"Node {said or '(unknown version)'} is too old: 20.19 or newer is needed.", how)
    return npm


def dashboard_exists(places: Places) -> bool:
    """Whether this checkout has a dashboard to build."""
    return (places.dashboard / "package.json").exists()


def set_up_dashboard(places: Places, console: Console, *, packages: bool = False) -> None:
    """Make ``dashboard/dist`` the build of the present sources.

    Node is needed only when something changed. ``packages`` asks for the packages also when the
    build is up to date: lint and tests use them. Raises Problem.
    """
    folder = places.dashboard
    if not dashboard_exists(places):
        console.say(
            "  dashboard/package.json is missing: this checkout has no dashboard, pages are not served"
        )
        return
    modules = folder / "node_modules"
    install_stamp, build_stamp = modules / ".signalos-install.json", modules / ".signalos-build.json"
    locked = {"lock": content_hash([folder / "package-lock.json", folder / "package.json"], folder)}
    sources = {"sources": content_hash(_sources(folder), folder)}
    installed = read_stamp(install_stamp) == locked
    built = read_stamp(build_stamp) == sources and (folder / "dist" / "index.html").exists()
    if built and (installed or not packages):
        return
    npm = find_node()
    if not installed:
        check_disk(places.root)
        _install(folder, npm, console)
        write_stamp(install_stamp, locked)
    if not built:
        _build(folder, npm, console)
        write_stamp(build_stamp, sources)


def _sources(folder: Path) -> list[Path]:
    found: list[Path] = []
    for here, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in NOT_SOURCES]
        found += [Path(here) / name for name in files]
    return found


def _install(folder: Path, npm: str, console: Console) -> None:
    with console.step("installing the dashboard's packages (a minute, only the first time)"):
        try:
            run_watched([npm, "ci", "--no-audit", "--no-fund", "--prefer-offline"], console, cwd=folder)
        except Failed as why:
            raise Problem(
                f"the dashboard's packages could not be installed. npm said:\n{_tail(why)}",
                f"Check the network (and the proxy: npm config get proxy), then start again. {OFFLINE_NOTE}",
            ) from why


def _build(folder: Path, npm: str, console: Console) -> None:
    with console.step("building the dashboard"):
        try:
            run_watched([npm, "run", "build"], console, cwd=folder)
        except Failed as why:
            raise Problem(
                f"the dashboard does not build. It said:\n{_tail(why)}",
                "If you changed files in dashboard/, mend them (`npm run build` there shows all of it). If not, remove"
                " dashboard/node_modules and start again.",
            ) from why


def _tail(why: Failed) -> str:
    return "\n".join(f"    {line}" for line in why.tail.splitlines()) or "    (nothing)"
