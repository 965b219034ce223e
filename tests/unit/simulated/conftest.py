from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.unit.simulated.bench import Bench

QUIET = {"EURUSD": [(0, "1.10000", "1.10010"), (60, "1.10000", "1.10010")]}


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Callable[..., Bench]]:
    """Build benches; without ticks EURUSD stands still at 1.10000 / 1.10010."""
    made: list[Bench] = []

    def build(ticks: Any = None, **options: Any) -> Bench:
        made.append(Bench(tmp_path / str(len(made)), ticks or QUIET, **options))
        return made[-1]

    yield build
    for one in made:
        one.close()
