"""Small logs stay whole, bounded, and free of secrets."""

from __future__ import annotations

import errno
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalos.desktop.logs import RETRY_LOG, JsonLog
from signalos.desktop.secure_file_handler import SecureFileHandler
from signalos.kit.clock import VirtualClock

CLOCK = VirtualClock(datetime(2024, 3, 4, tzinfo=UTC))


def test_entries_are_written_through_and_kept(tmp_path: Path) -> None:
    files = SecureFileHandler(tmp_path)
    JsonLog(files, RETRY_LOG, CLOCK).add({"ticket": "1", "password": "geheim"})
    JsonLog(files, RETRY_LOG, CLOCK).add({"ticket": "2"})
    stored = json.loads((tmp_path / "retry_log.json").read_bytes())
    assert [entry["ticket"] for entry in stored] == ["1", "2"]
    assert stored[0]["at"] == "2024-03-04T00:00:00+00:00"
    assert "geheim" not in json.dumps(stored)


def test_a_full_file_moves_aside(tmp_path: Path) -> None:
    log = JsonLog(SecureFileHandler(tmp_path), "conflict_log.json", CLOCK, limit=3)
    for number in range(8):
        log.add({"n": number})
    assert [e["n"] for e in log.entries()] == [6, 7]
    assert [e["n"] for e in json.loads((tmp_path / "conflict_log.json.1").read_bytes())] == [3, 4, 5]


def test_a_file_broken_by_hand_is_kept_beside(tmp_path: Path) -> None:
    (tmp_path / RETRY_LOG).write_bytes(b'[{"half')
    log = JsonLog(SecureFileHandler(tmp_path), RETRY_LOG, CLOCK)
    log.add({"n": 1})
    assert (tmp_path / f"{RETRY_LOG}.broken").read_bytes() == b'[{"half'
    assert [e["n"] for e in json.loads((tmp_path / RETRY_LOG).read_bytes())] == [1]


class FullDisk(SecureFileHandler):
    def safe_write(self, name: str, data: bytes) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_full_disk_is_told_and_memory_stays_bounded(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    log = JsonLog(FullDisk(tmp_path), RETRY_LOG, CLOCK, limit=3)
    for number in range(10):
        log.add({"n": number})
    assert [e["n"] for e in log.entries()] == [7, 8, 9]
    assert "free some disk space" in caplog.text
