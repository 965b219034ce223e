from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from signalos.domain.errors import ConfigError
from signalos.prices import closed_spans, load_prices, price_digits, price_files, recorded_span
from signalos.prices.digits import canonical_of

EXAMPLE = Path(__file__).parents[3] / "examples" / "prices"


def tick_file(folder: Path, name: str, *minutes: int) -> None:
    start = datetime(2024, 1, 2, tzinfo=UTC)
    rows = [f"{(start + timedelta(minutes=m)).isoformat()},1.1,1.2" for m in minutes]
    (folder / name).write_text("\n".join(["time,bid,ask", *rows]))


def test_other_files_are_left_alone(tmp_path: Path) -> None:
    tick_file(tmp_path, "EURUSD.csv", 0)
    tick_file(tmp_path, "XAUUSD.a.csv", 0)
    (tmp_path / "README.md").write_text("prices")
    assert list(price_files(tmp_path)) == ["EURUSD", "XAUUSD.a"]


@pytest.mark.parametrize("second", ["EURUSD.parquet", "eurusd.parquet"])
def test_two_files_of_one_symbol_are_refused(tmp_path: Path, second: str) -> None:
    tick_file(tmp_path, "EURUSD.csv", 0)
    tick_file(tmp_path, second, 0)
    with pytest.raises(ConfigError, match="two price files"):
        price_files(tmp_path)


def test_no_folder_and_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="does not exist"):
        price_files(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match="holds no price file"):
        price_files(tmp_path)


def test_closed_is_where_no_symbol_quotes(tmp_path: Path) -> None:
    tick_file(tmp_path, "EURUSD.csv", 0, 10, 300, 301)
    tick_file(tmp_path, "NZDUSD.csv", 0, 60, 310, 500)
    start = datetime(2024, 1, 2, tzinfo=UTC)
    spans = closed_spans(tmp_path, timedelta(hours=1))
    in_minutes = [
        ((a - start) / timedelta(minutes=1), (b - start) / timedelta(minutes=1)) for a, b in spans
    ]
    assert in_minutes == [(60, 300), (310, 500)]
    assert recorded_span(tmp_path) == (start, start + timedelta(minutes=500))


def test_the_example_prices() -> None:
    series = load_prices(EXAMPLE)
    assert {name: len(s) // 4 for name, s in series.items()} == {
        "EURUSD": 15_366,
        "NZDUSD": 15_543,
        "XAUUSD": 15_222,
    }
    first, last = recorded_span(EXAMPLE)
    assert first == datetime(2014, 5, 1, tzinfo=UTC)
    assert last == datetime(2014, 5, 15, 23, 59, 45, tzinfo=UTC)
    # Two weekends, and nothing else.
    assert [(a.weekday(), b.weekday()) for a, b in closed_spans(EXAMPLE, timedelta(hours=2))] == [
        (4, 6),
        (4, 6),
    ]


@pytest.mark.parametrize(
    ("name", "canonical", "digits"),
    [
        ("EURUSD", "EURUSD", 5),
        ("USDJPYm", "USDJPY", 3),
        ("XAUUSD.raw", "XAUUSD", 3),
        ("GOLD", "XAUUSD", 3),
        ("US30_cash", "US30", 2),
        ("EURUSDXYZ", None, 5),
        ("ACME", None, 5),
    ],
)
def test_symbols_are_known_with_their_suffix(name: str, canonical: str | None, digits: int) -> None:
    assert (canonical_of(name), price_digits(name)) == (canonical, digits)
