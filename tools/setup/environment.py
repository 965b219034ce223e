"""The Python environment: ``.venv`` with the locked packages and the project itself."""

from __future__ import annotations

import json
import shutil
import sys
import tomllib
from pathlib import Path

from tools.setup.console import Console, Problem
from tools.setup.places import Places
from tools.setup.programs import Failed, run_watched
from tools.setup.stamps import content_hash, read_stamp, write_stamp

SOURCE_ONLY = ("pyaes",)
"""Packages that are published without a wheel, all pure Python: built with what ``source.lock`` names."""
NEEDED_FREE_BYTES = 1_500_000_000
"""Environment with the development tools 0.6 GB, dashboard packages 0.4 GB, and room to work."""

STAMP = "signalos-stamp.json"

OFFLINE_NOTE = (
    "Network is needed only for the first start; what was fetched is kept, and later starts work offline."
)


def set_up_environment(places: Places, console: Console, kind: str) -> None:
    """Make ``.venv`` hold the packages of lock ``kind`` and the ``signalos`` command.

    Does nothing if the stamp says that it does. Raises Problem.
    """
    stamp_file = places.venv / STAMP
    stamp = read_stamp(stamp_file)
    wanted = _wanted(places, kind)
    if places.tool("signalos").exists() and stamp.get("python") == wanted["python"]:
        if all(stamp.get(name) == value for name, value in wanted.items()):
            return
        # The development lock contains the runtime lock: nothing to do for the smaller one.
        dev = _wanted(places, "dev")
        if all(stamp.get(name) == value for name, value in dev.items()):
            return
    check_disk(places.root)
    _make_venv(places, console)
    _install(places, console, kind)
    kept = {name: value for name, value in stamp.items() if name in {"runtime", "dev"}}
    current = {k: v for k, v in kept.items() if v == _wanted(places, k)[k]}
    write_stamp(stamp_file, {**current, **wanted})


def check_disk(folder: Path) -> None:
    """Raise Problem when the set-up would fill the disk."""
    free = shutil.disk_usage(folder).free
    if free < NEEDED_FREE_BYTES:
        raise Problem(
            f"only {free / 1e9:.1f} GB are free on the disk of {folder}; the set-up needs about"
            f" {NEEDED_FREE_BYTES / 1e9:.1f} GB.",
            "Free some space, or move the folder to another disk, and start again.",
        )


def _wanted(places: Places, kind: str) -> dict[str, str]:
    project = tomllib.loads((places.root / "pyproject.toml").read_text(encoding="utf-8"))
    installed = json.dumps(
        [project["project"], project["build-system"], project["tool"]["hatch"]], sort_keys=True
    )
    return {
        "python": ".".join(map(str, sys.version_info[:2])),
        "place": str(places.root),
        "project": content_hash([], places.root, installed),
        kind: content_hash([places.lock(kind), places.lock("source")], places.root),
    }


def _make_venv(places: Places, console: Console) -> None:
    config = places.venv / "pyvenv.cfg"
    # Programs in an environment name its full path: one that was moved with its folder does not run.
    moved = read_stamp(places.venv / STAMP).get("place", str(places.root)) != str(places.root)
    if places.venv.exists() and (moved or not _fits(config)):
        if not config.exists() and any(places.venv.iterdir()):
            raise Problem(
                f"{places.venv} exists and is no Python environment.",
                "Move that folder away (it is not touched), and start again.",
            )
        console.say("  the environment in .venv is of another Python or place: making it anew")
        if places.venv.is_symlink():
            places.venv.unlink()  # what it leads to belongs to somebody else
        else:
            shutil.rmtree(places.venv)
    if places.tool("python").exists():
        return
    with console.step("making the Python environment .venv"):
        try:
            run_watched([sys.executable, "-m", "venv", str(places.venv)], console, cwd=places.root)
        except Failed as why:
            shutil.rmtree(places.venv, ignore_errors=True)
            raise Problem(
                f"Python cannot make an environment (python -m venv). It said:\n{_indented(why.tail)}",
                "On Debian and Ubuntu install the missing part: sudo apt install python3-venv. Elsewhere install"
                " Python from python.org. Then start again.",
            ) from why


def _fits(config: Path) -> bool:
    """Whether the environment is of the running Python's version and its interpreter still exists."""
    if not config.exists():
        return False
    pairs = (line.split("=", 1) for line in config.read_text(encoding="utf-8").splitlines() if "=" in line)
    values = {name.strip(): value.strip() for name, value in pairs}
    version = values.get("version", values.get("version_info", "")).split(".")[:2]
    same = version == [str(part) for part in sys.version_info[:2]]
    return same and Path(values.get("home", "")).is_dir()


def _install(places: Places, console: Console, kind: str) -> None:
    pip = [str(places.tool("python")), "-m", "pip", "--disable-pip-version-check", "--no-input", "install"]
    wheels = [*pip, "--require-hashes", "--only-binary", ":all:"]
    # Built with the locked tool, since pip's own build environment would fetch one without a hash.
    built = ["--no-binary", ",".join(SOURCE_ONLY), "--no-build-isolation"]
    with console.step(
        f"installing the Python packages of requirements/{kind}.lock (minutes, only the first time)"
    ):
        try:
            run_watched([*wheels, "-r", str(places.lock("source"))], console, cwd=places.root)
            run_watched([*wheels, *built, "-r", str(places.lock(kind))], console, cwd=places.root)
        except Failed as why:
            raise _pip_problem(why) from why
    with console.step("installing the signalos command"):
        project = [*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(places.root)]
        try:
            run_watched(project, console, cwd=places.root)
        except Failed as why:
            raise Problem(
                f"the project could not be installed. pip said:\n{_indented(why.tail)}",
                "Remove the folder .venv and start again. If that does not help, this is a fault of SignalOS:"
                " please report it with the lines above.",
            ) from why


def _pip_problem(why: Failed) -> Problem:
    said = why.tail.lower()
    if "hash" in said and "match" in said:
        return Problem(
            f"a downloaded package is not the one that was locked. pip said:\n{_indented(why.tail)}",
            "Do not go on with it: a proxy or mirror may have changed it. Empty pip's cache (pip cache purge) and"
            " start again from another network.",
        )
    if "no matching distribution" in said and "from versions: none" not in said:
        return Problem(
            f"a package has no build for this Python or system. pip said:\n{_indented(why.tail)}",
            "Start with Python 3.11, 3.12 or 3.13 (for example: python3.13 start.py).",
        )
    return Problem(
        f"the Python packages could not be installed. pip said:\n{_indented(why.tail)}",
        f"Check the network (and the proxy: HTTPS_PROXY, or pip config), then start again. {OFFLINE_NOTE}",
    )


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" for line in text.splitlines()) or "    (nothing)"
