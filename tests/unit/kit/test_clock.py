"""Clocks: the demo clock's two directions, and virtual time."""

import asyncio
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from signalos.kit.clock import DemoClock, DemoTime, SystemClock, VirtualClock, closed_spans

BEGIN = datetime(2014, 5, 1, 6, tzinfo=UTC)
WALL = datetime(2026, 1, 5, 12, tzinfo=UTC)
DAY = 86_400


@st.composite
def demo_times(draw: st.DrawFn) -> DemoTime:
    """Recordings of up to two weeks, with closed spans anywhere in them, also at the very beginning."""
    cuts = sorted(draw(st.sets(st.integers(-DAY, 14 * DAY), max_size=8)))
    pairs = zip(cuts[::2], cuts[1::2], strict=False)
    closed = tuple((BEGIN + timedelta(seconds=a), BEGIN + timedelta(seconds=b)) for a, b in pairs)
    return DemoTime(
        data_start=BEGIN,
        wall_start=WALL,
        speed=draw(st.sampled_from([0.5, 1.0, 10.0, 60.0, 3600.0])),
        data_end=BEGIN + timedelta(days=15),
        closed=closed,
    )


def is_closed(demo: DemoTime, at: datetime) -> bool:
    return any(a <= at < b for a, b in demo.closed)


@given(demo_times(), st.integers(0, 14 * DAY))
def test_wall_at_is_the_inverse_of_at_while_markets_are_open(demo: DemoTime, seconds: int) -> None:
    recorded = BEGIN + timedelta(seconds=seconds)
    if is_closed(demo, recorded):
        recorded = next(b for a, b in demo.closed if a <= recorded < b)
    tolerance = timedelta(microseconds=2) * max(1.0, demo.speed)
    shown = demo.at(demo.wall_at(recorded) + timedelta(microseconds=1))
    assert abs(shown - recorded) <= tolerance


@given(demo_times(), st.integers(0, 14 * DAY))
def test_a_closed_moment_is_reached_when_its_span_begins(demo: DemoTime, seconds: int) -> None:
    recorded = BEGIN + timedelta(seconds=seconds)
    for begin, end in demo.closed:
        if begin <= recorded < end:
            assert demo.wall_at(recorded) == demo.wall_at(max(begin, BEGIN))
            assert demo.at(demo.wall_at(recorded) + timedelta(microseconds=1)) >= end


@given(demo_times(), st.lists(st.integers(-DAY, 30 * DAY), min_size=2))
def test_recorded_time_never_runs_backwards_nor_stands_in_a_closed_span(
    demo: DemoTime, walls: list[int]
) -> None:
    shown = [demo.at(WALL + timedelta(seconds=s)) for s in sorted(walls)]
    assert shown == sorted(shown)
    assert all(not is_closed(demo, at) or at == demo.data_end for at in shown)
    assert all(BEGIN <= at <= demo.data_end for at in shown)


def test_speed_and_closed_span_in_plain_figures() -> None:
    weekend = (BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=49))
    demo = DemoTime(BEGIN, WALL, 60.0, BEGIN + timedelta(days=10), (weekend,))
    assert demo.at(WALL + timedelta(seconds=59)) == BEGIN + timedelta(minutes=59)
    assert demo.at(WALL + timedelta(seconds=61)) == BEGIN + timedelta(hours=49, minutes=1)
    assert demo.wall_at(BEGIN + timedelta(hours=49, minutes=1)) == WALL + timedelta(seconds=61)


def test_time_stands_still_after_the_recording_and_before_it() -> None:
    demo = DemoTime(BEGIN, WALL, 1.0, BEGIN + timedelta(minutes=1))
    assert demo.at(WALL + timedelta(hours=1)) == demo.data_end
    assert demo.at(WALL - timedelta(hours=1)) == BEGIN


@given(demo_times())
def test_demo_time_survives_its_file(demo: DemoTime) -> None:
    assert msgspec.json.decode(msgspec.json.encode(demo), type=DemoTime) == demo


async def test_demo_clock_runs_at_its_pace_over_the_base_clock() -> None:
    base = VirtualClock(WALL)
    clock = DemoClock(DemoTime(BEGIN, WALL, 60.0, BEGIN + timedelta(days=1)), base)
    slept = asyncio.create_task(clock.sleep(120))
    await base.advance(1.5)
    assert not slept.done()
    assert clock.now() == BEGIN + timedelta(seconds=90)
    assert clock.monotonic() == 90
    await base.advance(0.5)
    assert slept.done()


async def test_virtual_clock_wakes_sleepers_at_their_moment_in_order() -> None:
    clock = VirtualClock(BEGIN)
    woken: list[tuple[str, float]] = []

    async def sleeper(name: str, *pauses: float) -> None:
        for pause in pauses:
            await clock.sleep(pause)
            woken.append((name, clock.monotonic()))

    tasks = [asyncio.create_task(sleeper("a", 3, 1)), asyncio.create_task(sleeper("b", 2, 2, 50))]
    await clock.advance(10)
    assert woken == [("b", 2), ("a", 3), ("a", 4), ("b", 4)] or woken == [
        ("b", 2),
        ("a", 3),
        ("b", 4),
        ("a", 4),
    ]
    assert clock.monotonic() == 10
    assert clock.now() == BEGIN + timedelta(seconds=10)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_virtual_clock_passes_over_a_cancelled_sleeper() -> None:
    clock = VirtualClock(BEGIN)
    gone = asyncio.create_task(clock.sleep(1))
    stays = asyncio.create_task(clock.sleep(2))
    await clock.advance(0)
    gone.cancel()
    await clock.advance(5)
    assert stays.done()
    assert gone.cancelled()


async def test_virtual_shift_moves_time_and_wakes_nobody() -> None:
    clock = VirtualClock(BEGIN)
    sleeper = asyncio.create_task(clock.sleep(1))
    await clock.advance(0)
    clock.shift(60)
    await asyncio.sleep(0)
    assert clock.now() == BEGIN + timedelta(seconds=60)
    assert not sleeper.done()
    await clock.advance(0)
    assert sleeper.done()


async def test_system_clock_is_aware_utc_and_monotonic() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(-5)
    assert clock.now().utcoffset() == timedelta(0)
    assert clock.monotonic() >= before


def test_closed_spans_are_the_long_gaps() -> None:
    times = [BEGIN + timedelta(minutes=m) for m in (0, 1, 2, 60, 61, 200)]
    spans = closed_spans(times, timedelta(minutes=57))
    assert spans == ((times[2], times[3]), (times[4], times[5]))
    assert closed_spans(times, timedelta(minutes=58)) == ((times[4], times[5]),)
    assert closed_spans([], timedelta(minutes=1)) == ()
