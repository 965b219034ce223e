"""A market that hardly moves, and signals for it: what happens there comes from the test alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

QUIET = {
    "riskPercentage": 0.2,
    "maxDailyTrades": 1000,
    "maxOpenTrades": 1000,
    "filters": {"skip_duplicates": False, "skip_conflicts": False},
}
BEGIN = datetime(2024, 1, 2, tzinfo=UTC)
_BIDS = {"EURUSD": "1.10000", "GBPUSD": "1.30000", "XAUUSD": "2000.00"}
_SPREAD_POINTS = {"EURUSD": 10, "GBPUSD": 10, "XAUUSD": 20}


def quiet_prices(folder: Path, symbols: Sequence[str] = ("EURUSD",)) -> Path:
    """A folder with ``symbols`` that hardly move, for two hours from the account's start."""
    folder.mkdir(parents=True, exist_ok=True)
    for symbol in symbols:
        first = Decimal(_BIDS[symbol])
        point = Decimal(1).scaleb(first.as_tuple().exponent)  # type: ignore[arg-type]  # a finite number
        with (folder / f"{symbol}.csv").open("w", encoding="utf-8") as file:
            file.write("time,bid,ask\n")
            for second in range(7200):
                bid = first + second % 7 * point
                at = (BEGIN + timedelta(seconds=second)).isoformat()
                file.write(f"{at},{bid},{bid + _SPREAD_POINTS[symbol] * point}\n")
    return folder


def signal_text(kind: str, number: int, symbol: str = "EURUSD") -> str:
    """A signal ("buy" with two targets, "limit", "sell") whose levels no other number up to 400 has."""
    first = Decimal(_BIDS[symbol])
    hundredth = first.adjusted() - 2
    step = Decimal(1).scaleb(hundredth)
    away = Decimal(1).scaleb(hundredth - 3) * (number % 400)
    match kind:
        case "buy":
            return (
                f"{symbol} BUY NOW\nSL {first - step - away}\nTP1 {first + step + away}"
                f"\nTP2 {first + 2 * step + away}"
            )
        case "limit":
            low = first - step / 2 - away
            return f"{symbol} BUY LIMIT {low}\nSL {low - 7 * step / 10}\nTP {first + step + away}"
        case _:
            return f"{symbol} SELL NOW\nSL {first + step + away}\nTP {first - step - away}"
