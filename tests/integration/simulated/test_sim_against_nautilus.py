"""The simulated terminal against NautilusTrader's backtest engine: the same quotes, the same orders.

Fills, fees, money and what is left open must be the same, to the cent and the yen. What the engine said
is recorded in ``judge/verdicts.json``; where it is installed it is asked anew.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Callable
from decimal import Decimal
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tests.integration.simulated.judge.scenario import (
    DIGITS,
    FEE_CENTS,
    OFFERED,
    Deed,
    Scenario,
    scenarios,
)
from tests.unit.simulated.bench import BUY_LIMIT, BUY_STOP, IOC, PENDING, RETURN, START, Bench

RECORDED = json.loads((Path(__file__).parent / "judge" / "verdicts.json").read_text("utf-8"))
FOLD = Decimal("0.00000001")


def recorded(scenario: Scenario) -> dict[str, Any]:
    return dict(RECORDED[scenario.name])


def asked(scenario: Scenario) -> dict[str, Any]:
    from tests.integration.simulated.judge.ask_nautilus import verdict

    return verdict(scenario)


# The engine does not fit into the project's environment, so it is asked only where somebody put it.
JUDGES: dict[str, Callable[[Scenario], dict[str, Any]]] = {"recorded": recorded}
if find_spec("nautilus_trader") is not None:
    JUDGES["asked"] = asked


class Run:
    """A scenario on the simulated terminal, with an account in ``currency``."""

    def __init__(self, folder: Path, scenario: Scenario, currency: str) -> None:
        self.scenario = scenario
        self.labels: dict[int, str] = {}
        self.tickets: dict[str, int] = {}
        ticks: dict[str, list[tuple[float, str, str]]] = {symbol: [] for symbol in DIGITS}
        for second, symbol, bid, ask in scenario.ticks:
            ticks[symbol].append((second, self.text(symbol, bid), self.text(symbol, ask)))
        self.bench = Bench(
            folder,
            ticks,
            margin_mode=scenario.mode,
            currency=currency,
            balance=Decimal(10**9),
            leverage=10_000,
            symbols={
                "*": {
                    "commission": str(Decimal(FEE_CENTS) / 100),
                    "liquidity": str(Decimal(OFFERED) / 100),
                },
                **{symbol: {"digits": digits} for symbol, digits in DIGITS.items()},
            },
        )
        for deed in scenario.deeds:
            self.bench.at(deed.second + 0.5)
            self.send(deed)
        self.bench.at(len(scenario.ticks))
        self.bench.terminal.advance()
        self.deals = [d for d in self.bench.state.deals.values() if d.symbol]

    @staticmethod
    def text(symbol: str, points: int) -> str:
        return f"{points / 10 ** DIGITS[symbol]:.{DIGITS[symbol]}f}"

    def send(self, deed: Deed) -> None:
        side = 0 if deed.buys else 1
        request: dict[str, Any] = {"symbol": deed.symbol, "volume": deed.volume / 100}
        if deed.kind in ("limit", "stop"):
            request["type"] = side + (BUY_LIMIT if deed.kind == "limit" else BUY_STOP)
            request["price"] = deed.price / 10 ** DIGITS[deed.symbol]
            request |= {"action": PENDING, "type_filling": RETURN}
        else:
            request |= {"action": 1, "type": side, "type_filling": IOC if deed.kind == "ioc" else 0}
            if deed.of:
                request["position"] = self.tickets[deed.of]
        sent = self.bench.send(**request)
        assert sent["retcode"] == (10010 if deed.kind == "ioc" else 10009), (deed, sent)
        self.tickets[deed.label] = sent["order"]
        self.labels[sent["order"]] = deed.label

    @staticmethod
    def second(micros: int) -> int:
        return micros // 1_000_000 - int(START.timestamp())

    def fills(self) -> list[dict[str, Any]]:
        return [
            {
                "order": self.labels[d.order],
                "second": self.second(d.time),
                "volume": d.volume // 1_000_000,
                "price": d.price,
                "fee": -d.commission,
            }
            for d in self.deals
        ]

    def money(self, second: int, amount: Callable[[Any], Decimal]) -> Decimal:
        """What the deals up to the tick of ``second`` brought, that tick's fills included."""
        until = (int(START.timestamp()) + second) * 1_000_000
        end = bisect_right([d.time for d in self.deals], until)
        return sum((amount(d) for d in self.deals[:end]), Decimal(0))

    def positions(self) -> list[dict[str, Any]]:
        rows = []
        for p in self.bench.state.positions.values():
            price = (Decimal(p.price) * Decimal(1).scaleb(-DIGITS[p.symbol])).quantize(FOLD)
            rows.append({"symbol": p.symbol, "volume": p.sign * p.volume // 1_000_000, "price": price})
        return sorted(rows, key=lambda r: (r["symbol"], r["volume"], r["price"]))


def judged_fills(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    return in_order([{**fill, "fee": Decimal(fill["fee"])} for fill in verdict["fills"]])


def in_order(fills: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """By time; orders that one quote fills have no order among themselves."""
    return sorted(fills, key=lambda f: (f["second"], f["order"]))


@pytest.mark.parametrize("judge", JUDGES)
@pytest.mark.parametrize("scenario", scenarios(), ids=lambda s: s.name)
def test_fills_fees_money_and_positions_are_the_judges(
    tmp_path: Path, scenario: Scenario, judge: str
) -> None:
    verdict = JUDGES[judge](scenario)
    dollars, yen = (Run(tmp_path / c, scenario, c) for c in ("USD", "JPY"))
    assert in_order(dollars.fills()) == judged_fills(verdict)
    assert dollars.positions() == [
        {**p, "price": Decimal(p["price"]).quantize(FOLD)} for p in verdict["positions"]
    ]
    start = verdict["money"][0]
    for row in verdict["money"]:
        # Fees are dollars; a profit is told in the currency that the symbol is quoted in.
        earned = dollars.money(
            row["second"], lambda d: d.commission + (d.profit if d.symbol != "USDJPY" else 0)
        )
        assert earned == Decimal(row["USD"]) - Decimal(start["USD"]), row
        earned = yen.money(row["second"], lambda d: d.profit if d.symbol == "USDJPY" else Decimal(0))
        assert earned == Decimal(row["JPY"]) - Decimal(start["JPY"]), row
    for run in (dollars, yen):
        run.bench.close()
