"""A server that means harm cannot exceed what this machine's own ceilings allow."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from signalos.desktop.auth import AuthTokenManager
from tests.support.hostile_server import TOKEN, HostileServer, hostile_server
from tests.support.world import World

pytestmark = pytest.mark.slow

LIMIT_PERCENT = 2
CEILINGS = {
    "max_risk_percentage": LIMIT_PERCENT,
    "max_lots": 1.5,
    "symbols": ["EURUSD"],
    "max_open_risk_percentage": 15,
}
WIDE_OPEN = {
    "max_risk_percentage": 100,
    "max_open_risk_percentage": None,
    "max_daily_loss_percentage": None,
    "require_stop": False,
}
GREED: dict[str, Any] = {
    "riskPercentage": 50,
    "allowMissingStopFixedLots": 1000,
    "maxDailyTrades": None,
    "maxOpenTrades": None,
    "maxSignalAge": None,
    "maxSpreadShare": None,
    "maxEntryDistanceShare": None,
    "minRiskReward": None,
    "filters": {"missingStop": False, "duplicate": False, "conflict": False},
}
CHANNEL = {"chatId": "-1001", "enabled": True, "defaultSymbol": "XAUUSD", "ignoreWords": []}
ROUNDED = 1.02
"""Room for the spread between a quote and its fill."""


def prices(folder: Path) -> Path:
    """EURUSD and gold that hardly move."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = datetime(2024, 1, 2, tzinfo=UTC)
    for name, middle, step, spread, digits in (
        ("EURUSD", 1.1, 1e-5, 1e-4, 5),
        ("XAUUSD", 2000, 1e-2, 0.2, 2),
    ):
        rows = ["time,bid,ask"]
        for second in range(7200):
            bid = middle + step * (second % 7)
            at = (begin + timedelta(seconds=second)).isoformat()
            rows.append(f"{at},{bid:.{digits}f},{bid + spread:.{digits}f}")
        (folder / f"{name}.csv").write_text("\n".join(rows) + "\n")
    return folder


class Trial:
    """A real desktop app between a hostile server and a simulated terminal, and a judge who looks on.

    ``found`` holds every violation that any look at the terminal has shown.
    """

    def __init__(self, world: World, server: HostileServer) -> None:
        self.world = world
        self.server = server
        self.found: set[str] = set()
        self._message = 0
        self._of: dict[int, str] = {}

    async def post(self, text: str) -> int:
        """Post in the followed channel; done once every action has its outcome."""
        self._message += 1
        self.world.post(self._message, text)
        await self.settled(self._message)
        return self._message

    async def settled(self, message: int) -> None:
        async def decided() -> bool:
            told = [e for e in self.server.events if e["kind"] in ("decision", "message")]
            mine = [e for e in told if str(e["data"].get("messageId")) == str(message)]
            return any(e["kind"] == "decision" or e["data"].get("reason") for e in mine)

        await self.world.until(decided, 30)
        await self.look()

    async def command(self, kind: str, **more: Any) -> dict[str, Any]:
        """Give a command and wait for its result."""
        name = await self.server.command(kind, **more)
        await self.world.until(lambda: name in self.server.results, 30)
        await self.look()
        return self.server.results[name]

    async def look(self) -> None:
        """Judge every position and waiting order that the terminal has now."""
        account = await self.world.terminal("account_info")
        limit = account["equity"] * LIMIT_PERCENT / 100 * ROUNDED
        lines = await asyncio.to_thread(self.world.journal)
        signal_of = {
            str(line["identifier"]): f"{line['chatId']}/{line['messageId']}/{line['part']}"
            for line in lines
            if line["kind"] == "open" and line["identifier"]
        }
        at_risk: dict[str, float] = {}
        things = [*await self.world.positions(), *(await self.world.terminal("orders_get") or [])]
        for thing in things:
            name = str(thing.get("identifier") or thing["ticket"])
            volume = float(thing.get("volume") or thing["volume_initial"])
            if thing["symbol"] not in CEILINGS["symbols"]:  # type: ignore[operator]
                self.found.add(f"symbol {thing['symbol']}")
            if volume > CEILINGS["max_lots"]:  # type: ignore[operator]
                self.found.add("lots")
            if not thing["sl"]:
                self.found.add("no stop")
                continue
            side = 0 if thing["type"] in (0, 2, 4) else 1
            lost = -await self.world.terminal(
                "order_calc_profit", side, thing["symbol"], volume, thing["price_open"], thing["sl"]
            )
            signal = signal_of.get(name, name)
            at_risk[signal] = at_risk.get(signal, 0.0) + max(0.0, lost)
        self.found |= {f"risk of {signal}" for signal, lost in at_risk.items() if lost > limit}


@contextlib.asynccontextmanager
async def trial(
    folder: Path, ceilings: dict[str, Any], greed: dict[str, Any] = GREED
) -> AsyncIterator[Trial]:
    channels = [{**CHANNEL, "strategy": None}]
    async with hostile_server(greed, channels) as server:
        world = World(
            folder,
            config={"server_url": server.url, "strategy": {"risk_percentage": 1}, "ceilings": ceilings},
            prices=prices(folder / "prices"),
        )
        AuthTokenManager(world.folder / "state").store_auth_token(TOKEN)
        world.start_sim()
        await world.terminal("account_info")
        world.start_app()
        try:
            await world.until(lambda: server.connected and server.pulls > 0, 60)
            yield Trial(world, server)
        finally:
            await asyncio.to_thread(world.stop)


async def all_that_it_can_think_of(t: Trial) -> None:
    """Signals of the channel under a greedy strategy, and every command that might do harm."""
    await t.post("EURUSD BUY NOW\nSL 1.0950\nTP1 1.1100\nTP2 1.1200")
    await t.post("EURUSD SELL NOW\nTP 1.0900")
    await t.post("XAUUSD BUY NOW\nSL 1990\nTP 2020")
    await t.post("buy now sl 1990 tp 2020")
    await t.post("EURUSD BUY LIMIT 1.0980\nSL 1.0900\nTP 1.1100")
    for position in await t.world.positions():
        name = str(position["identifier"])
        for stop in (None, 0.5, 0, -1, "NaN", 1.05, 1e308):
            await t.command("modify", identifier=name, stopLoss=stop)
        parts: tuple[Any, ...] = (-1, "NaN", 1e12, 0, None, {})
        for volume in parts:
            await t.command("partial_close", identifier=name, volume=volume)
    for order in await t.world.terminal("orders_get") or []:
        for stop in (None, 0.5):
            await t.command("modify", identifier=str(order["ticket"]), stopLoss=stop)
    hands = [
        {"chatId": "hand", "messageId": 900, "text": "XAUUSD BUY NOW\nSL 1990\nTP 2020"},
        {"chatId": "hand", "messageId": 901, "text": "EURUSD BUY NOW\nTP 1.1500"},
        {"chatId": "hand", "messageId": 902, "text": "EURUSD SELL NOW\nSL 1.1200\nTP 1.0800"},
    ]
    for args in hands:
        result = await t.command("signal", **args)
        assert result["success"], result
        await t.settled(args["messageId"])  # type: ignore[arg-type]
    moved = {"chatId": "hand", "messageId": 903, "text": "EURUSD move SL to 1.2500"}
    await t.command("signal", **moved)
    await t.command("signal", chatId="-1001", messageId=3, part=1, again=True)
    await t.command("signal", chatId="-1001", messageId="DROP TABLE", part=-5, again=True)
    await nonsense(t)
    for _ in range(30):
        t.server.version += 1
        await t.server.command("strategy_changed")
    await t.post("EURUSD BUY NOW\nSL 1.0960\nTP 1.1300")


async def nonsense(t: Trial) -> None:
    """What no protocol knows; the app must go on."""
    await t.server.command("withdraw_all_money", amount=1e9)
    await t.server.command("ceilings", max_risk_percentage=100)
    await t.server.raw("{" * 1000)
    await t.server.raw(json.dumps({"type": "command", "data": {"id": "x" * 500}}))
    await t.server.command("close", name="twice", identifier="x" * 10_000)
    await t.server.command("modify", name="twice", identifier="1", stopLoss=None)
    await t.server.command("modify", seq=-7, identifier="1", stopLoss=None)


async def test_no_ceiling_is_exceeded_whatever_the_server_says(tmp_path: Path) -> None:
    async with trial(tmp_path, CEILINGS) as t:
        await all_that_it_can_think_of(t)
        assert t.found == set()
        assert any(p["symbol"] == "EURUSD" for p in await t.world.positions()), "what is allowed is traded"
        entries = [d for d in await t.world.deals() if d["entry"] == 0 and d["symbol"]]
        assert {d["symbol"] for d in entries} == {"EURUSD"}
        assert max(d["volume"] for d in entries) <= 1.5
        refused = {e["data"]["reason"] for e in t.server.events if e["kind"] == "decision"}
        assert {"ceiling_symbol", "missing_stop"} <= refused
        assert t.world.app is not None
        assert t.world.app.poll() is None


async def test_a_stop_that_was_latched_here_is_not_ended_there(tmp_path: Path) -> None:
    async with trial(tmp_path, CEILINGS) as t:
        done = await asyncio.to_thread(t.world.command, "stop", "--mode", "stop-entries", "--json")
        latch = json.loads(done.stdout)["latchId"]
        for args in ({"endStop": latch}, {}, {"endStop": "anything"}, {"chatId": "-1001"}):
            assert not (await t.command("resume", **args))["success"], args
        await t.post("EURUSD BUY NOW\nSL 1.0950\nTP 1.1100")
        assert await t.world.positions() == []
        resumed = await asyncio.to_thread(t.world.command, "resume")
        assert resumed.returncode == 0, resumed.stderr
        await t.post("EURUSD BUY NOW\nSL 1.0940\nTP 1.1110")
        assert await t.world.positions(), "it is ended here"


async def test_absurd_strategies_leave_the_last_good_one_in_force(tmp_path: Path) -> None:
    absurd: list[Any] = [
        {**GREED, "riskPercentage": 1e300},
        {**GREED, "riskPercentage": -50},
        {**GREED, "riskPercentage": "50"},
        {**GREED, "maxLotsForFree": 7},
        {**GREED, "filters": {"halted": False}},
        {"riskPercentage": None},
        {"name": "x" * 100_000},
    ]
    async with trial(tmp_path, CEILINGS) as t:
        for config in absurd:
            t.server.config, t.server.version = config, t.server.version + 1
            pulls = t.server.pulls
            await t.command("strategy_changed")
            await t.world.until(lambda before=pulls: t.server.pulls > before, 30)
        alerts = [e["data"]["code"] for e in t.server.events if e["kind"] == "alert"]
        await t.world.until(
            lambda: any(
                e["kind"] == "alert" and e["data"]["code"] == "strategy_refused" for e in t.server.events
            )
        )
        assert alerts.count("part_failed") == 0
        await t.post("EURUSD BUY NOW\nSL 1.0950\nTP 1.1100")
        decision = next(e["data"] for e in t.server.events if e["kind"] == "decision")
        assert decision["strategyVersion"] == "1.1"
        assert t.found == set()


async def test_the_judge_sees_what_happens_without_ceilings(tmp_path: Path) -> None:
    # A thousand lots would be refused by the terminal itself, for want of margin.
    async with trial(tmp_path, WIDE_OPEN, {**GREED, "allowMissingStopFixedLots": 1}) as t:
        await t.post("EURUSD SELL NOW\nTP 1.0900")
        await t.post("XAUUSD BUY NOW\nSL 1990\nTP 2020")
        await t.post("EURUSD BUY NOW\nSL 1.0950\nTP 1.1100")
        kinds = {found.split()[0] for found in t.found}
        assert {"symbol", "risk", "lots"} <= kinds, t.found
        assert "no stop" in t.found
