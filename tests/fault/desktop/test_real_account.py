"""The app on a terminal of type mt5, through the module itself: real money needs leave, closes never do."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.conftest import native_environ, prices
from tests.support.world import World, free_port

__all__ = ["prices"]
pytestmark = [pytest.mark.fault, pytest.mark.slow]

REASON = "real_account_not_allowed"


def signal(number: int) -> str:
    """Each with a stop of its own: the same text again would be a repost."""
    return f"EURUSD BUY NOW\nSL 1.09{number:02d}\nTP 1.1200"


@pytest.fixture
async def world(tmp_path: Path, prices: Path) -> AsyncIterator[World]:
    port = free_port()
    made = World(
        tmp_path,
        {"terminals": [{"id": "mt5", "type": "mt5", "grace_seconds": 1.0}]},
        prices=prices,
        port=port,
        account_type="real",
        environ=native_environ(f"127.0.0.1:{port}"),
    )
    yield made
    made.stop()


def _allowed(world: World, *, allowed: bool) -> None:
    config = json.loads(world.config_file.read_text())
    config["terminals"][0]["allow_real_account"] = allowed
    world.config_file.write_text(json.dumps(config))


def _line(world: World, message: int, kind: str = "open") -> dict[str, Any] | None:
    rows = [r for r in world.journal() if r["messageId"] == message and r["kind"] == kind]
    return rows[0] if rows else None


async def _restarted(world: World, *, allowed: bool) -> None:
    _allowed(world, allowed=allowed)
    world.kill("app")
    world.start_app()


async def test_entries_need_leave_and_closes_do_not(world: World) -> None:
    world.start_sim()
    world.start_app()
    world.post(1, signal(1))
    refused = await world.until(lambda: _line(world, 1))
    assert (refused["state"], refused["reason"]) == ("refused", REASON)
    assert await world.positions() == []

    await _restarted(world, allowed=True)
    world.post(2, signal(2))
    opened = await world.until(world.positions)
    assert all(row["magic"] == 517001 for row in opened)

    await _restarted(world, allowed=False)
    world.post(3, signal(3))
    again = await world.until(lambda: _line(world, 3))
    assert (again["state"], again["reason"]) == ("refused", REASON)
    assert len(await world.positions()) == len(opened)
    world.post(4, "Close all now", replyTo=2)

    async def closed() -> bool:
        return not await world.positions()

    await world.until(closed)
    deals = [deal["entry"] for deal in await world.deals() if deal["symbol"]]
    assert sorted(deals) == [0] * len(opened) + [1] * len(opened)
