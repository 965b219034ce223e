"""Whether the app came up by itself is told by restarts of the machine alone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signalos.desktop.start_record import FILE_NAME, forget, judge, note_install, note_start, read_record
from signalos.kit.boot import Boot, current_boot

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
FIRST = Boot(NOW - timedelta(days=3), "first")
SECOND = Boot(NOW - timedelta(hours=1), "second")


def state(home: Path, boot: Boot, now: datetime = NOW) -> str:
    return judge(read_record(home), boot, now).state


def test_installed_then_restarted_then_started(tmp_path: Path) -> None:
    assert state(tmp_path, FIRST) == "not_installed"
    note_install(tmp_path, FIRST, NOW - timedelta(days=2))
    assert state(tmp_path, FIRST) == "not_yet"
    note_start(tmp_path, FIRST, NOW - timedelta(days=2))
    assert state(tmp_path, FIRST) == "not_yet", "the installation itself starts it: that proves nothing"
    note_start(tmp_path, SECOND, SECOND.at + timedelta(seconds=40))
    found = judge(read_record(tmp_path), SECOND, NOW)
    assert found.state == "passed"
    assert "by itself 40 s later" in found.text


def test_a_restart_after_which_it_stays_away_fails_after_a_while(tmp_path: Path) -> None:
    note_install(tmp_path, FIRST, NOW)
    assert state(tmp_path, SECOND, SECOND.at + timedelta(minutes=4)) == "not_yet"
    assert state(tmp_path, SECOND) == "failed"


def test_it_has_to_come_up_at_every_restart(tmp_path: Path) -> None:
    note_install(tmp_path, FIRST, NOW)
    note_start(tmp_path, SECOND, NOW)
    third = Boot(NOW + timedelta(hours=1), "third")
    assert state(tmp_path, third, third.at + timedelta(hours=1)) == "failed"


def test_the_first_start_counts_not_one_after_a_crash(tmp_path: Path) -> None:
    note_install(tmp_path, FIRST, NOW)
    note_start(tmp_path, SECOND, SECOND.at + timedelta(seconds=30))
    note_start(tmp_path, SECOND, NOW)
    assert "30 s later" in judge(read_record(tmp_path), SECOND, NOW).text


def test_a_new_installation_begins_the_test_anew(tmp_path: Path) -> None:
    note_install(tmp_path, FIRST, NOW)
    note_start(tmp_path, SECOND, NOW)
    note_install(tmp_path, SECOND, NOW)
    assert state(tmp_path, SECOND) == "not_yet"


def test_what_we_did_not_install_is_not_noted(tmp_path: Path) -> None:
    note_start(tmp_path, SECOND, NOW)
    assert not (tmp_path / FILE_NAME).exists()
    note_install(tmp_path, FIRST, NOW)
    forget(tmp_path)
    assert state(tmp_path, SECOND) == "not_installed"


def test_a_damaged_file_counts_as_none(tmp_path: Path) -> None:
    (tmp_path / FILE_NAME).write_text("{")
    assert state(tmp_path, SECOND) == "not_installed"


@pytest.mark.parametrize(
    ("other", "same"),
    [
        (Boot(SECOND.at + timedelta(hours=5), "second"), True),
        (Boot(SECOND.at, "third"), False),
        (Boot(SECOND.at + timedelta(seconds=90)), True),
        (Boot(SECOND.at + timedelta(minutes=3)), False),
    ],
)
def test_a_start_is_known_by_its_name_else_by_its_moment(other: Boot, same: bool) -> None:
    assert SECOND.same_as(other) is same


def test_this_machine_says_when_it_started() -> None:
    here = current_boot()
    assert here.same_as(current_boot())
    assert here.at < datetime.now(UTC)
