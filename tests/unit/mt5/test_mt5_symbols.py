"""Canonical names find the broker's symbol, or are refused with the candidates."""

from __future__ import annotations

import pytest

from signalos.brokers.mt5 import Mt5Broker, Settings
from signalos.brokers.mt5.symbols import AmbiguousSymbol, Listed, UnknownSymbol, choose
from signalos.domain.errors import TerminalDown
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import Row, Workers, symbol_row


def _list(*names: str) -> list[Listed]:
    return [Listed(name, "", "", 4) for name in names]


@pytest.mark.parametrize(
    ("canonical", "names", "expected"),
    [
        ("EURUSD", ["EURUSD", "EURUSDm", "EURUSD.a"], "EURUSD"),
        ("EURUSD", ["EURUSDm", "GBPUSDm"], "EURUSDm"),
        ("EURUSD", ["eurusd"], "eurusd"),
        ("XAUUSD", ["XAUUSD.a"], "XAUUSD.a"),
        ("XAUUSD", ["GOLD"], "GOLD"),
        ("XAUUSD", ["GOLDmicro", "SILVER"], "GOLDmicro"),
        ("EURUSD", ["#EURUSD"], "#EURUSD"),
        ("EURUSD", ["m.EURUSD"], "m.EURUSD"),
        ("EURUSD", ["EURUSD-ECN"], "EURUSD-ECN"),
        ("EURUSD", ["EURUSD_i"], "EURUSD_i"),
        ("EURUSD", ["EURUSD+"], "EURUSD+"),
        ("US30", ["US30Cash", "US300"], "US30Cash"),
        ("NAS100", ["USTEC.x"], "USTEC.x"),
        ("BTCUSD", ["BTCUSDT", "BTCUSD.r"], "BTCUSD.r"),
    ],
)
def test_found(canonical: str, names: list[str], expected: str) -> None:
    assert choose(canonical, _list(*names)) == expected


def test_several_that_match_are_refused_with_their_names() -> None:
    with pytest.raises(AmbiguousSymbol, match=r"EURUSD\.a, EURUSDm"):
        choose("EURUSD", _list("EURUSDm", "EURUSD.a"))


@pytest.mark.parametrize("names", [[], ["GBPUSD"], ["BTCUSDT"], ["XEURUSDX"]])
def test_none_that_matches_is_refused(names: list[str]) -> None:
    with pytest.raises(UnknownSymbol, match="symbol table"):
        choose("EURUSD", _list(*names))


def test_a_symbol_that_may_not_be_traded_gives_way() -> None:
    listed = [Listed("EURUSDm", "EUR", "USD", 0), Listed("EURUSD.a", "EUR", "USD", 4)]
    assert choose("EURUSD", listed) == "EURUSD.a"


def test_the_currencies_must_agree() -> None:
    with pytest.raises(UnknownSymbol):
        choose("EURUSD", [Listed("EURUSD.x", "EUR", "JPY", 4)])


async def test_the_brokers_spelling_is_kept_and_looked_up_once(rig: Rig) -> None:
    rig.module.symbols["USDJPY.a"] = symbol_row("USDJPY.a")
    assert await rig.broker.resolve("USDJPY") == "USDJPY.a"
    rig.workers.current.calls.clear()
    assert await rig.broker.resolve("USDJPY") == "USDJPY.a"
    assert rig.workers.current.calls == []


async def test_positions_carry_our_name(rig: Rig) -> None:
    rig.module.symbols = {"EURUSD.a": symbol_row("EURUSD.a")}
    rig.module.ticks = {"EURUSD.a": (1.1, 1.1001, 1)}
    await rig.opened()
    (position,) = (await rig.broker.snapshot()).positions
    assert position.symbol == "EURUSD"


async def test_a_hand_made_position_of_a_symbol_never_asked_for_has_our_name(rig: Rig) -> None:
    rig.module.symbols["GOLD"] = symbol_row("GOLD", currency_base="XAU", currency_profit="USD")
    rig.module.positions[1] = Row("TradePosition", ticket=1, identifier=1, symbol="GOLD", volume=0.1)
    (position,) = (await rig.broker.snapshot()).positions
    assert position.symbol == "XAUUSD"


async def test_a_configured_name_counts_in_both_directions(rig: Rig) -> None:
    rig.module.symbols = {"FX-7": symbol_row("FX-7", currency_base="", currency_profit="")}
    rig.module.ticks = {"FX-7": (1.1, 1.1001, 1)}
    rig.module.positions[1] = Row("TradePosition", ticket=1, identifier=1, symbol="FX-7", volume=0.1)
    broker = Mt5Broker("t1", Workers(rig.module), rig.clock, Settings(symbols={"EURUSD": "FX-7"}))
    assert (await broker.snapshot()).positions[0].symbol == "EURUSD"
    assert await broker.resolve("EURUSD") == "FX-7"
    wrong = Mt5Broker("t1", Workers(rig.module), rig.clock, Settings(symbols={"EURUSD": "FX-8"}))
    with pytest.raises(UnknownSymbol, match="FX-8"):
        await wrong.resolve("EURUSD")


async def test_a_symbol_added_later_is_found(rig: Rig) -> None:
    with pytest.raises(UnknownSymbol):
        await rig.broker.resolve("USDCHF")
    rig.module.symbols["USDCHF"] = symbol_row("USDCHF")
    assert await rig.broker.resolve("USDCHF") == "USDCHF"


async def test_a_terminal_that_is_away_is_no_missing_symbol(rig: Rig) -> None:
    rig.module.running = False
    with pytest.raises(TerminalDown):
        await rig.broker.resolve("USDCHF")
