"""The server's clock: times shown, days, sessions, and the swap at its midnight."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from signalos.brokers.simulated.servertime import ServerTime
from signalos.brokers.simulated.sessions import Sessions
from signalos.domain.errors import ConfigError
from signalos.prices import to_micros
from tests.unit.simulated.bench import BUY_LIMIT, PENDING, START, Bench

Benches = Callable[..., Bench]
NEW_YORK = "America/New_York+7"
HOUR = 3600
SECONDS = int(START.timestamp())  # a Monday, 10:00 UTC, New York in winter: the server shows 12:00


def at(*moment: int) -> int:
    return to_micros(datetime(*moment, tzinfo=UTC))  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("zone", "moment", "shown"),
    [
        ("UTC", (2024, 3, 4, 10), (2024, 3, 4, 10)),
        (NEW_YORK, (2024, 3, 4, 10), (2024, 3, 4, 12)),
        # New York's clocks change on 10 March 2024 at 7:00 UTC, Athens' on 31 March.
        (NEW_YORK, (2024, 3, 10, 6, 59), (2024, 3, 10, 8, 59)),
        (NEW_YORK, (2024, 3, 10, 7), (2024, 3, 10, 10)),
        ("Europe/Athens", (2024, 3, 11, 10), (2024, 3, 11, 12)),
        ("Europe/Athens", (2024, 4, 1, 10), (2024, 4, 1, 13)),
        (NEW_YORK, (2024, 11, 3, 5, 59), (2024, 11, 3, 8, 59)),
        (NEW_YORK, (2024, 11, 3, 6), (2024, 11, 3, 8)),
    ],
)
def test_what_the_clock_shows(zone: str, moment: tuple[int, ...], shown: tuple[int, ...]) -> None:
    server = ServerTime(zone)
    assert server.shown(at(*moment)) == at(*shown)
    if moment[1] != 11:  # an hour that comes twice is one of both
        assert server.moment(at(*shown)) == at(*moment)


def test_the_servers_day_ends_with_new_yorks() -> None:
    server = ServerTime(NEW_YORK)
    assert server.day_end(at(2024, 3, 4, 10)) == at(2024, 3, 4, 22)
    assert server.day_end(at(2024, 3, 4, 22)) == at(2024, 3, 5, 22)
    assert server.day_end(at(2024, 3, 11, 10)) == at(2024, 3, 11, 21)
    assert (server.weekday(at(2024, 3, 4, 21)), server.weekday(at(2024, 3, 4, 22))) == (1, 2)


@pytest.mark.parametrize("zone", ["Moon", "UTC+soon", "", "../etc"])
def test_an_unknown_zone_is_named(bench: Benches, zone: str) -> None:
    with pytest.raises(ConfigError, match="server zone"):
        ServerTime(zone)


def test_deals_orders_ticks_and_bars_show_the_servers_time(bench: Benches) -> None:
    b = bench(server_zone=NEW_YORK)
    here = SECONDS + 2 * HOUR
    assert b.call("symbol_info_tick", "EURUSD")["time"] == here
    ticket = b.buy()["order"]
    assert b.call("positions_get")[0]["time"] == here
    (deal,) = b.deals(ticket)
    assert (deal["time"], deal["time_msc"]) == (here, here * 1000)
    (order,) = b.call("history_orders_get", ticket=ticket)
    assert (order["time_setup"], order["time_done"], order["time_expiration"]) == (here, here, 0)
    # Asked for in the server's time as well: by the PC's clock nothing is found.
    assert b.call("history_deals_total", here - 5, here + 5) == 2
    assert b.call("history_deals_total", SECONDS - 5, SECONDS + 5) == 0
    h4 = 16388
    (bar,) = b.call("copy_rates_from", "EURUSD", h4, here, 1)
    assert bar["time"] == here
    assert len(b.call("copy_rates_range", "EURUSD", h4, here, here)) == 1
    assert len(b.call("copy_ticks_range", "EURUSD", here, here + 1, 1)) == 1
    assert b.call("copy_ticks_from", "EURUSD", here - 1, 1, 1)[0]["time"] == here
    b.restart()
    assert b.deals(ticket)[0]["time"] == here


def test_orders_expire_by_the_servers_day_and_time(bench: Benches) -> None:
    b = bench(server_zone=NEW_YORK)
    base = {"action": PENDING, "symbol": "EURUSD", "type": BUY_LIMIT, "volume": 0.1, "type_filling": 2}
    day = b.send(price=1.0, type_time=1, **base)["order"]
    shown = SECONDS + 2 * HOUR
    timed = b.send(price=1.0, type_time=2, expiration=shown + 60, **base)["order"]
    whole = b.send(price=1.0, type_time=3, expiration=shown + 24 * HOUR, **base)["order"]
    assert b.send(price=1.0, type_time=2, expiration=shown, **base)["retcode"] == 10022
    assert b.call("orders_get", ticket=timed)[0]["time_expiration"] == shown + 60
    b.at(59)
    assert b.call("orders_total") == 3
    b.at(60)
    assert [o["ticket"] for o in b.call("orders_get")] == [day, whole]
    b.at(12 * HOUR)  # 22:00 UTC
    assert [o["ticket"] for o in b.call("orders_get")] == [whole]
    b.at(36 * HOUR)
    assert b.call("orders_total") == 0
    assert b.call("history_orders_get", ticket=whole)[0]["time_done"] == SECONDS + 38 * HOUR


# ---------------------------------------------------------------- sessions


@pytest.mark.parametrize(
    ("text", "moment", "trades"),
    [
        ("", (2024, 3, 2, 3), True),
        ("Mon-Fri 01:00-23:55", (2024, 3, 4, 1), True),
        ("Mon-Fri 01:00-23:55", (2024, 3, 4, 0, 59), False),
        ("Mon-Fri 01:00-23:55", (2024, 3, 8, 23, 55), False),
        ("Mon-Fri 01:00-23:55", (2024, 3, 9, 12), False),
        ("Sun-Thu 22:05-24:00, fri 00:00-20:00", (2024, 3, 8, 19, 59), True),
        ("Sat-Mon 00:00-24:00", (2024, 3, 10, 12), True),
        ("Sat-Mon 00:00-24:00", (2024, 3, 5, 12), False),
    ],
)
def test_sessions(text: str, moment: tuple[int, ...], trades: bool) -> None:
    assert Sessions(text).trading(ServerTime(), at(*moment)) is trades


@pytest.mark.parametrize(
    "text", ["always", "Mon 25:00-26:00", "Mon 10:00", "Xyz 00:00-24:00", "Mon 10:75-11:00"]
)
def test_sessions_that_cannot_be_read_are_named(bench: Benches, text: str) -> None:
    with pytest.raises(ConfigError, match="symbol properties of EURUSD"):
        bench(symbols={"EURUSD": {"sessions": text}})


def test_a_closed_market_refuses_and_sets_nothing_off(bench: Benches) -> None:
    ticks = {
        "EURUSD": [(0, "1.10000", "1.10010"), (400, "1.09000", "1.09010"), (HOUR + 5, "1.08000", "1.08010")]
    }
    hours = {"EURUSD": {"sessions": "Mon 10:00-10:05, Mon 11:00-12:00"}}
    b = bench(ticks, symbols=hours)
    ticket = b.buy(sl=1.095)["order"]
    order = b.send(
        action=PENDING, symbol="EURUSD", type=BUY_LIMIT, volume=0.1, price=1.091, type_filling=2
    )["order"]
    b.at(300)
    assert b.sell(position=ticket)["retcode"] == 10018
    assert b.buy()["retcode"] == 10018
    assert b.send(action=8, order=order)["retcode"] == 10018
    b.at(500)
    assert (b.call("positions_total"), b.call("orders_total")) == (1, 1)
    b.at(HOUR + 4)
    assert b.call("positions_total") == 1
    b.at(HOUR + 5)
    assert b.deals(ticket)[1]["price"] == 1.08
    assert b.call("positions_get")[0]["identifier"] == order


def test_no_stop_out_while_the_market_is_closed(bench: Benches) -> None:
    ticks = {
        "EURUSD": [(0, "1.10000", "1.10010"), (400, "1.09000", "1.09010"), (HOUR, "1.08900", "1.08910")]
    }
    hours = {"EURUSD": {"sessions": "Mon 10:00-10:05, Mon 11:00-12:00"}}
    b = bench(ticks, symbols=hours, balance=Decimal(1200))
    ticket = b.buy(volume=1.0)["order"]
    b.at(500)
    assert b.call("positions_total") == 1
    b.at(HOUR)
    assert b.deals(ticket)[1]["reason"] == 6


# ---------------------------------------------------------------- swaps

NIGHT = 14 * HOUR


def swapped(b: Bench, days: int) -> list[float]:
    """The swap of each position after midnight, ``days`` days on."""
    b.at(NIGHT + (days - 1) * 24 * HOUR)
    return [p["swap"] for p in b.call("positions_get")]


@pytest.mark.parametrize(
    ("mode", "long", "short"),
    [
        ("1", -7.0, 2.5),  # -7 and 2.5 points of a lot
        ("4", -7.0, 2.5),  # -7 and 2.5 dollars a lot
        ("6", -21.39, 7.64),  # percent a year of 110,010 and 110,000 dollars
        ("5", -21.39, 7.64),
    ],
)
def test_a_night_costs_or_brings_what_the_symbol_says(
    bench: Benches, mode: str, long: float, short: float
) -> None:
    swap: dict[str, Any] = {"swap_mode": mode, "swap_long": "-7", "swap_short": "2.5"}
    b = bench(symbols={"EURUSD": swap})
    b.buy(volume=1.0)
    b.sell(volume=1.0)
    b.at(NIGHT - 1)
    assert [p["swap"] for p in b.call("positions_get")] == [0.0, 0.0]
    assert swapped(b, 1) == [long, short]
    info = b.call("account_info")
    floating = sum(p["profit"] + p["swap"] for p in b.call("positions_get"))
    assert info["equity"] == pytest.approx(info["balance"] + floating)
    assert info["profit"] == pytest.approx(floating)


def test_the_triple_day_pays_for_the_weekend(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"swap_mode": "1", "swap_long": "-1"}})
    b.buy(volume=1.0)
    # Monday's, Tuesday's, three times Wednesday's, Thursday's, Friday's, none at the weekend, Monday's
    assert [swapped(b, day)[0] for day in range(1, 9)] == [-1, -2, -5, -6, -7, -7, -7, -8]
    info = b.call("symbol_info", "EURUSD")
    assert (info["swap_mode"], info["swap_long"], info["swap_rollover3days"]) == (1, -1.0, 3)


def test_the_night_begins_by_the_servers_clock(bench: Benches) -> None:
    b = bench(server_zone=NEW_YORK, symbols={"EURUSD": {"swap_mode": "1", "swap_long": "-1"}})
    b.buy(volume=1.0)
    b.at(12 * HOUR - 1)
    assert b.call("positions_get")[0]["swap"] == 0
    b.at(12 * HOUR)
    assert b.call("positions_get")[0]["swap"] == -1


def test_each_part_of_a_position_takes_its_part_of_the_swap(bench: Benches) -> None:
    b = bench(symbols={"EURUSD": {"swap_mode": "1", "swap_long": "-1"}})
    ticket = b.buy(volume=1.0)["order"]
    b.at(38 * HOUR)
    b.sell(volume=0.3, position=ticket)
    assert b.call("positions_get")[0]["swap"] == -1.4
    b.sell(volume=0.7, position=ticket)
    assert [d["swap"] for d in b.deals(ticket)] == [0.0, -0.6, -1.4]
    assert b.balance == Decimal("100000") - 10 - 2


def test_nights_that_nobody_watched_are_made_up_for_once(bench: Benches) -> None:
    swap = {"EURJPY": {"swap_mode": "1", "swap_long": "-9"}}
    ticks = {
        "EURJPY": [(0, "165.000", "165.020")],
        "EURUSD": [(0, "1.10000", "1.10010")],
        "USDJPY": [(n * 6 * HOUR, f"{150 + n}.000", f"{150 + n}.010") for n in range(20)],
    }
    watched, away = bench(ticks, symbols=swap), bench(ticks, symbols=swap)
    for b in (watched, away):
        b.buy("EURJPY", 1.0)
    for hour in range(1, 100, 5):
        watched.at(hour * HOUR)
        watched.terminal.advance()
        if hour % 3 == 0:
            watched.restart()
    for b in (watched, away):
        b.at(100 * HOUR)
    assert watched.state == away.state
    assert watched.call("positions_get")[0]["swap"] < 0
