"""The machine: Python, packages, disk, and who may read the state."""

from __future__ import annotations

import importlib
import os
import platform
import shutil
import sys
from pathlib import Path

from signalos.commands.checks.finding import Finding, Subject, failed, not_applicable, ok, warning

OLDEST = (3, 11)
PACKAGES = (
    "msgspec",
    "httpx",
    "websockets",
    "pyarrow",
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "alembic",
    "argon2",
    "jwt",
)
LITTLE_BYTES = 2 << 30
TOO_LITTLE_BYTES = 200 << 20
SET_UP = "set it up again: python start.py setup"


def python(_: Subject) -> Finding:
    """Tell whether this Python is new enough."""
    shown = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if sys.version_info < OLDEST:
        return failed("python", shown, "install Python 3.11 or newer")
    return ok("python", shown)


def packages(_: Subject) -> Finding:
    """Tell which of the packages that the product needs cannot be imported."""
    absent = []
    for name in PACKAGES:
        try:
            importlib.import_module(name)
        except ImportError as why:
            absent.append(f"{name} ({why})")
    if absent:
        return failed("packages", f"cannot be imported: {', '.join(absent)}", SET_UP)
    return ok("packages", f"all {len(PACKAGES)} can be imported")


def disk(subject: Subject) -> Finding:
    """Tell how much room the disk of the state folder has."""
    place = existing(subject.state)
    free = shutil.disk_usage(place).free
    text = f"{free / (1 << 30):.1f} GiB free for {subject.state}"
    if free < TOO_LITTLE_BYTES:
        return failed(
            "disk", text, "make room: with a full disk nothing can be journalled, so nothing is traded"
        )
    if free < LITTLE_BYTES:
        return warning("disk", text, "make room, or move SIGNALOS_HOME to a larger disk")
    return ok("disk", text)


def private_folder(subject: Subject) -> list[Finding]:
    """Tell whether the folders with secrets belong to this user and are closed to others."""
    return [_private(folder) for folder in _folders(subject)]


def _folders(subject: Subject) -> list[Path]:
    return [subject.state] if subject.app is None else [subject.state, subject.app]


def _private(folder: Path) -> Finding:
    name = "state folder"
    if not folder.exists():
        return not_applicable(name, f"{folder} does not exist yet")
    if sys.platform == "win32":
        return not_applicable(name, "on Windows the token's own access list protects it")
    about = folder.stat()
    if about.st_uid != os.getuid():
        return failed(
            name,
            f"{folder} belongs to user {about.st_uid}, this is user {os.getuid()}",
            "run this as that user",
        )
    mode = about.st_mode & 0o777
    if mode & 0o077:
        return warning(
            name, f"{folder} can be entered by others (mode {mode:o})", f"close it: chmod 700 {folder}"
        )
    return ok(name, f"{folder} is open to its owner alone")


def existing(path: Path) -> Path:
    """The nearest folder at or above ``path`` that exists."""
    return next(place for place in (path, *path.absolute().parents) if place.exists())


def system(_: Subject) -> Finding:
    """Tell whether SignalOS has been run on this system by those who make it."""
    if platform.system() == "Linux":
        return ok("system", "SignalOS is tested on this system, with the simulated terminal")
    return warning(
        "system",
        f"SignalOS is written for {platform.system()} too, but has not been run on it by its makers",
        "tell what differs; docs/guides/operations.md says what was run where",
    )
