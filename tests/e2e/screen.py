"""One page of the dashboard as a user sees it, and everything that it complained of."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Locator, Page, expect

from tests.support.stage import EMAIL, PASSWORD

WAIT_MS = 15_000
"""How long an expectation waits before it fails; nothing is measured by it."""

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}


class Screen:
    """A browser page. ``complaints`` are console errors (policy violations among them) and uncaught errors."""

    def __init__(self, context: BrowserContext, page: Page, url: str) -> None:
        self.context = context
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self._expected: list[re.Pattern[str]] = []
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(f"uncaught: {error}"))

    def expect_complaint(self, pattern: str) -> None:
        """Name a complaint that belongs to the test, such as the browser's note of a refused connection."""
        self._expected.append(re.compile(pattern))

    def unexpected(self) -> list[str]:
        """The complaints that nobody expected."""
        return [c for c in self.complaints if not any(p.search(c) for p in self._expected)]

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    # -- going -----------------------------------------------------------------------------------

    async def sign_in_quietly(self) -> None:
        """Get the session cookie without the form, which has tests of its own."""
        answer = await self.context.request.post(
            f"{self.url}/api/auth/login",
            data={"email": EMAIL, "password": PASSWORD},
            headers={"Origin": self.url},
        )
        assert answer.ok, await answer.text()

    async def go(self, path: str) -> None:
        """Open a page and wait until it is connected live."""
        await self.page.goto(f"{self.url}{path}")
        await self.live()

    async def live(self) -> None:
        """Wait until the server chip says that the connection lives."""
        await expect(self.at("chip-server")).to_have_attribute("data-level", "good")

    async def mark(self) -> None:
        """Leave a mark that any reload of the page would wipe out."""
        await self.page.evaluate("window.neverReloaded = true")

    async def never_reloaded(self) -> bool:
        """Tell whether the mark is still there."""
        return bool(await self.page.evaluate("window.neverReloaded === true"))

    # -- looking ---------------------------------------------------------------------------------

    def at(self, test_id: str) -> Locator:
        """What carries this test id."""
        return self.page.get_by_test_id(test_id)

    def rows(self, status: str = "open") -> Locator:
        """The rows of trades in this state."""
        return self.page.locator(f'[data-testid="trade-row"][data-status="{status}"]')

    def row(self, identifier: str | int) -> Locator:
        """The row of the position with this identifier."""
        return self.page.locator(f'[data-testid="trade-row"][data-identifier="{identifier}"]')

    async def identifiers(self) -> list[str]:
        """Which positions the rows show, in the order of the numbers."""
        shown = [await row.get_attribute("data-identifier") or "" for row in await self.rows().all()]
        return sorted(shown)

    async def cell(self, row: Locator, header: str) -> Locator:
        """The cell of a row in the column with this header."""
        headers = await self.page.get_by_role("table", name="trades").locator("thead th").all_inner_texts()
        return row.locator("td").nth([h.strip().lower() for h in headers].index(header.lower()))

    def signal(self, signal_id: int) -> Locator:
        """A signal in the list of the signals page or the overview."""
        return self.page.locator(f'[data-testid="signal-row"][data-signal-id="{signal_id}"]').first


@asynccontextmanager
async def opened(browser: Browser, url: str, **how: Any) -> AsyncIterator[Screen]:
    """A screen in a browser context of its own; ends with the check that it had nothing to complain of."""
    expect.set_options(timeout=WAIT_MS)
    context = await browser.new_context(**{"viewport": DESK, "color_scheme": "dark", **how})
    context.set_default_timeout(WAIT_MS)
    try:
        screen = Screen(context, await context.new_page(), url)
        yield screen
        left = screen.unexpected()
        assert not left, "the browser complained:\n" + "\n".join(left)
    finally:
        await context.close()
