"""Canonical symbols and the documented table of pip sizes."""

from __future__ import annotations

from decimal import Decimal

CURRENCIES = frozenset(
    "USD EUR GBP JPY CHF AUD NZD CAD SEK NOK DKK PLN HUF CZK TRY ZAR MXN SGD HKD CNH".split()
)

_PIP: dict[str, Decimal] = {
    "XAUUSD": Decimal("0.1"),
    "XAGUSD": Decimal("0.01"),
    "US30": Decimal(1),
    "NAS100": Decimal(1),
    "SPX500": Decimal("0.1"),
    "GER40": Decimal(1),
    "UK100": Decimal(1),
    "USOIL": Decimal("0.01"),
    "UKOIL": Decimal("0.01"),
    "BTCUSD": Decimal(1),
    "ETHUSD": Decimal("0.1"),
}


def is_currency_pair(symbol: str) -> bool:
    """True for six letters made of two known currencies."""
    return len(symbol) == 6 and symbol[:3] in CURRENCIES and symbol[3:] in CURRENCIES


def pip_size(symbol: str) -> Decimal | None:
    """Price distance of one pip of canonical ``symbol``, None where no convention exists.

    0.0001 for currency pairs, 0.01 where the yen is quoted, 0.1 for gold, 1 for most indices.
    """
    if symbol in _PIP:
        return _PIP[symbol]
    if is_currency_pair(symbol):
        return Decimal("0.01") if symbol.endswith(("JPY", "HUF")) else Decimal("0.0001")
    return None
