"""What the doctor hears from a terminal itself, and what it makes of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signalos.commands.checks import signed_in, start
from signalos.commands.checks.finding import Finding, State, Subject
from signalos.desktop.config import TerminalConfig
from signalos.desktop.start_record import FLAG, note_install, note_start
from signalos.kit.boot import Boot
from signalos.kit.clock import VirtualClock
from signalos.kit.wire import Answer
from tests.support.world import World, free_port

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TOLD: dict[str, Any] = {
    "module": "5.0.45",
    "version": (500, 4000, "1 Jan 2026"),
    "terminal": {"connected": True, "trade_allowed": True, "tradeapi_disabled": False, "path": "C:/t"},
    "account": {"login": 5, "server": "Broker-Demo", "trade_allowed": True, "trade_expert": True},
}
TERMINAL = TerminalConfig(id="t1", type="mt5")


def told(**changes: bool) -> dict[str, Any]:
    """The usual answer with some flags of terminal or account changed."""
    parts = {
        name: {**TOLD[name], **{k: v for k, v in changes.items() if k in TOLD[name]}}
        for name in ("terminal", "account")
    }
    return {**TOLD, **parts}


def by_name(findings: list[Finding]) -> dict[str, Finding]:
    return {finding.check: finding for finding in findings}


def test_a_terminal_that_is_ready() -> None:
    found = by_name(signed_in.judge(TERMINAL, TOLD))
    assert {finding.state for finding in found.values()} == {State.OK}
    assert "saved" in found["sign-in t1"].text
    assert "build 4000, module 5.0.45" in found["sign-in t1"].text
    given = TerminalConfig(id="t1", type="mt5", login=5, password="x", server="Broker-Demo")
    assert "was given" in by_name(signed_in.judge(given, TOLD))["sign-in t1"].text


@pytest.mark.parametrize(
    ("changes", "check", "todo"),
    [
        ({"connected": False}, "sign-in t1", "look at the terminal"),
        ({"trade_allowed": False}, "algo trading t1", "switch Algo Trading on"),
        ({"tradeapi_disabled": True}, "python api t1", "external Python API"),
        ({"trade_expert": False}, "account t1", "ask the broker"),
    ],
)
def test_each_switch_that_is_off_is_told_with_what_to_do(
    changes: dict[str, bool], check: str, todo: str
) -> None:
    finding = by_name(signed_in.judge(TERMINAL, told(**changes)))[check]
    assert finding.state is State.FAILED
    assert todo in finding.todo


def test_another_account_than_the_configured_one_is_told() -> None:
    other = TerminalConfig(id="t1", type="mt5", login=6, server="Broker-Demo")
    finding = by_name(signed_in.judge(other, TOLD))["sign-in t1"]
    assert (finding.state, "config.json names 6" in finding.text) == (State.FAILED, True)


class Quoting:
    """A worker whose broker's quotes change at every look; the machine is ``ahead``, the broker in its zone."""

    def __init__(self, clock: VirtualClock, ahead: float, *, live: bool = True) -> None:
        self._clock = clock
        self._ahead = ahead
        self._live = live

    async def call(
        self, fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, deadline: float
    ) -> Answer:
        assert (fn, args) == ("quote", ("EURUSD",))
        at = self._clock.now().timestamp() + 7200 - self._ahead if self._live else 1_700_000_000.0
        return Answer(1, {"tick": {"time_msc": int(at * 1000)}}, (1, "Success"))

    async def close(self) -> None: ...


@pytest.mark.parametrize(
    ("ahead", "expected"),
    [(0, State.OK), (3, State.WARNING), (-3, State.WARNING), (16, State.FAILED), (-16, State.FAILED)],
)
async def test_the_clock_is_compared_with_the_brokers(ahead: float, expected: State) -> None:
    clock = VirtualClock(NOW)

    async def sleep(seconds: float) -> None:
        clock.shift(seconds)

    found = await signed_in.clock_of("t1", Quoting(clock, ahead), clock.now, sleep)
    assert (found.check, found.state) == ("clock t1", expected)
    assert ("ahead" in found.text) is (ahead >= 0) or ahead == 0


async def test_a_closed_market_tells_no_time() -> None:
    clock = VirtualClock(NOW)

    async def sleep(seconds: float) -> None:
        clock.shift(seconds)

    found = await signed_in.clock_of("t1", Quoting(clock, 100, live=False), clock.now, sleep)
    assert found.state is State.NOT_APPLICABLE


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path / "world")
    made.start_sim()
    yield made
    made.stop()


def _subject(folder: Path, config: Path | None) -> Subject:
    return Subject(state=folder, app=folder, config=config, environ={}, clock=VirtualClock(NOW))


async def _up(world: World) -> None:
    await world.terminal("account_info")


def test_a_running_terminal_is_asked_through_a_worker(tmp_path: Path, world: World) -> None:
    asyncio.run(_up(world))
    found = by_name(signed_in.terminals_ready(_subject(tmp_path, world.config_file)))
    assert {name: f.state for name, f in found.items()} == {
        f"{check} sim": State.OK for check in ("sign-in", "algo trading", "python api", "account")
    }


def test_a_terminal_that_is_down_is_told(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    terminal = {"id": "t1", "type": "simulated", "address": f"127.0.0.1:{free_port()}"}
    config.write_text(json.dumps({"terminals": [terminal]}))
    (found,) = signed_in.terminals_ready(_subject(tmp_path, config))
    assert (found.check, found.state) == ("sign-in t1", State.FAILED)
    assert signed_in.terminals_ready(_subject(tmp_path, None))[0].state is State.NOT_APPLICABLE


@pytest.mark.parametrize("flags", [(FLAG,), ()])
async def test_only_a_start_by_the_system_passes_the_test(
    tmp_path: Path, world: World, flags: tuple[str, ...]
) -> None:
    await _up(world)
    before = Boot(datetime.now(UTC) - timedelta(days=400), "an earlier start")
    note_install(world.home, before, datetime.now(UTC))
    world.start_app(*flags)
    await world.until(lambda: world.status().get("ready"), 60)
    here = Subject(tmp_path, world.home, None, {}, VirtualClock(datetime.now(UTC) + timedelta(minutes=6)))
    assert (start.restart(here).state is State.OK) is bool(flags)


def test_the_restart_test_is_shown_in_all_its_states(tmp_path: Path) -> None:
    first, second = Boot(NOW - timedelta(days=2), "a"), Boot(NOW - timedelta(hours=1), "b")

    def found(boot: Boot) -> Finding:
        clock = VirtualClock(NOW)
        return start.restart(Subject(tmp_path, tmp_path, None, {}, clock, boot))

    assert (found(first).state, "signalos desktop install" in found(first).todo) == (State.WARNING, True)
    note_install(tmp_path, first, NOW - timedelta(days=1))
    assert (found(first).state, "restart the machine" in found(first).todo) == (State.WARNING, True)
    assert (found(second).state, "signs you in" in found(second).todo) == (State.FAILED, True)
    note_start(tmp_path, second, NOW - timedelta(minutes=59))
    assert (found(second).state, found(second).todo) == (State.OK, "")
    nobody = Subject(tmp_path, None, None, {}, VirtualClock(NOW), first)
    assert start.restart(nobody).state is State.NOT_APPLICABLE
