"""A reload in the middle, and a server that dies and comes back: nothing lost, nothing doubled."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.e2e.screen import Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

SERVER_AWAY = r"ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|ERR_SOCKET_NOT_CONNECTED"


async def held(stage: Stage) -> list[str]:
    """The identifiers of the terminal's own positions."""
    return sorted(str(p["identifier"]) for p in await stage.world.positions())


async def test_a_reload_in_the_middle_loses_nothing_and_what_follows_comes_live(
    stage: Stage, screen: Screen
) -> None:
    await screen.go("/trades")
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
    # The reload meets the next message on its way.
    await stage.signal("buy")
    await screen.page.reload()
    await expect(screen.rows()).to_have_count(4)
    assert await screen.identifiers() == await held(stage)

    await screen.page.reload()
    await screen.live()
    await expect(screen.rows()).to_have_count(4)
    await screen.mark()
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(6)
    assert await screen.identifiers() == await held(stage)
    assert await screen.never_reloaded()


async def test_a_server_that_dies_and_returns_shows_what_happened_meanwhile_once(
    stage: Stage, screen: Screen
) -> None:
    screen.expect_complaint(SERVER_AWAY)
    await screen.go("/trades")
    await stage.signal("buy")
    await expect(screen.rows()).to_have_count(2)
    before = await held(stage)
    await screen.mark()

    stage.kill_server()
    await expect(screen.at("stale-notice")).to_contain_text("No connection to the server")
    await expect(screen.at("chip-server")).to_have_attribute("data-level", "bad")
    for button in await screen.at("trade-close").all():
        await expect(button).to_be_disabled()
    message = await stage.signal("buy")

    async def traded_without_the_server() -> bool:
        return len(await held(stage)) == 4

    await stage.world.until(traded_without_the_server)
    assert await screen.identifiers() == before

    stage.start_server()
    await stage.ready()
    await expect(screen.at("stale-notice")).to_have_count(0)
    await expect(screen.rows()).to_have_count(4)
    assert await screen.identifiers() == await held(stage)
    assert await screen.never_reloaded()

    signal = await stage.signal_of(message, "executed")
    assert len(signal["tradeIds"]) == 2
    signals = (await stage.overview())["recentSignals"]
    assert [s["messageId"] for s in signals].count(message) == 1
    entries = [d for d in await stage.world.deals() if d["entry"] == 0 and d["type"] in {0, 1}]
    mine = [d for d in entries if str(d["position_id"]) in set(await held(stage))]
    assert len(mine) == 4
    await screen.page.get_by_role("link", name=re.compile("Signals")).first.click()
    await expect(screen.page.locator(f'tr[data-signal-id="{signal["id"]}"]')).to_have_count(1)
    await stage.online()
