"""Quotes from a script, and by chance with a seed."""

from __future__ import annotations

from pathlib import Path

import pytest

from signalos.domain.errors import ConfigError
from signalos.prices import PriceSeries, load_prices

START = "start 2024-03-04T10:00:00Z at 1.10000 spread 10 every 10s\n"
BEGIN = 1_709_546_400


def read(folder: Path, text: str, seed: int = 0) -> PriceSeries:
    (folder / "EURUSD.script").write_text(text)
    return load_prices(folder, seed=seed)["EURUSD"]


def seconds(series: PriceSeries) -> list[int]:
    return [t // 1_000_000 - BEGIN for t in series.times]


def test_a_course(tmp_path: Path) -> None:
    text = (
        START
        + "hold 20s  # quiet\n\nmove +50 in 30s\ngap -400\nsilence 2h\nspread 30\nevery 1m\nmove -7 in 2m\n"
    )
    series = read(tmp_path, text)
    assert seconds(series) == [0, 10, 20, 30, 40, 50, 60, 7320, 7380]
    assert [b - 110_000 for b in series.bids] == [0, 0, 0, 17, 33, 50, -350, -354, -357]
    assert [a - b for a, b in zip(series.asks, series.bids, strict=True)] == [10] * 7 + [30] * 2


def test_a_walk_is_chosen_by_the_seed(tmp_path: Path) -> None:
    text = START + "walk 1h step 5\n"
    one, same, other = (read(tmp_path, text, seed) for seed in (1, 1, 2))
    assert one == same != other
    assert len(one) == 361
    steps = [b - a for a, b in zip(one.bids, one.bids[1:], strict=False)]
    assert set(steps) == set(range(-5, 6))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no course"),
        ("hold 20s\n", "line 1: the course begins with"),
        ("start today at 1.1 spread 1 every 1s", "line 1"),
        ("start 2024-03-04T10:00:00Z at 1.100001 spread 1 every 1s", "5 decimals"),
        ("start 2024-03-04T10:00:00Z at much spread 1 every 1s", "'much' is not a price"),
        ("start 2024-03-04T10:00:00Z at -1 spread 1 every 1s", "above zero"),
        ("start 2024-03-04T10:00:00Z at 1.1 spread 1 every 0s", "some time between"),
        (START + "jump +5\n", "line 2: 'jump [+]5' is none of"),
        (START + "move 5 in 10s\n", "line 2"),
        (START + "# fine\nhold 9s\n", "line 3: 9s is shorter"),
        (START + "gap -200000\n", "falls to nothing"),
        (START + "hold 9999999d\n", "more than 5000000 quotes"),
    ],
)
def test_what_cannot_be_followed_is_named(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        read(tmp_path, text)


def test_one_file_a_symbol(tmp_path: Path) -> None:
    read(tmp_path, START)
    (tmp_path / "EURUSD.csv").write_text("time,bid,ask\n")
    with pytest.raises(ConfigError, match="two price files of EURUSD"):
        load_prices(tmp_path)
