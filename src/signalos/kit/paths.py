"""Where SignalOS keeps its state."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from pathlib import Path


def state_home(environ: Mapping[str, str] = os.environ) -> Path:
    """The state folder: ``SIGNALOS_HOME``, else ``~/.signalos``."""
    named = environ.get("SIGNALOS_HOME", "").strip()
    return Path(named).expanduser().resolve() if named else Path.home() / ".signalos"


def write_atomically(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Replace ``path`` by ``data``: after a crash it is the old file or the new one, never a part."""
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f".{path.name}.{os.getpid()}.{threading.get_ident()}.new")
    # What a crash left under that name may have a wider mode: never write a secret into it.
    beside.unlink(missing_ok=True)
    fd = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(fd, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)
