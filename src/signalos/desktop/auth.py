"""The terminal's token: one small file that only its owner can read."""

from __future__ import annotations

import csv
import logging
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from signalos.domain.errors import NotAllowed
from signalos.kit.paths import write_atomically

log = logging.getLogger(__name__)

_SHAPE = re.compile(r"[A-Za-z0-9._~+/=-]{20,2048}")
_FILE = "auth_token"
_LIMIT = 8192

Run = Callable[[Sequence[str]], str]
"""Runs a program and returns what it printed; raises OSError where it fails."""


class AuthTokenManager:
    """Keeps the token that the server gave this desktop app in ``folder``/auth_token.

    A token belongs to one terminal. An app with several terminals stores a token for each; one that
    is stored without naming a terminal serves all that have none of their own.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._folder = folder if folder is not None else Path.home() / ".signalos"

    @property
    def place(self) -> Path:
        """The file of the token that serves every terminal without one of its own."""
        return self._path(None)

    def get_auth_token(self, terminal_id: str | None = None) -> str | None:
        """The stored token, or None. It is read each time, so that a newly stored one counts at once.

        Without a terminal and a common token any terminal's own one answers: all are the same user's.
        Raises NotAllowed where the file holds something else than a token or cannot be read.
        """
        if terminal_id is not None and (own := self._read(self._path(terminal_id))) is not None:
            return own
        common = self._read(self._path(None))
        if common is not None or terminal_id is not None:
            return common
        others = sorted(self._folder.glob(f"{_FILE}.*"))
        return self._read(others[0]) if others else None

    def validate_token(self, token: str) -> bool:
        """Tell whether ``token`` has a token's shape; whether it is valid only the server knows."""
        return _SHAPE.fullmatch(token) is not None

    def store_auth_token(self, token: str, terminal_id: str | None = None) -> None:
        """Store ``token`` readable by its owner alone. Raises NotAllowed where it is no token."""
        token = token.strip()
        if not self.validate_token(token):
            raise NotAllowed(
                f"this is no token ({len(token)} characters): paste exactly what the server showed when the "
                "terminal was made, without spaces or quotes"
            )
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(terminal_id)
        if sys.platform == "win32":
            # The folder first: what is made in it afterwards inherits its list.
            windows_owner_only(self._folder, _run)
            write_atomically(path, token.encode() + b"\n", mode=0o600)
            windows_owner_only(path, _run)
        else:
            self._folder.chmod(0o700)
            write_atomically(path, token.encode() + b"\n", mode=0o600)
            path.chmod(0o600)

    def _path(self, terminal_id: str | None) -> Path:
        return self._folder / (_FILE if terminal_id is None else f"{_FILE}.{quote(terminal_id, safe='')}")

    def _read(self, path: Path) -> str | None:
        try:
            with path.open("rb") as file:
                if sys.platform != "win32" and os.fstat(file.fileno()).st_mode & 0o077:
                    log.warning("%s could be read by others; it is made readable by its owner alone", path)
                    path.chmod(0o600)
                data = file.read(_LIMIT)
        except FileNotFoundError:
            return None
        except OSError as why:
            raise NotAllowed(f"the token file {path} cannot be read: {why.strerror}") from why
        token = data.decode("ascii", "replace").strip()
        if not self.validate_token(token):
            raise NotAllowed(f"{path} does not hold a token: store the terminal's token again")
        return token


def windows_owner_only(path: Path, run: Run) -> None:
    """Replace the access list of ``path`` by full control for the current user alone.

    The user is named by SID, since names may be localised, have spaces or a domain. Raises NotAllowed.
    """
    system = Path(os.environ.get("SYSTEMROOT", r"C:\Windows")) / "System32"
    try:
        row = next(csv.reader(run([str(system / "whoami.exe"), "/user", "/fo", "csv", "/nh"]).splitlines()))
        sid = row[-1].strip()
        if not re.fullmatch(r"S-1-[0-9-]+", sid):
            raise OSError(f"whoami answered no user id but {sid!r}")
        rights = f"*{sid}:(OI)(CI)F" if path.is_dir() else f"*{sid}:F"
        run([str(system / "icacls.exe"), str(path), "/inheritance:r", "/grant:r", rights])
    except (OSError, StopIteration, IndexError) as why:
        raise NotAllowed(
            f"{path} could not be made readable by its owner alone ({why}); the token is not stored there. "
            "Use a folder on an NTFS disk."
        ) from why


def _run(command: Sequence[str]) -> str:
    done = subprocess.run(  # noqa: S603 -- fixed programs of the system folder, no shell
        list(command), capture_output=True, text=True, timeout=20, check=False
    )
    if done.returncode != 0:
        raise OSError(f"{Path(command[0]).name} ended with {done.returncode}: {done.stderr.strip()[:200]}")
    return done.stdout
