"""A folder of price files: one ``SYMBOL.csv``, ``SYMBOL.parquet`` or ``SYMBOL.script`` a symbol."""

from __future__ import annotations

import heapq
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from signalos.domain.errors import ConfigError
from signalos.kit import clock
from signalos.prices.csv_file import read_csv
from signalos.prices.digits import price_digits
from signalos.prices.parquet_file import read_parquet
from signalos.prices.script_file import read_script
from signalos.prices.series import PriceSeries, from_micros

_READERS = {".csv": read_csv, ".parquet": read_parquet, ".script": read_script}


def price_files(folder: Path) -> dict[str, Path]:
    """The price file of each symbol of ``folder``, by the symbol's name.

    Raises ConfigError for a missing or empty folder and for two files of one symbol.
    """
    if not folder.is_dir():
        raise ConfigError(f"the price folder {folder} does not exist: name a folder with price files")
    found: dict[str, Path] = {}
    by_fold: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in _READERS or not path.is_file():
            continue
        other = by_fold.setdefault(path.stem.casefold(), path)
        if other is not path:
            raise ConfigError(
                f"{folder} holds two price files of {path.stem}: {other.name} and {path.name}. Remove one."
            )
        found[path.stem] = path
    if not found:
        raise ConfigError(
            f"{folder} holds no price file: "
            "put one SYMBOL.csv (time,bid,ask), SYMBOL.parquet or SYMBOL.script a symbol there"
        )
    return found


def load_prices(
    folder: Path, *, digits_of: Callable[[str], int] = price_digits, seed: int = 0
) -> dict[str, PriceSeries]:
    """Read all price files of ``folder``; bars become ticks along the path that ``seed`` chooses,
    scripts take the one they describe.

    Raises ConfigError naming file and line of what cannot be used.
    """
    return {
        symbol: _READERS[path.suffix.lower()](path, symbol, digits_of(symbol), seed)
        for symbol, path in price_files(folder).items()
    }


def closed_spans(folder: Path, longest_gap: timedelta) -> tuple[tuple[datetime, datetime], ...]:
    """The spans of recorded time, longer than ``longest_gap``, in which no symbol of ``folder`` quoted.

    Each runs from the last quote before to the first one after. Raises ConfigError.
    """
    series = load_prices(folder).values()
    return clock.closed_spans(
        [from_micros(t) for t in heapq.merge(*(s.times for s in series))], longest_gap
    )


def recorded_span(folder: Path) -> tuple[datetime, datetime]:
    """Times of the first and the last quote of ``folder``. Raises ConfigError."""
    series = load_prices(folder).values()
    return (
        from_micros(min(s.times[0] for s in series)),
        from_micros(max(s.times[-1] for s in series)),
    )
