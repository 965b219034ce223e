"""What is connected and since when, as other programs read it from the journal."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from signalos.desktop.connections import ConnectionBook, connections_from
from signalos.kit.clock import VirtualClock


def test_the_moment_is_that_of_the_last_change_and_not_of_another_reason() -> None:
    clock = VirtualClock(datetime(2026, 3, 1, tzinfo=UTC))
    book, begun = ConnectionBook(clock), clock.now()
    assert book.line("terminal", "t1", False, "starting")["since"] == begun.isoformat()
    clock.shift(5)
    assert book.line("terminal", "t1", False, "no terminal") == {
        "connected": False,
        "reason": "no terminal",
        "since": begun.isoformat(),
    }
    connected = book.line("terminal", "t1", True, "")
    source = book.line("source", "t1", True, "")
    clock.shift(60)
    assert book.line("terminal", "t1", True, "") == connected
    assert connected["since"] == source["since"] == (begun + timedelta(seconds=5)).isoformat()


def test_what_is_missing_is_away() -> None:
    state = {
        "terminals": {"t1": {"connected": True, "reason": ""}},
        "sources": {"vip": {"connected": False, "reason": "gone", "since": "2026-03-01T12:00:00+00:00"}},
    }
    first, second, source = connections_from(state, ["t1", "t2"], "the app is not running")
    assert (first.connected, first.reason, first.since) == (True, "", None)
    assert (second.name, second.connected, second.reason) == ("t2", False, "the app is not running")
    assert (source.kind, source.connected, source.reason) == ("source", False, "gone")
    assert source.since is not None
