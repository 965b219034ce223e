"""Channels: set one up, try a message by its rules, switch it off and pause it, and see that it acts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Locator, expect

from tests.e2e.screen import PHONE, Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

CHAT = "-1001"
"""The chat of the followed file."""
ODD = "The yellow metal BUY now\nBail 1280\nBull's eye 1320"
"""A signal that only the channel's own words make readable."""
MESSAGE = "GOLD buy now 🔥\nSL 1280\nTP 1320"


@pytest_asyncio.fixture(loop_scope="session")
async def channel(stage: Stage) -> AsyncIterator[dict[str, Any]]:
    """The channel of the followed file, with the default rules before and after."""
    made = await stage.http.post("/api/providers", json={"chatId": CHAT, "name": "Followed"})
    assert made.status_code in (201, 409), made.text  # it may have posted before
    (found,) = [p for p in await channels(stage) if p["chatId"] == CHAT]
    yield found
    answer = await stage.http.put(f"/api/providers/{found['id']}", json={})
    assert answer.status_code == 200, answer.text
    await stage.http.post("/api/trading/resume", json={"providerId": found["id"]})
    await settled(stage)


async def channels(stage: Stage) -> list[dict[str, Any]]:
    answer = await stage.http.get("/api/providers")
    answer.raise_for_status()
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


async def settled(stage: Stage) -> None:
    """Wait until the desktop app has carried out every command."""

    async def done() -> bool:
        commands = (await stage.overview())["commands"]
        return all(c["state"] in ("done", "failed", "expired", "superseded") for c in commands)

    await stage.world.until(done, 30)


async def save(screen: Screen) -> None:
    await screen.at("provider-save").click()
    await expect(screen.at("provider-save")).to_be_disabled()


async def tag(field: Locator, word: str) -> None:
    """Type a tag into a field of tags."""
    await field.fill(word)
    await field.press("Enter")


async def test_a_channel_is_added_and_its_rules_act_in_the_box(stage: Stage, screen: Screen) -> None:
    await screen.go("/providers")
    await screen.mark()
    await screen.at("provider-add").click()
    await screen.at("provider-chat").fill("-100777")
    await screen.at("provider-new-name").fill("Evening room")
    await screen.at("provider-create").click()
    await expect(screen.at("provider-detail")).to_have_attribute("data-enabled", "true")
    await tag(screen.at("provider-words"), "members only")
    await screen.at("provider-symbol").fill("gold")
    await save(screen)
    await expect(screen.at("provider-symbol")).to_have_value("XAUUSD")

    await screen.at("try-text").fill(MESSAGE)
    marks = screen.at("try-marked").locator("mark")
    await expect(marks.first).to_be_visible()  # read after a pause in typing, without a click
    marked = {await m.get_attribute("data-field"): await m.inner_text() for m in await marks.all()}
    assert marked["symbol"] == "GOLD"
    assert "1280" in marked["stop_loss"]
    assert "1320" in marked["take_profit"]
    await expect(screen.at("try-action")).to_have_attribute("data-action", "open")
    await expect(screen.at("try-action")).to_contain_text("XAUUSD")

    await screen.at("try-text").fill("buy now sl 1280 tp 1320")
    await screen.at("try-read").click()
    await expect(screen.at("try-action")).to_contain_text("XAUUSD")

    await screen.at("try-text").fill(f"MEMBERS ONLY: {MESSAGE}")
    await screen.at("try-read").click()
    await expect(screen.at("try-answer")).to_have_attribute("data-reason", "ignored_word")
    await expect(screen.at("try-answer")).to_contain_text("members only")
    await expect(screen.at("try-action")).to_have_count(0)
    assert await screen.never_reloaded()

    await screen.at("provider-remove").click()
    await screen.at("provider-remove-confirm").click()
    await expect(screen.page.locator('[data-testid="provider-row"][data-chat-id="-100777"]')).to_have_count(
        0
    )
    assert await stage.world.positions() == [], "nothing was traded"


async def test_a_profile_is_tried_unsaved_imported_and_saved(
    stage: Stage, channel: dict[str, Any], screen: Screen
) -> None:
    """An unusual vocabulary: the box reads by what is typed into the form, and the desktop app once it is saved."""
    await screen.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of two numbers
    await screen.go(f"/providers/{channel['id']}")
    await screen.at("try-text").fill(ODD)
    await expect(screen.at("try-answer")).to_be_visible()
    await expect(screen.at("try-action").filter(has_text="XAUUSD")).to_have_count(0)

    await tag(screen.at("provider-role-sl"), "bail")
    await screen.at("symbol-name-add").click()
    await screen.at("symbol-name-left").fill("the yellow metal")
    await screen.at("symbol-name-right").fill("gold")
    await screen.at("profile-import").locator("summary").click()
    await screen.at("profile-json").fill('{"words": {"tp": "goal"}}')
    await screen.at("profile-take").click()
    await expect(screen.at("profile-told")).to_contain_text("must be a list")
    await screen.at("profile-json").fill('{"words": {"tp": ["bull\'s eye"]}, "pip_sizes": {"XAUUSD": 1}}')
    await screen.at("profile-take").click()
    await expect(screen.at("profile-told")).to_contain_text("not saved yet")

    await expect(screen.at("try-unsaved")).to_be_visible()
    await expect(screen.at("try-action")).to_have_attribute("data-action", "open")
    await expect(screen.at("try-action")).to_contain_text("XAUUSD")
    await expect(screen.at("try-notes")).to_contain_text("“bull's eye” read as target")
    marked = screen.at("try-marked").locator('mark[data-field="stop_loss"]')
    await expect(marked).to_contain_text("1280")

    screen.expect_complaint(r"status of 422")
    await tag(screen.at("provider-role-tp"), "x")
    await screen.at("provider-save").click()
    await expect(screen.at("provider-form")).to_contain_text("is a single letter")
    await screen.at("provider-role-tp").press("Backspace")
    await save(screen)
    await expect(screen.at("try-unsaved")).to_have_count(0)
    await expect(screen.at("symbol-name-right")).to_have_value("XAUUSD")
    (kept,) = [p for p in await channels(stage) if p["id"] == channel["id"]]
    assert kept["words"] == {"sl": ["bail"], "tp": ["bull's eye"]}
    assert (kept["symbols"], kept["pipSizes"]) == ({"the yellow metal": "XAUUSD"}, {"XAUUSD": 1})
    await settled(stage)


async def test_a_channel_that_is_switched_off_refuses_its_next_signal(
    stage: Stage, channel: dict[str, Any], screen: Screen
) -> None:
    await screen.go("/providers")
    row = screen.page.locator(f'[data-testid="provider-row"][data-provider-id="{channel["id"]}"]')
    await row.get_by_role("link").click()
    await screen.at("provider-enabled").press("Space")
    await save(screen)
    await expect(screen.at("provider-detail")).to_have_attribute("data-enabled", "false")
    await settled(stage)

    signal = await stage.signal_of(await stage.signal("buy"))
    assert (signal["status"], signal["reason"]) == ("refused", "channel_off")
    assert await stage.world.positions() == []
    refusal = screen.page.locator('[data-testid="provider-refusal"][data-reason="channel_off"]')
    await expect(refusal).to_contain_text("switched off")
    await screen.go(f"/signals/{signal['id']}")
    await expect(screen.at("decision")).to_have_attribute("data-reason", "channel_off")


async def test_one_channel_is_paused_and_resumed(
    stage: Stage, channel: dict[str, Any], screen: Screen
) -> None:
    await screen.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of two numbers
    await screen.go(f"/providers/{channel['id']}")
    await screen.at("provider-pause").click()
    await expect(screen.at("provider-resume")).to_be_enabled()
    signal = await stage.signal_of(await stage.signal("buy"))
    assert (signal["status"], signal["reason"]) == ("refused", "paused")
    await screen.at("provider-resume").click()
    await expect(screen.at("provider-pause")).to_be_enabled()
    await stage.signal_of(await stage.signal("buy"), "executed")
    await expect(screen.at("provider-executed")).not_to_have_text("0")
