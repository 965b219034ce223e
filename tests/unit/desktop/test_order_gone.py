"""A waiting order that is nowhere to be seen: history decides what became of it, and until it tells, nothing is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.base import Found
from signalos.domain.market import Deal
from signalos.domain.signal import Open, OrderKind, Side
from signalos.domain.strategy_document import strategy_from_document
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.quiet import QUIET
from tests.support.rig import START, Rig

D = Decimal
GRACE = 5.0
LIMIT = Open(
    symbol="EURUSD",
    side=Side.BUY,
    order=OrderKind.LIMIT,
    entry=(D("1.09"),),
    stop_loss=D("1.07"),
    take_profits=(D("1.13"),),
)


@dataclass
class Lagging(FakeBroker):
    """Keeps no tags, and its history shows nothing while it ``lags``."""

    lags: bool = False

    async def find(self, tag: str, magic: int) -> Found:
        return Found()

    async def deals(self, position: str) -> Sequence[Deal]:  # type: ignore[override]  # a sequence is enough
        return [] if self.lags else await super().deals(position)


@dataclass
class Telling(Lagging):
    """Its history knows how orders ended, once it does not lag."""

    async def filled_into(self, ticket: str) -> str | None:
        if self.lags:
            return None
        return ticket if await super().deals(ticket) else ""


async def started(folder: Path, broker: type[Lagging]) -> tuple[Rig, Lagging]:
    clock = VirtualClock(START)
    made = broker(clock)
    rig = Rig(
        folder,
        clock=clock,
        broker=made,
        strategy=strategy_from_document(QUIET),
        absence_proves=False,
        grace=GRACE,
    )
    await rig.start()
    await rig.run(GRACE + 1)  # connected for long enough
    rig.say(1, "signal", LIMIT)
    await rig.run(1)
    assert state(rig) == "pending"
    return rig, made


@pytest.fixture(params=[Lagging, Telling])
async def both(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[tuple[Rig, Lagging]]:
    rig, broker = await started(tmp_path, request.param)
    yield rig, broker
    await rig.crash()


@pytest.fixture
async def telling(tmp_path: Path) -> AsyncIterator[tuple[Rig, Lagging]]:
    rig, broker = await started(tmp_path, Telling)
    yield rig, broker
    await rig.crash()


def state(rig: Rig) -> str:
    ((leg),) = rig.journal.legs.of_message("t1", "-1001", 1)
    return leg.state


def filled_and_closed(broker: Lagging) -> None:
    (ticket,) = broker.waiting
    broker.fill(ticket)
    broker.hit(ticket, D("1.13"), "take_profit")


async def test_one_that_was_filled_and_closed_while_history_lags_is_not_called_off(
    both: tuple[Rig, Lagging],
) -> None:
    rig, broker = both
    broker.lags = True
    filled_and_closed(broker)
    await rig.run(GRACE / 2)
    assert state(rig) == "pending"
    broker.lags = False
    await rig.run(2)
    assert (state(rig), rig.lines()[0]["state"]) == ("closed", "executed")


async def test_one_that_nothing_tells_of_is_given_up_in_the_end(both: tuple[Rig, Lagging]) -> None:
    rig, broker = both
    broker.lags = True
    broker.waiting.clear()
    await rig.run(GRACE / 2)
    assert state(rig) == "pending"
    await rig.run(GRACE)
    assert state(rig) == "cancelled"


async def test_one_whose_end_history_tells_is_ended_at_once(telling: tuple[Rig, Lagging]) -> None:
    rig, broker = telling
    broker.waiting.clear()
    await rig.run(0.5)
    assert state(rig) == "cancelled"


async def test_one_that_history_calls_filled_is_never_given_up(telling: tuple[Rig, Lagging]) -> None:
    rig, broker = telling
    filled_and_closed(broker)
    await rig.run(1)
    assert (state(rig), rig.lines()[0]["state"]) == ("closed", "executed")


async def test_what_history_tells_counts_before_all_of_it_is_loaded(telling: tuple[Rig, Lagging]) -> None:
    """A terminal that is lost again and again would never be connected for long enough."""
    rig, broker = telling
    broker.waiting.clear()
    await rig.restart()
    await rig.run(GRACE / 5)
    assert state(rig) == "cancelled"


async def test_what_history_does_not_tell_counts_only_once_it_is_loaded(
    telling: tuple[Rig, Lagging],
) -> None:
    rig, broker = telling
    broker.lags = True
    broker.waiting.clear()
    await rig.restart()
    await rig.run(1.8 * GRACE)  # loaded for less than the grace
    assert state(rig) == "pending"
    await rig.run(GRACE)
    assert state(rig) == "cancelled"
