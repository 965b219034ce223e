"""/api/docs: our own files alone, under the strict policy, with every operation, and usable when signed in."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Request, expect

from tests.e2e.screen import opened
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def operations(document: dict[str, Any]) -> int:
    return sum(len(methods) for methods in document["paths"].values())


async def test_the_interface_is_described_without_a_word_to_anyone_else(
    browser: Browser, stage: Stage
) -> None:
    asked: list[Request] = []
    document = (await stage.http.get("/api/openapi.json")).json()
    # Leaving the block checks that the console complained of nothing, a violated policy included.
    async with opened(browser, stage.url) as screen:
        await screen.sign_in_quietly()
        screen.page.on("request", lambda request: asked.append(request))
        answer = await screen.page.goto(f"{stage.url}/api/docs")
        assert answer is not None
        assert "script-src 'self' 'nonce-" in answer.headers["content-security-policy"]
        shown = screen.at("api-docs").locator(".opblock")
        await expect(shown).to_have_count(operations(document))

        mine = shown.filter(has=screen.page.locator('[data-path="/api/me"]'))
        await mine.locator(".opblock-summary-control").click()
        await mine.get_by_role("button", name="Try it out").click()
        await mine.get_by_role("button", name="Execute").click()
        await expect(
            mine.locator(".live-responses-table tbody .response-col_status").first
        ).to_contain_text("200")
    elsewhere = [r.url for r in asked if not r.url.startswith((stage.url, "data:"))]
    assert elsewhere == []
    assert len(asked) >= 4
