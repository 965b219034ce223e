"""Walk through a large JSON file value by value, each with its place in the file.

Works on bytes read as Latin-1, in which each byte is one character: JSON's structure is plain ASCII,
so places in that text are places in the file. (The strings it returns are therefore only good for
ASCII; read the real text again from its place.)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from signalos.domain.errors import ConfigError

_CHUNK = 1 << 20
_LONGEST_VALUE = 64 << 20
"""Bytes of the largest single value."""
_DECODER = json.JSONDecoder(strict=False)
_ESCAPE = re.compile(rb"\\(?:x[0-9a-fA-F]{2}|.)", re.DOTALL)
_SPACE = re.compile(r"[ \t\r\n]*")


class JsonScan:
    """A cursor in a JSON file. ``members`` and ``elements`` expect that each value is consumed."""

    def __init__(self, path: Path, file: BinaryIO, chunk: int = _CHUNK) -> None:
        self.path = path
        self._chunk = chunk
        self._file = file
        self._raw = b""
        self._text = ""
        self._base = 0
        self._at = 0
        self._end = False
        self._fill(max(self._chunk, 3))
        if self._raw.startswith(b"\xef\xbb\xbf"):
            self._at = 3

    @property
    def place(self) -> int:
        """The byte that comes next: directly behind the last value."""
        return self._base + self._at

    def begin(self) -> int:
        """Skip white space and tell where the next value begins."""
        self._next()
        return self.place

    def opens(self, sign: str) -> bool:
        """Tell whether the next value begins with ``sign``."""
        return self._next() == sign

    def members(self) -> Iterator[str]:
        """Walk through the next object: yields each key, its value must then be consumed."""
        self._expect("{")
        if self._take("}"):
            return
        while True:
            key = self.value()
            if not isinstance(key, str):
                raise self.wrong(self.place, "a member without a name")
            self._expect(":")
            yield key
            if self._take("}"):
                return
            self._expect(",")

    def elements(self) -> Iterator[int]:
        """Walk through the next array: yields each element's place, the element must then be consumed."""
        self._expect("[")
        if self._take("]"):
            return
        while True:
            yield self.begin()
            if self._take("]"):
                return
            self._expect(",")

    def value(self) -> Any:
        """Consume the next value. Raises ConfigError where it is broken."""
        self._next()
        size = self._chunk
        while True:
            try:
                value, end = _DECODER.raw_decode(self._text, self._at)
            except json.JSONDecodeError as why:
                if self._end or len(self._text) - self._at > _LONGEST_VALUE:
                    raise self.wrong(self._base + why.pos, why.msg) from why
            except RecursionError as why:
                raise self.wrong(self.place, "values nested too deeply") from why
            else:
                # A number that touches the end of the chunk may go on behind it.
                if end < len(self._text) or self._end:
                    self._at = end
                    return value
            self._fill(size)
            size *= 2

    def wrong(self, place: int, why: str) -> ConfigError:
        """Make the error that names byte and line of ``place``."""
        self._file.seek(0)
        line = 1
        left = place
        while left > 0 and (part := self._file.read(min(left, _CHUNK))):
            line += part.count(b"\n")
            left -= len(part)
        return ConfigError(
            f"{self.path} is not readable JSON at line {line} (byte {place}): {why}. If the export was "
            "broken off or edited by hand, export the chat again."
        )

    def _next(self) -> str:
        while True:
            found = _SPACE.match(self._text, self._at)
            self._at = found.end() if found else self._at
            if self._at < len(self._text):
                return self._text[self._at]
            if self._end:
                return ""
            self._fill(self._chunk)

    def _take(self, sign: str) -> bool:
        if self._next() != sign:
            return False
        self._at += 1
        return True

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            found = repr(self._next()) if self._next() else "the end of the file"
            raise self.wrong(self.place, f"`{sign}` expected, {found} found")

    def _fill(self, size: int) -> None:
        part = self._file.read(size)
        self._end = len(part) < size
        self._raw = self._raw[self._at :] + part
        self._base += self._at
        self._at = 0
        raw = self._raw
        if b"\\x" in raw:
            raw = _ESCAPE.sub(lambda m: b"    " if len(m[0]) == 4 else m[0], raw)
        self._text = raw.decode("latin-1")


def read_value(data: bytes) -> Any:
    r"""Read one value's bytes, with ``\xNN`` (which is no JSON) understood.

    Raises ValueError. Bad UTF-8 and halves of surrogate pairs become U+FFFD.
    """
    if b"\\x" in data:
        data = _ESCAPE.sub(lambda m: b"\\u00" + m[0][2:] if len(m[0]) == 4 else m[0], data)
    return _DECODER.decode(data.decode("utf-8", "replace"))
