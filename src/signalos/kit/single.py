"""One process a folder: a lock that the operating system releases when the process dies."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

LOOKS = 5
BETWEEN_LOOKS = 0.01


class AlreadyRunning(RuntimeError):
    """Another process holds the folder. Stop that one, or choose another folder."""


class SingleInstance:
    """Holds ``folder`` for this process until closed or dead (kill -9 included)."""

    def __init__(self, folder: Path, what: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._path = folder / "lock"
        self._file = self._path.open("a+b")
        if not _lock_patiently(self._file.fileno()):
            self._file.close()
            raise AlreadyRunning(
                f"{what} is already running in {folder}. Stop it first, or use another folder."
            )
        self._file.seek(0)
        self._file.truncate()
        self._file.write(str(os.getpid()).encode())
        self._file.flush()

    def close(self) -> None:
        """Let go of the folder."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def is_held(folder: Path) -> bool:
    """Tell whether a living process holds ``folder``."""
    path = folder / "lock"
    if not path.exists():
        return False
    with path.open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError:
            return True
    return False


def _lock_patiently(fd: int) -> bool:
    """Take the lock; a glance by :func:`is_held` holds it for a moment and must not stop a start."""
    for _ in range(LOOKS):
        try:
            _lock(fd)
        except OSError:
            time.sleep(BETWEEN_LOOKS)  # noqa: TID251 -- real milliseconds until another process lets go
        else:
            return True
    return False


if sys.platform == "win32":
    import msvcrt

    def _lock(fd: int) -> None:
        # A byte far behind the text, so that others can still read the process id.
        os.lseek(fd, 1 << 20, os.SEEK_SET)
        msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(fd: int) -> None:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
