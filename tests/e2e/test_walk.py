"""One user's first day, from a new account to a restored backup, on one page after the other."""

from __future__ import annotations

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.screen import Screen, opened
from tests.support.stage import DASHBOARD
from tests.support.unpaired import Unpaired, code_of
from tests.support.world import signalos

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.asyncio(loop_scope="session")]

EMAIL = "first.day@example.org"
PASSWORD = "a password for the first day"
CHANNEL = "-1001"
"""The chat of the followed file."""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def day(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Unpaired]:
    assert (DASHBOARD / "index.html").is_file(), "the dashboard is not built: run python start.py setup"
    stage = Unpaired(Path(tmp_path_factory.mktemp("walk")))
    try:
        await stage.start()
        yield stage
    finally:
        await stage.stop()


async def test_a_user_walks_through_the_whole_product(
    browser: Browser, day: Unpaired, tmp_path: Path
) -> None:
    async with opened(browser, day.url) as screen:
        screen.expect_complaint(r"status of 401 .*/api/me")
        await registers(screen)
        await signs_in_besides(day)
        await pairs_by_code(screen, day)
        await adds_the_channel(screen)
        await edits_the_strategy_on_the_canvas(screen)
        await watches_a_trade_open_and_close(screen, day)
        await reads_why_one_was_refused(screen, day)
        await stops_and_resumes(screen, day)
        await restores_a_backup(screen, day, tmp_path)


async def registers(screen: Screen) -> None:
    await screen.page.goto(screen.url)
    await screen.at("create-account").click()
    await screen.at("register-email").fill(EMAIL)
    await screen.at("register-password").fill(PASSWORD)
    await screen.at("register-submit").click()
    await screen.live()
    await expect(screen.at("first-step")).to_be_visible()


async def signs_in_besides(day: Unpaired) -> None:
    """The test asks the server itself what the page should show."""
    answer = await day.http.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    answer.raise_for_status()
    day.http.cookies.clear()
    day.http.headers["Authorization"] = f"Bearer {answer.json()['token']}"


async def pairs_by_code(screen: Screen, day: Unpaired) -> None:
    await screen.at("first-pair").click()
    async with day.pairing() as command:
        await screen.at("pair-code").fill(await code_of(command))
        await screen.at("pair-look").click()
        await expect(screen.at("pair-asker")).to_have_attribute("data-terminal-id", "sim")
        await screen.at("pair-approve").click()
        await expect(screen.at("pair-approved")).to_have_attribute("data-online", "true", timeout=30_000)
        async with asyncio.timeout(30):
            assert await command.wait() == 0
    await day.online()


async def adds_the_channel(screen: Screen) -> None:
    await screen.go("/providers")
    await screen.at("provider-add").click()
    await screen.at("provider-chat").fill(CHANNEL)
    await screen.at("provider-new-name").fill("My channel")
    await screen.at("provider-create").click()
    await expect(screen.at("provider-detail")).to_have_attribute("data-enabled", "true")
    await screen.at("try-text").fill("EURUSD BUY NOW\nSL 1.09\nTP 1.11")
    await screen.at("try-read").click()
    await expect(screen.at("try-action")).to_contain_text("EURUSD")


async def edits_the_strategy_on_the_canvas(screen: Screen) -> None:
    await screen.go("/strategies")
    await screen.at("strategy-row").get_by_role("link").click()
    await screen.at("strategy-view").get_by_text("Canvas", exact=True).click()
    await screen.at("open-sizing").click()
    await screen.at("rule-riskPercentage").fill("0.5")
    await screen.page.keyboard.press("Escape")
    await expect(screen.at("block-sizing")).to_contain_text("0.5 % of equity")
    await screen.at("strategy-save").click()
    await expect(screen.at("version-row").first).to_have_attribute("data-version", "2")


async def watches_a_trade_open_and_close(screen: Screen, day: Unpaired) -> None:
    await screen.go("/trades")
    await screen.mark()

    async def decided_by_the_new_version() -> bool:
        signal = await day.signal_of(await day.signal("buy"))
        full = (await day.http.get(f"/api/signals/{signal['id']}")).json()
        return bool(full["decisions"][-1]["strategyVersion"] == "1.2")

    async def shown_as_they_are() -> bool:
        open_now = sorted(str(p["identifier"]) for p in await day.world.positions())
        return bool(open_now) and await screen.identifiers() == open_now

    await day.world.until(decided_by_the_new_version, 60)
    await day.world.until(shown_as_they_are)
    positions = await day.world.positions()
    row = screen.row(positions[0]["identifier"])
    await row.get_by_test_id("trade-close").click()
    await screen.at("trade-confirm").click()
    await expect(row).to_have_count(0)
    left = {p["identifier"] for p in await day.world.positions()}
    assert positions[0]["identifier"] not in left
    assert await screen.never_reloaded()


async def reads_why_one_was_refused(screen: Screen, day: Unpaired) -> None:
    message = await day.post("EURUSD BUY NOW\nTP 1.1300")
    signal = await day.signal_of(message, "refused")
    await screen.go("/signals")
    await screen.signal(signal["id"]).get_by_role("link").first.click()
    await expect(screen.at("signal-detail")).to_have_attribute("data-status", "refused")
    step = screen.page.locator('[data-testid="decision-step"][data-rule="missing_stop"]')
    await expect(step).to_have_attribute("data-verdict", "refuse")
    await expect(step).to_contain_text("stop")


async def stops_and_resumes(screen: Screen, day: Unpaired) -> None:
    await screen.go("/")
    await screen.at("stop-button").click()
    await screen.at("stop-confirm").click()
    await expect(screen.at("stop-proof")).to_have_attribute("data-phase", "flat")
    assert await day.world.positions() == []
    await screen.at("stop-close").click()
    refused = await day.signal_of(await day.signal("sell"), "refused")
    assert refused["reason"] == "stopped"
    await screen.at("resume-trading").click()
    await screen.at("resume-confirm").click()
    await expect(screen.at("stop-banner")).to_have_count(0)


async def restores_a_backup(screen: Screen, day: Unpaired, folder: Path) -> None:
    screen.expect_complaint(r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET")
    before = await figures(day)
    run(day, "backup", "create", "--to", str(folder))
    (copy,) = folder.glob("*.sqlite")
    run(day, "backup", "verify", str(copy))
    renamed = await day.http.put("/api/strategies/1", json={"name": "A mistake", "config": {}})
    assert renamed.status_code == 200
    day.kill_server()
    run(day, "backup", "restore", str(copy), "--yes")
    day.start_server()
    await day.ready()
    await screen.go("/strategies/1")
    await expect(screen.at("strategy-name")).to_have_value("Default")
    assert await figures(day) == before
    await day.online()


async def figures(day: Unpaired) -> dict[str, Any]:
    found: dict[str, Any] = (await day.http.get("/api/analytics/summary")).json()["figures"]
    assert found["trades"] > 0
    return found


def run(day: Unpaired, *words: str) -> None:
    """Run a command with the server's state folder."""
    environ = {**os.environ, "SIGNALOS_HOME": str(day.home)}
    done = subprocess.run(
        signalos(*words), env=environ, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
