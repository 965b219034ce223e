"""After the server was put back to an older state, the desktop app sends again what it had sent since."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalos.cli import main
from signalos.desktop.journal import Journal
from signalos.desktop.wire_events import alert_event
from signalos.kit.clock import VirtualClock
from signalos.kit.ids import SystemIds


def opened(home: Path, clock: VirtualClock) -> Journal:
    return Journal(home, clock=clock, market=clock, ids=SystemIds())


def test_events_since_a_moment_wait_anew_under_their_own_ids(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = VirtualClock(datetime(2026, 3, 1, 12, tzinfo=UTC))
    with closing(opened(tmp_path, clock)) as journal:
        ids = []
        for number in range(4):
            ids.append(journal.outbox.add("alert", None, alert_event("a", "info", f"number {number}")))
            clock.shift(60)
        events = journal.outbox.pending_events(10)
        journal.outbox.mark_sent([e.seq for e in events[:3]])
        journal.outbox.mark_rejected(events[3].seq, "invalid_data", "never")
        assert (
            main(["desktop", "resend", "--home", str(tmp_path), "--since", "2026-03-01T13:01+01:00"]) == 0
        )
        assert "2 event(s)" in capsys.readouterr().out
        # The refused one stays refused; the first is older than the moment.
        assert [e.event_id for e in journal.outbox.pending_events(10)] == ids[1:3]


@pytest.mark.parametrize("since", ["yesterday", "2026-03-01T12:00", ""])
def test_a_moment_that_is_none_is_a_sentence(
    since: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["desktop", "resend", "--home", str(tmp_path), "--since", since]) == 2
    assert "ISO 8601" in capsys.readouterr().err


def test_a_running_sender_is_told_of_events_from_elsewhere(tmp_path: Path) -> None:
    told: list[int] = []
    with closing(opened(tmp_path, VirtualClock(datetime(2026, 3, 1, tzinfo=UTC)))) as journal:
        journal.outbox.look_again()
        journal.on_event(lambda: told.append(1))
        journal.outbox.look_again()
    assert told == [1]
