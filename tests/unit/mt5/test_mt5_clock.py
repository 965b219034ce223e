"""How far the machine's clock is off is read from fresh quotes, whatever the server's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from signalos.brokers.mt5 import Mt5Broker, Settings
from signalos.brokers.mt5.clock_offset import ClockOffset
from signalos.domain.order import ClosePosition, OutcomeKind
from tests.unit.mt5.conftest import Rig

NOW = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)


def _offset(ahead: float, zone_hours: float, late: tuple[float, ...] = (0.1, 0.6, 0.3)) -> float | None:
    """What is read from quotes that come ``late`` at a machine that is ``ahead``."""
    offset = ClockOffset()
    for seconds in late:
        server = NOW.timestamp() + zone_hours * 3600 - ahead - seconds
        offset.take(server, NOW)
    return offset.seconds


@pytest.mark.parametrize("zone", [-5, 0, 2, 3, 5.5, 5.75])
@pytest.mark.parametrize("ahead", [-100.0, -16.0, -2.5, 0.0, 2.5, 16.0, 100.0])
def test_the_error_is_told_in_every_zone(ahead: float, zone: float) -> None:
    found = _offset(ahead, zone)
    assert found is not None
    assert found == pytest.approx(ahead + 0.1)


def test_few_quotes_tell_nothing() -> None:
    assert _offset(20, 2, late=(0.1, 0.1)) is None


def test_one_late_quote_does_not_count() -> None:
    assert _offset(0, 2, late=(0.1, 30, 0.1)) == pytest.approx(0.1)


def test_with_a_set_zone_an_error_of_hours_is_told_too() -> None:
    offset = ClockOffset(timedelta(hours=2))
    for _ in range(3):
        offset.take(NOW.timestamp() + 7200 - 3600, NOW)
    assert offset.seconds == pytest.approx(3600)


async def _quotes(rig: Rig, broker: Mt5Broker, ahead: int) -> float | None:
    """Let quotes change while they are looked at closely; the machine is ``ahead``."""
    found = None
    for _ in range(8):
        rig.time.shift(0.5)
        server = rig.clock.now().timestamp() - ahead
        bid, ask, _ = rig.module.ticks["EURUSD"]
        rig.module.ticks["EURUSD"] = (bid, ask, int(server * 1000))
        found = await broker.clock_off()
    return found


async def test_a_wrong_clock_ends_entries_and_closes_nothing_off(rig: Rig) -> None:
    held = await rig.opened()
    assert await _quotes(rig, rig.broker, 16) == pytest.approx(16)
    refused = await rig.do(rig.leg())
    assert (refused.kind, refused.reason) == (OutcomeKind.REFUSED, "clock_wrong")
    assert "16 s ahead of the broker's" in refused.explanation
    assert rig.module.sent == []
    assert (await rig.do(ClosePosition(identifier=held), leg=2)).kind is OutcomeKind.DONE


async def test_a_clock_that_is_set_right_trades_again(rig: Rig) -> None:
    await _quotes(rig, rig.broker, -20)
    assert (await rig.do(rig.leg())).reason == "clock_wrong"
    assert await _quotes(rig, rig.broker, 0) == pytest.approx(0)
    assert (await rig.do(rig.leg())).kind is OutcomeKind.DONE


async def test_recorded_prices_tell_no_time(rig: Rig) -> None:
    broker = Mt5Broker("t1", rig.workers, rig.clock, Settings(watch_clock=False))
    await broker.start()
    assert await _quotes(rig, broker, 100) is None
