"""The figures page: closed trades of real deals, as the server computes them, on a desk and on a phone."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.screen import PHONE, Screen
from tests.support.stage import Stage

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def report(stage: Stage, **query: str) -> dict[str, Any]:
    answer = await stage.http.get("/api/analytics/report", params=query)
    answer.raise_for_status()
    return answer.json()


async def closed_trades(stage: Stage, more: int) -> dict[str, Any]:
    """Open a signal of ``more`` legs, close them, and wait until the report counts them."""
    before = (await report(stage))["summary"]["figures"]["trades"]
    await stage.signal("buy")

    async def opened() -> list[dict[str, Any]] | None:
        trades: list[dict[str, Any]] = (await stage.overview())["openTrades"]
        return trades if len(trades) == more else None

    for trade in await stage.world.until(opened, 30):
        answer = await stage.http.post(f"/api/trades/{trade['id']}/close")
        assert answer.status_code == 202, answer.text

    async def counted() -> dict[str, Any] | None:
        if (await stage.overview())["openTrades"]:
            return None
        now = await report(stage)
        return now if now["summary"]["figures"]["trades"] >= before + more else None

    found: dict[str, Any] = await stage.world.until(counted, 30)
    return found


async def test_closed_trades_are_the_figures_on_the_page(stage: Stage, screen: Screen) -> None:
    told = await closed_trades(stage, 2)
    figures = told["summary"]["figures"]
    await screen.go("/analytics")
    await expect(screen.page.get_by_text(f"{figures['trades']} trades, costs")).to_be_visible()
    shown = (await screen.at("analytics-net").inner_text()).replace(",", "").replace("\u2212", "-")
    assert f"{abs(figures['net']):.2f}" in shown
    share = f"{round(100 * figures['winRate'])}"
    assert share in await screen.at("analytics-won").inner_text()
    await expect(screen.at("balance-chart")).to_be_visible()
    for by in ("channel", "symbol", "hour"):
        table = screen.page.locator(f'[data-testid="breakdown"][data-by="{by}"]')
        rows = table.get_by_test_id("breakdown-row")
        cut = told[{"channel": "byProvider", "symbol": "bySymbol", "hour": "byHour"}[by]]
        assert [await r.get_attribute("data-key") for r in await rows.all()] == [row["key"] for row in cut]
        nets = [float(await r.get_attribute("data-net") or "nan") for r in await rows.all()]
        assert nets == [row["figures"]["net"] for row in cut]
        assert sum(nets) == pytest.approx(figures["net"])
    if figures["trades"] < 30:
        await expect(screen.at("few-trades")).to_be_visible()


async def test_the_last_days_of_the_accounts_own_time_hold_the_trades(stage: Stage, screen: Screen) -> None:
    await closed_trades(stage, 2)
    await screen.go("/analytics")
    await expect(screen.at("analytics-net")).to_be_visible()
    # The account's own time is years away from today's; its last seven days hold the trades.
    await screen.at("analytics-period").get_by_text("7 days").click()
    await expect(screen.at("analytics-net")).to_be_visible()


async def test_on_a_phone_nothing_runs_off_the_screen(stage: Stage, screen: Screen) -> None:
    await closed_trades(stage, 2)
    await screen.page.set_viewport_size(PHONE)  # type: ignore[arg-type]  # a plain dict of two numbers
    await screen.go("/analytics")
    await expect(screen.at("balance-chart")).to_be_visible()
    wider = "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    assert not await screen.page.evaluate(wider)
