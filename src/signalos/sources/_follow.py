"""Reading a growing file by complete lines, through truncation, rotation and rewriting."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import BinaryIO

import msgspec

CHUNK = 1 << 20
"""Bytes read at once; also the longest line, for a line must fit into one chunk."""
_HEAD = 1024
_TAIL = 128


class Mark(msgspec.Struct, frozen=True):
    """A place in a file, and what the file looked like before it.

    ``head`` is a hash of the file's first bytes and ``tail`` one of the bytes directly before
    ``offset``. They tell the same file from another one under its name better than an inode does: a
    file that was copied back from a backup, or saved anew by an editor, is still the same text.
    """

    offset: int = 0
    head: str = ""
    tail: str = ""


class Change(Enum):
    """What happened to the file since the last look."""

    NONE = "none"
    GROWN = "grown"
    ROTATED = "rotated"
    """Another file has the name now; the old one can still be read to its end."""
    REWRITTEN = "rewritten"
    """The same file was shortened or holds another text: what is behind our place means nothing."""
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Line:
    """A complete line without its end, and the mark behind it. ``too_long``: its bytes were dropped."""

    data: bytes
    after: Mark
    too_long: bool = False


class FollowedFile:
    """A file that others append to. Not thread-safe; all calls are short reads of a local file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: BinaryIO | None = None
        self._offset = 0
        self._skipping = False
        self._seen: tuple[int, int] | None = None
        self._tail = b""
        self._head = b""

    @property
    def offset(self) -> int:
        """Bytes read so far, up to the end of the last complete line."""
        return self._offset

    def open_at(self, mark: Mark | None) -> bool:
        """Open the file behind ``mark``; False = it is another file now, reading begins at its start.

        Raises FileNotFoundError, or OSError where it cannot be opened.
        """
        self.close()
        file = self._path.open("rb", buffering=0)
        self._file, self._offset, self._skipping, self._seen = file, 0, False, None
        self._head = self._tail = b""
        if mark is None or mark.offset == 0:
            return True
        size = os.fstat(file.fileno()).st_size
        if size < mark.offset:
            return False
        head = self._at(0, min(_HEAD, mark.offset))
        tail = self._at(max(0, mark.offset - _TAIL), min(_TAIL, mark.offset))
        if (_hash(head), _hash(tail)) != (mark.head, mark.tail):
            return False
        self._offset, self._head, self._tail = mark.offset, head, tail
        return True

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def look(self) -> Change:
        """Say what happened since the last look; costs one stat while nothing does."""
        if self._file is None:
            return Change.GONE
        try:
            named = self._path.stat()
        except FileNotFoundError:
            return Change.GONE
        held = os.fstat(self._file.fileno())
        if not os.path.samestat(named, held):
            return Change.ROTATED
        now = (held.st_size, held.st_mtime_ns)
        if now == self._seen:
            return Change.NONE
        self._seen = now
        if held.st_size < self._offset or not self._same_text():
            return Change.REWRITTEN
        return Change.GROWN if held.st_size > self._offset else Change.NONE

    def mark(self) -> Mark:
        """The place behind the last complete line."""
        return Mark(self._offset, _hash(self._head), _hash(self._tail))

    def lines(self) -> list[Line]:
        """Read at most one chunk of complete lines; [] when there is none."""
        if self._file is None:
            return []
        data = self._at(self._offset, CHUNK)
        if self._skipping:
            return self._skip(data)
        end = data.rfind(b"\n")
        if end < 0:
            if len(data) < CHUNK:
                return []
            self._skipping = True
            self._advance(data)
            return self.lines()
        found = []
        for text in data[:end].split(b"\n"):
            part = text + b"\n"
            self._advance(part)
            found.append(Line(part.rstrip(b"\r\n"), self.mark()))
        return found

    def rest(self) -> bytes:
        """Bytes behind the last complete line: a line that its writer never finished."""
        return self._at(self._offset, CHUNK) if self._file is not None else b""

    def _skip(self, data: bytes) -> list[Line]:
        end = data.find(b"\n")
        if end < 0:
            self._advance(data)
            return [] if len(data) < CHUNK else self.lines()
        self._advance(data[: end + 1])
        self._skipping = False
        return [Line(b"", self.mark(), too_long=True)]

    def _advance(self, part: bytes) -> None:
        self._offset += len(part)
        if len(self._head) < _HEAD:
            self._head = (self._head + part)[:_HEAD]
        self._tail = (self._tail + part)[-_TAIL:]

    def _same_text(self) -> bool:
        begin = self._offset - len(self._tail)
        return self._at(0, len(self._head)) == self._head and self._at(begin, len(self._tail)) == self._tail

    def _at(self, offset: int, size: int) -> bytes:
        if self._file is None:
            return b""
        self._file.seek(offset)
        parts = []
        while size > 0 and (part := self._file.read(size)):
            parts.append(part)
            size -= len(part)
        return b"".join(parts)


def _hash(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]
