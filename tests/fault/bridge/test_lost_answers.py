"""Whatever is lost between us and the terminal, a leg is opened at most once."""

from __future__ import annotations

import asyncio
import os
import signal
from decimal import Decimal
from random import Random

import pytest

from signalos.brokers.simulated.faults import Effect
from signalos.domain.errors import TerminalDown
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.domain.signal import OrderKind, Side
from tests.contract.conftest import World
from tests.fault.bridge.conftest import TerminalProcess

D = Decimal
pytestmark = pytest.mark.fault


def kill_worker(world: World) -> int:
    assert world.launcher is not None
    pid = world.launcher.pid
    assert pid is not None
    os.kill(pid, signal.SIGTERM if os.name == "nt" else signal.SIGKILL)
    return pid


@pytest.mark.parametrize("effect", [Effect.DROP_ANSWER, Effect.NO_RESULT, Effect.NEVER_ANSWER])
async def test_an_entry_whose_answer_is_lost_is_found_once(
    world: World, terminal: TerminalProcess, effect: Effect
) -> None:
    terminal.fault(effect)
    leg = await world.leg()
    outcome = await world.do(leg)
    assert outcome.kind is OutcomeKind.UNKNOWN
    settled = await world.settled(leg)
    assert (settled.kind, settled.reason) == (OutcomeKind.DONE, "adopted")
    (position,) = (await world.broker.snapshot()).positions
    assert position.identifier == settled.identifier
    assert len(world.deals_of(1)) == 1


@pytest.mark.parametrize("effect", [Effect.DROP_ANSWER, Effect.NO_RESULT, Effect.NEVER_ANSWER])
async def test_an_entry_that_never_arrived_is_proven_absent(
    world: World, terminal: TerminalProcess, effect: Effect
) -> None:
    terminal.fault(effect, execute=False)
    leg = await world.leg()
    assert (await world.do(leg)).kind is OutcomeKind.UNKNOWN
    settled = await world.settled(leg)
    assert (settled.kind, settled.reason) == (OutcomeKind.REFUSED, "not_executed")
    assert world.deals_of(1) == []


async def test_a_terminal_that_hangs_costs_its_worker_alone(
    world: World, terminal: TerminalProcess
) -> None:
    assert world.launcher is not None
    before = world.launcher.pid
    terminal.fault(Effect.NEVER_ANSWER)
    assert (await world.do(await world.leg())).kind is OutcomeKind.UNKNOWN
    assert len((await world.broker.snapshot()).positions) == 1
    assert world.launcher.pid not in (None, before)


async def test_an_order_carried_out_after_its_worker_died_is_found_once(
    world: World, terminal: TerminalProcess
) -> None:
    terminal.fault(Effect.DELAY)
    leg = await world.leg()
    sending = asyncio.create_task(world.do(leg))
    await terminal.clock.reached.wait()
    killed = kill_worker(world)
    assert (await sending).kind is OutcomeKind.UNKNOWN
    assert world.deals_of(1) == [], "the terminal has it, and has not carried it out yet"
    terminal.clock.go.set()
    settled = await world.settled(leg)
    assert settled.kind is OutcomeKind.DONE
    assert len(world.deals_of(1)) == 1
    assert world.launcher is not None
    assert world.launcher.pid not in (None, killed)


async def test_a_terminal_that_dies_after_carrying_out(world: World, terminal: TerminalProcess) -> None:
    terminal.fault(Effect.DIE_AFTER)
    leg = await world.leg()
    sending = asyncio.create_task(world.do(leg))
    await terminal.died.wait()
    await terminal.end()
    assert (await sending).kind is OutcomeKind.UNKNOWN
    with pytest.raises(TerminalDown):
        await world.broker.snapshot()
    assert (await world.do(_leg(), leg=2)).kind is OutcomeKind.NEVER_SENT
    await terminal.start()
    world.service = terminal.service
    assert (await world.settled(leg)).kind is OutcomeKind.DONE
    assert len(world.deals_of(1)) == 1
    assert world.deals_of(2) == []


async def test_a_worker_killed_between_two_calls_is_replaced_unseen(world: World) -> None:
    kill_worker(world)
    assert (await world.broker.account()).balance == D(100000)
    kill_worker(world)
    assert (await world.do(await world.leg())).kind is OutcomeKind.DONE


async def test_another_account_at_the_same_address_gets_nothing(
    world: World, terminal: TerminalProcess
) -> None:
    leg = await world.leg()
    await terminal.end()
    await terminal.start(login=90000002)
    world.service = terminal.service
    outcomes = [await world.do(leg) for _ in range(3)]
    assert {o.kind for o in outcomes} <= {OutcomeKind.NEVER_SENT, OutcomeKind.REFUSED}
    assert any("90000002" in o.explanation for o in outcomes)
    assert world.deals_of(1) == []


@pytest.mark.parametrize("carried_out", [True, False])
async def test_closes_changes_and_cancels_are_settled_from_what_is_there(
    world: World, terminal: TerminalProcess, carried_out: bool
) -> None:
    opened = str((await world.do(await world.leg())).identifier)
    waiting = await world.leg(
        kind=OrderKind.LIMIT, price=D("1.05"), stop_loss=D("1.04"), take_profit=D("1.08")
    )
    placed = str((await world.do(waiting, leg=2)).ticket)
    requests: list[OrderRequest] = [
        ClosePosition(identifier=opened, volume=D("0.04"), remaining=D("0.06")),
        ModifyPosition(identifier=opened, stop_loss=D("1.0990"), take_profit=None),
        CancelOrder(ticket=placed),
        ClosePosition(identifier=opened),
    ]
    for leg, request in enumerate(requests, start=3):
        terminal.service.faults = type(terminal.service.faults)()
        terminal.fault(Effect.DROP_ANSWER, execute=carried_out)
        assert (await world.do(request, leg=leg)).kind is OutcomeKind.UNKNOWN
        settled = await world.settled(request, leg=leg)
        assert (settled.reason == "not_executed") is not carried_out
    assert [len(world.deals_of(leg)) for leg in (3, 6)] == ([1, 1] if carried_out else [0, 0])
    snapshot = await world.broker.snapshot()
    assert (len(snapshot.positions), len(snapshot.orders)) == ((0, 0) if carried_out else (1, 1))


def _leg() -> OpenLeg:
    return OpenLeg(symbol="EURUSD", side=Side.BUY, volume=D("0.1"), stop_loss=D("1.09"))


# ------------------------------------------------------------------ the campaign


async def obeying(world: World, leg: int) -> Outcome:
    """Send as the app does: unknown is settled, never sent again."""
    request = await _retry_reading(world)
    while True:
        outcome = await world.do(request, leg=leg)
        if outcome.kind is OutcomeKind.UNKNOWN:
            outcome = await world.settled(request, leg=leg)
        if outcome.kind is not OutcomeKind.NEVER_SENT:
            return outcome


async def resending(world: World, leg: int) -> Outcome:
    """The planted bug: sends again after an answer that did not come."""
    request = await _retry_reading(world)
    outcome = await world.do(request, leg=leg)
    while outcome.kind in (OutcomeKind.UNKNOWN, OutcomeKind.NEVER_SENT):
        outcome = await world.do(request, leg=leg)
    return outcome


async def _retry_reading(world: World) -> OpenLeg:
    while True:
        try:
            return await world.leg(volume=D("0.01"))
        except TerminalDown:
            await asyncio.sleep(0.05)


def _entries(world: World, legs: range) -> list[int]:
    return [sum(1 for deal in world.deals_of(leg) if deal["entry"] == 0) for leg in legs]


def _strike_at_random(terminal: TerminalProcess) -> None:
    for effect, share in ((Effect.DROP_ANSWER, 0.25), (Effect.NO_RESULT, 0.2)):
        terminal.fault(effect, nth=None, probability=share)
        terminal.fault(effect, nth=None, probability=share / 2, execute=False)
    terminal.fault(Effect.RETCODE, nth=None, probability=0.15, retcode=10004)
    terminal.fault(Effect.RETCODE, nth=None, probability=0.1, retcode=10012)


async def test_no_leg_ever_has_two_entries(world: World, terminal: TerminalProcess) -> None:
    _strike_at_random(terminal)
    chance = Random(7)
    outcomes = {}
    for leg in range(1, 31):
        if chance.random() < 0.15:
            kill_worker(world)
        outcomes[leg] = await obeying(world, leg)
    entries = _entries(world, range(1, 31))
    assert max(entries) == 1
    done = [int(outcome.kind is OutcomeKind.DONE) for outcome in outcomes.values()]
    assert entries == done, "what was answered is what the terminal's own deals say"
    assert 8 < sum(done) < 30, "the faults struck, and trades got through"


async def test_the_count_of_entries_notices_a_second_send(world: World, terminal: TerminalProcess) -> None:
    """The judge itself is judged: with the planted bug it must see doubled trades."""
    _strike_at_random(terminal)
    for leg in range(1, 13):
        await resending(world, leg)
    assert max(_entries(world, range(1, 13))) > 1
