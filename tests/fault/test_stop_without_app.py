"""The stop from the command line while the app is dead: closed and proven by the command itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.alone]


async def test_a_stop_while_the_app_is_dead_closes_everything_and_holds(tmp_path: Path) -> None:
    world = World(tmp_path, config={"strategy": QUIET}, prices=quiet_prices(tmp_path / "prices"))
    world.start_sim()
    await world.terminal("account_info")
    world.start_app()
    try:
        await world.until(lambda: world.status().get("ready"), 60)
        world.post(1, signal_text("buy", 1))
        world.post(2, signal_text("limit", 2))
        await world.until(lambda: world.terminal("orders_get"))
        assert await world.positions()
        assert world.kill("app")

        done = world.command("stop", "--json", "--wait", "30")
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert (answer["flat"], answer["left"]) == (True, [])
        assert not await world.positions()
        assert not await world.terminal("orders_get")

        world.post(3, signal_text("buy", 3))
        world.start_app()
        line = await world.until(lambda: next((x for x in world.journal() if x["messageId"] == 3), None))
        assert (line["state"], line["reason"]) == ("refused", "stopped")
        assert world.status()["latch"]["latchId"] == answer["latchId"]
    finally:
        world.stop()
