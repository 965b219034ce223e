"""One account with many open trades, faults and kills around it, and a stop in the middle of all that."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import msgspec

from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import UNFINISHED, Intent
from signalos.desktop.journal.store import FILE_NAME
from signalos.desktop.standalone import resume_all, status_of
from signalos.domain.order import OpenLeg
from signalos.kit.ids import SystemIds
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import CLOCK, World, signalos

SYMBOLS = ("EURUSD", "GBPUSD", "XAUUSD")
POSITIONS, PENDINGS = 20, 4
TROUBLES = ("nothing", "app", "worker", "terminal", "connection", "app before")
"""What happens to a process around the latch: a kill, or a terminal that loses its broker for a while."""

_SENDING: tuple[tuple[int, dict[str, Any]], ...] = (
    (3, {"effect": "drop_answer"}),
    (2, {"effect": "drop_answer", "execute": False}),
    (2, {"effect": "no_result", "code": -10002}),
    (1, {"effect": "no_result", "code": -10001, "execute": False}),
    (3, {"effect": "retcode", "retcode": 10004}),  # requote
    (2, {"effect": "retcode", "retcode": 10006}),  # rejected
    (8, {"effect": "delay"}),
)
"""How many of the next orders meet what. Delays stay below the time in which an order is looked for."""
_AHEAD = 50
_LONGEST_DELAY = 0.4


@dataclass
class Stop:
    """What one stop was like. ``seconds`` from the latch to the proof, ``with_start`` for the command."""

    trouble: str
    open_before: int = 0
    waiting_before: int = 0
    seconds: float = 0.0
    with_start: float = 0.0
    code: int = -1
    flat: bool = False
    positions: int = 0
    orders: int = 0
    in_flight: int = 0
    lost_answers: int = 0
    sent_after_latch: int = 0
    entries_after_flat: int = 0
    refused: int = 0
    doubled: list[str] = field(default_factory=list)
    traded_later: list[int] = field(default_factory=list)
    latch_id: str = ""


class Bench:
    """A world that trades, is stopped, and trades again; ``chance`` decides all that the clock does not."""

    def __init__(self, folder: Path, chance: random.Random, app_program: str = "signalos.cli") -> None:
        self.world = World(
            folder,
            config={"strategy": QUIET},
            prices=quiet_prices(folder / "prices", SYMBOLS),
            app_program=app_program,
        )
        self._chance = chance
        self._posted = 0
        self._while_stopped: dict[int, Stop] = {}

    async def start(self) -> None:
        """Bring terminal and app up."""
        self.world.start_sim()
        await self.world.terminal("account_info")
        self.world.start_app()
        await self.world.until(lambda: (self.world.home / FILE_NAME).exists(), 30)

    async def end(self) -> None:
        """Decide all that was posted, so that the last stop is judged like the others; end the processes."""
        await asyncio.to_thread(self.world.stop)

    # -- a stop ----------------------------------------------------------------------------------

    async def stop(self, trouble: str) -> Stop:
        """Open a book, stop under faults, look, resume."""
        found = Stop(trouble)
        await self.fill()
        self.judge_later()
        begun = CLOCK.now()
        for fault in self._storm():
            await self.world.terminal("simulator_fault", **fault)
        posting = asyncio.create_task(self._keep_posting())
        try:
            await CLOCK.sleep(self._chance.uniform(0.1, 0.5))
            found.open_before = len(await self._read("positions_get"))
            found.waiting_before = len(await self._read("orders_get"))
            latched = await self._command(found)
            await self.world.until(lambda: self._decided_since(latched), 30)
        finally:
            posting.cancel()
        await self._ask(found)
        self._look(found, latched, begun)
        with self._journal() as journal:
            resume_all(journal)
        return found

    async def fill(self) -> None:
        """Post signals until the book is as large as it is to be; returns with the app at rest."""
        await self._ready()
        batch = ["buy"] * 6 + ["sell"] * 9 + ["limit"] * PENDINGS
        end = CLOCK.monotonic() + 60
        while True:
            self._chance.shuffle(batch)
            for kind in batch:
                self._post(kind)
            await self.world.until(self._at_rest, 30)
            missing = POSITIONS - len(await self._read("positions_get"))
            waiting = PENDINGS - len(await self._read("orders_get"))
            if missing <= 0 and waiting <= 0:
                return
            assert CLOCK.monotonic() < end, f"{missing} positions and {waiting} orders do not come"
            batch = ["sell"] * missing + ["limit"] * waiting

    async def _command(self, found: Stop) -> datetime:
        """Stop from the command line, with the trouble around it; answers when it was latched."""
        if found.trouble == "app before":
            self.world.kill("app")
        began = CLOCK.monotonic()
        command = await asyncio.create_subprocess_exec(
            *signalos("desktop", "stop", "--home", str(self.world.home), "--json", "--wait", "60"),
            stdout=asyncio.subprocess.PIPE,
        )
        await self._trouble(found.trouble)
        output, _ = await command.communicate()
        found.with_start = CLOCK.monotonic() - began
        answer = json.loads(output)
        found.code, found.flat, found.latch_id = command.returncode or 0, answer["flat"], answer["latchId"]
        if self.world.app is not None and self.world.app.poll() is not None:
            # Killed; or the stop command held the folder when it was started again, and it refused.
            self.world.start_app()
        return datetime.fromisoformat(answer["latchedAt"])

    async def _trouble(self, trouble: str) -> None:
        if trouble in ("nothing", "app before"):
            return
        await CLOCK.sleep(self._chance.uniform(0.2, 0.9))
        if trouble == "connection":
            await self.world.terminal("simulator_switch", connected=False)
            await CLOCK.sleep(self._chance.uniform(0.1, 0.8))
            await self.world.terminal("simulator_switch", connected=True)
            return
        self.world.kill("sim" if trouble == "terminal" else trouble)
        await CLOCK.sleep(self._chance.uniform(0.0, 0.3))
        if trouble == "terminal":
            self.world.start_sim()
        elif trouble == "app":
            self.world.start_app()

    def _storm(self) -> list[dict[str, Any]]:
        """Faults for the orders and readings to come."""
        numbers = self._chance.sample(range(1, _AHEAD), sum(count for count, _ in _SENDING))
        storm = []
        for count, fault in _SENDING:
            nth, numbers = numbers[:count], numbers[count:]
            more = (
                {"seconds": self._chance.uniform(0.1, _LONGEST_DELAY)} if fault["effect"] == "delay" else {}
            )
            storm.append({"fn": "order_send", "nth": nth, **fault, **more})
        reading = [(fn, "no_result") for fn in ("positions_get", "orders_get", "history_deals_get")]
        return storm + [
            {"fn": fn, "nth": self._chance.randint(1, 40), "effect": effect}
            for fn, effect in (*reading, ("positions_get", "drop_answer"))
        ]

    # -- posting ---------------------------------------------------------------------------------

    def _post(self, kind: str) -> None:
        self._posted += 1
        symbol = self._chance.choice(SYMBOLS)
        self.world.post(self._posted, signal_text(kind, self._posted, symbol))

    async def _keep_posting(self) -> None:
        while True:
            self._post(self._chance.choice(["buy", "buy", "limit", "sell"]))
            await CLOCK.sleep(self._chance.uniform(0.02, 0.15))

    # -- looking ---------------------------------------------------------------------------------

    def _look(self, found: Stop, latched: datetime, begun: datetime) -> None:
        """Read the journal: what was on its way, what was sent all the same, when it was proven."""
        with self._journal() as journal:
            for intent in journal.intents.everything():
                if not isinstance(intent.request, OpenLeg) or intent.sent_at is None:
                    continue
                found.in_flight += under_way(intent, latched)
                found.sent_after_latch += intent.sent_at > latched and intent.state in (
                    "executed",
                    "pending",
                )
            for event in journal.outbox.newest(("latch", "alert"), 1000):
                data = msgspec.json.decode(event.data)
                if event.kind == "alert":
                    found.lost_answers += data["code"] == "outcome_unknown" and event.at > begun
                elif data["latchId"] == found.latch_id and data["state"] == "flat":
                    found.seconds = (event.at - latched).total_seconds()
            found.refused = sum(i.reason == "stopped" for i in self._decided_since(latched))
            for message_id in range(1, self._posted + 1):
                if self._arrived_after(journal, message_id, latched):
                    self._while_stopped[message_id] = found

    async def _ask(self, found: Stop) -> None:
        """Ask the terminal itself, at once and once more: nothing may be there, and nothing may come."""
        found.positions, found.orders = (
            len(await self._read("positions_get")),
            len(await self._read("orders_get")),
        )
        entries = await self._entries()
        await CLOCK.sleep(_LONGEST_DELAY)  # what was on its way to the terminal has arrived by then
        found.positions = max(found.positions, len(await self._read("positions_get")))
        later = await self._entries()
        found.entries_after_flat = len(later) - len(entries)
        found.doubled = [tag for tag, count in Counter(later).items() if count > 1]

    def judge_later(self) -> None:
        """Look what became of the signals that came while trading was stopped: none may be traded."""
        with self._journal() as journal:
            for message_id, stop in self._while_stopped.items():
                legs = journal.legs.of_message("sim", "-1001", message_id)
                if legs:
                    stop.traded_later.append(message_id)
        self._while_stopped = {}

    async def _ready(self) -> None:
        def ready() -> bool:
            with self._journal() as journal:
                return bool(status_of(journal, self.world.home)["ready"])

        await self.world.until(ready, 60)

    def _at_rest(self) -> bool:
        """True once every signal is decided and its orders have an end."""
        with self._journal() as journal:
            last = journal.intents.of_action("sim", "-1001", self._posted, 1, 1)
            return bool(last) and not journal.intents.unfinished("sim")

    def _arrived_after(self, journal: Journal, message_id: int, moment: datetime) -> bool:
        try:
            return journal.messages.arrived_at("-1001", message_id, 1) > moment
        except KeyError:
            return False  # not read from the file yet: it comes after the resume

    def _decided_since(self, latched: datetime) -> list[Intent]:
        """What came of the signals that arrived after the latch, as far as it has an end."""
        with self._journal() as journal:
            intents: list[Intent] = []
            for number in range(self._posted, 0, -1):
                versions = journal.messages.versions("-1001", number)
                if versions and versions[0].message.posted_at <= latched:
                    break
                intents += journal.intents.of_action("sim", "-1001", number, 1, 1)
            return [i for i in intents if i.state not in UNFINISHED]

    async def _entries(self) -> list[str]:
        deals = await self._read("history_deals_get", 0, 4_000_000_000)
        return [d["comment"] for d in deals if d["entry"] == 0 and d["type"] in (0, 1)]

    async def _read(self, fn: str, *args: int) -> list[dict[str, Any]]:
        """Ask the terminal. None is a fault that struck this very call, and never "nothing there"."""
        while (found := await self.world.terminal(fn, *args)) is None:
            pass
        return list(found)

    @contextmanager
    def _journal(self) -> Iterator[Journal]:
        with closing(Journal(self.world.home, clock=CLOCK, market=CLOCK, ids=SystemIds())) as journal:
            yield journal


def under_way(intent: Intent, at: datetime) -> bool:
    """True for an entry that had left for the terminal at that moment and had no known end yet."""
    if intent.sent_at is None or intent.sent_at > at:
        return False
    if intent.state == "refused" and intent.reason == "stopped":
        return True  # its answer was lost; proven absent, it was not sent again
    return intent.done_at is None or intent.done_at > at
