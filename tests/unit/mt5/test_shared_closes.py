"""A part close of unknown outcome, where a hand has added to the position since: the part is not closed twice."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from signalos.brokers.mt5 import Before, settle
from signalos.brokers.simulated.faults import Effect, Fault
from signalos.brokers.simulated.terminal import Session
from signalos.domain.order import ClosePosition, OpenLeg, Outcome, OutcomeKind
from signalos.domain.signal import Side
from tests.support.one_process import ACCOUNT, MAGIC, World
from tests.unit.simulated.bench import BUY, DEAL, SELL

D = Decimal
COMMENTS = {"kept": [], "cut": [(16, "")], "replaced": [(0, "[by dealer]")]}


@pytest.fixture(params=COMMENTS)
async def world(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[World]:
    """A netting account at a broker who keeps, cuts or replaces comments."""
    faults = [
        Fault(fn="order_send", effect=Effect.COMMENT, probability=1.0, keep=keep, text=text)
        for keep, text in COMMENTS[request.param]
    ]
    made = World(tmp_path, {"margin_mode": "netting"}, faults)
    await made.broker.start()
    yield made
    await made.close()


async def opened(world: World) -> str:
    outcome = await world.do(OpenLeg(symbol="EURUSD", side=Side.BUY, volume=D("0.10")), 1)
    assert outcome.identifier is not None
    return outcome.identifier


def by_hand(world: World, kind: int, volume: float) -> None:
    request = {"action": DEAL, "symbol": "EURUSD", "type": kind, "volume": volume}
    answer = Session(world.terminal).call("order_send", (request,)).ok
    assert answer is not None
    assert answer["retcode"] == 10009


async def looked_for(world: World, request: ClosePosition, **before: Any) -> Outcome | None:
    return await world.until_done(
        settle(
            world.broker,
            request,
            tag=world.key(2).tag(ACCOUNT),
            magic=MAGIC,
            before=Before(world.clock.now(), **before),
            clock=world.clock,
            grace_seconds=10,
        )
    )


def held(world: World) -> Decimal:
    rows = Session(world.terminal).call("positions_get").ok
    assert rows is not None
    (row,) = rows
    return D(str(row["volume"])).quantize(D("0.01"))


async def test_it_is_found_though_the_volume_has_grown(world: World) -> None:
    request = ClosePosition(identifier=await opened(world), volume=D("0.04"), remaining=D("0.06"))
    assert (await world.do(request, 2)).kind is OutcomeKind.DONE
    by_hand(world, BUY, 0.2)
    found = await looked_for(world, request)
    assert found is not None
    assert (found.kind, found.volume) == (OutcomeKind.DONE, D("0.04"))


async def test_what_never_happened_is_not_found_in_what_a_hand_did(world: World) -> None:
    request = ClosePosition(identifier=await opened(world), volume=D("0.04"), remaining=D("0.06"))
    by_hand(world, BUY, 0.2)
    by_hand(world, SELL, 0.04)
    assert await looked_for(world, request) is None
    assert (await world.do(request, 2)).kind is OutcomeKind.DONE
    assert held(world) == D("0.22")


async def test_it_is_not_found_in_what_another_request_closed(world: World) -> None:
    identifier = await opened(world)
    another = ClosePosition(identifier=identifier, volume=D("0.05"), remaining=D("0.05"))
    assert (await world.do(another, 3)).kind is OutcomeKind.DONE
    request = ClosePosition(identifier=identifier, volume=D("0.04"), remaining=D("0.01"))
    assert await looked_for(world, request, closed_by_others=D("0.05")) is None
    await world.do(request, 2)
    found = await looked_for(world, request, closed_by_others=D("0.05"))
    assert found is not None
    assert (found.kind, found.volume) == (OutcomeKind.DONE, D("0.04"))


async def test_what_an_earlier_try_closed_says_nothing_of_the_last_one(world: World) -> None:
    identifier = await opened(world)
    first = ClosePosition(identifier=identifier, volume=D("0.02"), remaining=D("0.08"))
    assert (await world.do(first, 2)).kind is OutcomeKind.DONE
    whole = ClosePosition(identifier=identifier, volume=D("0.07"), remaining=D("0.03"))
    assert await looked_for(world, whole, closed=D("0.02")) is None
    found = await looked_for(world, whole)
    assert found is not None
    assert (found.kind, found.volume) == (OutcomeKind.PARTIAL, D("0.02"))


# A replaced comment tells no try from another: there it must be found before, as above.
@pytest.mark.parametrize("world", ["kept", "cut"], indirect=True)
async def test_a_second_try_closes_no_more_than_the_first_left(world: World) -> None:
    request = ClosePosition(identifier=await opened(world), volume=D("0.04"), remaining=D("0.06"))
    await world.do(request, 2)
    by_hand(world, BUY, 0.2)
    again = await world.do(request, 2)
    assert (again.kind, again.reason) == (OutcomeKind.GONE, "already_reduced")
    assert held(world) == D("0.26")
