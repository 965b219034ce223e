"""What the simulated broker says about each symbol: a built-in table, and a file that may change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from signalos.brokers.simulated.codes import CalcMode, Execution, SwapMode, TradeMode
from signalos.brokers.simulated.sessions import Sessions
from signalos.domain.errors import ConfigError
from signalos.domain.symbols import CURRENCIES
from signalos.prices import price_digits
from signalos.prices.digits import canonical_of

VOLUME_UNIT = Decimal("0.00000001")
"""Volumes are kept as whole numbers of this part of a lot."""


class SymbolProperties(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The contract of one symbol. Levels are points, as is ``tick_size``, the step of its prices.

    ``volume_limit`` is how much one side may hold and await (0: no limit); ``closed_after`` counts
    seconds without a new quote after which the market is closed (0: always open); ``commission`` is
    account money a lot and side, with ``commission_deals`` booked as deals of their own. ``liquidity`` is
    how many lots a quote offers on each side (0: endless). ``fills_later``: a market order is accepted
    first (10008) and filled at the next quote. ``sessions`` are hours by the server's clock (none:
    always), swaps are a lot and night in what ``swap_mode`` says, three times on ``swap_3days`` (0 Sunday).
    """

    name: str
    description: str
    path: str
    currency_base: str
    currency_profit: str
    digits: int
    contract_size: Decimal
    calc_mode: CalcMode = CalcMode.FOREX
    volume_min: Decimal = Decimal("0.01")
    volume_max: Decimal = Decimal(100)
    volume_step: Decimal = Decimal("0.01")
    volume_limit: Decimal = Decimal(0)
    tick_size: int = 1
    stops_level: int = 0
    freeze_level: int = 0
    filling_mode: int = 3
    expiration_mode: int = 15
    order_mode: int = 119
    trade_mode: TradeMode = TradeMode.FULL
    execution: Execution = Execution.MARKET
    commission: Decimal = Decimal(0)
    commission_deals: bool = False
    liquidity: Decimal = Decimal(0)
    fills_later: bool = False
    sessions: str = ""
    swap_mode: SwapMode = SwapMode.DISABLED
    swap_long: Decimal = Decimal(0)
    swap_short: Decimal = Decimal(0)
    swap_3days: int = 3
    closed_after: int = 0

    @property
    def point(self) -> Decimal:
        """The smallest price step."""
        return Decimal(1).scaleb(-self.digits)

    @property
    def currency_margin(self) -> str:
        """The currency in which the margin is reckoned."""
        return self.currency_base if self.calc_mode is CalcMode.FOREX else self.currency_profit

    def price(self, points: int | Decimal) -> float:
        """``points`` as the float that the module shows."""
        return float(points) / float(10**self.digits)


_INDICES = {
    "US30": ("Dow Jones 30", "USD"),
    "NAS100": ("Nasdaq 100", "USD"),
    "SPX500": ("S&P 500", "USD"),
    "GER40": ("DAX 40", "EUR"),
    "UK100": ("FTSE 100", "GBP"),
}
_OTHERS: dict[str, tuple[str, str, str, str, int]] = {
    # name: description, folder, base, profit currency, contract size
    "XAUUSD": ("Gold against the US dollar", "Metals", "XAU", "USD", 100),
    "XAGUSD": ("Silver against the US dollar", "Metals", "XAG", "USD", 5000),
    "USOIL": ("US crude oil", "Energies", "USD", "USD", 1000),
    "UKOIL": ("Brent crude oil", "Energies", "USD", "USD", 1000),
    "BTCUSD": ("Bitcoin against the US dollar", "Crypto", "BTC", "USD", 1),
    "ETHUSD": ("Ether against the US dollar", "Crypto", "ETH", "USD", 1),
}


def built_in(name: str) -> SymbolProperties:
    """The table's properties of ``name``, suffixed spellings (``EURUSDm``, ``XAUUSD.a``) included.

    Raises ConfigError for a symbol the table does not know.
    """
    symbol = canonical_of(name)
    digits = price_digits(name)
    if symbol in _OTHERS:
        description, folder, base, profit, contract = _OTHERS[symbol]
    elif symbol in _INDICES:
        description, profit = _INDICES[symbol]
        folder, base, contract = "Indices", profit, 1
    elif symbol is not None and symbol[:3] in CURRENCIES and symbol[3:] in CURRENCIES:
        return SymbolProperties(
            name=name,
            description=f"{symbol[:3]} against {symbol[3:]}",
            path=f"Forex\\{name}",
            currency_base=symbol[:3],
            currency_profit=symbol[3:],
            digits=digits,
            contract_size=Decimal(100_000),
        )
    else:
        raise ConfigError(
            f"the simulated terminal knows no symbol {name!r}: name its price file after a currency pair, "
            f"one of {', '.join([*_OTHERS, *_INDICES])}, or describe it in the file of --symbols"
        )
    return SymbolProperties(
        name=name,
        description=description,
        path=f"{folder}\\{name}",
        currency_base=base,
        currency_profit=profit,
        digits=digits,
        contract_size=Decimal(contract),
        calc_mode=CalcMode.CFDLEVERAGE,
    )


def symbol_table(
    names: Iterable[str], changes: Mapping[str, Mapping[str, Any]] | None = None
) -> dict[str, SymbolProperties]:
    """Properties of ``names``, with ``changes`` by symbol over the table (``*`` for every symbol).

    Raises ConfigError for an unknown symbol, property or value.
    """
    changes = changes or {}
    table: dict[str, SymbolProperties] = {}
    for name in names:
        wanted = {**changes.get("*", {}), **changes.get(name, {})}
        try:
            given = msgspec.to_builtins(built_in(name))
        except ConfigError:
            if name not in changes:
                raise
            given = {"name": name, "description": name, "path": name, "digits": price_digits(name)}
        try:
            table[name] = msgspec.convert({**given, **wanted}, SymbolProperties, strict=False)
            Sessions(table[name].sessions)
        except (msgspec.ValidationError, ConfigError) as why:
            raise ConfigError(
                f"the symbol properties of {name} cannot be used: {why}. "
                f"Known properties: {', '.join(SymbolProperties.__struct_fields__)}"
            ) from why
    return table


def read_symbol_changes(path: Path) -> dict[str, dict[str, Any]]:
    """Read ``{"EURUSD": {"stops_level": 10}, "*": {"commission": 3.5}}``. Raises ConfigError."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=dict[str, dict[str, Any]])
    except (OSError, msgspec.DecodeError) as why:
        raise ConfigError(f"the symbol file {path} cannot be used: {why}") from why
