"""Workers are started again, with growing pauses where they keep dying."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from random import Random
from typing import Any

import pytest

from signalos.brokers.mt5.launcher import WorkerLauncher
from signalos.brokers.mt5.process import mt5linux_worker, native_worker, simulated_worker
from signalos.brokers.mt5.worker import credentials_from
from signalos.kit.clock import VirtualClock
from signalos.kit.wire import WireNeverSent


class Spawns:
    def __init__(self) -> None:
        self.commands: list[Sequence[str]] = []

    async def __call__(self, command: Sequence[str], environ: Mapping[str, str] | None) -> Any:
        self.commands.append(command)
        return object()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(datetime(2026, 1, 1, tzinfo=UTC))


def _launcher(clock: VirtualClock, spawns: Spawns) -> WorkerLauncher:
    return WorkerLauncher(["worker"], clock=clock, random=Random(1), spawn=spawns)


async def test_the_first_restarts_come_at_once(clock: VirtualClock) -> None:
    spawns = Spawns()
    launcher = _launcher(clock, spawns)
    for _ in range(3):
        await launcher()
    assert len(spawns.commands) == 3


async def test_then_the_pause_grows_to_its_limit(clock: VirtualClock) -> None:
    spawns = Spawns()
    launcher = _launcher(clock, spawns)
    pauses = []
    for _ in range(12):
        waited = 0.0
        while True:
            try:
                await launcher()
                break
            except WireNeverSent:
                clock.shift(0.01)
                waited += 0.01
        pauses.append(waited)
    assert pauses[:3] == [0, 0, 0]
    assert 0.19 < pauses[3] < 0.32
    assert 1.5 < max(pauses) < 2.5
    assert sorted(pauses[3:7]) == pauses[3:7]


async def test_a_worker_that_lived_makes_the_count_begin_anew(clock: VirtualClock) -> None:
    launcher = _launcher(clock, Spawns())
    for _ in range(3):
        await launcher()
    with pytest.raises(WireNeverSent, match="died 2 times"):
        await launcher()
    clock.shift(11)
    for _ in range(3):
        await launcher()


def test_credentials_come_from_the_environment_and_never_from_the_command_line() -> None:
    environ = {"MT5_LOGIN": "5", "MT5_PASSWORD": "hush", "MT5_SERVER": "Fake-Server"}
    found = credentials_from(environ, "C:/terminal64.exe")
    assert found == {"path": "C:/terminal64.exe", "login": 5, "password": "hush", "server": "Fake-Server"}
    assert credentials_from({}, None) == {}
    commands = [
        native_worker("C:/terminal64.exe"),
        simulated_worker("127.0.0.1:1"),
        mt5linux_worker("127.0.0.1:1", 20.0, "C:/terminal64.exe"),
    ]
    for command in commands:
        assert not any("hush" in word or "PASSWORD" in word for word in command)
