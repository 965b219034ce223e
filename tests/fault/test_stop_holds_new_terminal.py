"""A terminal that is added while everything is stopped trades nothing until the resume."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.alone]


async def test_an_added_terminal_begins_stopped_and_trades_after_the_resume(tmp_path: Path) -> None:
    prices = quiet_prices(tmp_path / "prices")
    world = World(tmp_path / "first", config={"strategy": QUIET}, prices=prices)
    added = World(tmp_path / "second", prices=prices)
    try:
        for each in (world, added):
            each.start_sim()
            await each.terminal("account_info")
        world.start_app()
        await world.until(lambda: world.status().get("ready"), 60)
        assert world.kill("app")
        done = world.command("stop", "--json", "--wait", "30")
        assert done.returncode == 0, done.stderr
        latch_id = json.loads(done.stdout)["latchId"]

        config = json.loads(world.config_file.read_text(encoding="utf-8"))
        config["terminals"].append(
            {**config["terminals"][0], "id": "new", "address": f"127.0.0.1:{added.port}"}
        )
        world.config_file.write_text(json.dumps(config), encoding="utf-8")
        world.start_app()
        await world.until(lambda: len(world.status().get("terminals", [])) == 2)
        await world.until(lambda: world.status().get("ready"), 60)
        world.post(1, signal_text("buy", 1))
        lines = await world.until(lambda: len(found := world.journal()) == 2 and found)
        assert {(x["terminalId"], x["state"], x["reason"]) for x in lines} == {
            ("sim", "refused", "stopped"),
            ("new", "refused", "stopped"),
        }
        status = world.status()
        assert [(t["id"], t["halted"]) for t in status["terminals"]] == [
            ("sim", "stopped"),
            ("new", "stopped"),
        ]
        assert status["latch"]["latchId"] == latch_id
        assert not await added.positions()

        assert world.command("resume").returncode == 0
        world.post(2, signal_text("buy", 2))
        await world.until(added.positions)
        assert await world.until(world.positions)
    finally:
        world.stop()
        added.stop()
