from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from signalos.domain.errors import ConfigError
from signalos.prices import load_prices, to_micros

START = datetime(2024, 1, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
OHLC = ("open", "high", "low", "close")


def bars(*rows: tuple[float, float, float, float], spread: float = 0.0001, **replaced: Any) -> pa.Table:
    columns: dict[str, Any] = {"time": [START + n * MINUTE for n in range(len(rows))]}
    for side, extra in (("bid", 0.0), ("ask", spread)):
        for n, at in enumerate(OHLC):
            columns[f"{side}_{at}"] = [row[n] + extra for row in rows]
    return pa.table({**columns, **replaced})


def saved(folder: Path, table: pa.Table, name: str = "EURUSD.parquet") -> Path:
    pq.write_table(table, folder / name)
    return folder


def test_a_bar_is_walked_open_extreme_extreme_close(tmp_path: Path) -> None:
    rows = [(1.1, 1.2, 1.05, 1.15)] * 200
    series = load_prices(saved(tmp_path, bars(*rows)))["EURUSD"]
    assert len(series) == 800
    paths = {tuple(series.bids[n : n + 4]) for n in range(0, 800, 4)}
    assert paths == {(110000, 105000, 120000, 115000), (110000, 120000, 105000, 115000)}
    quarter = 15_000_000
    assert [t - to_micros(START) for t in series.times[:5]] == [quarter * n for n in range(5)]
    assert all(ask - bid == 10 for bid, ask in zip(series.bids, series.asks, strict=True))


def test_the_seed_chooses_the_path_and_repeats_it(tmp_path: Path) -> None:
    saved(tmp_path, bars(*[(1.1, 1.2, 1.05, 1.15)] * 64))
    first, again, other = (load_prices(tmp_path, seed=seed)["EURUSD"].bids for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_crossed_bars_are_mended(tmp_path: Path) -> None:
    series = load_prices(saved(tmp_path, bars((1.1, 1.2, 1.05, 1.15), spread=-0.001)))["EURUSD"]
    assert series.asks == series.bids


def test_ticks_in_points(tmp_path: Path) -> None:
    table = pa.table(
        {
            "time_us": pa.array([10, 10, 20], pa.int64()),
            "bid": pa.array([110000, 110001, 110002], pa.int32()),
            "ask": pa.array([110005, 110001, 110001], pa.int32()),
        }
    )
    series = load_prices(saved(tmp_path, table))["EURUSD"]
    assert list(zip(series.times, series.bids, series.asks, strict=True)) == [
        (10, 110000, 110005),
        (10, 110001, 110001),
        (20, 110002, 110002),
    ]


GOOD = (1.1, 1.2, 1.05, 1.15)


@pytest.mark.parametrize(
    ("table", "says"),
    [
        (bars(GOOD, GOOD, bid_low=[1.0, None]), "row 2: bid_low is empty"),
        (bars(GOOD, GOOD, ask_low=[float("nan"), 1.0]), "row 1: ask_low is empty"),
        (bars(GOOD, GOOD, time=[START, None]), "row 2: time is empty"),
        (bars(GOOD, GOOD, time=[START, START - MINUTE]), "row 2: its time lies before"),
        (bars(GOOD, GOOD, time=[START, START]), "row 2: its time lies at"),
        (bars(GOOD, GOOD, bid_low=[1.0, 0.0]), "row 2: a bid is not above zero"),
        (bars(GOOD, bid_low=["cheap"]), "wrong type"),
        (bars(), "holds no prices"),
        (pa.table({"price": [1.0]}), "bars need time, bid_open"),
    ],
)
def test_broken_files_are_named_by_file_and_row(tmp_path: Path, table: pa.Table, says: str) -> None:
    with pytest.raises(ConfigError, match=rf"EURUSD\.parquet.*{says}"):
        load_prices(saved(tmp_path, table))


def test_a_file_that_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "EURUSD.parquet").write_text("not columns")
    with pytest.raises(ConfigError, match="not a readable Parquet file"):
        load_prices(tmp_path)
