"""What belongs to the repository, for the house tests: files as they lie there, without what is made from them."""

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MADE = {
    *(".git", ".venv", "node_modules", "dist", "build", "__pycache__", "test-results", "coverage"),
    *(
        ".mypy_cache",
        ".ruff_cache",
        ".pytest_cache",
        ".hypothesis",
        ".import_linter_cache",
        ".signalos",
        ".vite",
    ),
}
TEXT = {
    ".py",
    ".md",
    ".toml",
    ".ts",
    ".tsx",
    ".js",
    ".mjs",
    ".css",
    ".html",
    ".json",
    ".yaml",
    ".yml",
    ".lock",
    ".txt",
}


def files(*suffixes: str, under: str = "") -> Iterator[Path]:
    """Files below ``under`` with one of ``suffixes`` (every text file without any)."""
    wanted = set(suffixes) or TEXT
    for here, folders, names in os.walk(ROOT / under):
        folders[:] = sorted(name for name in folders if name not in MADE)
        yield from (Path(here) / name for name in sorted(names) if Path(name).suffix in wanted)


def name_of(path: Path) -> str:
    """The path inside the repository, with slashes on every system."""
    return path.relative_to(ROOT).as_posix()
