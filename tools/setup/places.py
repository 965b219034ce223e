"""Where things lie in this repository, on every system."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Places:
    """The paths that set-up, tests and start share. ``root`` is the repository's folder."""

    root: Path

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def dashboard(self) -> Path:
        return self.root / "dashboard"

    @property
    def campaigns(self) -> Path:
        return self.root / "tests" / "fault" / "campaigns"

    def tool(self, name: str) -> Path:
        """A program of the environment, such as ``python`` or ``signalos``."""
        if os.name == "nt":
            return self.venv / "Scripts" / f"{name}.exe"
        return self.venv / "bin" / name

    def lock(self, kind: str) -> Path:
        """The lock file ``runtime`` or ``dev``, or ``source``: what builds packages without a wheel."""
        return self.root / "requirements" / f"{kind}.lock"
