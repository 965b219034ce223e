"""Every page in both colour schemes, wide and narrow: readable by everyone, nothing cut off, STOP in sight."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.screen import DESK, PHONE, Screen, opened
from tests.fault.campaigns.stops import signal_text
from tests.support.stage import DASHBOARD, Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

AXE = DASHBOARD.parent / "node_modules" / "axe-core" / "axe.min.js"
WIDTHS = {"wide": DESK, "narrow": PHONE}
SETTLED = """() => document.getAnimations().every(a => a.playState !== 'running' || a.effect?.getTiming().iterations === Infinity)
    && document.querySelector('[role=status][aria-label=Loading]') === null"""
AUDIT = """async () => (await axe.run(document, {resultTypes: ['violations']})).violations
    .filter(v => v.impact === 'serious' || v.impact === 'critical')
    .map(v => `${v.id} (${v.impact}): ${v.help}: ` + v.nodes.slice(0, 3).map(n => n.target.join(' ') + ' ' + n.html.slice(0, 160)).join(' | '))"""
CUT_OFF = """() => {
    const room = document.documentElement.clientWidth
    const wide = [...document.querySelectorAll('body *')].filter(e => {
        const box = e.getBoundingClientRect()
        if (box.width === 0 || box.right <= room + 1) return false
        for (let up = e.parentElement; up; up = up.parentElement)
            if (['auto', 'scroll', 'hidden', 'clip'].includes(getComputedStyle(up).overflowX)) return false
        return true
    })
    return {scrolls: document.documentElement.scrollWidth - room, wide: wide.slice(0, 5).map(e => e.outerHTML.slice(0, 120))}
}"""


async def filled(stage: Stage) -> list[str]:
    """Paths of all pages, after something of every kind has happened."""
    await stage.post(signal_text("buy", 51))
    await stage.post(signal_text("limit", 52))
    traded = await stage.signal_of(await stage.post(signal_text("sell", 53)))
    refused = await stage.signal_of(await stage.post("EURUSD BUY 1.10050\nSL 1.12000\nTP 1.13000"))
    signals = [f"/signals/{s['id']}" for s in (traded, refused)]
    return ["/", "/signals", *signals, "/trades", "/strategy", "/terminals", "/logs", "/about"]


async def settle(screen: Screen) -> None:
    """Wait until nothing moves or loads any more: a colour in the middle of a fade is no finding."""
    await screen.page.wait_for_function(SETTLED)


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_every_page_can_be_read_and_used_by_everyone(
    browser: Browser, stage: Stage, scheme: str, width: str
) -> None:
    axe = Path(AXE).read_text(encoding="utf-8")
    found: dict[str, Any] = {}
    paths = await filled(stage)
    async with opened(browser, stage.url, color_scheme=scheme, viewport=WIDTHS[width]) as screen:
        screen.expect_complaint(r"status of 401 .*/api/me")
        for path in ["/sign-in", *paths]:
            if path == "/sign-in":
                await screen.page.goto(f"{stage.url}{path}")
                await expect(screen.at("sign-in-form")).to_be_visible()
            else:
                if path == "/":
                    await screen.sign_in_quietly()
                await screen.go(path)
                await expect(screen.page.locator("main")).to_contain_text("")
            await settle(screen)
            shown = await screen.page.evaluate("document.documentElement.dataset.mantineColorScheme")
            assert shown == scheme
            await screen.page.evaluate(axe)
            if violations := await screen.page.evaluate(AUDIT):
                found[path] = violations
            await screen.page.evaluate("delete window.axe")
    assert found == {}


@pytest.mark.parametrize("dialog", ["stop", "part", "modify"])
async def test_the_dialogs_too(screen: Screen, stage: Stage, dialog: str) -> None:
    await stage.post(signal_text("buy", 54))
    await screen.go("/trades")
    await expect(screen.rows()).to_have_count(2)
    if dialog == "stop":
        await screen.at("stop-button").click()
        await expect(screen.at("stop-confirm")).to_be_visible()
    else:
        await screen.rows().first.get_by_test_id("trade-more").click()
        await screen.at(f"trade-{dialog}").click()
        await expect(screen.at("trade-confirm")).to_be_visible()
    await settle(screen)
    await screen.page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    assert await screen.page.evaluate(AUDIT) == []


async def test_the_audit_finds_what_is_wrong(screen: Screen) -> None:
    await screen.go("/about")
    await screen.page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<button></button>')")
    await screen.page.evaluate(Path(AXE).read_text(encoding="utf-8"))
    assert any(v.startswith("button-name") for v in await screen.page.evaluate(AUDIT))


@pytest.mark.parametrize("width", WIDTHS)
async def test_nothing_is_cut_off_and_stop_is_in_sight(browser: Browser, stage: Stage, width: str) -> None:
    paths = await filled(stage)
    async with opened(browser, stage.url, viewport=WIDTHS[width]) as screen:
        await screen.sign_in_quietly()
        for path in paths:
            await screen.go(path)
            await settle(screen)
            assert await screen.page.evaluate(CUT_OFF) == {"scrolls": 0, "wide": []}, path
            await expect(screen.at("stop-button")).to_be_in_viewport(ratio=1)
            # Also at the page's end.
            await screen.page.evaluate("scrollTo(0, document.body.scrollHeight)")
            await expect(screen.at("stop-button")).to_be_in_viewport(ratio=1)
