"""A signal that only a language model can read, through real processes: kills, the user's yes, one trade."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.model_endpoint import HANG, ModelEndpoint, order, orders
from tests.support.stage import Stage

pytestmark = [pytest.mark.fault, pytest.mark.slow]

TEXT = "EURUSD köp nu, förlust 1.0900, vinst 1.1100"


@pytest.fixture
async def endpoint() -> AsyncIterator[ModelEndpoint]:
    async with ModelEndpoint().running() as up:
        yield up


@pytest.fixture
async def stage(endpoint: ModelEndpoint, tmp_path: Path) -> AsyncIterator[Stage]:
    model = {"enabled": True, "base_url": endpoint.address, "model": "double-1", "timeout_seconds": 30}
    made = Stage(tmp_path, {"language_model": model})
    try:
        await made.start()
        yield made
    finally:
        await made.stop()


def again(stage: Stage) -> None:
    stage.world.kill("app")
    stage.world.start_app()


async def one_position(stage: Stage) -> dict[str, Any]:
    (position,) = await stage.world.positions()
    return dict(position)


async def test_it_is_asked_again_after_a_kill_and_traded_once_after_the_yes(
    stage: Stage, endpoint: ModelEndpoint
) -> None:
    endpoint.answers = [HANG, orders(order())]
    message = await stage.post(TEXT)
    await endpoint.was_asked.wait()
    again(stage)
    waiting = await stage.signal_of(message, "refused")
    assert waiting["reason"] == "waiting_for_confirmation"
    assert (waiting["symbol"], waiting["side"], waiting["confidence"]) == ("EURUSD", "buy", 0.5)
    assert await stage.world.positions() == []

    again(stage)
    await stage.online()
    answer = await stage.http.post(f"/api/signals/{waiting['id']}/confirm")
    assert answer.status_code == 202, answer.text
    await stage.signal_of(message, "executed")
    position = await one_position(stage)
    assert (position["type"], position["sl"], position["tp"]) == (0, 1.09, 1.11)

    again(stage)
    # What is posted now is read after all of that: nothing of it was decided or asked once more.
    await stage.signal_of(await stage.post("EURUSD SELL NOW\nSL 1.1200\nTP 1.0800"), "executed")
    assert len(await stage.world.positions()) == 2
    assert len(endpoint.asked) == 2
