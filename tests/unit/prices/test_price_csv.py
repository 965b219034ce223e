from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalos.domain.errors import ConfigError
from signalos.prices import load_prices, to_micros

GOOD = "time,bid,ask\n2024-01-02T00:00:00Z,1.10000,1.10010\n"


def written(folder: Path, text: str, name: str = "EURUSD.csv") -> Path:
    (folder / name).write_text(text)
    return folder


def test_ticks_are_read_in_points(tmp_path: Path) -> None:
    text = GOOD + "2024-01-02T02:00:01.5+02:00,1.1,1.100015\n\n2024-01-02T00:00:01.5,1.2,1.3\n"
    series = load_prices(written(tmp_path, text))["EURUSD"]
    start = to_micros(datetime(2024, 1, 2, tzinfo=UTC))
    assert list(series.times) == [start, start + 1_500_000, start + 1_500_000]
    assert list(series.bids) == [110000, 110000, 120000]
    assert list(series.asks) == [110010, 110002, 130000]


def test_a_crossed_quote_is_mended(tmp_path: Path) -> None:
    series = load_prices(written(tmp_path, GOOD + "2024-01-03T00:00:00Z,1.2,1.1\n"))["EURUSD"]
    assert (series.bids[1], series.asks[1]) == (120000, 120000)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ("2024-01-03T00:00:00Z,1.2", "2 fields"),
        ("2024-01-03T00:00:00Z,1.2,1.3,1.4", "4 fields"),
        ("soon,1.2,1.3", "soon"),
        ("2024-01-03T00:00:00Z,dear,1.3", "'dear' is not a price"),
        ("2024-01-03T00:00:00Z,-1,1.3", "'-1' is not a price above zero"),
        ("2024-01-03T00:00:00Z,0,1.3", "'0' is not a price above zero"),
        ("2024-01-03T00:00:00Z,nan,1.3", "'nan' is not a price"),
        ("2024-01-03T00:00:00Z,1.2,1e99", "'1e99' is not a price"),
        ("2024-01-03T00:00:00Z,0.000001,1.3", "below the smallest"),
        ("2024-01-01T00:00:00Z,1.2,1.3", "before the row above"),
    ],
)
def test_a_broken_row_is_named_by_file_and_line(tmp_path: Path, row: str, says: str) -> None:
    with pytest.raises(ConfigError, match=rf"EURUSD\.csv, line 3: .*{says}"):
        load_prices(written(tmp_path, GOOD + row + "\n"))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "line 1: the header is missing"),
        ("bid,ask\n1,2\n", "line 1: the header is bid,ask"),
        ("time,bid,ask\n", "holds no prices"),
        ('time,bid,ask\n"2024', "cannot be read as CSV"),
    ],
)
def test_a_file_without_prices_is_refused(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        load_prices(written(tmp_path, text))


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "EURUSD.csv").write_bytes(b"time,bid,ask\n\xff\xfe\n")
    with pytest.raises(ConfigError, match="Save it anew"):
        load_prices(tmp_path)
