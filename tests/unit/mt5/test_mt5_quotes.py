"""Ages of quotes, and the server's clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signalos.brokers.mt5.mapping import conditions
from signalos.brokers.mt5.quotes import Quotes, ServerTime
from signalos.domain.errors import Refused
from signalos.kit.clock import VirtualClock
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import symbol_row

START = datetime(2026, 3, 3, 12, 7, tzinfo=UTC)
SYMBOL = conditions(symbol_row()._asdict())
HOUR = 3600


class World:
    def __init__(self, offset: float = 0) -> None:
        self.clock = VirtualClock(START)
        self.time = ServerTime()
        self.quotes = Quotes(self.clock, self.clock, self.time)
        self.offset = offset

    def age(self, quoted: datetime) -> float:
        stamp = int((quoted.timestamp() + self.offset) * 1000)
        return self.quotes.tick(SYMBOL, {"bid": 1.1, "ask": 1.1001, "time_msc": stamp}).age


def test_age_counts_from_the_last_seen_change() -> None:
    world = World()
    assert world.age(START) == 0
    world.clock.shift(5)
    assert world.age(START) == 5
    world.clock.shift(2)
    assert world.age(START + timedelta(seconds=7)) == 0


def test_a_wrong_pc_clock_does_not_age_quotes() -> None:
    world = World(offset=-5 * HOUR - 1234)
    assert world.age(START) == 0
    world.clock.shift(1)
    assert world.age(START + timedelta(seconds=1)) == 0


@pytest.mark.parametrize("hours", [-5, 0, 2, 3, 5.5])
def test_the_zone_is_learnt_from_a_quote_that_changes(hours: float) -> None:
    world = World(offset=hours * HOUR)
    world.age(START - timedelta(minutes=20))
    world.clock.shift(1)
    world.age(START + timedelta(milliseconds=300))
    assert world.time.known
    assert world.time.offset == timedelta(hours=hours)
    assert world.time.to_utc(world.time.to_server(START)) == START


def test_a_last_quote_of_friday_teaches_nothing() -> None:
    world = World(offset=2 * HOUR)
    world.age(START - timedelta(days=2))
    assert not world.time.known


def test_a_quote_a_few_seconds_old_teaches_provisionally() -> None:
    world = World(offset=3 * HOUR)
    world.age(START - timedelta(seconds=4))
    assert world.time.known
    assert world.time.offset == timedelta(hours=3)


def test_the_change_to_summer_time_is_followed() -> None:
    world = World(offset=2 * HOUR)
    world.age(START)
    world.clock.shift(1)
    world.age(START + timedelta(seconds=1))
    world.offset = 3 * HOUR
    world.clock.shift(1)
    world.age(START + timedelta(seconds=2))
    assert world.time.offset == timedelta(hours=3)


def test_a_terminal_at_another_pace_is_followed_too() -> None:
    world = World(offset=40 * 86400 + 333)
    world.age(START)
    world.clock.shift(1)
    world.age(START + timedelta(seconds=60))
    assert world.time.known
    assert abs((world.time.to_utc(world.time.newest) - world.clock.now()).total_seconds()) < 1


def test_a_given_offset_is_kept() -> None:
    clock = VirtualClock(START)
    time = ServerTime(timedelta(hours=2))
    quotes = Quotes(clock, clock, time)
    for second in (1, 2):
        clock.shift(1)
        quotes.tick(SYMBOL, {"bid": 1, "ask": 1, "time_msc": int((START.timestamp() + second) * 1000)})
    assert time.offset == timedelta(hours=2)


async def test_account_and_quote_come_in_one_round_trip(rig: Rig) -> None:
    await rig.opened()
    apart = (await rig.broker.snapshot(), await rig.broker.tick("EURUSD"))
    rig.workers.current.calls.clear()
    assert await rig.broker.snapshot_with("EURUSD") == apart
    assert rig.workers.current.calls == ["snapshot"]


async def test_of_an_unknown_symbol_nothing_is_read(rig: Rig) -> None:
    with pytest.raises(Refused):
        await rig.broker.snapshot_with("ZZZXXX")
