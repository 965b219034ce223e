"""The logs that people open by hand are whole after any kill, and keep what was written."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from signalos.desktop.logs import LOGS

WRITER = """
import sys
from pathlib import Path
from signalos.desktop.logs import JsonLog
from signalos.desktop.secure_file_handler import SecureFileHandler
from signalos.kit.clock import SystemClock
log = JsonLog(SecureFileHandler(Path(sys.argv[1])), sys.argv[2], SystemClock(), limit=40)
number = len(log.entries())
while True:
    log.add({"n": number, "text": "x" * 200})
    number += 1
    print(number, flush=True)
"""


@pytest.mark.parametrize("name", LOGS)
def test_a_kill_while_writing_leaves_a_whole_file(tmp_path: Path, name: str) -> None:
    for kill_after in (1, 7, 30, 45, 90):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path), name], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            told = [int(writer.stdout.readline()) for _ in range(kill_after)]
            writer.kill()
        kept = [
            json.loads((tmp_path / f"{name}{end}").read_bytes())
            for end in ("", ".1")
            if (tmp_path / f"{name}{end}").exists()
        ]
        numbers = {entry["n"] for part in kept for entry in part}
        assert told[-1] - 1 in numbers, "what was written before the kill is there"
        assert not list(tmp_path.glob("*.broken"))
        assert all(len(part) <= 40 for part in kept)
