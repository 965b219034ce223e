"""The desktop side under a simulated clock: samples of the campaign, its planted bugs, and seeds that found some."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from signalos.parser.languages import load_languages
from tests.fault.campaigns.faults import EXECUTED_AT_LEAST, Tally, one, some
from tests.simulation.desktop import Build
from tests.simulation.planted import PLANTED
from tests.simulation.run import finished
from tests.simulation.schedule import drawn

pytestmark = pytest.mark.fault

ROOT = Path(__file__).resolve().parents[3]
FOUND = {
    1: "begun",
}
"""Seeds whose schedules showed a bug, and which."""


def faults(tally: Tally) -> list[tuple[int, str, str]]:
    return tally.faults


def test_nothing_is_lost_doubled_or_unexplained(tmp_path: Path) -> None:
    tally = some(range(1, 121), tmp_path, Build())
    assert not tally.faults
    assert tally.share >= EXECUTED_AT_LEAST, tally.missed
    assert tally.deaths > 60
    assert len(tally.accidents) > 20, "hardly anything went wrong: this proves nothing"


def test_where_absence_proves_nothing_is_lost_either(tmp_path: Path) -> None:
    """The simulated terminal's own way: what it does not show is sent again at once."""
    assert not some(range(1, 41), tmp_path, Build(absence_proves=True)).faults


@pytest.mark.parametrize("seed", FOUND)
def test_what_was_found_once_stays_mended(seed: int, tmp_path: Path) -> None:
    assert not one(seed, tmp_path, Build()).faults, FOUND[seed]


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found(bug: str, tmp_path: Path) -> None:
    seeds = SEES[bug]
    assert not some(seeds, tmp_path, Build()).faults
    assert some(seeds, tmp_path, PLANTED[bug]).faults


def test_a_seed_is_the_same_run_to_the_last_step(tmp_path: Path) -> None:
    runs = set()
    for _ in range(2):
        with finished(drawn(7), tmp_path, load_languages()) as result:
            runs.add((result.steps, result.trace))
    command = [sys.executable, "-m", "tests.fault.campaigns.faults", "--replay", "7"]
    for salt in ("1", "2"):
        environ = {**os.environ, "PYTHONHASHSEED": salt}
        told = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
        steps, _, trace = told.stdout.splitlines()[-1].partition(",")[0], "", told.stdout.split("trace ")[-1][:8]
        runs.add((int(steps.split()[0]), int(trace, 16)))
    assert len(runs) == 1
