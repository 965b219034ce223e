"""The emergency stop under a broker that refuses, vanishes and closes by itself."""

from __future__ import annotations

from collections.abc import AsyncIterator
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.desktop.journal.latches import Latch
from signalos.domain.order import ClosePosition, OrderRequest
from signalos.domain.signal import Open, Side
from signalos.domain.strategy import Filters, Strategy
from tests.support.rig import Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"), D("1.11")))


@pytest.fixture
async def rig(tmp_path: Path) -> AsyncIterator[Rig]:
    made = Rig(tmp_path, strategy=Strategy(filters=Filters(skip_conflicts=False)))
    await made.start()
    made.say(1, "buy", BUY)
    await made.run(1)
    yield made
    await made.crash()


def latch(rig: Rig, mode: str = "close-all") -> str:
    latch_id = rig.journal.latches.set(["t1"], mode, local=True)
    rig.terminal.stopper.wake()
    return latch_id


def seen(rig: Rig, latch_id: str) -> Latch:
    found = rig.journal.latches.get("t1", latch_id)
    assert found is not None
    return found


async def test_a_broker_that_refuses_is_asked_again_without_a_storm(rig: Rig) -> None:
    rig.broker.faults = lambda request: "refused"
    latch_id = latch(rig)
    await rig.run(30)
    tries = [x for x in rig.lines() if str(x["origin"]).startswith("latch:")]
    assert 10 < len(tries) < 100
    assert sum(b"order_refused" in e for e in rig.events("alert")) == 2
    assert {x["reason"] for x in seen(rig, latch_id).left} == {"autotrading_disabled"}
    rig.broker.faults = lambda request: ""
    await rig.run(3)
    assert (seen(rig, latch_id).flat, seen(rig, latch_id).closed, seen(rig, latch_id).total) == (True, 2, 2)


async def test_what_the_market_closes_by_itself_counts_and_leaves_nothing_waiting(rig: Rig) -> None:
    rig.broker.faults = lambda request: "closed"
    latch_id = latch(rig)
    await rig.run(1)
    for identifier in list(rig.broker.book):
        rig.broker.hit(identifier, D("1.095"), "stop_loss")
    await rig.run(2)
    assert (seen(rig, latch_id).flat, seen(rig, latch_id).closed, seen(rig, latch_id).total) == (True, 2, 2)
    assert not [x for x in rig.lines() if x["state"] in ("pending", "unknown")]


async def test_a_terminal_that_was_away_is_not_counted_as_something_to_close(rig: Rig) -> None:
    rig.broker.book.clear()
    rig.broker.up = False
    latch_id = latch(rig)
    await rig.run(2)
    assert not seen(rig, latch_id).flat
    rig.broker.up = True
    await rig.run(2)
    assert (seen(rig, latch_id).flat, seen(rig, latch_id).closed, seen(rig, latch_id).total) == (True, 0, 0)


async def test_a_resume_in_the_middle_ends_the_closing_at_once(rig: Rig) -> None:
    def resume(request: OrderRequest) -> str:
        rig.journal.latches.end("t1", latch_id)
        return ""

    rig.broker.faults = resume
    latch_id = latch(rig)
    await rig.run(2)
    closes = [x for x in rig.broker.sends if isinstance(x, ClosePosition)]
    assert len(closes) == 1
    assert len(rig.broker.book) == 1


async def test_another_account_after_a_restart_is_not_traded_on(rig: Rig) -> None:
    rig.broker.login = "2"
    await rig.restart()
    rig.say(
        2, "sell", Open(symbol="EURUSD", side=Side.SELL, stop_loss=D("1.11"), take_profits=(D("1.09"),))
    )
    await rig.run(3)
    assert len(rig.broker.entries()) == 2
    assert "1@Fake" in rig.terminal.watcher.trouble
    rig.broker.login = "1"
    await rig.run(3)
    assert len(rig.broker.entries()) > 2


async def test_an_entry_under_way_at_the_latch_is_closed_before_it_is_called_flat(rig: Rig) -> None:
    rig.broker.latency = 0.3
    rig.say(
        2, "sell", Open(symbol="EURUSD", side=Side.SELL, stop_loss=D("1.11"), take_profits=(D("1.09"),))
    )
    await rig.run(0.1)
    latch_id = latch(rig)
    await rig.run(10)
    assert seen(rig, latch_id).flat
    assert len(rig.broker.entries()) > 2
    assert not rig.broker.book
