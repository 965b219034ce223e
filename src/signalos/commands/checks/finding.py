"""What a check looks at and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from signalos.kit.boot import Boot, current_boot
from signalos.kit.clock import Clock


class State(StrEnum):
    """How a check ended; only ``failed`` makes the whole examination fail."""

    OK = "ok"
    WARNING = "warning"
    FAILED = "failed"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True)
class Finding:
    """One answer: what was looked at, how it is, and (unless all is well) what to do."""

    check: str
    state: State
    text: str
    todo: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is examined: the state folder, a desktop app's folder and its configuration, if there are any.

    ``boot`` is the start of the machine that we are in.
    """

    state: Path
    app: Path | None
    config: Path | None
    environ: Mapping[str, str]
    clock: Clock
    boot: Boot = field(default_factory=current_boot)


def ok(check: str, text: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, text)


def warning(check: str, text: str, todo: str) -> Finding:
    """It works, but somebody should look."""
    return Finding(check, State.WARNING, text, todo)


def failed(check: str, text: str, todo: str) -> Finding:
    """It does not work."""
    return Finding(check, State.FAILED, text, todo)


def not_applicable(check: str, why: str) -> Finding:
    """There was nothing to look at, and why."""
    return Finding(check, State.NOT_APPLICABLE, why)
