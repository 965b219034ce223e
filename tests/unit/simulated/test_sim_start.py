"""Starting, restarting, and what a start refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.server import listen_address
from signalos.brokers.simulated.symbols import built_in, read_symbol_changes, symbol_table
from signalos.brokers.simulated.timeline import read_demo_time
from signalos.domain.errors import ConfigError
from signalos.kit.clock import DemoTime, VirtualClock
from tests.unit.simulated.bench import START, Bench, write_prices

Benches = Callable[..., Bench]
MOVING = {"EURUSD": [(0, "1.10000", "1.10010"), (10, "1.10100", "1.10110"), (20, "1.09000", "1.09010")]}


def test_a_restart_finds_everything_again(bench: Benches) -> None:
    b = bench(MOVING)
    ticket = b.buy(sl=1.095, magic=(1 << 64) - 1, comment="x")["order"]
    b.send(action=5, symbol="EURUSD", type=2, volume=0.1, price=1.05, type_filling=2)
    before = [b.call(fn) for fn in ("positions_get", "orders_get", "account_info")]
    b.restart()
    assert [b.call(fn) for fn in ("positions_get", "orders_get", "account_info")] == before
    assert b.buy()["order"] == ticket + 2


def test_what_the_market_did_meanwhile_is_made_up_for(bench: Benches) -> None:
    b = bench(MOVING)
    ticket = b.buy(sl=1.095)["order"]
    b.terminal._storage.close()
    b.at(3600)
    b._open()
    deal = b.deals(ticket)[1]
    assert (deal["reason"], deal["price"], deal["time"]) == (4, 1.09, int(START.timestamp()) + 20)


def test_another_speed_goes_on_from_where_it_was(bench: Benches) -> None:
    b = bench({"EURUSD": [(n, f"1.{n:04}", "2") for n in range(1000, 2000)]}, speed=10.0)
    b.at(5)
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.105
    b.options = msgspec.structs.replace(b.options, speed=1.0)
    b.restart()
    b.at(8)
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.1053


def test_a_clock_that_falls_back_does_not_undo_anything(bench: Benches) -> None:
    b = bench(MOVING)
    b.at(10)
    b.buy()
    b.at(2)
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.101
    b.restart()
    assert b.call("symbol_info_tick", "EURUSD")["bid"] == 1.101


def test_under_a_shared_clock_account_time_is_recorded_time(tmp_path: Path) -> None:
    begin = START - timedelta(days=3000)
    demo = DemoTime(
        data_start=START + timedelta(seconds=5),
        wall_start=begin,
        speed=2.0,
        data_end=START + timedelta(seconds=20),
        closed=((START + timedelta(seconds=6), START + timedelta(seconds=10)),),
    )
    options = TerminalOptions(
        state=tmp_path / "s.db", prices=write_prices(tmp_path / "p", MOVING), demo=demo
    )
    clock = VirtualClock(begin)
    terminal = open_terminal(options, clock).terminal
    seconds = int(START.timestamp())
    assert terminal.account.now == (seconds + 5) * 1_000_000
    clock.shift(0.5)
    terminal.advance()
    assert terminal.account.now == (seconds + 10) * 1_000_000
    quote = terminal.account.market.quote("EURUSD")
    assert quote is not None
    assert (quote.bid, quote.time) == (110100, (seconds + 10) * 1_000_000)
    terminal.close()
    with pytest.raises(ConfigError, match="shared clock file"):
        open_terminal(msgspec.structs.replace(options, demo=None), clock)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"balance": Decimal(5)}, "opened with deposit"),
        ({"currency": "EUR"}, "opened with currency USD"),
        ({"leverage": 30}, "opened with leverage 100"),
        ({"login": 7}, "opened with login"),
        ({"symbols": {"EURUSD": {"digits": 4}}}, "had 5 digits"),
    ],
)
def test_an_account_that_exists_is_not_reopened_as_another(
    bench: Benches, change: dict[str, Any], says: str
) -> None:
    b = bench()
    b.buy()
    b.options = msgspec.structs.replace(b.options, **change)
    with pytest.raises(ConfigError, match=says):
        b.restart()


def test_prices_of_a_traded_symbol_must_stay(bench: Benches) -> None:
    b = bench({"EURUSD": [(0, "1", "1.1")], "NZDUSD": [(0, "1", "1.1")]})
    b.buy("NZDUSD")
    (b.options.prices / "NZDUSD.csv").unlink()
    with pytest.raises(ConfigError, match="no prices of it"):
        b.restart()


@pytest.mark.parametrize(
    ("option", "says"),
    [
        ({"margin_mode": "betting"}, "hedging, netting, exchange"),
        ({"stop_out": -1}, "stop_out -1"),
        ({"speed": 0.0}, "speed 0"),
        ({"speed": float("nan")}, "speed nan"),
        ({"balance": Decimal(-1)}, "balance -1"),
        ({"leverage": 0}, "leverage 0"),
        ({"currency": "ABC"}, "currency 'ABC'"),
        ({"symbols": {"EURUSD": {"digit": 4}}}, "Known properties"),
        ({"symbols": {"EURUSD": {"volume_min": "much"}}}, "EURUSD"),
    ],
)
def test_unusable_options(bench: Benches, option: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        bench(**option)


def test_a_state_file_that_is_something_else(bench: Benches) -> None:
    b = bench()
    b.close()
    b.options.state.write_text("This is a letter, not an account.\n" * 100)
    with pytest.raises(ConfigError, match="Name another file"):
        b._open()


@pytest.mark.parametrize("address", ["0.0.0.0:5000", "192.168.1.1:5000", "example.org:5000", "[::]:5000"])
def test_only_this_machine_is_listened_to(address: str) -> None:
    with pytest.raises(ConfigError, match="this machine only"):
        listen_address(address)


@pytest.mark.parametrize("address", ["5000", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:99999", ""])
def test_addresses_that_are_none(address: str) -> None:
    with pytest.raises(ConfigError, match=r"write 127\.0\.0\.1:PORT"):
        listen_address(address)


def test_addresses() -> None:
    assert listen_address("127.0.0.1:0") == ("127.0.0.1", 0)
    assert listen_address("localhost:5001") == ("localhost", 5001)
    assert listen_address("[::1]:5001") == ("::1", 5001)


@pytest.mark.parametrize(
    ("name", "digits", "contract", "profit"),
    [
        ("EURUSD", 5, 100_000, "USD"),
        ("EURUSDm", 5, 100_000, "USD"),
        ("GBPJPY.pro", 3, 100_000, "JPY"),
        ("XAUUSD", 3, 100, "USD"),
        ("XAUUSD.a", 3, 100, "USD"),
        ("GOLD", 3, 100, "USD"),
        ("XAGUSD", 4, 5000, "USD"),
        ("GER40", 2, 1, "EUR"),
    ],
)
def test_the_built_in_table(name: str, digits: int, contract: int, profit: str) -> None:
    s = built_in(name)
    assert (s.name, s.digits, s.contract_size, s.currency_profit) == (
        name,
        digits,
        Decimal(contract),
        profit,
    )


def test_an_unknown_symbol_is_refused_unless_described(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="'ACME'"):
        symbol_table(["ACME"])
    path = tmp_path / "symbols.json"
    path.write_text(
        '{"ACME": {"currency_base": "USD", "currency_profit": "USD", "digits": 2, "contract_size": 1}}'
    )
    assert symbol_table(["ACME"], read_symbol_changes(path))["ACME"].point == Decimal("0.01")
    path.write_text("[]")
    with pytest.raises(ConfigError, match=r"symbols\.json"):
        read_symbol_changes(path)


def test_a_broken_clock_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "clock.json"
    path.write_text('{"speed": 3}')
    with pytest.raises(ConfigError, match=r"clock\.json"):
        read_demo_time(path)
