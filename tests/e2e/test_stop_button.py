"""STOP from the page: everything closed, proven by the terminal, kept over a reload, ended from the page."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.screen import Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def open_some(stage: Stage, screen: Screen) -> int:
    """Open four positions and a waiting order; how many of both there are."""
    await stage.signal("buy")
    await stage.signal("buy")
    await stage.signal("limit")
    await expect(screen.rows()).to_have_count(4)
    await expect(screen.rows("pending")).to_have_count(1)
    return 5


async def press_stop(screen: Screen) -> None:
    await screen.at("stop-button").click()
    await screen.at("stop-confirm").click()


async def resume(screen: Screen) -> None:
    await screen.at("resume-trading").click()
    await screen.at("resume-confirm").click()
    await expect(screen.at("stop-banner")).to_have_count(0)


async def nothing_open(stage: Stage) -> bool:
    return not await stage.world.positions() and not await stage.world.terminal("orders_get")


async def test_stop_closes_everything_and_holds_until_resumed(stage: Stage, screen: Screen) -> None:
    await screen.go("/")
    count = await open_some(stage, screen)
    await screen.at("stop-button").click()
    await expect(screen.at("stop-scope")).to_have_text(
        "Closes 4 positions and 1 waiting order at the market."
    )
    assert not await nothing_open(stage), "asking is not stopping"
    await screen.at("stop-confirm").click()

    proof = screen.at("stop-proof")
    await expect(proof).to_have_attribute("data-phase", "flat")
    await expect(proof).to_have_text(f"{count} of {count} closed, account flat")
    assert await nothing_open(stage)
    await screen.at("stop-close").click()
    await expect(screen.at("stop-banner-proof")).to_have_text(f"{count} of {count} closed, account flat")
    await expect(screen.rows()).to_have_count(0)
    await expect(screen.rows("pending")).to_have_count(0)

    deals = await stage.world.deals()
    refused = await stage.signal_of(await stage.signal("sell"), "refused")
    assert refused["reason"] == "stopped"
    await expect(screen.signal(refused["id"])).to_contain_text("Trading was stopped")

    await screen.page.reload()
    await screen.live()
    await expect(screen.at("stop-banner")).to_have_attribute("data-phase", "flat")
    await expect(screen.at("stop-banner-proof")).to_have_text(f"{count} of {count} closed, account flat")
    assert await stage.world.deals() == deals

    await resume(screen)
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
    assert len(await stage.world.positions()) == 2
    assert (await stage.signal_of(refused["messageId"]))["status"] == "refused"


async def test_a_stop_pressed_while_the_desktop_app_is_dead_is_carried_out_when_it_returns(
    stage: Stage, screen: Screen
) -> None:
    await screen.go("/")
    await open_some(stage, screen)
    assert stage.world.kill("app")

    await press_stop(screen)
    proof = screen.at("stop-proof")
    await expect(proof).to_have_attribute("data-phase", "waiting")
    await expect(proof).to_contain_text(re.compile("desktop app"))
    assert len(await stage.world.positions()) == 4
    # The app reads this before it hears of the stop: whichever comes first, nothing may stay open.
    late = await stage.signal("buy")

    stage.world.start_app()
    await expect(proof).to_have_attribute("data-phase", "flat", timeout=30_000)
    await expect(proof).to_contain_text("account flat")
    await expect(screen.at("stop-banner-proof")).to_contain_text("account flat")
    await stage.signal_of(late)
    assert await nothing_open(stage)
    await screen.at("stop-close").click()
    await expect(screen.rows()).to_have_count(0)

    await resume(screen)
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
