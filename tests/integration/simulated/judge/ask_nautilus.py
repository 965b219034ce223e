"""Let NautilusTrader's backtest engine carry out the scenarios, and write down what came of them.

It needs an environment of its own (its pins do not fit the project's), see CONTRIBUTING.md:

    python tests/integration/simulated/judge/ask_nautilus.py

writes ``verdicts.json`` beside this file; with ``--check`` it compares instead and fails on a difference.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.backtest.models import FeeModel
from nautilus_trader.config import LoggingConfig
from nautilus_trader.model.currencies import JPY, USD
from nautilus_trader.model.data import QuoteTick
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, TimeInForce
from nautilus_trader.model.identifiers import InstrumentId, Symbol, Venue
from nautilus_trader.model.instruments import CurrencyPair
from nautilus_trader.model.objects import Currency, Money, Price, Quantity
from nautilus_trader.trading.strategy import Strategy

sys.path.insert(0, str(Path(__file__).resolve().parents[4]))

from tests.integration.simulated.judge.scenario import (
    DIGITS,
    FEE_CENTS,
    LOT,
    OFFERED,
    Deed,
    Scenario,
    scenarios,
)

VERDICTS = Path(__file__).with_name("verdicts.json")
BEGIN = 1_709_546_400
SIM = Venue("SIM")
Row = dict[str, Any]


class PerLot(FeeModel):  # type: ignore[misc]  # it ships no types
    """So much a lot and side, in dollars."""

    def get_commission(self, order: Any, fill_qty: Any, fill_px: Any, instrument: Any) -> Money:
        lots = Decimal(str(fill_qty)) / LOT[instrument.id.symbol.value]
        return Money((lots * FEE_CENTS / 100).quantize(Decimal("0.01"), "ROUND_HALF_UP"), USD)


class Script(Strategy):  # type: ignore[misc]  # it ships no types
    """Sends each order at its tick and notes fills and the account's money."""

    def __init__(self, scenario: Scenario) -> None:
        super().__init__()
        self.scenario = scenario
        self.deeds = {d.second: d for d in scenario.deeds}
        self.labels: dict[Any, str] = {}
        self.orders: dict[str, Any] = {}
        self.fills: list[Row] = []
        self.money: list[Row] = []

    def on_start(self) -> None:
        for symbol in LOT:
            self.subscribe_quote_ticks(InstrumentId(Symbol(symbol), SIM))

    def on_quote_tick(self, tick: QuoteTick) -> None:
        account = self.portfolio.account(SIM)
        second = tick.ts_event // 1_000_000_000 - BEGIN
        dollars, yen = (str(account.balance_total(c).as_decimal()) for c in (USD, JPY))
        if not self.money or (self.money[-1]["USD"], self.money[-1]["JPY"]) != (dollars, yen):
            self.money.append({"second": second, "USD": dollars, "JPY": yen})
        deed = self.deeds.get(second)
        if deed is not None:
            self.send(deed, tick)

    def send(self, deed: Deed, tick: QuoteTick) -> None:
        instrument = InstrumentId(Symbol(deed.symbol), SIM)
        units = Quantity.from_int(deed.volume * LOT[deed.symbol] // 100)
        side = OrderSide.BUY if deed.buys else OrderSide.SELL
        at = price(deed.symbol, deed.price)
        make: dict[str, Callable[[], Any]] = {
            "limit": lambda: self.order_factory.limit(instrument, side, units, at),
            "stop": lambda: self.order_factory.stop_market(instrument, side, units, at),
            "ioc": lambda: self.order_factory.limit(
                instrument,
                side,
                units,
                tick.ask_price if deed.buys else tick.bid_price,
                time_in_force=TimeInForce.IOC,
            ),
        }
        order = make.get(deed.kind, lambda: self.order_factory.market(instrument, side, units))()
        self.labels[order.client_order_id] = deed.label
        self.orders[deed.label] = order.client_order_id
        of = self.cache.position_for_order(self.orders[deed.of]) if deed.of else None
        self.submit_order(order, position_id=of.id if of else None)

    def on_order_filled(self, event: Any) -> None:
        symbol = event.instrument_id.symbol.value
        self.fills.append(
            {
                "order": self.labels[event.client_order_id],
                "second": event.ts_event // 1_000_000_000 - BEGIN,
                "volume": round(float(event.last_qty) * 100 / LOT[symbol]),
                "price": round(float(event.last_px) * 10 ** DIGITS[symbol]),
                "fee": str(event.commission.as_decimal()),
            }
        )

    def positions(self) -> list[Row]:
        rows = [
            {
                "symbol": p.instrument_id.symbol.value,
                "volume": round(float(p.signed_qty) * 100 / LOT[p.instrument_id.symbol.value]),
                "price": f"{p.avg_px_open:.8f}",
            }
            for p in self.cache.positions_open()
        ]
        return sorted(rows, key=lambda r: (r["symbol"], r["volume"], r["price"]))


def price(symbol: str, points: int) -> Price:
    return Price(points / 10 ** DIGITS[symbol], DIGITS[symbol])


def instrument(symbol: str) -> CurrencyPair:
    """The symbol without margin: what is judged is the money that deals make."""
    return CurrencyPair(
        instrument_id=InstrumentId(Symbol(symbol), SIM),
        raw_symbol=Symbol(symbol),
        base_currency=Currency.from_str(symbol[:3]),
        quote_currency=Currency.from_str(symbol[3:]),
        price_precision=DIGITS[symbol],
        size_precision=0,
        price_increment=price(symbol, 1),
        size_increment=Quantity.from_int(1),
        lot_size=None,
        max_quantity=None,
        min_quantity=None,
        max_notional=None,
        min_notional=None,
        max_price=None,
        min_price=None,
        margin_init=Decimal(0),
        margin_maint=Decimal(0),
        maker_fee=Decimal(0),
        taker_fee=Decimal(0),
        ts_event=0,
        ts_init=0,
    )


def verdict(scenario: Scenario) -> Row:
    """Run one scenario."""
    engine = BacktestEngine(
        BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False)
    )
    engine.add_venue(
        venue=SIM,
        oms_type=OmsType.HEDGING if scenario.mode == "hedging" else OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=None,
        starting_balances=[Money(10_000_000, USD), Money(1_000_000_000, JPY)],
        fee_model=PerLot(),
    )
    for symbol in LOT:
        engine.add_instrument(instrument(symbol))
    engine.add_data(
        [
            QuoteTick(
                instrument_id=InstrumentId(Symbol(t.symbol), SIM),
                bid_price=price(t.symbol, t.bid),
                ask_price=price(t.symbol, t.ask),
                bid_size=Quantity.from_int(OFFERED * LOT[t.symbol] // 100),
                ask_size=Quantity.from_int(OFFERED * LOT[t.symbol] // 100),
                ts_event=(BEGIN + t.second) * 1_000_000_000,
                ts_init=(BEGIN + t.second) * 1_000_000_000,
            )
            for t in scenario.ticks
        ]
    )
    script = Script(scenario)
    engine.add_strategy(script)
    engine.run()
    found = {"fills": script.fills, "money": script.money, "positions": script.positions()}
    engine.dispose()
    return found


def main(arguments: list[str]) -> int:
    found = {s.name: verdict(s) for s in scenarios()}
    if "--check" in arguments:
        same = json.loads(VERDICTS.read_text("utf-8")) == found
        print("the recorded verdicts are these" if same else "the recorded verdicts are others")
        return 0 if same else 1
    lines = ",\n".join(f'"{name}": {json.dumps(v, separators=(",", ":"))}' for name, v in found.items())
    VERDICTS.write_text(f"{{\n{lines}\n}}\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
