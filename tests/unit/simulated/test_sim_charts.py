"""Charts, tick history and the order book of the simulated terminal."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from signalos.brokers.mt5data import load_constants
from signalos.brokers.simulated.charts import bar_start
from tests.unit.simulated.bench import START, Bench

Benches = Callable[..., Bench]
TICKS = {
    "EURUSD": [
        (0, "1.10000", "1.10010"),
        (20, "1.10200", "1.10220"),
        (59, "1.09900", "1.09930"),
        (180, "1.10500", "1.10510"),
        (200, "1.10400", "1.10410"),
        (300, "1.20000", "1.20010"),
    ]
}
SECONDS = int(START.timestamp())
M1, M5, ALL, TRADE = 1, 5, -1, 2


def test_a_bar_is_made_of_bids_and_minutes_without_ticks_have_none(bench: Benches) -> None:
    b = bench(TICKS)
    b.at(240)
    first, second = b.call("copy_rates_from_pos", "EURUSD", M1, 0, 10)
    assert (first["open"], first["high"], first["low"], first["close"]) == (1.1, 1.102, 1.099, 1.099)
    assert (first["time"], first["tick_volume"], first["spread"]) == (SECONDS, 3, 30)
    assert (second["time"], second["close"]) == (SECONDS + 180, 1.104)
    assert b.call("copy_rates_from_pos", "EURUSD", M1, 1, 1) == [first]
    assert b.call("copy_rates_from", "EURUSD", M1, SECONDS + 100, 5) == [first]
    assert b.call("copy_rates_range", "EURUSD", M1, SECONDS + 60, SECONDS + 999) == [second]


def test_nothing_of_the_future_is_shown(bench: Benches) -> None:
    b = bench(TICKS)
    b.at(30)
    (growing,) = b.call("copy_rates_range", "EURUSD", M5, SECONDS, SECONDS + 9999)
    assert (growing["close"], growing["tick_volume"]) == (1.102, 2)
    assert len(b.call("copy_ticks_range", "EURUSD", SECONDS, SECONDS + 9999, ALL)) == 2
    assert b.call("copy_ticks_from", "EURUSD", SECONDS + 31, 5, ALL) == []


def test_ticks_are_counted_forwards(bench: Benches) -> None:
    b = bench(TICKS)
    b.at(200)
    ticks = b.call("copy_ticks_from", "EURUSD", SECONDS + 20, 2, ALL)
    assert [(t["time"] - SECONDS, t["bid"], t["flags"]) for t in ticks] == [(20, 1.102, 6), (59, 1.099, 6)]
    assert b.call("copy_ticks_from", "EURUSD", SECONDS, 9, TRADE) == []


def test_every_time_frame_holds_its_moment() -> None:
    moment = SECONDS * 1_000_000
    frames = {n: v for n, v in load_constants().items() if n.startswith("TIMEFRAME_")}
    starts = {name: (moment - bar_start(value, moment)) // 1_000_000 for name, value in frames.items()}
    assert len(starts) == 21
    # START is a Monday, the fourth of March, at ten.
    assert (starts["TIMEFRAME_W1"], starts["TIMEFRAME_MN1"]) == (34 * 3600, (3 * 24 + 10) * 3600)
    assert (starts["TIMEFRAME_D1"], starts["TIMEFRAME_H4"], starts["TIMEFRAME_M30"]) == (36_000, 7200, 0)


@pytest.mark.parametrize(
    ("fn", "args"),
    [
        ("copy_rates_from_pos", ("EURUSD", 7, 0, 1)),
        ("copy_rates_from_pos", ("EURUSD", M1, -1, 1)),
        ("copy_rates_from", ("EURUSD", M1, 0, 0)),
        ("copy_rates_range", ("EURUSD", M1, "today", 1)),
        ("copy_ticks_from", ("EURUSD", 0, 1, 9)),
        ("copy_ticks_range", ("EURUSD", 0, 1)),
    ],
)
def test_wrong_arguments_are_refused(bench: Benches, fn: str, args: tuple[object, ...]) -> None:
    answer = bench().answer(fn, *args)
    assert (answer.ok, answer.last_error[0]) == (None, -2)


def test_the_book_is_there_while_it_is_subscribed(bench: Benches) -> None:
    b = bench()
    assert (b.answer("market_book_get", "EURUSD").ok, b.session.last_error[0]) == (None, -1)
    assert b.call("market_book_add", "NOSUCH") is False
    assert b.call("market_book_add", "EURUSD") is True
    sell, buy = b.call("market_book_get", "EURUSD")
    assert (sell["type"], sell["price"], buy["type"], buy["price"]) == (1, 1.1001, 2, 1.1)
    assert b.call("market_book_release", "EURUSD") is True
    assert b.answer("market_book_get", "EURUSD").ok is None
