"""The campaigns' judges see what they are there to see: doubled, lost and unexplained legs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.fault.campaigns.kills import Downtime, Run, differences, doubled, unjournalled

AT = datetime(2014, 5, 1, 8, tzinfo=UTC)


def line(message_id: int, state: str, *, leg: int = 1, tag: str = "A", reason: str = "") -> dict[str, Any]:
    return {
        "chatId": "c",
        "messageId": message_id,
        "version": 1,
        "part": 1,
        "leg": leg,
        "kind": "open",
        "state": state,
        "reason": reason,
        "tag": tag,
        "origin": "signal",
    }


def entry(tag: str) -> dict[str, Any]:
    return {"comment": tag, "entry": 0, "type": 0}


def run(*lines: dict[str, Any], deals: tuple[dict[str, Any], ...] = (), down: bool = False) -> Run:
    downtimes = [Downtime("app", AT, AT + timedelta(minutes=5))] if down else []
    return Run(list(lines), list(deals), 0.0, downtimes)


def test_a_tag_with_two_entries_is_doubled() -> None:
    assert doubled(run(deals=(entry("A"), entry("A"), entry("B")))) == ["A"]


def test_an_entry_without_a_leg_and_a_leg_without_an_entry_are_found() -> None:
    assert unjournalled(run(line(1, "executed", tag="A"), deals=(entry("B"),))) == ["B", "A"]


def test_a_lost_message_is_a_fault_even_in_a_downtime() -> None:
    faults, excused = differences(run(line(1, "executed")), run(down=True), {1: AT})
    assert (len(faults), excused) == (1, [])


def test_a_difference_without_downtime_is_a_fault() -> None:
    late = run(line(1, "expired", reason="too_old"))
    faults, excused = differences(run(line(1, "executed")), late, {1: AT})
    assert (len(faults), excused) == (1, [])


def test_age_that_ran_out_in_a_downtime_is_excused() -> None:
    late = run(line(1, "expired", reason="too_old"), down=True)
    faults, excused = differences(run(line(1, "executed")), late, {1: AT + timedelta(minutes=1)})
    assert (faults, len(excused)) == ([], 1)


def test_what_only_the_calm_run_came_too_late_for_is_excused() -> None:
    late = run(line(1, "not_executed", reason="target_passed"))
    faults, excused = differences(late, run(line(1, "executed")), {1: AT})
    assert (faults, len(excused)) == ([], 1)


def test_what_the_rules_refuse_and_the_killed_run_executes_is_a_fault() -> None:
    refused = run(line(1, "refused", reason="missing_stop"))
    faults, excused = differences(refused, run(line(1, "executed")), {1: AT})
    assert (len(faults), excused) == (1, [])
