"""What a user changes in the terminal itself, over real processes: seen, told, and not undone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest

from signalos.desktop.journal import Journal
from signalos.kit.ids import SystemIds
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import CLOCK, World

pytestmark = [pytest.mark.fault, pytest.mark.alone]


def told(world: World) -> list[str]:
    with closing(Journal(world.home, clock=CLOCK, market=CLOCK, ids=SystemIds())) as journal:
        events = journal.outbox.newest(("alert",), 100)
    alerts = [msgspec.json.decode(event.data) for event in events]
    return [a["text"] for a in alerts if a["code"] == "changed_by_hand"]


async def by_hand(world: World, **request: Any) -> None:
    """Send an order as another program at the same terminal does: without our magic and tag."""
    answer = await world.terminal("order_send", request)
    assert answer["retcode"] == 10009, answer


async def position(world: World, ticket: int) -> dict[str, Any]:
    return next(p for p in await world.positions() if p["ticket"] == ticket)


async def test_levels_and_volume_of_the_user_stay(tmp_path: Path) -> None:
    world = World(tmp_path, config={"strategy": QUIET}, prices=quiet_prices(tmp_path / "prices"))
    world.start_sim()
    await world.terminal("account_info")
    world.start_app()
    try:
        await world.until(lambda: world.status().get("ready"), 60)
        world.post(1, signal_text("buy", 1))
        await world.until(lambda: two(world))
        first, second = sorted(await world.positions(), key=lambda p: p["tp"])
        await by_hand(world, action=6, position=second["ticket"], symbol="EURUSD", sl=1.07, tp=second["tp"])
        await world.until(lambda: len(told(world)) == 1)
        half = round(second["volume"] / 2, 2)
        await by_hand(
            world,
            action=1,
            position=second["ticket"],
            symbol="EURUSD",
            type=1,
            volume=half,
            price=1.1,
            deviation=100,
        )
        await world.until(lambda: len(told(world)) == 2)

        world.post(2, "Move SL to 1.0950", replyTo=1)
        await world.until(lambda: len([x for x in world.journal() if x["messageId"] == 2]) == 2)
        await world.until(lambda: not any(x["state"] in ("pending", "unknown") for x in world.journal()))
        reasons = {x["identifier"]: x["reason"] for x in world.journal() if x["messageId"] == 2}
        assert reasons[str(second["ticket"])] == "changed_by_hand"
        held = await position(world, second["ticket"])
        assert (held["sl"], held["volume"]) == (1.07, pytest.approx(second["volume"] - half))
        assert (await position(world, first["ticket"]))["sl"] == 1.095
        assert len(told(world)) == 2, "our own change is not the user's"
    finally:
        world.stop()


async def two(world: World) -> bool:
    return len(await world.positions()) == 2
