"""The demo's recorded world: its clock, its rounds and the files of its account and channel."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from signalos.domain.errors import ConfigError
from signalos.kit.clock import Clock, DemoTime
from signalos.kit.paths import write_atomically

LONGEST_GAP = timedelta(minutes=30)
"""A longer silence of every symbol is a closed market, which the demo skips."""


class Saved(msgspec.Struct, rename="camel"):
    """What the demo remembers between starts: the round and the recorded time it had reached."""

    round: int
    reached: datetime


@dataclass(frozen=True, slots=True)
class Recording:
    """The recorded world: ``begin`` shortly before the first message, ``end`` the last quote."""

    begin: datetime
    end: datetime
    closed: tuple[tuple[datetime, datetime], ...]


class DemoHome:
    """The demo's folder."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self.folder = folder
        self.clock_file = folder / "clock.json"
        self._saved_file = folder / "reached.json"
        self._clock = clock

    def begin(self, recording: Recording, speed: float) -> DemoTime:
        """Write the demo clock: it goes on where the last run stopped."""
        saved = self._saved()
        if saved is None:
            saved = Saved(1, recording.begin)
        elif saved.reached >= recording.end:
            saved = Saved(saved.round + 1, recording.begin)
        demo = DemoTime(
            data_start=saved.reached,
            wall_start=self._clock.now(),
            speed=speed,
            data_end=recording.end,
            closed=recording.closed,
            round=saved.round,
        )
        write_atomically(self.clock_file, msgspec.json.encode(demo))
        self.save(demo)
        return demo

    def save(self, demo: DemoTime) -> None:
        """Remember how far the recorded time has come."""
        write_atomically(
            self._saved_file, msgspec.json.encode(Saved(demo.round, demo.at(self._clock.now())))
        )

    def round_folder(self, number: int) -> Path:
        """Where one round keeps its account and its desktop app's journal."""
        return self.folder / f"round-{number}"

    def password(self) -> str:
        """The demo user's password: random, made once, readable by its owner only."""
        path = self.folder / "password"
        if path.exists():
            return path.read_text(encoding="utf-8").strip()
        made = secrets.token_urlsafe(12)
        write_atomically(path, made.encode(), mode=0o600)
        return made

    def _saved(self) -> Saved | None:
        if not self._saved_file.exists():
            return None
        try:
            return msgspec.json.decode(self._saved_file.read_bytes(), type=Saved)
        except msgspec.DecodeError as why:
            raise ConfigError(
                f"{self._saved_file} cannot be read ({why}). Delete {self.folder} to begin the demo anew."
            ) from None
