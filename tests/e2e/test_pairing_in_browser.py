"""From nothing to a connected terminal: a new account, a desktop app let in by its code, a second factor."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pyotp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from signalos.desktop.auth import AuthTokenManager
from signalos.desktop.qr import read_picture
from tests.e2e.screen import DESK, PHONE, Screen, opened
from tests.e2e.test_pages import CUT_OFF, audit
from tests.support.stage import DASHBOARD, Stage
from tests.support.unpaired import Unpaired, code_of
from tests.support.world import CLOCK

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "a long password"
UNAUTHORISED = r"status of 401 .*/api/(me|auth/login|auth/totp/confirm)"


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def unpaired(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    assert (DASHBOARD / "index.html").is_file(), "the dashboard is not built: run python start.py setup"
    stage = Unpaired(Path(tmp_path_factory.mktemp("unpaired")))
    try:
        await stage.start()
        yield stage
    finally:
        await stage.stop()


async def new_account(screen: Screen, email: str) -> None:
    """Register by the API: the form has a test of its own."""
    answer = await screen.context.request.post(
        f"{screen.url}/api/auth/register",
        data={"email": email, "password": PASSWORD},
        headers={"Origin": screen.url},
    )
    assert answer.ok, await answer.text()


async def test_a_new_user_registers_pairs_and_sees_the_terminal_connected(
    browser: Browser, unpaired: Unpaired
) -> None:
    async with opened(browser, unpaired.url) as screen:
        screen.expect_complaint(UNAUTHORISED)
        await screen.page.goto(unpaired.url)
        await screen.at("create-account").click()
        await screen.at("register-email").fill("new@example.org")
        await screen.at("register-password").fill("short")
        await expect(screen.at("register-submit")).to_be_disabled()
        await screen.at("register-password").fill(PASSWORD)
        await screen.at("register-submit").click()
        await expect(screen.page).to_have_url(f"{unpaired.url}/")
        await screen.live()
        await expect(screen.at("first-step")).to_be_visible()
        await screen.at("first-pair").click()
        await expect(screen.page).to_have_url(f"{unpaired.url}/pair")

        await screen.at("pair-code").fill("BBBB-BBBB")
        screen.expect_complaint(r"status of 404 .*/api/terminals/pair/look")
        await screen.at("pair-look").click()
        await expect(screen.at("pair-error")).to_contain_text("No desktop app shows this code")

        async with unpaired.pairing() as command:
            code = await code_of(command)
            # As people type: small letters, without the hyphen.
            await screen.at("pair-code").fill(code.lower().replace("-", ""))
            await screen.at("pair-look").click()
            await expect(screen.at("pair-asker")).to_have_attribute("data-terminal-id", "sim")
            await expect(screen.at("pair-asker")).to_contain_text("My <b>VPS</b>")
            await screen.at("pair-approve").click()
            await expect(screen.at("pair-approved")).to_have_attribute(
                "data-online", "true", timeout=30_000
            )
            async with asyncio.timeout(30):
                assert await command.wait() == 0
        await screen.at("pair-done").click()
        row = screen.page.locator('[data-testid="terminal-row"][data-terminal-id="sim"]')
        await expect(row).to_contain_text("demo account", timeout=30_000)
        for part in ("desktop", "terminal", "source-channel"):
            line = row.locator(f'[data-testid="health-line"][data-part="{part}"]')
            await expect(line).to_have_attribute("data-level", "good", timeout=30_000)
        account = await unpaired.world.terminal("account_info")
        await expect(screen.at("equity-value")).to_contain_text(f"{account['equity']:,.2f}")
        await screen.page.goto(unpaired.url)
        await screen.live()
        await expect(screen.at("first-step")).to_have_count(0)
        assert await screen.page.evaluate("document.querySelectorAll('main b b').length") == 0


async def test_a_screenshot_of_the_tokens_picture_is_read(
    browser: Browser, unpaired: Unpaired, tmp_path: Path
) -> None:
    for scheme in ("dark", "light"):
        async with opened(browser, unpaired.url, color_scheme=scheme) as screen:
            await new_account(screen, f"{scheme}@example.org")
            await screen.go("/terminals")
            await screen.at("terminal-add").click()
            await screen.at("add-by-token").click()
            await screen.at("terminal-name").fill("VPS")
            await screen.at("terminal-create").click()
            token = (await screen.at("terminal-token").locator("code").inner_text()).strip()
            await expect(screen.at("terminal-token-qr")).to_be_visible()
            shot = tmp_path / f"{scheme}.png"
            await screen.page.screenshot(path=shot)
            read = read_picture(shot)
            assert (read.server, read.token) == (unpaired.url, token)
            assert AuthTokenManager(tmp_path).validate_token(read.token)
            assert await audit(screen, "token dialog") == []


async def test_an_email_is_taken_once_and_the_page_says_so(browser: Browser, unpaired: Unpaired) -> None:
    async with opened(browser, unpaired.url) as screen:
        await new_account(screen, "taken@example.org")
        await screen.context.clear_cookies()
        screen.expect_complaint(UNAUTHORISED)
        screen.expect_complaint(r"status of 409 .*/api/auth/register")
        await screen.page.goto(unpaired.url)
        await screen.at("create-account").click()
        await screen.at("register-email").fill("taken@example.org")
        await screen.at("register-password").fill(PASSWORD)
        await screen.at("register-submit").click()
        await expect(screen.at("register-error")).to_contain_text("registered under this email")
        assert await audit(screen, "register form") == []


async def test_a_second_factor_is_set_up_asked_for_and_ended(
    browser: Browser, unpaired: Unpaired, tmp_path: Path
) -> None:
    async with opened(browser, unpaired.url) as screen:
        screen.expect_complaint(UNAUTHORISED)
        await new_account(screen, "careful@example.org")
        await screen.go("/settings")
        await expect(screen.at("settings-email")).to_have_text("careful@example.org")
        await screen.at("second-factor-start").click()
        secret = (await screen.at("second-factor-secret").locator("code").inner_text()).strip()
        totp = pyotp.TOTP(secret)
        await screen.at("second-factor-code").fill("000000")
        await screen.at("second-factor-confirm").click()
        await expect(screen.at("second-factor-error")).to_contain_text("not the present code")
        # The step before the present one counts too, which leaves the present one for the sign-in.
        await screen.at("second-factor-code").fill(totp.at(_now() - 30))
        await screen.at("second-factor-confirm").click()
        await expect(screen.at("second-factor")).to_have_attribute("data-state", "on")

        await screen.at("more-menu").click()
        await screen.at("sign-out").click()
        await screen.at("sign-in-email").fill("careful@example.org")
        await screen.at("sign-in-password").fill(PASSWORD)
        await screen.at("sign-in-submit").click()
        await expect(screen.at("sign-in-error")).to_contain_text("authenticator")
        await screen.at("sign-in-totp").fill(totp.at(_now()))
        await screen.at("sign-in-submit").click()
        await screen.live()
        await screen.go("/settings")
        await screen.at("second-factor-password").fill(PASSWORD)
        await screen.at("second-factor-code").fill(totp.at(_now() + 30))
        await screen.at("second-factor-stop").click()
        await expect(screen.at("second-factor")).to_have_attribute("data-state", "off")


def _now() -> int:
    return int(CLOCK.now().timestamp())


@pytest.mark.parametrize("viewport", [DESK, PHONE], ids=["wide", "narrow"])
async def test_the_pages_of_somebody_new_can_be_read_by_everyone(
    browser: Browser, unpaired: Unpaired, viewport: dict[str, int]
) -> None:
    async with opened(browser, unpaired.url, viewport=viewport) as screen:
        await new_account(screen, f"reader{viewport['width']}@example.org")
        found = []
        for path in ("/", "/pair", "/settings", "/terminals"):
            await screen.go(path)
            await expect(screen.page.locator("h1")).to_have_count(1)
            found += await audit(screen, path)
            found += [f"{path}: {text}" for text in await screen.page.evaluate(CUT_OFF)]
        await screen.go("/settings")
        await screen.at("second-factor-start").click()
        await expect(screen.at("second-factor-secret")).to_be_visible()
        found += await audit(screen, "second factor")
        found += [f"second factor: {text}" for text in await screen.page.evaluate(CUT_OFF)]
        await screen.go("/terminals")
        await screen.at("terminal-add").click()
        await expect(screen.at("pair-form")).to_be_visible()
        found += await audit(screen, "add dialog")
        assert not found, "\n".join(found)
