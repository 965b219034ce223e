"""Whether the system really starts the app by itself: noted at the installation and at every such start.

Only a restart of the machine shows it. `signalos desktop install` notes in which start of the machine it was
run; the command that it gives to the system says of itself that it is the system's, so that a start by hand
does not pass for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from signalos.kit.boot import Boot
from signalos.kit.paths import write_atomically

FILE_NAME = "start.json"
FLAG = "--by-system"
SIGN_IN_TIME = timedelta(minutes=5)
"""So long after the start of the machine the app may be missing."""


class StartRecord(msgspec.Struct, frozen=True, kw_only=True):
    """The file: when and in which start of the machine it was installed; the newest start by the system."""

    installed_at: datetime
    installed_in: Boot
    started_at: datetime | None = None
    started_in: Boot | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """``state`` is not_installed | not_yet | passed | failed; ``text`` says it in words."""

    state: str
    text: str


def read_record(home: Path) -> StartRecord | None:
    """The record of an app's folder; None without one or where it cannot be read."""
    try:
        return msgspec.json.decode((home / FILE_NAME).read_bytes(), type=StartRecord)
    except (OSError, msgspec.MsgspecError):
        return None


def note_install(home: Path, boot: Boot, now: datetime) -> None:
    """Begin the test anew: what passed before was another registration."""
    _write(home, StartRecord(installed_at=now, installed_in=boot))


def note_start(home: Path, boot: Boot, now: datetime) -> None:
    """Note the first start by the system in this start of the machine; nothing where we did not install it."""
    known = read_record(home)
    if known is not None and not (known.started_in is not None and boot.same_as(known.started_in)):
        _write(home, msgspec.structs.replace(known, started_at=now, started_in=boot))


def forget(home: Path) -> None:
    """The app is no longer installed."""
    (home / FILE_NAME).unlink(missing_ok=True)


def judge(record: StartRecord | None, boot: Boot, now: datetime) -> Verdict:
    """Say whether the machine was restarted since the installation and the app came up by itself."""
    if record is None:
        return Verdict("not_installed", "the app is not installed to start by itself")
    if boot.same_as(record.installed_in):
        return Verdict("not_yet", f"installed {_shown(record.installed_at)}, and not restarted since")
    if record.started_in is not None and record.started_at is not None and boot.same_as(record.started_in):
        late = (record.started_at - boot.at).total_seconds()
        return Verdict(
            "passed",
            f"the machine was restarted {_shown(boot.at)}, and the app came up by itself {late:.0f} s later",
        )
    if now - boot.at < SIGN_IN_TIME:
        return Verdict("not_yet", f"the machine was restarted {_shown(boot.at)}; the app has still time")
    return Verdict(
        "failed", f"the machine was restarted {_shown(boot.at)}, and the app did not come up by itself"
    )


def _write(home: Path, record: StartRecord) -> None:
    write_atomically(home / FILE_NAME, msgspec.json.encode(record))


def _shown(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
