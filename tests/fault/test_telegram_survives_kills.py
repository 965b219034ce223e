"""A real app that reads Telegram, killed and without a network in between: each message counts once."""

from __future__ import annotations

import sqlite3
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from signalos.desktop.journal.store import FILE_NAME
from signalos.kit.clock import VirtualClock
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.telegram.double import TelegramDouble
from tests.support.telegram.rig import ENVIRON, TelegramRig
from tests.support.world import World

pytestmark = [pytest.mark.fault, pytest.mark.alone]


def journalled(home: Path) -> list[tuple[int, int, str, bool]]:
    """(message, version, text, deleted) of everything in the journal."""
    with closing(sqlite3.connect(home / FILE_NAME)) as db:
        rows = db.execute("SELECT message_id, version, text, deleted FROM message ORDER BY row").fetchall()
    return [(number, version, text, bool(deleted)) for number, version, text, deleted in rows]


async def test_messages_of_a_downtime_are_traded_once_and_in_order(tmp_path: Path) -> None:
    double = TelegramDouble()
    gold = double.chat(100, "Gold")
    double.says(gold, "from before the app")
    async with double.running():
        source = {"type": "telegram", "chats": ["Gold"], "server": f"127.0.0.1:{double.port}"}
        world = World(
            tmp_path,
            config={
                "strategy": QUIET,
                "sources": [source | {"server_key": double.keys.pem, "reread_seconds": 5}],
            },
            prices=quiet_prices(tmp_path / "prices"),
            environ=ENVIRON,
        )
        rig = TelegramRig(world.home, double, VirtualClock(datetime.now(UTC)))
        await rig.sign_in()
        world.start_sim()
        await world.terminal("account_info")
        world.start_app()

        def say(text: str) -> int:
            double.clock = datetime.now(UTC)
            return double.says(gold, text)

        def executed(number: int) -> bool:
            return any(x["messageId"] == number and x["state"] == "executed" for x in world.journal())

        try:
            await world.until(lambda: double.asked["GetHistory"], 60)
            live = say(signal_text("buy", 1))
            await world.until(lambda: executed(live))

            assert world.kill("app")
            await world.until(lambda: not double.links)
            talk = say("good morning everybody")
            double.edits(gold, talk, "good morning all")
            missed = say(signal_text("buy", 2))
            double.deletes(gold, talk)
            world.start_app()
            await world.until(lambda: executed(missed), 60)

            # No network for a while, and a kill in the middle of it.
            double.lose_pushes = True
            double.drop()
            lost = say(signal_text("buy", 3))
            assert world.kill("app")
            double.edits(gold, live, "results so far: +30 pips")
            world.start_app()
            await world.until(lambda: executed(lost), 60)
            await world.until(
                lambda: (live, 2, "results so far: +30 pips", False) in journalled(world.home)
            )
            deals = await world.deals()
        finally:
            world.stop()
    versions = [row[:2] for row in journalled(world.home)]
    assert sorted(versions) == [(live, 1), (live, 2), (missed, 1), (lost, 1)]
    assert [number for number, version in versions if version == 1] == [live, missed, lost]
    entries = Counter(deal["comment"] for deal in deals if deal["symbol"] and deal["entry"] == 0)
    assert set(entries.values()) == {1}
    assert len(entries) == 6  # three signals of two targets
