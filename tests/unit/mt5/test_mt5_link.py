"""Connecting, losing the worker, and never mistaking another account for ours."""

from __future__ import annotations

import asyncio

import pytest

from signalos.brokers.mt5 import Mt5Broker, Settings
from signalos.domain.errors import TerminalDown, TerminalError
from signalos.kit.wire import WireNeverSent
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import Workers


async def test_reading_survives_a_dead_worker(rig: Rig) -> None:
    rig.workers.current.dead = True
    assert (await rig.broker.account()).login == "5"
    assert len(rig.workers.made) == 2


async def test_a_terminal_that_comes_back_is_connected_again(rig: Rig) -> None:
    rig.module.running = False
    with pytest.raises(TerminalDown, match="Start it"):
        await rig.broker.snapshot()
    with pytest.raises(TerminalDown):
        await rig.broker.start()
    rig.module.running = True
    assert (await rig.broker.snapshot()).positions == ()


async def test_a_terminal_that_updated_itself_is_told_of_once(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    for build in (4000, 4100, 4100):
        rig.module.build = build
        rig.workers.current.dead = True
        await rig.broker.snapshot()
    told = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert len(told) == 1
    assert "build 4100" in told[0]
    assert "before 4000" in told[0]


async def test_a_refused_reading_is_no_lost_terminal(rig: Rig) -> None:
    rig.module.symbols["EURUSD"].values["select"] = True
    await rig.broker.resolve("EURUSD")
    del rig.module.symbols["EURUSD"]
    with pytest.raises(TerminalError, match="Not found") as caught:
        await rig.broker.tick("EURUSD")
    assert not isinstance(caught.value, TerminalDown)


async def test_a_worker_that_cannot_start(rig: Rig) -> None:
    async def factory() -> None:
        raise WireNeverSent("no program")

    broker = Mt5Broker("t2", factory, rig.clock)  # type: ignore[arg-type]
    with pytest.raises(TerminalDown, match="no program"):
        await broker.start()


async def test_only_the_account_that_was_asked_for(rig: Rig) -> None:
    broker = Mt5Broker("t2", Workers(rig.module), rig.clock, Settings(account="9@Fake-Server"))
    with pytest.raises(TerminalDown, match="5@Fake-Server"):
        await broker.start()
    with pytest.raises(TerminalDown, match="9@Fake-Server"):
        await broker.snapshot()


async def test_calls_take_turns(rig: Rig) -> None:
    """A second call never waits inside the worker, where the first one's kill would hit it."""
    running = 0
    most = 0
    inner = rig.workers.current.call

    async def slow(*args: object, **kwargs: object) -> object:
        nonlocal running, most
        running += 1
        most = max(most, running)
        await asyncio.sleep(0)
        running -= 1
        return await inner(*args, **kwargs)  # type: ignore[arg-type]

    rig.workers.current.call = slow  # type: ignore[method-assign,assignment]
    await asyncio.gather(*(rig.broker.snapshot() for _ in range(5)))
    assert most == 1


async def test_stopping_ends_the_worker(rig: Rig) -> None:
    worker = rig.workers.current
    await rig.broker.stop()
    assert worker.dead
