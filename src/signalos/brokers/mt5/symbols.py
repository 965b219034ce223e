"""Which of the broker's symbols a canonical name means; refused where it could mean several."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signalos.brokers.mt5 import constants as mt5
from signalos.domain.errors import Refused
from signalos.domain.symbols import is_currency_pair

ALIASES: Mapping[str, tuple[str, ...]] = {
    "XAUUSD": ("GOLD",),
    "XAGUSD": ("SILVER",),
    "US30": ("DJ30", "WS30", "DJI30", "USA30", "DOW30", "WALLSTREET30"),
    "NAS100": ("USTEC", "US100", "NDX100", "USTECH100", "NASDAQ100", "NASDAQ", "USATECH"),
    "SPX500": ("US500", "SP500", "USA500"),
    "GER40": ("DE40", "DAX40", "DAX", "GERMANY40"),
    "UK100": ("FTSE100", "FTSE"),
    "JP225": ("JPN225", "NIKKEI225", "NIKKEI", "JAP225"),
    "USOIL": ("WTI", "XTIUSD", "USCRUDE", "CRUDEOIL"),
    "UKOIL": ("BRENT", "XBRUSD", "UKBRENT"),
    "BTCUSD": ("BITCOIN",),
    "ETHUSD": ("ETHEREUM",),
}
"""Names that brokers give an instrument, by its canonical name."""

_BEFORE = re.compile(r"(?:[#.\-_]|[A-Za-z]{1,3}[.#\-_])?")
# Capitals and digits right behind the name make another instrument (BTCUSDT, US300, a future's month).
_BEHIND = re.compile(r"(?:[.#\-_+!][A-Za-z0-9]{0,6}[#+!]?|[a-z]{1,5}|Cash|CASH|Spot|Micro)?")


@dataclass(frozen=True, slots=True)
class Listed:
    """One symbol of the broker's list."""

    name: str
    base: str
    profit: str
    trade_mode: int


def matches(listed: Listed, canonical: str) -> bool:
    """True when ``listed`` is ``canonical`` or an alias, with a broker's prefix or suffix."""
    if is_currency_pair(canonical) and listed.base and listed.profit:
        pair = (listed.base.upper(), listed.profit.upper())
        if pair != (canonical[:3], canonical[3:]):
            return False
    upper = listed.name.upper()
    for core in (canonical, *ALIASES.get(canonical, ())):
        start = upper.find(core)
        if start >= 0:
            before, behind = listed.name[:start], listed.name[start + len(core) :]
            if _BEFORE.fullmatch(before) and _BEHIND.fullmatch(behind):
                return True
    return False


def choose(canonical: str, symbols: Sequence[Listed]) -> str:
    """Return the broker's spelling of ``canonical``.

    The exact name wins; else the one symbol that matches and may be traded. Raises Refused where
    there is none, or more than one.
    """
    by_name = {listed.name: listed for listed in symbols}
    if canonical in by_name:
        return canonical
    found = [listed for listed in symbols if matches(listed, canonical)]
    tradable = [s for s in found if s.trade_mode not in (mt5.TRADE_DISABLED, mt5.TRADE_CLOSE_ONLY)]
    candidates = tradable or found
    if len(candidates) == 1:
        return candidates[0].name
    if not candidates:
        raise UnknownSymbol(
            f"The broker has no symbol that is {canonical}. If it uses another name for it, write that "
            "name into the terminal's symbol table."
        )
    names = ", ".join(sorted(s.name for s in candidates))
    raise AmbiguousSymbol(
        f"The broker has several symbols that could be {canonical}: {names}. Nothing is guessed: write "
        "the right one into the terminal's symbol table."
    )


class UnknownSymbol(Refused):
    """The broker does not have the symbol; nothing was sent."""

    reason = "symbol_unknown"

    def __init__(self, explanation: str) -> None:
        super().__init__(mt5.NOT_FOUND, explanation)


class AmbiguousSymbol(Refused):
    """Several of the broker's symbols could be meant; nothing was sent."""

    reason = "symbol_ambiguous"

    def __init__(self, explanation: str) -> None:
        super().__init__(mt5.NOT_FOUND, explanation)


def canonical_names(listed: Listed) -> list[str]:
    """Canonical names that ``listed`` could stand for, likeliest first: for positions opened by hand."""
    found = [name for name in ALIASES if matches(listed, name)]
    pair = (listed.base + listed.profit).upper()
    if is_currency_pair(pair) and matches(listed, pair):
        found.insert(0, pair)
    return found
