from __future__ import annotations

from array import array

from hypothesis import given
from hypothesis import strategies as st

from signalos.prices import Feed, PriceSeries, Quote, from_micros, to_micros

Rows = list[tuple[int, int]]


def series(symbol: str, rows: Rows) -> PriceSeries:
    times = array("q", [t for t, _ in rows])
    bids = array("q", [b for _, b in rows])
    return PriceSeries(symbol, 5, times, bids, array("q", [b + 1 for b in bids]))


def test_quotes_before_between_and_after() -> None:
    feed = Feed({"B": series("B", [(10, 1), (20, 2), (20, 3)]), "A": series("A", [(15, 7)])})
    assert (feed.first, feed.last) == (10, 20)
    assert feed.quote("A") is None
    assert feed.quote_or_first("A") == Quote(15, 7, 8)
    feed.jump(19)
    assert feed.quote("B") == Quote(10, 1, 2)
    feed.jump(99)
    assert feed.quote("B") == Quote(20, 3, 4)


def test_ticks_of_one_time_come_by_name_and_in_file_order() -> None:
    feed = Feed({"B": series("B", [(10, 1), (10, 2)]), "A": series("A", [(10, 7), (11, 8)])})
    walked = [(symbol, q.bid) for symbol, q in feed.walk(10)]
    assert walked == [("A", 7), ("B", 1), ("B", 2)]
    assert [(symbol, q.bid) for symbol, q in feed.walk(99)] == [("A", 8)]
    assert list(feed.walk(99)) == []


ticks = st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1, max_size=20).map(sorted)


@given(ticks, ticks, st.lists(st.integers(0, 60), max_size=6).map(sorted))
def test_walking_in_steps_is_walking_at_once(a: Rows, b: Rows, stops: list[int]) -> None:
    def feed() -> Feed:
        return Feed({"A": series("A", a), "B": series("B", b)})

    at_once, stepwise, jumping = feed(), feed(), feed()
    expected = list(at_once.walk(60))
    walked = [tick for stop in [*stops, 60] for tick in stepwise.walk(stop)]
    assert walked == expected
    assert len(expected) == len(a) + len(b)
    assert [q.time for _, q in expected] == sorted(q.time for _, q in expected)
    for stop in stops:
        jumping.jump(stop)
        partly = feed()
        list(partly.walk(stop))
        assert [jumping.quote(s) for s in "AB"] == [partly.quote(s) for s in "AB"]


@given(st.integers(0, 4_000_000_000_000_000))
def test_microseconds_are_exact(micros: int) -> None:
    assert to_micros(from_micros(micros)) == micros
