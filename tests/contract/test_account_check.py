"""The account a terminal is signed in to is checked directly before each send, whatever the way to it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable

import msgspec
import pytest

from signalos.brokers.mt5.process import WorkerProcess
from signalos.domain.errors import WrongAccount
from signalos.domain.order import CancelOrder, ClosePosition, ModifyPosition, OrderRequest, OutcomeKind
from tests.contract.conftest import MAGIC, World

Switch = Callable[[World], None]


def by_login(world: World) -> None:
    _signed_in(world, login=90000002)


def by_server(world: World) -> None:
    _signed_in(world, server="SignalOS-Other")


def by_path(world: World) -> None:
    """As with two terminals whose pipes are crossed."""
    world.service.terminal.path = "/another/terminal"


def back(world: World, path: str) -> None:
    _signed_in(world, login=90000001, server="SignalOS-Simulated")
    world.service.terminal.path = path


def _signed_in(world: World, **changes: object) -> None:
    account = world.service.terminal.account
    account.settings = msgspec.structs.replace(account.settings, **changes)


def _worker(world: World) -> WorkerProcess | None:
    return None if world.launcher is None else world.launcher.current


SWITCHES = pytest.mark.parametrize("switch", [by_login, by_server, by_path])


@SWITCHES
async def test_a_hand_login_gets_nothing_and_costs_the_worker(mt5_world: World, switch: Switch) -> None:
    world = mt5_world
    path = world.service.terminal.path
    leg = await world.leg()
    opened = str((await world.do(leg)).identifier)
    before = _worker(world)
    switch(world)
    requests: list[OrderRequest] = [
        leg,
        ModifyPosition(identifier=opened, stop_loss=None, take_profit=None),
        ClosePosition(identifier=opened),
        CancelOrder(ticket=opened),
    ]
    kept = dict(world.service.terminal.account.state.deals)
    for number, request in enumerate(requests, start=2):
        outcome = await world.do(request, leg=number)
        assert outcome.kind in (OutcomeKind.REFUSED, OutcomeKind.NEVER_SENT, OutcomeKind.GONE)
    assert world.service.terminal.account.state.deals == kept
    assert before is None or not before.alive
    with pytest.raises(WrongAccount, match="signed in to"):
        await world.broker.snapshot()
    back(world, path)
    (position,) = (await world.broker.snapshot()).positions
    assert (position.identifier, position.stop_loss) == (opened, leg.stop_loss)
    assert (await world.do(ClosePosition(identifier=opened), leg=9)).kind is OutcomeKind.DONE


@SWITCHES
async def test_a_login_in_the_last_moment_before_the_send(mt5_world: World, switch: Switch) -> None:
    world = mt5_world

    def gate(request: OrderRequest) -> str:
        switch(world)
        return ""

    request = await world.leg()
    before = _worker(world)
    outcome = await world.broker.execute(request, key=world.key(), tag=world.tag(), magic=MAGIC, gate=gate)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "wrong_account")
    assert world.deals_of(1) == []
    assert before is None or not before.alive


@pytest.mark.parametrize("switch", [by_login, by_path])
async def test_a_reading_of_another_account_ends_the_worker(mt5_world: World, switch: Switch) -> None:
    world = mt5_world
    before = _worker(world)
    switch(world)
    with pytest.raises(WrongAccount, match="90000001@SignalOS-Simulated"):
        await world.broker.snapshot()
    assert before is None or not before.alive


@pytest.mark.skipif(sys.platform == "win32", reason="asking whether a process lives would end it there")
async def test_the_worker_is_gone_as_a_process(through_native: World) -> None:
    assert through_native.launcher is not None
    pid = through_native.launcher.pid
    assert pid is not None
    by_login(through_native)
    await through_native.do(await through_native.leg())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
