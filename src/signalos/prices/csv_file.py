"""Ticks as text: ``time,bid,ask``."""

from __future__ import annotations

import csv
from array import array
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path

from signalos.domain.errors import ConfigError
from signalos.domain.money import round_to_step
from signalos.prices.series import PriceSeries, to_micros

_COLUMNS = ["time", "bid", "ask"]


def read_csv(path: Path, symbol: str, digits: int, seed: int) -> PriceSeries:
    """Read ticks: a header ``time,bid,ask``, ISO 8601 times (UTC, or with an offset), never falling.

    A crossed quote is mended by raising the ask to the bid. Raises ConfigError naming the line.
    """
    del seed  # ticks have no inner path to choose
    times, bids, asks = array("q"), array("q"), array("q")
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            rows = csv.reader(file, strict=True)
            header = [name.strip().lower() for name in next(rows, [])]
            if header != _COLUMNS:
                raise _broken(path, 1, f"the header is {','.join(header) or 'missing'}, not time,bid,ask")
            before = None
            for row in rows:
                if not row:
                    continue
                try:
                    when, bid_text, ask_text = row
                    moment = _micros(when)
                    bid, ask = _points(bid_text, digits), _points(ask_text, digits)
                except ValueError as why:
                    raise _broken(path, rows.line_num, _plainly(row, why)) from None
                if before is not None and moment < before:
                    raise _broken(path, rows.line_num, f"{when} lies before the row above it")
                before = moment
                times.append(moment)
                bids.append(bid)
                asks.append(max(bid, ask))
    except (OSError, UnicodeDecodeError, csv.Error) as why:
        raise ConfigError(f"{path} cannot be read as CSV: {why}. Save it anew as UTF-8 text.") from why
    if not times:
        raise ConfigError(f"{path} holds no prices: add rows below the header, or remove the file")
    return PriceSeries(symbol, digits, times, bids, asks)


def _micros(text: str) -> int:
    moment = datetime.fromisoformat(text.strip())
    return to_micros(moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment)


def _points(text: str, digits: int) -> int:
    try:
        price = Decimal(text.strip())
    except InvalidOperation:
        raise ValueError(f"{text.strip()!r} is not a price") from None
    if not price.is_finite() or price <= 0 or price > 10**9:
        raise ValueError(f"{text.strip()!r} is not a price above zero")
    points = int(round_to_step(price.scaleb(digits), Decimal(1)))
    if points == 0:
        raise ValueError(f"{text.strip()!r} is below the smallest price of {digits} decimals")
    return points


def _plainly(row: list[str], why: ValueError) -> str:
    if len(row) != len(_COLUMNS):
        return f"{len(row)} fields instead of three"
    return str(why)


def _broken(path: Path, line: int, what: str) -> ConfigError:
    return ConfigError(
        f"{path}, line {line}: {what}. "
        "Expected rows like 2014-05-01T00:00:00Z,1.38676,1.38686 in rising time; mend or remove the line."
    )
