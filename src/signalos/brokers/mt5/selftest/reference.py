"""The same script at a simulated terminal in this process, made like the one that was examined."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from signalos.brokers.mt5.broker import Mt5Broker
from signalos.brokers.mt5.selftest.recorder import Recorder
from signalos.brokers.mt5.selftest.script import Script
from signalos.brokers.mt5.settings import Settings
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.codes import CalcMode
from signalos.brokers.simulated.faults import Faults
from signalos.brokers.simulated.local import LocalWorker
from signalos.brokers.simulated.service import Service
from signalos.domain.symbols import CURRENCIES
from signalos.kit.clock import Clock

_ROWS = 7200


async def reference(clock: Clock, symbol: str, info: Mapping[str, Any], tick: Mapping[str, Any]) -> Script:
    """Run the script at a simulated terminal with the symbol properties of ``info`` around ``tick``."""
    with tempfile.TemporaryDirectory(prefix="signalos-selftest-") as folder:
        prices = Path(folder) / "prices"
        prices.mkdir()
        _write_prices(prices / f"{info['name']}.csv", info, tick)
        currency = info["currency_profit"]
        options = TerminalOptions(
            state=Path(folder) / "account.sqlite3",
            prices=prices,
            currency=currency if currency in CURRENCIES else "USD",
            symbols={info["name"]: _properties(info)},
        )
        terminal = open_terminal(options, clock).terminal
        service = Service(terminal, Faults(), clock, lambda: None)

        async def worker() -> LocalWorker:
            return LocalWorker(service)

        recorder = Recorder(worker, clock)
        settings = Settings(symbols={symbol: info["name"]})
        broker = Mt5Broker("reference", recorder, clock, settings)
        script = Script(broker, recorder, clock, symbol)
        try:
            await script.run()
        finally:
            await broker.stop()
            terminal.close()
    return script


def _properties(info: Mapping[str, Any]) -> dict[str, Any]:
    known = [int(mode) for mode in CalcMode]
    mode = info["trade_calc_mode"]
    return {
        "name": info["name"],
        "description": info["description"] or info["name"],
        "path": info["path"],
        "currency_base": info["currency_base"],
        "currency_profit": info["currency_profit"],
        "digits": info["digits"],
        "contract_size": str(info["trade_contract_size"]),
        "calc_mode": mode if mode in known else int(CalcMode.CFDLEVERAGE),
        "volume_min": str(info["volume_min"]),
        "volume_max": str(info["volume_max"]),
        "volume_step": str(info["volume_step"]),
        "stops_level": info["trade_stops_level"],
        "freeze_level": info["trade_freeze_level"],
        "filling_mode": info["filling_mode"],
        "expiration_mode": info["expiration_mode"],
        "order_mode": info["order_mode"],
        "trade_mode": info["trade_mode"],
        "execution": info["trade_exemode"],
    }


def _write_prices(path: Path, info: Mapping[str, Any], tick: Mapping[str, Any]) -> None:
    """Two hours of quotes that move by a point each second."""
    digits, point = info["digits"], info["point"]
    start = datetime(2024, 1, 2, tzinfo=UTC)
    rows = ["time,bid,ask"]
    for second in range(_ROWS):
        away = point * (second % 2)
        at = (start + timedelta(seconds=second)).isoformat()
        rows.append(f"{at},{tick['bid'] + away:.{digits}f},{tick['ask'] + away:.{digits}f}")
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
