"""Bars and ticks in Parquet files.

Bars: ``time`` (UTC, the bar's opening) and ``bid_open`` .. ``ask_close`` as floats. Ticks: ``time_us``
(microseconds UTC), ``bid`` and ``ask`` in points, all integers. Column arithmetic is pyarrow's, so that
a file of 15,000 bars is ready in some tens of milliseconds.
"""

from __future__ import annotations

import itertools
import random
from array import array
from pathlib import Path
from typing import Any

from signalos.domain.errors import ConfigError
from signalos.prices.series import PriceSeries

_BARS = ["time"] + [f"{side}_{at}" for side in ("bid", "ask") for at in ("open", "high", "low", "close")]
_TICKS = ["time_us", "bid", "ask"]
_STEPS = 4  # open, one extreme, the other extreme, close


def read_parquet(path: Path, symbol: str, digits: int, seed: int) -> PriceSeries:
    """Read a bar or tick file. Raises ConfigError naming file and row."""
    try:
        import pyarrow as pa
        import pyarrow.parquet as pq
    except ImportError:
        raise ConfigError(
            f"{path} needs pyarrow: install signalos with the extra 'prices', or use {symbol}.csv"
        ) from None
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException) as why:
        raise ConfigError(f"{path} is not a readable Parquet file: {why}. Copy it anew.") from why
    names = set(table.column_names)
    try:
        if names.issuperset(_BARS):
            return _bars(path, symbol, digits, table, seed)
        if names.issuperset(_TICKS):
            return _ticks(path, symbol, digits, table)
    except pa.ArrowException as why:
        raise ConfigError(f"{path}: a column has the wrong type: {why}") from why
    raise ConfigError(
        f"{path} has the columns {', '.join(table.column_names) or 'none'}; "
        f"bars need {', '.join(_BARS)}; ticks need {', '.join(_TICKS)}"
    )


def _bars(path: Path, symbol: str, digits: int, table: Any, seed: int) -> PriceSeries:
    import pyarrow as pa
    import pyarrow.compute as pc

    columns = [table["time"], *(table[name] for name in _BARS[1:])]
    _complete(path, _BARS, columns)
    opened = _ints(columns[0].cast(pa.timestamp("us", tz="UTC")).cast(pa.int64()))
    _rising(path, opened, strictly=True)
    points = {
        name: pc.cast(pc.round(pc.multiply(table[name].cast(pa.float64()), 10.0**digits)), pa.int64())
        for name in _BARS[1:]
    }
    # Each bar's path is drawn from the seed and the symbol alone: the same run, the same ticks.
    bits = random.Random(f"{seed}:{symbol}")  # noqa: S311 -- repeatability is the purpose
    low_first = pa.array([bits.random() < 0.5 for _ in opened])
    size = len(opened)
    step = min((b - a for a, b in itertools.pairwise(opened)), default=60_000_000) // _STEPS
    times = array("q", bytes(8 * _STEPS * size))
    bids, asks = array("q", times), array("q", times)
    for n in range(_STEPS):
        times[n::_STEPS] = array("q", [t + n * step for t in opened])
    for side, out in (("bid", bids), ("ask", asks)):
        low, high = points[f"{side}_low"], points[f"{side}_high"]
        out[0::_STEPS] = _ints(points[f"{side}_open"])
        out[1::_STEPS] = _ints(pc.if_else(low_first, low, high))
        out[2::_STEPS] = _ints(pc.if_else(low_first, high, low))
        out[3::_STEPS] = _ints(points[f"{side}_close"])
    return _sound(path, symbol, digits, times, bids, asks, rows_per_tick=_STEPS)


def _ticks(path: Path, symbol: str, digits: int, table: Any) -> PriceSeries:
    import pyarrow as pa

    columns = [table[name] for name in _TICKS]
    _complete(path, _TICKS, columns)
    times, bids, asks = (_ints(column.cast(pa.int64())) for column in columns)
    _rising(path, times)
    return _sound(path, symbol, digits, times, bids, asks, rows_per_tick=1)


def _ints(column: Any) -> array[int]:
    """The int64 values of an Arrow column as a Python array, copied from its buffer."""
    out = array("q")
    chunks = column.chunks if hasattr(column, "chunks") else [column]
    for chunk in chunks:
        data = memoryview(chunk.buffers()[1])[8 * chunk.offset : 8 * (chunk.offset + len(chunk))]
        out.frombytes(data)
    return out


def _complete(path: Path, names: list[str], columns: list[Any]) -> None:
    import pyarrow as pa
    import pyarrow.compute as pc

    if len(columns[0]) == 0:
        raise ConfigError(f"{path} holds no prices: copy it anew, or remove the file")
    for name, column in zip(names, columns, strict=True):
        lacking = pc.is_null(column, nan_is_null=pa.types.is_floating(column.type))
        if pc.any(lacking).as_py():
            row = pc.index(lacking, True).as_py() + 1
            raise ConfigError(f"{path}, row {row}: {name} is empty. Remove the row or fill it in.")


def _rising(path: Path, times: array[int], *, strictly: bool = False) -> None:
    for row, (a, b) in enumerate(itertools.pairwise(times), start=2):
        if b < a or (strictly and a == b):
            how = "before" if b < a else "at"
            raise ConfigError(
                f"{path}, row {row}: its time lies {how} that of the row above. Sort the file by time."
            )


def _sound(
    path: Path,
    symbol: str,
    digits: int,
    times: array[int],
    bids: array[int],
    asks: array[int],
    *,
    rows_per_tick: int,
) -> PriceSeries:
    if min(bids) <= 0:
        row = next(i for i, bid in enumerate(bids) if bid <= 0) // rows_per_tick + 1
        raise ConfigError(f"{path}, row {row}: a bid is not above zero. Remove the row or mend it.")
    # Crossed quotes occur in recordings (a tenth of some feeds): the ask is raised to the bid.
    return PriceSeries(symbol, digits, times, bids, array("q", map(max, asks, bids)))
