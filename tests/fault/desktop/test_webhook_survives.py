"""The app with a webhook: what was answered 202 is traded once, whatever happens to the app after it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.contract.conftest import prices
from tests.support.world import World, free_port

__all__ = ["prices"]
pytestmark = pytest.mark.fault

SECRET = "a-secret-of-the-test-which-is-long"


@pytest.fixture
async def world(tmp_path: Path, prices: Path) -> AsyncIterator[World]:
    source = {"type": "webhook", "listen": f"127.0.0.1:{free_port()}"}
    made = World(
        tmp_path, {"sources": [source]}, prices=prices, environ={"SIGNALOS_WEBHOOK_SECRET": SECRET}
    )
    made.start_sim()
    made.start_app()
    yield made
    made.stop()


async def posted(world: World, number: int) -> int:
    """Post until it is answered, as a sender should; the same message each time.

    The stops lie far apart: else the filter of duplicates would refuse the later ones.
    """
    body: dict[str, Any] = {
        "chatId": "tv",
        "id": number,
        "text": f"EURUSD BUY NOW\nSL 1.0{9 - number}\nTP 1.12",
    }
    address = f"http://{world.config['sources'][0]['listen']}/messages"
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {SECRET}"}, trust_env=False) as http:

        async def once() -> int:
            try:
                return (await http.post(address, json=body)).status_code
            except httpx.TransportError:
                return 0

        return int(await world.until(once))


async def test_an_accepted_message_is_traded_once_through_kills(world: World) -> None:
    for number in range(1, 5):
        assert await posted(world, number) == 202
        world.kill("app")
        world.start_app()
        assert await posted(world, number) == 202, "sent again, as after an answer that was lost"

    async def opened() -> bool:
        return len(await world.positions()) >= 4

    await world.until(opened)
    entries = [deal["comment"] for deal in await world.deals() if deal["symbol"] and deal["entry"] == 0]
    assert len(entries) == len(set(entries)) == 4
    assert SECRET not in world.log()
