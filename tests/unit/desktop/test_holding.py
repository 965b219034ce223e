"""A close whose position cannot be looked at was certainly not sent, and stays what it was."""

from __future__ import annotations

from decimal import Decimal as D
from pathlib import Path

import pytest

from signalos.desktop.executor import Executor
from signalos.desktop.holding import HISTORY_LAGS, Holding
from signalos.desktop.journal.intents import Intent
from signalos.desktop.own_part import OwnParts
from signalos.domain.errors import TerminalError
from signalos.domain.market import Deal, Position
from signalos.domain.order import ClosePosition, LegKey, Outcome, OutcomeKind
from signalos.domain.signal import Open, Side
from signalos.kit.clock import VirtualClock
from tests.support.fake_broker import FakeBroker
from tests.support.rig import START, Rig

BUY = Open(symbol="EURUSD", side=Side.BUY, stop_loss=D("1.095"), take_profits=(D("1.106"),))
MAGIC = 7


@pytest.fixture
async def rig(tmp_path: Path) -> Rig:
    """An open trade whose app has gone, so that nobody else sends anything."""
    made = Rig(tmp_path)
    await made.start()
    made.say(1, "buy", BUY)
    await made.run(1)
    await made.crash()
    made._open()
    return made


def executor(rig: Rig) -> Executor:
    own = OwnParts("t1", rig.broker, rig.journal, lambda: MAGIC)
    holding = Holding(rig.broker, rig.journal, own, rig.clock)
    return Executor("t1", rig.broker, rig.journal, holding=holding, clock=rig.clock, market=rig.clock)


async def planned(rig: Rig) -> Intent:
    (identifier,), account = rig.broker.book, await rig.broker.account()
    return rig.journal.intents.plan(
        LegKey("t1", identifier, 0, 1, 1, 1, "command:c1"),
        "close",
        ClosePosition(identifier=identifier),
        account=account.identity,
        magic=MAGIC,
        identifier=identifier,
    )


async def test_it_was_never_sent_where_the_terminal_is_down(rig: Rig) -> None:
    intent = await planned(rig)
    rig.broker.up = False
    after = await executor(rig).send(intent)
    assert (after.state, after.reason, after.sends) == ("planned", "terminal_down", 0)
    rig.broker.up = True
    assert (await executor(rig).send(after)).state == "executed"
    assert not rig.broker.book


async def test_what_waits_for_its_history_goes_on_waiting(rig: Rig) -> None:
    intent = await planned(rig)
    rig.journal.intents.mark(intent, "waiting", HISTORY_LAGS, "")
    rig.broker.up = False
    after = await executor(rig).send(rig.journal.intents.get(intent.key))
    assert (after.state, after.reason, after.sends) == ("waiting", HISTORY_LAGS, 0)


async def test_positions_kept_apart_are_not_looked_at_again(rig: Rig) -> None:
    door = executor(rig)
    intent = await planned(rig)
    assert door.is_held(intent)
    assert (await door.send(intent)).state == "executed"
    assert not door.is_held(intent)


async def test_a_close_that_was_withdrawn_meanwhile_is_not_brought_back(rig: Rig) -> None:
    intent = await planned(rig)
    rig.journal.intents.withdraw("t1", "command:c1", "latch_ended", "")
    rig.journal.intents.mark_unsent(intent, "waiting", HISTORY_LAGS, "")
    assert rig.journal.intents.get(intent.key).state == "superseded"


async def test_the_rest_of_a_close_is_tried_again_also_after_it_had_to_wait(rig: Rig) -> None:
    door, intent = executor(rig), await planned(rig)
    partly = Outcome(kind=OutcomeKind.PARTIAL, volume=D("0.01"), reason="partially_filled")
    rest = door.adopt(intent, partly)
    rig.journal.intents.mark_unsent(rest, "waiting", HISTORY_LAGS, "")
    refused = Outcome(kind=OutcomeKind.REFUSED, reason="rejected")
    after = door.adopt(rig.journal.intents.get(intent.key), refused)
    assert (after.state, after.volume) == ("planned", D("0.01"))


@pytest.mark.parametrize(("reason", "state"), [(HISTORY_LAGS, "planned"), ("session_closed", "waiting")])
async def test_what_could_not_be_sent_waits_for_its_session_alone(
    rig: Rig, reason: str, state: str
) -> None:
    intent = await planned(rig)
    rig.journal.intents.mark_unsent(intent, "waiting", reason, "")
    never = Outcome(kind=OutcomeKind.NEVER_SENT, reason="terminal_down")
    assert executor(rig).adopt(rig.journal.intents.get(intent.key), never).state == state


class SlowHistory(FakeBroker):
    """A terminal that takes three seconds to say that it cannot read its history."""

    async def deals(self, position: str) -> list[Deal]:
        assert isinstance(self.clock, VirtualClock)
        self.clock.shift(3)
        raise TerminalError(f"no history of {position}")


async def test_slow_looks_at_several_positions_make_no_wait_begin_anew(tmp_path: Path) -> None:
    clock = VirtualClock(START)
    rig = Rig(tmp_path, clock=clock, broker=SlowHistory(clock))
    own = OwnParts("t1", rig.broker, rig.journal, lambda: MAGIC)
    holding = Holding(rig.broker, rig.journal, own, clock)
    shared = [position(identifier) for identifier in ("1", "2", "3")]
    first = [await holding.own_of(p) for p in shared]
    then = [await holding.own_of(p) for p in shared]
    assert (first, then) == ([None] * 3, [D("0.3")] * 3), "nine seconds have passed"
    clock.shift(3600)  # the terminal was away
    assert await holding.own_of(shared[0]) is None
    rig.journal.close()


def position(identifier: str) -> Position:
    """One that carries our magic and is no leg."""
    return Position(
        identifier=identifier,
        ticket=identifier,
        symbol="EURUSD",
        side=Side.BUY,
        volume=D("0.3"),
        entry_price=D("1.1"),
        stop_loss=None,
        take_profit=None,
        price=D("1.1"),
        profit=D(0),
        swap=D(0),
        magic=str(MAGIC),
        tag="",
        opened_at=START,
    )
