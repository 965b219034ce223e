"""A signal that the user writes, and one that waits for the user's yes, end as trades at the terminal."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from playwright.async_api import expect

from tests.e2e.screen import PHONE, Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

TEXT = "BUY EURUSD NOW\nSL 1.0871\nTP1 1.1131\nTP2 1.1231"


@pytest_asyncio.fixture(loop_scope="session")
async def asked_first(stage: Stage) -> AsyncIterator[Stage]:
    """The stage under a strategy that asks for a yes; under the usual one afterwards."""
    await stage.use_strategy({"filters": {"confirmByHand": True}})
    yield stage
    await stage.use_strategy({"filters": {"confirmByHand": False}})


async def test_a_written_signal_is_shown_and_traded(stage: Stage, screen: Screen) -> None:
    await screen.go("/signals")
    await screen.mark()
    await screen.at("enter-signal").click()
    screen.expect_complaint("422")
    await screen.at("enter-text").fill("good morning everyone")
    await screen.at("enter-submit").click()
    await expect(screen.at("enter-error")).to_contain_text("No signal was read")
    await screen.at("enter-text").fill(TEXT)
    await screen.at("enter-submit").click()
    await expect(screen.at("decision")).to_have_attribute("data-reason", "")

    async def both_legs() -> bool:
        return len(await stage.world.positions()) == 2

    await stage.world.until(both_legs, 30)
    await screen.page.get_by_role("link", name="Trades", exact=True).first.click()
    await expect(screen.rows("open")).to_have_count(2)
    assert await screen.never_reloaded()


async def test_a_signal_that_waits_is_confirmed_on_a_phone(asked_first: Stage, screen: Screen) -> None:
    await screen.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of two numbers
    waiting = await asked_first.signal_of(await asked_first.signal("buy"), "refused")
    assert waiting["reason"] == "waiting_for_confirmation"
    assert await asked_first.world.positions() == []
    await screen.go(f"/signals/{waiting['id']}")
    button = screen.at("decide-again")
    await expect(button).to_have_attribute("data-how", "confirm")
    await button.click()
    await asked_first.signal_of(waiting["messageId"], "executed")
    await expect(button).to_have_count(0)
    assert len(await asked_first.world.positions()) == 2


async def test_a_signal_that_waits_and_gets_no_yes_is_not_traded(
    asked_first: Stage, screen: Screen
) -> None:
    left = await asked_first.signal_of(await asked_first.signal("sell"), "refused")
    confirmed = await asked_first.signal_of(await asked_first.signal("buy"), "refused")
    await screen.go(f"/signals/{confirmed['id']}")
    await screen.at("decide-again").click()
    await asked_first.signal_of(confirmed["messageId"], "executed")
    sides = {position["type"] for position in await asked_first.world.positions()}
    assert sides == {0}, "only the buy that was confirmed"
    await asked_first.signal_of(left["messageId"], "refused")
