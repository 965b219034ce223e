"""Reads a language file: the part of TOML that these files use, at the speed that sixteen of them at each start need.

Each value stands on its line (or, for a list, on lines up to its closing bracket) in the form that TOML and JSON
share. A file that uses more of TOML is read by ``tomllib``: slower, with the same result.
"""

from __future__ import annotations

import json
from typing import Any


class _MoreToml(ValueError):
    """The file holds what only the full reader knows."""


def read_document(text: str) -> dict[str, Any]:
    """The document in ``text``. Raises tomllib.TOMLDecodeError."""
    try:
        return _read_lines(text)
    except ValueError:
        import tomllib  # the slow reader is needed for unusual files and for its messages only

        return tomllib.loads(text)


def _read_lines(text: str) -> dict[str, Any]:
    document: dict[str, Any] = {}
    section: dict[str, Any] = document
    lines = iter(text.splitlines())
    for raw in lines:
        line = raw.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            name = line[1:-1].strip()
            if not line.endswith("]") or not name.replace("_", "").isalnum() or name in document:
                raise _MoreToml(line)
            section = document[name] = {}
            continue
        key, mark, value = line.partition(" = ")
        if not mark:
            raise _MoreToml(line)
        if key.startswith('"'):
            key = json.loads(key)
        elif not key.replace("_", "").replace("-", "").isalnum() or not key.isascii():
            raise _MoreToml(line)
        value = value.strip()
        while value.startswith("[") and not value.endswith("]"):
            more = next(lines, None)
            if more is None or more.lstrip().startswith("#"):
                raise _MoreToml(line)
            value += " " + more.strip()
        if value.startswith("[") and value[:-1].rstrip().endswith(","):
            value = value[:-1].rstrip()[:-1] + "]"
        if key in section:
            raise _MoreToml(line)
        section[key] = json.loads(value)
    return document
