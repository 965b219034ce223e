"""How long a start takes with thousands of intents left open, from the process's start to settled.

``python benchmarks/recovery.py [--intents 10000]``. The app is a process of its own, with a real journal,
a worker and the simulated terminal. A quarter of the intents each is planned (its time has run out), was
being sent, has an unknown outcome, or was executed and has a living leg. The terminal knows half of those
that may have been sent; of what it knows, every fifth is still open and the rest was closed meanwhile.

Settled is: nothing planned, being sent or unknown is left, and no leg is alive that has no position. The
same start with an empty journal is measured too: the difference is what recovery costs. The window for
which an unknown order is looked for (``grace_seconds``) is set to its least: it is waited out by design.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.legs import Leg, Trade
from signalos.domain.order import LegKey, OpenLeg, Outcome, OutcomeKind
from signalos.domain.signal import Open, Reading, Side
from signalos.kit.ids import SystemIds
from signalos.kit.wire import LineTransport, connect_tcp
from signalos.sources.base import Post
from tests.support.quiet import QUIET, quiet_prices
from tests.support.world import CLOCK, World

CHAT, TERMINAL, MAGIC = "-1001", "sim", 234000
GRACE = 0.1
STATES = ("planned", "sending", "unknown", "executed")
STILL_OPEN = 5
"""One in so many of the trades that the terminal knows is still open."""
REQUEST = OpenLeg(
    symbol="EURUSD",
    side=Side.BUY,
    volume=Decimal("0.01"),
    stop_loss=Decimal("1.09"),
    take_profit=Decimal("1.12"),
)


def fill(home: Path, account: str, count: int) -> list[tuple[Intent, bool, bool]]:
    """Write the journal; answers the intents that the terminal must know, with (living leg, still open)."""
    journal = Journal(home, clock=CLOCK, market=CLOCK, ids=SystemIds())
    action = Open(
        symbol="EURUSD", side=Side.BUY, stop_loss=REQUEST.stop_loss, take_profits=(Decimal("1.12"),)
    )
    known: list[tuple[Intent, bool, bool]] = []
    row = 0
    with journal.transaction():
        journal.set_meta(f"account {TERMINAL}", account)
        for number in range(1, count + 1):
            state = STATES[number % 4]
            journal.messages.add(_post(number), str(number))
            stored = journal.messages.unread()
            if stored is None:
                raise RuntimeError("the message was not journalled")
            row = stored.row
            journal.messages.set_reading(stored, Reading(actions=(action,)))
            intent = journal.intents.plan(
                LegKey(TERMINAL, CHAT, number, 1, 1, 1),
                "open",
                REQUEST,
                account=account,
                magic=MAGIC,
                risk=Decimal(10),
                fresh_until=CLOCK.now() - timedelta(minutes=1),
            )
            if state != "planned":
                journal.intents.sending(intent)
            if state == "unknown":
                journal.intents.mark(intent, "unknown", "answer_lost", "no answer")
            if state == "executed" or (state != "planned" and number % 8 < 4):
                known.append((intent, state == "executed", len(known) % STILL_OPEN == 0))
        journal.messages.finish(TERMINAL, row)
    journal.close()
    return known


def _post(number: int) -> Post:
    return Post(
        source="channel",
        chat_id=CHAT,
        chat_name="bench",
        message_id=number,
        text=f"EURUSD BUY NOW SL 1.09 TP 1.12 ({number})",
        posted_at=datetime.now(UTC) - timedelta(minutes=2),
    )


async def trade(world: World, known: list[tuple[Intent, bool, bool]]) -> None:
    """Carry out at the terminal what it must know, and journal the legs that were known to live."""
    wire = await connect_tcp("127.0.0.1", world.port)
    journal = Journal(world.home, clock=CLOCK, market=CLOCK, ids=SystemIds())
    legs: list[Leg] = []
    try:
        for intent, has_leg, stays in known:
            done = await _send(wire, type=0, comment=intent.tag, sl=1.09, tp=1.12)
            if not stays:
                await _send(wire, type=1, position=done["order"])
            if has_leg:
                legs.append(_leg(intent, str(done["order"])))
        with journal.transaction():
            for leg in legs:
                intent = journal.intents.get(leg.key)
                outcome = Outcome(kind=OutcomeKind.DONE, identifier=leg.identifier, volume=REQUEST.volume)
                journal.intents.settle(intent, "executed", outcome)
                journal.legs.put(leg)
    finally:
        journal.close()
        await wire.close()


async def _send(wire: LineTransport, **changes: Any) -> dict[str, Any]:
    request = {
        "action": 1,
        "symbol": "EURUSD",
        "volume": 0.01,
        "magic": MAGIC,
        "type_filling": 1,
        **changes,
    }
    answer = await wire.call("order_send", [request], deadline=30)
    done: dict[str, Any] = answer.ok or {}
    if done.get("retcode") != 10009:
        raise RuntimeError(f"the terminal did not trade: {answer}")
    return done


def _leg(intent: Intent, identifier: str) -> Leg:
    trade = Trade(
        volume=REQUEST.volume,
        entry_price=Decimal("1.1001"),
        stop_loss=REQUEST.stop_loss,
        take_profit=REQUEST.take_profit,
        ticket=identifier,
        opened_at=CLOCK.now(),
    )
    return Leg(intent.key, intent.tag, "open", "EURUSD", Side.BUY, REQUEST.take_profit, identifier, trade)


async def start(world: World, settled: Callable[[sqlite3.Connection], bool]) -> tuple[float, float]:
    """Start the app; seconds until its terminal is connected, and until ``settled``."""
    begin = time.perf_counter()
    world.start_app()
    connected = 0.0
    db = sqlite3.connect(f"file:{world.home / 'journal.sqlite3'}?mode=ro", uri=True)
    try:
        while time.perf_counter() - begin < 600:
            await CLOCK.sleep(0.02)
            if not connected:
                row = db.execute("SELECT value FROM meta WHERE key='state'").fetchone()
                state = json.loads(row[0]) if row else {}
                if state.get("terminals", {}).get(TERMINAL, {}).get("connected"):
                    connected = time.perf_counter() - begin
            elif settled(db):
                return connected, time.perf_counter() - begin
        raise RuntimeError(f"not settled:\n{world.log()}")
    finally:
        db.close()


def _settled(positions: int) -> Callable[[sqlite3.Connection], bool]:
    def look(db: sqlite3.Connection) -> bool:
        open_ones = db.execute(
            "SELECT 1 FROM intent WHERE state IN ('planned','sending','unknown') LIMIT 1"
        ).fetchone()
        if open_ones is not None:
            return False
        (alive,) = db.execute("SELECT COUNT(*) FROM leg WHERE state IN ('pending','open')").fetchone()
        return bool(alive == positions)

    return look


async def measure(folder: Path, count: int) -> tuple[float, float, float, dict[str, int]]:
    """Seconds: to connected with an empty journal; to connected, to settled with ``count`` intents."""
    terminal = {"id": TERMINAL, "type": "simulated", "grace_seconds": GRACE}
    strategy = {"strategy": QUIET, "mt5_settings": {"magic_number": MAGIC}}
    prices = quiet_prices(folder / "prices")
    world = World(folder / "world", prices=prices, balance=10_000_000, config=strategy)
    config = json.loads(world.config_file.read_text())
    config["terminals"] = [{**terminal, "address": f"127.0.0.1:{world.port}"}]
    world.config_file.write_text(json.dumps(config))
    world.start_sim()
    try:
        account = await world.terminal("account_info")
        Journal(world.home, clock=CLOCK, market=CLOCK, ids=SystemIds()).close()
        empty, _ = await start(world, _settled(0))
        world.kill("app")
        for name in ("journal.sqlite3", "journal.sqlite3-wal", "journal.sqlite3-shm"):
            (world.home / name).unlink(missing_ok=True)
        known = fill(world.home, f"{account['login']}@{account['server']}", count)
        await trade(world, known)
        positions = len(await world.positions())
        connected, settled = await start(world, _settled(positions))
        return empty, connected, settled, _states(world.home)
    finally:
        world.stop()


def _states(home: Path) -> dict[str, int]:
    with sqlite3.connect(home / "journal.sqlite3") as db:
        found = dict(db.execute("SELECT state, COUNT(*) FROM intent GROUP BY state").fetchall())
        legs = db.execute("SELECT 'leg ' || state, COUNT(*) FROM leg GROUP BY state").fetchall()
    return {**found, **dict(legs)}


def main() -> int:
    """Print what was measured; exit 1 where recovery took longer than the limit."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--intents", type=int, default=10_000, help="a multiple of forty")
    options.add_argument("--limit", type=float, default=2.0, help="most seconds that recovery may add")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="signalos-bench-") as name:
        empty, connected, settled, states = asyncio.run(measure(Path(name), given.intents))
    print(f"start with an empty journal, to connected   {empty:8.2f} s")
    print(f"start with {given.intents} open intents, to connected {connected:8.2f} s")
    print(f"start with {given.intents} open intents, to settled   {settled:8.2f} s")
    print(f"recovery: settled, less the empty start     {settled - empty:8.2f} s")
    print("came of it:", ", ".join(f"{name} {count}" for name, count in sorted(states.items())))
    return 1 if settled - empty > given.limit else 0


if __name__ == "__main__":
    sys.exit(main())
