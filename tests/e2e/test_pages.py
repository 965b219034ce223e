"""Every page in both colour schemes, wide and narrow: readable by everyone, nothing cut off, STOP in sight."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from tests.e2e.screen import DESK, PHONE, Screen, opened
from tests.support.stage import DASHBOARD, Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = DASHBOARD.parent / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {"wide": DESK, "narrow": PHONE}
SCHEMES = ("dark", "light")

# A colour in the middle of a fade is no finding, a page that still loads is no page.
SETTLED = """() => document.querySelector('[role=status][aria-label=Loading]') === null
    && document.getAnimations().every(a => a.playState !== 'running' || a.effect.getTiming().iterations === Infinity)"""
AUDIT = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter(v => v.impact === 'serious' || v.impact === 'critical')
    .flatMap(v => v.nodes.map(n => `${v.id}: ${n.failureSummary} ${n.html.slice(0, 200)}`))"""
CUT_OFF = """() => {
    const room = document.documentElement.clientWidth
    const clips = e => ['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(e).overflowX)
    const wide = [...document.querySelectorAll('body *')].filter(e => {
        const box = e.getBoundingClientRect()
        if (box.width === 0 || box.right <= room + 1) return false
        for (let up = e.parentElement; up; up = up.parentElement) if (clips(up)) return false
        return true
    })
    const scrolls = document.documentElement.scrollWidth - room
    return [...(scrolls > 0 ? [`scrolls by ${scrolls} px`] : []), ...wide.map(e => `too wide: ${e.outerHTML.slice(0, 160)}`)]
}"""


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def paths(running: Stage) -> list[str]:
    """The paths of all pages behind the sign-in, after something of every kind has happened."""
    await running.reset()
    traded = [await running.signal_of(await running.signal(kind)) for kind in ("buy", "limit", "sell")]

    async def opened_all() -> list[dict[str, Any]] | None:
        trades = (await running.overview())["openTrades"]
        return trades if len(trades) == 4 else None

    trades = await running.world.until(opened_all)
    sold = next(t for t in trades if t["side"] == "sell")
    assert (await running.http.post(f"/api/trades/{sold['id']}/close")).status_code == 202
    refused = await running.signal_of(await running.post("EURUSD BUY 1.10050\nSL 1.12000\nTP 1.13000"))
    (provider,) = (await running.http.get("/api/providers")).json()["items"][:1]
    channel = f"/providers/{provider['id']}"
    signals = [f"/signals/{s['id']}" for s in (traded[0], refused)]
    return [
        "/",
        "/signals",
        *signals,
        "/trades",
        "/providers",
        channel,
        "/strategies",
        "/strategies/1",
        "/analytics",
        "/terminals",
        "/pair",
        "/settings",
        "/logs",
        "/about",
    ]


@pytest_asyncio.fixture(loop_scope="session")
async def wide(browser: Browser, running: Stage) -> AsyncIterator[Screen]:
    """A signed-in screen on the account as it is."""
    async with opened(browser, running.url) as screen:
        await screen.sign_in_quietly()
        yield screen


async def audit(screen: Screen, place: str) -> list[str]:
    """What is wrong with what is shown now, in both schemes."""
    await screen.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = []
    for scheme in SCHEMES:
        await screen.page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await expect(screen.page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        await screen.page.wait_for_function(SETTLED)
        found += [f"{place}, {scheme}: {text}" for text in await screen.page.evaluate(AUDIT)]
    return found


@pytest.mark.parametrize("width", WIDTHS)
async def test_every_page_can_be_read_and_used_by_everyone(
    browser: Browser, running: Stage, paths: list[str], width: str
) -> None:
    async with opened(browser, running.url, viewport=WIDTHS[width]) as screen:
        screen.expect_complaint(r"status of 401 .*/api/me")
        await screen.page.goto(f"{running.url}/sign-in")
        await expect(screen.at("sign-in-form")).to_be_visible()
        found = await audit(screen, "/sign-in")
        await screen.sign_in_quietly()
        for path in paths:
            await screen.go(path)
            await expect(screen.page.locator("h1")).to_have_count(1)
            found += await audit(screen, path)
            found += [f"{path}: {text}" for text in await screen.page.evaluate(CUT_OFF)]
            await expect(screen.at("stop-button")).to_be_in_viewport(ratio=1)
            await screen.page.evaluate("scrollTo(0, document.body.scrollHeight)")
            await expect(screen.at("stop-button")).to_be_in_viewport(ratio=1)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("dialog", ["stop", "close", "part", "modify"])
async def test_the_dialogs_too(wide: Screen, paths: list[str], dialog: str) -> None:
    await wide.go("/trades")
    if dialog == "stop":
        await wide.at("stop-button").click()
        await expect(wide.at("stop-confirm")).to_be_visible()
    else:
        if dialog != "close":
            await wide.rows().first.get_by_test_id("trade-more").click()
        await wide.at(f"trade-{dialog}").first.click()
        await expect(wide.at("trade-confirm")).to_be_visible()
    assert await audit(wide, dialog) == []


async def test_the_audits_find_what_is_wrong(wide: Screen) -> None:
    await wide.go("/about")
    await wide.page.evaluate(
        "document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button><pre>' + 'wide'.repeat(900) + '</pre>')"
    )
    assert any("button-name" in text for text in await audit(wide, "/about"))
    assert any(text.startswith("scrolls by") for text in await wide.page.evaluate(CUT_OFF))
