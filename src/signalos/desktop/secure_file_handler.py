"""Files below one folder and nowhere else, whatever name is asked for."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import threading
from collections.abc import Iterator
from pathlib import Path

from signalos.domain.errors import NotAllowed

_DEVICE = re.compile(
    r"(?:con|prn|aux|nul|conin\$|conout\$|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE
)
_FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"|?*]')
_LONGEST_PART = 200
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_NONBLOCK = getattr(os, "O_NONBLOCK", 0)
_BINARY = getattr(os, "O_BINARY", 0)
_BY_HANDLE = os.open in os.supports_dir_fd and bool(_NOFOLLOW)


class SecureFileHandler:
    r"""Reads and writes files whose names may come from outside, confined to ``root``.

    Names are relative, with / or \ between parts. Refused on every system, so that a folder can move
    between them: parts that lead upwards, absolute names, drives and streams, control characters,
    Windows device names, parts that end in a dot or space. Links below ``root`` are never followed;
    where the system allows it every step is opened by handle, so that a link put there meanwhile
    cannot lead out either. Only regular files are read. Safe to use from several threads.
    """

    def __init__(self, root: Path, *, size_limit: int = 16 << 20) -> None:
        root.mkdir(parents=True, exist_ok=True)
        self.root = root.resolve(strict=True)
        self._limit = size_limit
        self._lock = threading.Lock()

    def validate_path(self, name: str) -> Path:
        """The absolute path that ``name`` means. Raises NotAllowed where it could leave the folder."""
        path = self.root
        for part in self._parts(name):
            path = path / part
            if path.is_symlink():
                raise NotAllowed(
                    f"{name!r} goes through a link ({path}), which could lead out of {self.root}"
                )
        # Junctions on Windows are no links to is_symlink: the resolved path decides.
        if not path.resolve().is_relative_to(self.root):
            raise NotAllowed(f"{name!r} lies outside {self.root}")
        return path

    def safe_read(self, name: str) -> bytes:
        """Read a file. Raises NotAllowed (name, kind or size of the file), FileNotFoundError."""
        path = self.validate_path(name)
        with self._folder(path.parent, name, make=False) as (_, at):
            handle = self._open(path, at, os.O_RDONLY | _NONBLOCK)
            try:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise NotAllowed(f"{name!r} is no regular file")
                with os.fdopen(handle, "rb", closefd=False) as file:
                    data = file.read(self._limit + 1)
            finally:
                os.close(handle)
        if len(data) > self._limit:
            raise NotAllowed(f"{name!r} is larger than {self._limit} bytes, the most that is read")
        return data

    def safe_write(self, name: str, data: bytes) -> None:
        """Replace a file by ``data``: after a crash it is the old one or the new one, never a part.

        Folders are made as needed; files are for their owner alone (0600). Raises NotAllowed, OSError.
        """
        if len(data) > self._limit:
            raise NotAllowed(f"{len(data)} bytes for {name!r}; at most {self._limit} are written")
        path = self.validate_path(name)
        with self._lock, self._folder(path.parent, name, make=True) as (where, at):
            self._refuse_special(path, at, name)
            beside = where / f".{path.name}.{os.getpid()}.new"
            with contextlib.suppress(FileNotFoundError):
                os.unlink(beside.name if at is not None else beside, dir_fd=at)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            try:
                with os.fdopen(self._open(beside, at, flags), "wb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                if at is None:
                    beside.replace(path)
                else:
                    os.replace(beside.name, path.name, src_dir_fd=at, dst_dir_fd=at)
                    os.fsync(at)
            except BaseException:
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(beside.name if at is not None else beside, dir_fd=at)
                raise

    def _parts(self, name: str) -> list[str]:
        if not name or len(name) > 1000:
            raise NotAllowed(f"a file name has 1 to 1000 characters, not {len(name)}")
        try:
            name.encode()
        except UnicodeEncodeError as why:
            raise NotAllowed(f"{name!r} holds half of a character") from why
        parts = name.replace("\\", "/").split("/")
        for part in parts:
            if part in {"", ".", ".."}:
                raise NotAllowed(
                    f"{name!r} is not a plain relative name: it must not be absolute or lead upwards"
                )
            if _FORBIDDEN.search(part):
                raise NotAllowed(f"{name!r} holds a character that no file name may have on every system")
            if _DEVICE.fullmatch(part.rstrip(" .")) or part.endswith((" ", ".")):
                raise NotAllowed(
                    f"{name!r} has a part that means a device on Windows, or ends in a dot or space"
                )
            if len(part.encode()) > _LONGEST_PART:
                raise NotAllowed(f"{name[:80]!r}... has a part longer than {_LONGEST_PART} bytes")
        return parts

    @contextlib.contextmanager
    def _folder(self, folder: Path, name: str, *, make: bool) -> Iterator[tuple[Path, int | None]]:
        """Open ``folder`` step by step from the root: yields it, and its handle where there are handles."""
        if not _BY_HANDLE:
            if make:
                folder.mkdir(parents=True, exist_ok=True)
                self.validate_path(name)
            yield folder, None
            return
        handle = os.open(self.root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for part in folder.relative_to(self.root).parts:
                if make:
                    with contextlib.suppress(FileExistsError):
                        os.mkdir(part, 0o700, dir_fd=handle)
                deeper = _refusing_links(part, os.O_RDONLY | os.O_DIRECTORY, handle)
                os.close(handle)
                handle = deeper
            yield folder, handle
        finally:
            os.close(handle)

    def _open(self, path: Path, at: int | None, flags: int) -> int:
        if at is None:
            return os.open(path, flags | _BINARY, 0o600)
        return _refusing_links(path.name, flags, at)

    def _refuse_special(self, path: Path, at: int | None, name: str) -> None:
        try:
            state = os.stat(path.name, dir_fd=at, follow_symlinks=False) if at is not None else path.lstat()
        except FileNotFoundError:
            return
        if not stat.S_ISREG(state.st_mode):
            raise NotAllowed(f"{name!r} exists and is no regular file; it is not replaced")


def _refusing_links(part: str, flags: int, at: int) -> int:
    try:
        return os.open(part, flags | _NOFOLLOW, 0o600, dir_fd=at)
    except OSError as why:
        # Linux says ELOOP, BSD EMLINK; a link where a folder should be is ENOTDIR.
        if why.errno in {errno.ELOOP, errno.EMLINK, errno.ENOTDIR}:
            raise NotAllowed(f"{part!r} is a link or no folder; it is not followed") from why
        if why.errno == errno.ENXIO:
            raise NotAllowed(f"{part!r} is no regular file") from why
        raise
