"""The strategy on the canvas and in the form is one document, and the desktop app decides by it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Locator, expect

from tests.e2e.screen import Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def view(screen: Screen, name: str) -> None:
    """Choose the form or the canvas."""
    await screen.at("strategy-view").get_by_text(name, exact=True).click()


async def active(stage: Stage) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await stage.http.get("/api/strategies")).json()["items"]
    return next(s for s in found if s["active"])


def switch(screen: Screen, test_id: str) -> Locator:
    return screen.page.get_by_test_id(test_id)


async def test_what_is_changed_on_the_canvas_stands_in_the_form_and_trades(
    stage: Stage, screen: Screen
) -> None:
    before = await active(stage)
    await screen.go("/strategies")
    row = screen.page.locator('[data-testid="strategy-row"][data-active="true"]')
    await row.get_by_role("link").click()
    await view(screen, "Canvas")
    await expect(screen.at("block-signal")).to_be_visible()
    blocks = screen.page.locator('[data-testid^="block-"][data-kind]')
    assert await blocks.count() > 20
    await expect(screen.page.locator(".react-flow__edge")).to_have_count(await blocks.count() - 1)

    was_on = await screen.at("block-duplicate").get_attribute("data-on") == "true"
    await screen.at("flip-duplicate").click(force=True)
    await expect(screen.at("block-duplicate")).to_have_attribute("data-on", str(not was_on).lower())
    await screen.at("open-sizing").focus()
    await screen.page.keyboard.press("Enter")
    await expect(screen.at("block-panel")).to_have_attribute("data-block", "sizing")
    await screen.at("rule-riskPercentage").fill("0.7")
    await screen.page.keyboard.press("Escape")
    await expect(screen.at("block-panel")).to_have_count(0)
    await expect(screen.at("block-sizing")).to_contain_text("0.7 % of equity")

    await view(screen, "Form")
    await expect(screen.at("rule-riskPercentage")).to_have_value("0.7")
    assert await screen.at("rule-duplicate").is_checked() is not was_on
    await expect(screen.at("strategy-changes")).to_contain_text("Risk percentage")
    await screen.at("strategy-save").click()
    await expect(screen.at("strategy-changes")).to_have_count(0)

    saved = await active(stage)
    assert saved["version"] == str(int(before["version"]) + 1)
    assert saved["config"]["riskPercentage"] == 0.7
    await expect(screen.at("version-row").first).to_contain_text("Risk percentage")

    async def decided_by_it() -> bool:
        signal = await stage.signal_of(await stage.signal("buy"))
        full = (await stage.http.get(f"/api/signals/{signal['id']}")).json()
        return bool(full["decisions"][-1]["strategyVersion"] == f"{saved['id']}.{saved['version']}")

    assert await stage.world.until(decided_by_it, 30)

    restore = screen.page.locator(f'[data-testid="version-row"][data-version="{before["version"]}"]')
    await restore.get_by_test_id("version-restore").click()
    await expect(screen.at("rule-riskPercentage")).to_have_value(str(before["config"]["riskPercentage"]))
    assert (await active(stage))["config"] == before["config"]


async def test_what_is_out_of_range_is_said_and_not_saved(stage: Stage, screen: Screen) -> None:
    strategy = await active(stage)
    await screen.go(f"/strategies/{strategy['id']}")
    await screen.at("rule-riskPercentage").fill("101")
    await expect(screen.at("strategy-changes")).to_contain_text("to 100")
    await expect(screen.at("strategy-save")).to_be_disabled()
    await screen.at("strategy-discard").click()
    await expect(screen.at("rule-riskPercentage")).to_have_value(str(strategy["config"]["riskPercentage"]))


async def test_a_version_saved_elsewhere_is_not_overwritten(stage: Stage, screen: Screen) -> None:
    strategy = await active(stage)
    await screen.go(f"/strategies/{strategy['id']}")
    await screen.at("rule-riskPercentage").fill("0.8")
    elsewhere = await stage.http.put(
        f"/api/strategies/{strategy['id']}", json={"name": strategy["name"], "config": {"maxTargets": 7}}
    )
    assert elsewhere.status_code == 200
    screen.expect_complaint("409")
    await screen.at("strategy-save").click()
    await expect(screen.at("strategy-error")).to_contain_text("saved meanwhile")
    await screen.page.get_by_role("button", name="Take the newer version").click()
    await expect(screen.at("rule-maxTargets")).to_have_value("7")
    await stage.http.post(f"/api/strategies/{strategy['id']}/versions/{strategy['version']}/restore")


async def test_a_second_strategy_is_made_put_in_force_and_deleted(stage: Stage, screen: Screen) -> None:
    first = await active(stage)
    await screen.go("/strategies")
    await screen.at("strategy-new").click()
    await screen.at("strategy-name").fill("Careful")
    await screen.at("strategy-save").click()
    await expect(screen.page.get_by_role("heading", name="Careful")).to_be_visible()
    await screen.go("/strategies")
    careful = screen.page.locator('[data-testid="strategy-row"]', has_text="Careful")
    await careful.get_by_test_id("strategy-activate").click()
    await expect(careful).to_have_attribute("data-active", "true")
    assert (await active(stage))["name"] == "Careful"
    other = screen.page.locator(f'[data-strategy-id="{first["id"]}"]')
    await other.get_by_test_id("strategy-activate").click()
    await expect(careful).to_have_attribute("data-active", "false")
    await careful.get_by_role("button", name="Delete").click()
    await screen.page.get_by_role("dialog").get_by_role("button", name="Delete").click()
    await expect(careful).to_have_count(0)
