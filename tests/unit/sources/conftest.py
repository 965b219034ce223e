"""Fixtures of the tests of sources."""

from __future__ import annotations

import pytest

from signalos.kit.clock import VirtualClock
from tests.unit.sources.source_rig import START, Journal


@pytest.fixture
def journal() -> Journal:
    return Journal()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)
