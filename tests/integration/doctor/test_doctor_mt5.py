"""``signalos doctor mt5`` as a command, over both ways to a terminal that is a process of its own."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import native_environ, prices
from tests.support.mt5linux_server import Mt5LinuxServer
from tests.support.world import World, signalos

__all__ = ["prices"]


@pytest.fixture
async def demo(tmp_path: Path, prices: Path) -> AsyncIterator[World]:
    made = World(tmp_path, prices=prices)
    made.start_sim()
    await made.terminal("initialize")
    yield made
    made.stop()


def doctor(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        signalos("doctor", "mt5", *arguments),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, **environ},
    )


@pytest.mark.parametrize("way", ["address", "native", "config"])
async def test_zero_differences_over_each_way(demo: World, tmp_path: Path, way: str) -> None:
    address = f"127.0.0.1:{demo.port}"
    how = {
        "address": ["--address", address],
        "native": ["--native"],
        "config": ["--config", str(demo.config_file), "--terminal", "sim"],
    }[way]
    out = tmp_path / "evidence" / "found.json"
    done = doctor("--demo-selftest", *how, "--out", str(out), **native_environ(address))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 differences" in done.stdout
    assert "simulated, proves nothing about a real terminal" in done.stdout
    found: dict[str, Any] = json.loads(out.read_text())
    assert (found["verdict"], found["differences"], found["left"]) == ("same", [], [])
    assert found["machine"]["module"] == ("5.0.5000" if way == "native" else "")
    assert await demo.positions() == []
    assert await demo.terminal("orders_get") == []


@pytest.mark.skipif(sys.platform != "linux", reason="the package mt5linux is for Linux")
async def test_zero_differences_through_an_mt5linux_server(demo: World, tmp_path: Path) -> None:
    server = Mt5LinuxServer(native_environ(f"127.0.0.1:{demo.port}"))
    await server.start()
    config = tmp_path / "wine.json"
    config.write_text(
        json.dumps({"terminals": [{"id": "w", "type": "mt5linux", "address": server.address}]})
    )
    out = tmp_path / "found.json"
    try:
        done = await asyncio.to_thread(
            doctor, "--demo-selftest", "--config", str(config), "--out", str(out)
        )
    finally:
        await server.kill()
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    assert (found["verdict"], found["differences"], found["left"]) == ("same", [], [])
    assert (found["machine"]["way"], found["machine"]["module"]) == ("mt5linux server", "5.0.5000")
    assert await demo.positions() == []


async def test_a_real_account_is_refused_with_nothing_sent(tmp_path: Path, prices: Path) -> None:
    world = World(tmp_path, prices=prices, account_type="real")
    world.start_sim()
    try:
        deals = await world.deals()
        done = doctor("--demo-selftest", "--address", f"127.0.0.1:{world.port}")
        assert done.returncode == 2
        assert "real account" in done.stderr
        assert await world.deals() == deals
    finally:
        world.stop()


def test_it_asks_for_the_word_that_it_will_trade() -> None:
    done = doctor("--native")
    assert done.returncode == 2
    assert "--demo-selftest" in done.stderr
