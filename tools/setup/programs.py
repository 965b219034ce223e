"""Running other programs: watched with progress, plainly, or in place of this one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path

from tools.setup.console import Console

KEPT_LINES = 20


class Failed(Exception):
    """A program ended with an error. ``tail`` holds the last lines it printed."""

    def __init__(self, code: int, tail: str) -> None:
        super().__init__(f"exit code {code}")
        self.code = code
        self.tail = tail


def run_watched(
    arguments: Sequence[str], console: Console, *, cwd: Path, environ: Mapping[str, str] | None = None
) -> None:
    """Run a program, showing its newest line as progress. Raises Failed with the end of its output."""
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    with subprocess.Popen(
        list(arguments),
        cwd=cwd,
        # Its words end up in a sentence here: without colour codes.
        env={**(os.environ if environ is None else environ), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            if line.strip():
                tail.append(line.rstrip())
                console.progress(line.strip())
    if process.returncode != 0:
        raise Failed(process.returncode, "\n".join(tail))


def run_plain(arguments: Sequence[str], *, cwd: Path, environ: Mapping[str, str] | None = None) -> int:
    """Run a program on this terminal and return its exit code."""
    sys.stdout.flush()
    return subprocess.run(
        list(arguments), cwd=cwd, env=dict(environ) if environ is not None else None, check=False
    ).returncode


def become(arguments: Sequence[str]) -> int:
    """Run a program in place of this one: Ctrl-C, signals and the exit code are its own.

    Windows cannot replace a process: there this one waits. Ctrl-C reaches both, and only the
    program acts on it.
    """
    sys.stdout.flush()
    if os.name != "nt":
        os.execv(arguments[0], list(arguments))
    with subprocess.Popen(list(arguments)) as process:
        while True:
            try:
                return process.wait()
            except KeyboardInterrupt:
                continue
