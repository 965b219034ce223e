"""An opening is decided after one look at the terminal, where the broker can look at both."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import pytest

from signalos.brokers.base import Snapshot
from signalos.desktop.journal.store import FILE_NAME
from signalos.domain.errors import Refused
from signalos.domain.market import Tick
from signalos.domain.order import OrderRequest
from signalos.domain.signal import Open, Side
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.rig import START, Rig

D = Decimal


@dataclass
class Together(FakeBroker):
    """Reads both at once, and counts the quotes that are asked for alone."""

    alone: list[str] = field(default_factory=list)
    both: list[str] = field(default_factory=list)
    expected: list[str | None] = field(default_factory=list)

    ready: list[tuple[OrderRequest, str, int]] = field(default_factory=list)
    on_disk: Callable[[], int] = lambda: 0
    on_disk_then: list[int] = field(default_factory=list)

    def get_ready(self, request: OrderRequest, *, tag: str, magic: int) -> None:
        self.ready.append((request, tag, magic))
        self.on_disk_then.append(self.on_disk())

    def look_ahead(self, canonical: str | None = None) -> None:
        self.expected.append(canonical)

    async def tick(self, canonical: str) -> Tick:
        self.alone.append(canonical)
        return await super().tick(canonical)

    async def snapshot_with(self, canonical: str) -> tuple[Snapshot, Tick]:
        if canonical != "EURUSD":
            raise Refused(0, f"{canonical} is unknown here")
        self.both.append(canonical)
        return await self.snapshot(), await super().tick(canonical)


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    clock = VirtualClock(START)
    made = Rig(tmp_path, clock=clock, broker=Together(clock))
    await made.start()
    yield made
    await made.crash()


def _open(symbol: str) -> Open:
    return Open(symbol=symbol, side=Side.BUY, stop_loss=D("1.09"), take_profits=(D("1.12"),))


async def test_an_opening_asks_once(rig: Rig) -> None:
    assert isinstance(rig.broker, Together)
    rig.say(1, "buy", _open("EURUSD"))
    await rig.run(0.5)
    assert [line["state"] for line in rig.lines()] == ["executed"]
    assert (rig.broker.both, rig.broker.alone) == (["EURUSD"], [])
    assert rig.broker.expected == [None, "EURUSD"]  # while the message was read, and journalled


async def test_a_symbol_that_the_broker_lacks_is_refused_as_ever(rig: Rig) -> None:
    rig.say(1, "buy", _open("XAUUSD"))
    await rig.run(0.5)
    assert [line["reason"] for line in rig.lines()] == ["unknown_symbol"]


async def test_an_order_is_got_ready_while_it_is_journalled(rig: Rig) -> None:
    assert isinstance(rig.broker, Together)
    other = sqlite3.connect(rig.home / FILE_NAME)  # sees what is committed only
    rig.broker.on_disk = lambda: int(other.execute("SELECT COUNT(*) FROM intent").fetchone()[0])
    rig.say(1, "buy", _open("EURUSD"))
    await rig.run(0.5)
    (intent,) = rig.journal.intents.everything()
    assert rig.broker.ready == [(intent.request, intent.tag, intent.magic)]
    assert (rig.broker.on_disk_then, rig.broker.on_disk()) == ([0], 1)
    assert rig.broker.sends == [intent.request]
    other.close()
