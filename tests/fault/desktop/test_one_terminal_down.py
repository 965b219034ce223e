"""A terminal that is down, or on another account, holds up itself alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from signalos.desktop.journal import Journal
from signalos.kit.ids import SystemIds
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import CLOCK, World, free_port


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    port, nobody = free_port(), free_port()
    terminals: list[dict[str, Any]] = [
        {"id": name, "type": "simulated", "address": f"127.0.0.1:{number}", "grace_seconds": 1.0}
        for name, number in (("away", nobody), ("strange", port), ("good", port))
    ]
    made = World(
        tmp_path / "world",
        config={"strategy": QUIET, "terminals": terminals},
        prices=quiet_prices(tmp_path / "prices"),
        port=port,
    )
    made.start_sim()
    await made.terminal("account_info")
    journal = Journal(made.home, clock=CLOCK, market=CLOCK, ids=SystemIds())
    # This one has traded on another account so far: the terminal's own is refused.
    journal.set_meta("account strange", "1@Other-Server")
    journal.close()
    made.start_app()
    yield made
    made.stop()


async def test_the_others_go_on_and_each_says_what_it_has(world: World) -> None:
    def connected() -> dict[str, bool]:
        return {t["id"]: t["connected"] for t in world.status().get("terminals", [])}

    await world.until(lambda: connected().get("good"), 60)
    world.post(1, signal_text("sell", 1))
    await world.until(lambda: any(x["state"] == "executed" for x in world.journal()), 30)
    assert len(await world.positions()) == 1
    assert {line["terminalId"] for line in world.journal()} == {"good"}
    assert connected() == {"away": False, "strange": False, "good": True}
    reasons = {t["id"]: t["reason"] for t in world.status()["terminals"]}
    assert "cannot be reached" in reasons["away"]
    assert "has traded on 1@Other-Server" in reasons["strange"]
    world.post(2, "Close all trades now")
    await world.until(lambda: world.status().get("positions") == 0, 30)
    assert world.app is not None
    assert world.app.poll() is None
