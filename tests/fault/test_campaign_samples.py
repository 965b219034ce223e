"""Fixed-seed samples of the kill and stop campaigns, over real processes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.fault.campaigns import kills, stops

pytestmark = [pytest.mark.fault, pytest.mark.alone]


def test_kills_leave_every_leg_once(tmp_path: Path) -> None:
    assert asyncio.run(kills.campaign(8, seed=3, speed=900, hours=10, folder=tmp_path)) == 0


def test_stops_are_proven_flat(tmp_path: Path) -> None:
    assert asyncio.run(stops.campaign(6, seed=5, folder=tmp_path)) == 0


def test_an_app_that_forgets_the_latch_turns_the_stops_red(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asyncio.run(stops.campaign(2, 5, tmp_path, "tests.fault.variants.forgetful")) > 0
    assert "entries were sent after the latch" in capsys.readouterr().out
