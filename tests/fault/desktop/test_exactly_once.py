"""Lost answers, crashes and planted bugs: every leg once, or reported as not executed."""

from __future__ import annotations

import random
from collections import Counter
from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.desktop.executor import Executor
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.latches import Latches
from signalos.desktop.terminal import Terminal
from signalos.domain.order import ClosePosition, OpenLeg
from signalos.domain.signal import Close, Open, Reach, Scope, Side
from signalos.domain.strategy import Filters, Strategy
from tests.support.rig import Rig

LOOSE = Strategy(
    filters=Filters(
        max_daily_trades=None, max_open_trades=None, skip_duplicates=False, skip_conflicts=False
    )
)
FAULTS = ["", "", "", "lose_answer", "lose_request", "down"]


def signal(number: int) -> Open:
    side = Side.BUY if number % 2 else Side.SELL
    away = D("0.005") * side.sign
    return Open(
        symbol="EURUSD",
        side=side,
        stop_loss=D("1.10005") - away,
        take_profits=(D("1.10005") + 2 * away, D("1.10005") + 3 * away),
    )


async def storm(home: Path, seed: int, **parts: object) -> Rig:
    """Twenty signals, faults at random sends, crashes at random moments; settled at the end."""
    chance = random.Random(seed)
    rig = Rig(home, strategy=LOOSE, **parts)  # type: ignore[arg-type]
    rig.broker.faults = lambda request: chance.choice(FAULTS)
    await rig.start()
    for number in range(1, 21):
        rig.say(number, f"signal {number}", signal(number))
        await rig.run(chance.uniform(0.0, 0.4))
        if chance.random() < 0.3:
            await rig.restart()
    rig.broker.faults = lambda request: ""
    await rig.run(30)
    await rig.restart()
    await rig.run(10)
    return rig


def faults_of(rig: Rig) -> list[str]:
    """What is doubled, lost or unexplained."""
    entries = Counter(d.tag for d in rig.broker.entries())
    opened = {x["tag"]: x for x in rig.lines() if x["kind"] == "open"}
    found = [f"doubled {tag}" for tag, count in entries.items() if count > 1]
    found += [f"unexplained {tag}" for tag in entries if opened.get(tag, {}).get("state") != "executed"]
    found += [f"lost {tag}" for tag, x in opened.items() if x["state"] == "executed" and tag not in entries]
    found += [f"undecided {tag}" for tag, x in opened.items() if x["state"] in ("unknown", "pending")]
    return found


@pytest.mark.parametrize("seed", range(8))
async def test_every_leg_once_whatever_is_lost_or_crashes(tmp_path: Path, seed: int) -> None:
    rig = await storm(tmp_path, seed)
    assert faults_of(rig) == []
    assert len(rig.broker.entries()) == 40, "nothing aged out, so every leg must be there"
    await rig.crash()


@pytest.mark.parametrize("seed", range(4))
async def test_without_proof_of_absence_a_lost_order_is_reported_never_resent(
    tmp_path: Path, seed: int
) -> None:
    rig = await storm(tmp_path, seed, absence_proves=False)
    assert faults_of(rig) == []
    sends = Counter(id(x) for x in rig.broker.sends if isinstance(x, OpenLeg))
    assert max(sends.values()) == 1
    assert any(x["state"] == "not_executed" for x in rig.lines())
    await rig.crash()


class ResendsOnTimeout(Executor):
    """The planted bug: an unknown outcome is taken for a failure and sent again."""

    async def send_begun(self, intent: Intent) -> Intent:
        settled = await super().send_begun(intent)
        if settled.state == "unknown":
            self._journal.intents.mark(settled, "planned")
            again = self._journal.intents.get(settled.key)
            settled = await super().send_begun(again) if self.begin(again) else again
        return settled


class TerminalThatResends(Terminal):
    executor_class = ResendsOnTimeout


async def test_a_planted_resend_after_a_timeout_is_found(tmp_path: Path) -> None:
    found: list[str] = []
    for seed in range(3):
        rig = await storm(tmp_path / str(seed), seed, terminal=TerminalThatResends)
        found += faults_of(rig)
        await rig.crash()
    assert any(text.startswith("doubled") for text in found)


async def stop_in_the_storm(home: Path, seed: int, **parts: object) -> tuple[int, int, bool]:
    """Latch in the middle of signals; (entries when flat, entries later, flat)."""
    chance = random.Random(seed)
    rig = Rig(home, strategy=LOOSE, **parts)  # type: ignore[arg-type]
    rig.broker.faults = lambda request: chance.choice(FAULTS)
    await rig.start()
    for number in range(1, 9):
        rig.say(number, f"signal {number}", signal(number))
        await rig.run(chance.uniform(0.0, 0.3))
    latch_id = rig.journal.latches.set(["t1"], "close-all", local=True)
    rig.terminal.stopper.wake()
    for number in range(9, 13):
        rig.say(number, f"signal {number}", signal(number))
        await rig.run(chance.uniform(0.0, 0.3))
    if seed % 4 == 3:
        await rig.restart()
    rig.broker.faults = lambda request: ""
    await rig.run(20)
    latch = rig.journal.latches.get("t1", latch_id)
    assert latch is not None
    at_flat = len(rig.broker.entries())
    rig.say(50, "signal 51", signal(51))
    await rig.run(5)
    later = len(rig.broker.entries())
    flat = latch.flat and not rig.broker.book and not rig.broker.waiting
    rig.journal.latches.end("t1", latch_id)
    rig.say(60, "signal 61", signal(61))
    await rig.run(5)
    assert len(rig.broker.entries()) == later + 2, "after resume trading goes on"
    await rig.crash()
    return at_flat, later, flat


@pytest.mark.parametrize("seed", range(8))
async def test_stop_is_flat_and_stays_stopped_until_resume(tmp_path: Path, seed: int) -> None:
    at_flat, later, flat = await stop_in_the_storm(tmp_path, seed)
    assert flat
    assert later == at_flat


class ForgetfulLatches(Latches):
    """The planted bug: the latch is written, and nobody asks for it."""

    def halted(self, terminal_id: str, chat_id: str = "") -> str:
        return ""


async def test_a_planted_forgotten_latch_is_found(tmp_path: Path) -> None:
    results = [await stop_in_the_storm(tmp_path / str(n), n, latches=ForgetfulLatches) for n in (0, 1)]
    assert any(later > at_flat or not flat for at_flat, later, flat in results)


async def test_a_closed_market_is_waited_for_and_then_flat(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=LOOSE)
    await rig.start()
    rig.say(1, "signal 1", signal(1))
    await rig.run(1)
    rig.broker.faults = lambda request: "closed"
    latch_id = rig.journal.latches.set(["t1"], "close-all", local=True)
    rig.terminal.stopper.wake()
    await rig.run(2)
    latch = rig.journal.latches.get("t1", latch_id)
    assert latch is not None
    assert not latch.flat
    assert {x["reason"] for x in latch.left} == {"waiting_for_session"}
    rig.broker.faults = lambda request: ""
    await rig.run(2)
    latch = rig.journal.latches.get("t1", latch_id)
    assert latch is not None
    assert latch.flat
    assert (latch.closed, latch.total) == (2, 2)
    await rig.crash()


async def test_a_terminal_that_is_down_delays_and_loses_nothing(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=LOOSE)
    rig.broker.up = False
    await rig.start()
    rig.say(1, "signal 1", signal(1))
    await rig.run(20)
    assert rig.lines() == []
    rig.broker.up = True
    await rig.run(5)
    assert [x["state"] for x in rig.lines()] == ["executed", "executed"]
    await rig.crash()


async def test_a_whole_close_that_got_lost_is_sent_again_and_a_partial_one_is_not(tmp_path: Path) -> None:
    rig = Rig(tmp_path, strategy=LOOSE, absence_proves=False)
    await rig.start()
    rig.say(1, "signal 1", signal(1))
    await rig.run(1)
    before = {p.identifier: p.volume for p in rig.broker.book.values()}
    rig.broker.faults = lambda request: "lose_request" if isinstance(request, ClosePosition) else ""
    rig.say(2, "half", Close(scope=Scope(Reach.ONE, target=1), fraction=D("0.5")), reply_to=1)
    await rig.run(0.3)
    rig.broker.faults = lambda request: ""
    await rig.run(10)
    assert {p.identifier: p.volume for p in rig.broker.book.values()} == before
    rig.broker.faults = lambda request: "lose_request" if isinstance(request, ClosePosition) else ""
    rig.say(3, "close", Close(scope=Scope(Reach.ONE, target=1)), reply_to=1)
    await rig.run(0.3)
    rig.broker.faults = lambda request: ""
    await rig.run(10)
    assert not rig.broker.book
    await rig.crash()
