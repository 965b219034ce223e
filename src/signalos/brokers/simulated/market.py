"""Quotes and money: where the symbols stand, and what a move is worth in account currency."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from signalos.brokers.simulated.codes import CalcMode, TradeMode
from signalos.brokers.simulated.sessions import Sessions
from signalos.brokers.simulated.symbols import VOLUME_UNIT, SymbolProperties
from signalos.prices import Feed, PriceSeries, Quote

_ONE = Decimal(1)


class Market:
    """The symbols of one terminal at one moment, and conversion into the account's currency.

    A currency is converted over the symbols at hand, over one intermediate currency at most. A symbol
    whose profit or margin cannot be converted is there to be seen but not to be traded:
    ``not_tradable`` says why.
    """

    def __init__(
        self,
        series: Mapping[str, PriceSeries],
        symbols: Mapping[str, SymbolProperties],
        currency: str,
        money_digits: int,
    ) -> None:
        self.feed = Feed(series)
        self.symbols = {name: symbols[name] for name in self.feed.series}
        self.sessions = {name: Sessions(s.sessions) for name, s in self.symbols.items()}
        self.currency = currency
        self._cent = _ONE.scaleb(-money_digits)
        # Profit currency for one point of one volume unit.
        self._worth = {n: VOLUME_UNIT * s.contract_size * s.point for n, s in self.symbols.items()}
        self._scale = {n: float(s.point) for n, s in self.symbols.items()}
        self._paths = {
            c: path
            for s in self.symbols.values()
            for c in (s.currency_profit, s.currency_margin)
            if (path := self._path(c)) is not None
        }
        self.not_tradable = {
            name: why for name, s in self.symbols.items() if (why := self._why_not(s)) is not None
        }

    def quote(self, symbol: str) -> Quote | None:
        """The newest quote, None before the symbol's first."""
        return self.feed.quote(symbol)

    def converts(self, symbol: str) -> tuple[str, ...]:
        """Symbols whose quotes turn profit and margin of a ``symbol`` position into account currency."""
        s = self.symbols[symbol]
        if s.currency_profit == self.currency:
            return ()  # and the margin is reckoned at the opening price
        return tuple(
            name
            for currency in (s.currency_profit, s.currency_margin)
            for name, _ in self._paths.get(currency, ())
        )

    def cents(self, amount: Decimal) -> Decimal:
        """``amount`` rounded to the account's digits, halves away from zero."""
        return amount.quantize(self._cent, ROUND_HALF_UP)

    def profit(
        self, symbol: str, sign: int, volume: int, opened: int | Decimal, closed: int | Decimal
    ) -> Decimal:
        """Profit in account currency of ``volume`` from ``opened`` to ``closed`` (points), to the cent.

        Gains are sold at the converting symbol's bid, losses bought at its ask.
        """
        moved = ((closed - opened) * sign * volume) * self._worth[symbol]
        currency = self.symbols[symbol].currency_profit
        if currency == self.currency:
            return self.cents(moved)
        return self.cents(moved * self.rate(currency, gain=moved > 0))

    def margin(self, symbol: str, volume: int, points: int | Decimal) -> Decimal:
        """Margin at leverage 1 in account currency for ``volume`` at price ``points``, not rounded."""
        s = self.symbols[symbol]
        if s.calc_mode is CalcMode.FOREX:
            if s.currency_profit == self.currency:
                # The base currency is worth the position's own opening price.
                return volume * points * self._worth[symbol]
            return volume * VOLUME_UNIT * s.contract_size * self.rate(s.currency_base, gain=False)
        return volume * points * self._worth[symbol] * self.rate(s.currency_profit, gain=False)

    def rate(self, currency: str, *, gain: bool) -> Decimal:
        """Account currency for one unit of ``currency`` at the newest quotes."""
        rate = _ONE
        for name, forward in self._paths[currency]:
            quote = self.feed.quote_or_first(name)
            point = self.symbols[name].point
            if forward:
                rate *= (quote.bid if gain else quote.ask) * point
            else:
                rate /= (quote.ask if gain else quote.bid) * point
        return rate

    def float_rates(self, currency: str) -> tuple[float, float]:
        """``rate`` for gains and for losses as floats: for screening, never for bookkeeping."""
        gain = loss = 1.0
        for name, forward in self._paths[currency]:
            quote = self.feed.quote_or_first(name)
            scale = self._scale[name]
            low, high = quote.bid * scale, quote.ask * scale
            gain, loss = (gain * low, loss * high) if forward else (gain / high, loss / low)
        return gain, loss

    def _path(self, currency: str) -> tuple[tuple[str, bool], ...] | None:
        if currency == self.currency:
            return ()
        steps: dict[str, tuple[tuple[str, bool], ...]] = {currency: ()}
        for _ in range(2):
            for start, path in list(steps.items()):
                for name, s in self.symbols.items():
                    if s.calc_mode is not CalcMode.FOREX:
                        continue
                    if s.currency_base == start:
                        steps.setdefault(s.currency_profit, (*path, (name, True)))
                    elif s.currency_profit == start:
                        steps.setdefault(s.currency_base, (*path, (name, False)))
            if self.currency in steps:
                return steps[self.currency]
        return None

    def _why_not(self, s: SymbolProperties) -> str | None:
        for currency in (s.currency_profit, s.currency_margin):
            if currency not in self._paths:
                return (
                    f"{s.name} cannot be traded: no prices convert {currency} into {self.currency}. "
                    f"Add {currency}{self.currency} or {self.currency}{currency} to the price folder."
                )
        if s.trade_mode is TradeMode.DISABLED:
            return f"{s.name}: trading is switched off for this symbol"
        return None
