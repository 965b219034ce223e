"""Signing in and out, and that the browser's complaints are heard at all."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.screen import Screen, opened
from tests.support.stage import EMAIL, PASSWORD, Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

UNAUTHORISED = r"status of 401 .*/api/(me|auth/login)"


async def test_a_wrong_password_is_said_and_the_right_one_leads_to_the_page_asked_for(
    browser: Browser, stage: Stage
) -> None:
    async with opened(browser, stage.url) as screen:
        screen.expect_complaint(UNAUTHORISED)
        await screen.page.goto(f"{stage.url}/trades")
        await expect(screen.at("sign-in-form")).to_be_visible()
        await screen.at("sign-in-email").fill(EMAIL)
        await screen.at("sign-in-password").fill("not the password")
        await screen.at("sign-in-submit").click()
        await expect(screen.at("sign-in-error")).to_contain_text(re.compile("password", re.IGNORECASE))

        await screen.at("sign-in-password").fill(PASSWORD)
        await screen.at("sign-in-submit").click()
        await expect(screen.page).to_have_url(f"{stage.url}/trades")
        await screen.live()
        account = await stage.world.terminal("account_info")
        await expect(screen.at("equity-value")).to_contain_text(f"{account['equity']:,.2f}")


async def test_after_signing_out_nothing_is_shown_any_more(browser: Browser, screen: Screen) -> None:
    screen.expect_complaint(UNAUTHORISED)
    # The page that is being left may ask once more; it gets no answer any more.
    screen.expect_complaint(r"status of 401 .*/api/overview")
    await screen.go("/")
    await screen.at("more-menu").click()
    await screen.at("sign-out").click()
    await expect(screen.at("sign-in-form")).to_be_visible()
    await expect(screen.at("equity-value")).to_have_count(0)
    await screen.page.goto(f"{screen.url}/signals")
    await expect(screen.at("sign-in-form")).to_be_visible()


async def test_the_policy_refuses_foreign_scripts_and_the_refusal_is_heard(screen: Screen) -> None:
    await screen.go("/")
    assert screen.complaints == []
    await screen.page.evaluate(
        """() => { const made = document.createElement('script'); made.textContent = 'window.intruder = 1'
                   document.head.append(made) }"""
    )
    assert await screen.page.evaluate("window.intruder") is None
    await expect(screen.at("chip-server")).to_be_visible()
    assert any("Content Security Policy" in complaint for complaint in screen.complaints)
    screen.expect_complaint("Content Security Policy")
