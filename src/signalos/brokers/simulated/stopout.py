"""A quick look whether the stop-out can be near: floats, erring on the side of looking closely."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Protocol

from signalos.brokers.simulated.codes import CalcMode
from signalos.brokers.simulated.market import Market
from signalos.brokers.simulated.records import AccountSettings, AccountState
from signalos.brokers.simulated.symbols import VOLUME_UNIT

_CENT = 0.01
_SLACK = 1.0001
"""Floats are exact to some 1e-12 of these sums; a ten-thousandth is far beyond it."""


class Books(Protocol):
    """What is looked at of an account: its settings, market, records and sums."""

    market: Market
    settings: AccountSettings
    state: AccountState

    @property
    def balance(self) -> Decimal: ...

    @property
    def equity(self) -> Decimal: ...

    @property
    def margin(self) -> Decimal: ...


class _Held(NamedTuple):
    """The positions of one symbol: (buys, money a point in the profit currency, opening price)."""

    symbol: str
    profit_currency: str
    rows: list[tuple[bool, float, float]]
    margin_currency: str | None
    margin: float


class StopOutScreen:
    """The positions of an account as it stands, ready for a look at every tick.

    For accounts whose money moves with conversions; the look costs some microseconds, the exact sum a
    hundred times as much.
    """

    def __init__(self, account: Books) -> None:
        self._market = account.market
        self._balance = float(account.balance + sum(p.swap for p in account.state.positions.values()))
        self._part = account.settings.stop_out / 100 / account.settings.leverage * _SLACK
        self._cents = _CENT * (len(account.state.positions) + 1)
        held: dict[str, _Held] = {}
        for p in account.state.positions.values():
            s = self._market.symbols[p.symbol]
            lots = float(p.volume * VOLUME_UNIT * s.contract_size)
            fixed = s.calc_mode is CalcMode.FOREX and s.currency_profit == self._market.currency
            value = lots * float(p.price) * float(s.point)
            before = held.get(p.symbol)
            rows = before.rows if before else []
            rows.append((p.is_buy, lots * float(s.point), float(p.price)))
            held[p.symbol] = _Held(
                symbol=p.symbol,
                profit_currency=s.currency_profit,
                rows=rows,
                margin_currency=None if fixed else s.currency_margin,
                margin=(before.margin if before else 0.0)
                + (lots if s.calc_mode is CalcMode.FOREX and not fixed else value),
            )
        self._held = list(held.values())

    def safe(self) -> bool:
        """True only when the account is certainly above its stop-out at the newest quotes."""
        market = self._market
        equity, margin = self._balance - self._cents, 0.0
        for held in self._held:
            gain, loss = market.float_rates(held.profit_currency)
            quote = market.feed.quote_or_first(held.symbol)
            for buys, money, opened in held.rows:
                moved = (quote.bid - opened) * money if buys else (opened - quote.ask) * money
                equity += moved * (gain if moved > 0 else loss)
            if held.margin_currency is None:
                margin += held.margin
            else:
                margin += held.margin * market.float_rates(held.margin_currency)[1]
        # Hedged sides are counted in full here: more margin than there is, never less.
        return equity > margin * self._part
