"""From a line in the followed file to the page and back to the terminal, without a reload."""

from __future__ import annotations

import math
import re

import pytest
from playwright.async_api import expect

from tests.e2e.screen import Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_a_message_shows_as_signal_with_its_reasons_and_as_open_trades(
    stage: Stage, screen: Screen
) -> None:
    await screen.go("/")
    await expect(screen.page.get_by_text("No open trades")).to_be_visible()
    await screen.mark()

    message = await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
    signal = await stage.signal_of(message, "executed")
    positions = await stage.world.positions()
    assert await screen.identifiers() == sorted(str(p["identifier"]) for p in positions)
    assert {p["symbol"] for p in positions} == {"EURUSD"}
    for position in positions:
        row = screen.row(position["identifier"])
        await expect(await screen.cell(row, "lots")).to_have_text(f"{position['volume']:.2f}")
        await expect(await screen.cell(row, "stop")).to_have_text(f"{position['sl']:.5f}")
        await expect(await screen.cell(row, "target")).to_have_text(f"{position['tp']:.5f}")
        await expect(await screen.cell(row, "price")).to_have_text(re.compile(r"^1\.100\d\d$"))
    await expect(screen.at("open-count")).to_have_text("2")

    await screen.signal(signal["id"]).click()
    await expect(screen.at("signal-detail")).to_have_attribute("data-status", "executed")
    marks = screen.at("signal-message").locator("mark")
    marked = {await mark.get_attribute("data-field"): await mark.inner_text() for mark in await marks.all()}
    assert marked["symbol"] == "EURUSD"
    assert "BUY" in marked["side"]
    assert f"{signal['stopLoss']:.5f}" in marked["stop_loss"]
    fields = [await mark.get_attribute("data-field") for mark in await marks.all()]
    assert fields.count("take_profit") == 2
    await expect(screen.at("decision")).to_have_attribute("data-verdict", "pass")
    steps = screen.at("decision-step")
    rules = [await step.get_attribute("data-rule") for step in await steps.all()]
    assert len(rules) >= 5
    assert await screen.page.locator('[data-testid="decision-step"][data-verdict="refuse"]').count() == 0
    await expect(screen.at("plan-leg")).to_have_count(2)
    await expect(screen.at("signal-trade")).to_have_count(2)
    assert await screen.never_reloaded()


async def test_partial_close_modify_and_close_reach_the_terminal(stage: Stage, screen: Screen) -> None:
    await screen.go("/trades")
    await screen.mark()
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
    first, second = sorted(await stage.world.positions(), key=lambda p: p["identifier"])
    row = screen.row(first["identifier"])

    await row.get_by_test_id("trade-more").click()
    await screen.at("trade-part").click()
    await screen.at("trade-confirm").click()
    # Half of it, rounded down to the symbol's lot step, is closed.
    left = round(first["volume"] - math.floor(first["volume"] * 100 / 2) / 100, 2)

    async def halved() -> bool:
        return (await position(stage, first["identifier"]))["volume"] == pytest.approx(left)

    await stage.world.until(halved)
    await expect(await screen.cell(row, "lots")).to_have_text(f"{left:.2f}")

    await expect(row.get_by_test_id("trade-more")).to_be_enabled()
    await row.get_by_test_id("trade-more").click()
    await screen.at("trade-modify").click()
    await screen.at("modify-stop").fill("1.09500")
    await screen.at("modify-target").fill("1.11500")
    await screen.at("trade-confirm").click()

    async def changed() -> bool:
        held = await position(stage, first["identifier"])
        return (held["sl"], held["tp"]) == pytest.approx((1.095, 1.115))

    await stage.world.until(changed)
    await expect(await screen.cell(row, "stop")).to_have_text("1.09500")
    await expect(await screen.cell(row, "target")).to_have_text("1.11500")

    await expect(row.get_by_test_id("trade-close")).to_be_enabled()
    await row.get_by_test_id("trade-close").click()
    await screen.at("trade-confirm").click()
    await expect(row).to_have_count(0)
    assert [p["identifier"] for p in await stage.world.positions()] == [second["identifier"]]
    other = await position(stage, second["identifier"])
    assert (other["volume"], other["sl"], other["tp"]) == (second["volume"], second["sl"], second["tp"])
    await screen.at("tab-closed").click()
    await expect(screen.row(first["identifier"])).to_have_attribute("data-status", "closed")
    assert await screen.never_reloaded()


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("EURUSD BUY 1.10050\nSL 1.12000\nTP 1.13000", "The stop is on the wrong side"),
        ("EURUSD BUY NOW\nSL 1.12000\nTP 1.13000", "The market has already passed the stop"),
    ],
)
async def test_an_order_that_must_not_be_executed_says_why_in_words(
    stage: Stage, screen: Screen, text: str, why: str
) -> None:
    await screen.go("/")
    deals = await stage.world.deals()
    message = await stage.post(text)
    signal = await stage.signal_of(message, "refused", "rejected")
    await expect(screen.signal(signal["id"])).to_contain_text(why)
    await screen.signal(signal["id"]).click()
    await expect(screen.at("signal-detail")).to_contain_text(why)
    await expect(screen.page.get_by_text("No trade came of it")).to_be_visible()
    assert await stage.world.deals() == deals
    assert signal["tradeIds"] == []


async def position(stage: Stage, identifier: int) -> dict:
    """A position as the terminal itself has it."""
    return next(p for p in await stage.world.positions() if p["identifier"] == identifier)
