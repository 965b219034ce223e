"""A browser and a stage for the folder, a signed-in screen for a test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.e2e.screen import Screen, opened
from tests.support.stage import Stage, staged

QUIETLY = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser(chromium_path: str) -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path, args=[*QUIETLY])
        yield browser
        await browser.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def running(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stage]:
    async with staged(Path(tmp_path_factory.mktemp("stage"))) as stage:
        yield stage


@pytest_asyncio.fixture(loop_scope="session")
async def stage(running: Stage) -> Stage:
    """The stage with everything running and an empty account."""
    await running.reset()
    return running


@pytest_asyncio.fixture(loop_scope="session")
async def screen(browser: Browser, stage: Stage) -> AsyncIterator[Screen]:
    """A page of a signed-in user. What its console complained of fails the test."""
    async with opened(browser, stage.url) as screen:
        await screen.sign_in_quietly()
        yield screen
