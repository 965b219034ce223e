"""The campaigns' judges see what they are there to see: doubled, lost and unexplained legs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.fault.campaigns.kills import START, Downtime, Run, differences, doubled, unjournalled
from tests.fault.campaigns.stops import distribution, emptiness_of, faults_of
from tests.support.stopping import Stop

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


@pytest.mark.parametrize(
    ("before", "decided", "found"),
    [
        (timedelta(seconds=30), timedelta(minutes=20), (0, 1)),
        (timedelta(seconds=30), timedelta(0), (1, 0)),  # decided before the kill
        (timedelta(minutes=6), timedelta(minutes=20), (1, 0)),  # the app had time to decide it
    ],
)
def test_what_was_posted_right_before_a_kill_and_decided_after_it_is_excused(
    before: timedelta, decided: timedelta, found: tuple[int, int]
) -> None:
    late = run(line(1, "not_executed", reason="target_passed"), down=True)
    late.decided[1, 1] = AT - before + decided
    faults, excused = differences(run(line(1, "executed")), late, {1: AT - before})
    assert (len(faults), len(excused)) == found


def test_a_level_that_the_market_passed_is_excused_behind_a_downtime_only() -> None:
    moved, refused = line(1, "executed"), line(1, "refused", reason="invalid_stops")
    moved["kind"] = refused["kind"] = "break_even"
    for down, found in ((True, (0, 1)), (False, (1, 0))):
        faults, excused = differences(run(moved), run(refused, down=down), {1: AT + timedelta(hours=1)})
        assert (len(faults), len(excused)) == found


def test_coming_up_slowly_excuses_the_first_posts_and_no_update_later() -> None:
    late = run(line(1, "not_executed", reason="target_passed"), line(2, "refused", reason="invalid_stops"))
    late.journal[1]["kind"] = "break_even"
    calm = run(line(1, "executed"), line(2, "executed"))
    calm.journal[1]["kind"] = "break_even"
    late.downtimes.append(Downtime(START, AT, AT + timedelta(minutes=30)))
    faults, excused = differences(calm, late, {1: AT, 2: AT + timedelta(hours=1)})
    assert (len(faults), len(excused)) == (1, 1)
    assert "break_even" in faults[0]


def test_what_only_the_calm_run_came_too_late_for_is_excused() -> None:
    late = run(line(1, "not_executed", reason="target_passed"))
    faults, excused = differences(late, run(line(1, "executed")), {1: AT})
    assert (faults, len(excused)) == ([], 1)


def test_what_the_rules_refuse_and_the_killed_run_executes_is_a_fault() -> None:
    refused = run(line(1, "refused", reason="missing_stop"))
    faults, excused = differences(refused, run(line(1, "executed")), {1: AT})
    assert (len(faults), excused) == (1, [])


GOOD: dict[str, Any] = {"code": 0, "flat": True, "open_before": 20, "refused": 3}


def test_a_good_stop_has_no_fault() -> None:
    assert faults_of(Stop("nothing", **GOOD)) == []


@pytest.mark.parametrize(
    ("wrong", "text"),
    [
        ({"code": 3}, "not proven flat"),
        ({"flat": False}, "not proven flat"),
        ({"positions": 1}, "1 positions and 0 orders are left"),
        ({"orders": 2}, "0 positions and 2 orders are left"),
        ({"sent_after_latch": 1}, "sent after the latch"),
        ({"entries_after_flat": 1}, "after it was called flat"),
        ({"doubled": ["A"]}, "opened twice"),
        ({"traded_later": [7]}, "posted while stopped and traded"),
        ({"refused": 0}, "proves little"),
        ({"open_before": 19}, "proves little"),
    ],
)
def test_each_thing_a_stop_may_do_wrong_is_a_fault(wrong: dict[str, Any], text: str) -> None:
    (fault,) = faults_of(Stop("nothing", **{**GOOD, **wrong}))
    assert text in fault


def test_stops_without_anything_in_flight_or_lost_prove_little() -> None:
    assert len(emptiness_of([Stop("nothing", **GOOD)])) == 2
    assert emptiness_of([Stop("nothing", **GOOD, in_flight=1, lost_answers=1)]) == []


def test_the_distribution_names_the_longest_and_not_less() -> None:
    text = distribution([float(n) for n in range(1, 201)])
    assert text == "median 100.50, p90 180.00, p99 198.00, longest 200.00"
