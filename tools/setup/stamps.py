"""Stamps: what was made from what, so that nothing is done twice and nothing stale is used."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path


def content_hash(files: Iterable[Path], root: Path, extra: str = "") -> str:
    """SHA-256 over names (relative to ``root``) and contents of ``files``, and over ``extra``."""
    digest = hashlib.sha256(extra.encode())
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"\0{file.relative_to(root).as_posix()}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def read_stamp(path: Path) -> dict[str, str]:
    """The stamp at ``path``; empty if there is none or it cannot be read, so that the work is done again."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return read if isinstance(read, dict) else {}


def write_stamp(path: Path, values: dict[str, str]) -> None:
    """Write the stamp, last: an interrupted step leaves none and is repeated."""
    path.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
