"""Questions that are put before their answers are needed: they serve the very next readings, or none."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from signalos.brokers.mt5.ahead import YOUNG_SECONDS
from signalos.domain.errors import TerminalDown
from signalos.domain.order import OutcomeKind
from signalos.kit.wire import Answer, WireTimeout
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import EPOCH, symbol_row

AHEAD = ["snapshot", "quote"]


async def asked(rig: Rig) -> None:
    """The terminal is asked for the snapshot, then for a quote of EURUSD, and has answered."""
    await rig.broker.snapshot_with("EURUSD")  # the symbol is known from now on
    rig.workers.current.calls.clear()
    rig.broker.look_ahead()
    rig.broker.look_ahead("EURUSD")
    await answers_come()


async def answers_come() -> None:
    for _ in range(4):
        await asyncio.sleep(0)


async def test_the_next_reading_takes_the_answers(rig: Rig) -> None:
    await asked(rig)
    assert rig.workers.current.calls == AHEAD
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == AHEAD


async def test_they_are_what_a_reading_answers(rig: Rig) -> None:
    await asked(rig)
    snapshot, tick = await rig.broker.snapshot_with("EURUSD")
    assert (snapshot.account.login, tick) == (
        (await rig.broker.account()).login,
        await rig.broker.tick("EURUSD"),
    )


async def test_an_answer_is_handed_out_once(rig: Rig) -> None:
    await asked(rig)
    await rig.broker.snapshot_with("EURUSD")
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == [*AHEAD, "snapshot"]


async def test_who_reads_the_account_anew_gets_no_early_answer(rig: Rig) -> None:
    await asked(rig)
    await rig.broker.snapshot()
    assert rig.workers.current.calls == [*AHEAD, "snapshot"]
    await rig.broker.tick("EURUSD")
    assert rig.workers.current.calls == [*AHEAD, "snapshot", "quote"]


async def test_where_only_the_snapshot_was_asked_for_the_quote_is_read(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.calls.clear()
    rig.broker.look_ahead()
    _, tick = await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == AHEAD
    assert tick == await rig.broker.tick("EURUSD")


async def test_the_answer_shows_what_was_there_when_it_was_asked(rig: Rig) -> None:
    await asked(rig)
    await rig.do(rig.leg())  # opens a position: the answer knows nothing of it
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert len(snapshot.positions) == 1


async def test_any_reading_in_between_makes_it_useless(rig: Rig) -> None:
    await asked(rig)
    await rig.broker.spec("EURUSD")
    rig.time.shift(61)  # its contract is kept for a minute
    rig.workers.current.calls.clear()
    await asked(rig)
    await rig.broker.spec("EURUSD")
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == ["snapshot", "symbol_terms", "snapshot"]


async def test_it_grows_old(rig: Rig) -> None:
    await asked(rig)
    rig.time.shift(YOUNG_SECONDS + 0.01)
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == [*AHEAD, "snapshot"]


async def test_a_clock_that_went_back_makes_it_useless(rig: Rig) -> None:
    await asked(rig)
    rig.time.shift(-5)
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == [*AHEAD, "snapshot"]


async def test_another_symbols_answer_does_not_serve(rig: Rig) -> None:
    rig.module.symbols["GBPUSD"] = symbol_row("GBPUSD")
    rig.module.ticks["GBPUSD"] = (1.5, 1.5001, EPOCH * 1000)
    await rig.broker.resolve("GBPUSD")
    await asked(rig)
    _, tick = await rig.broker.snapshot_with("GBPUSD")
    assert str(tick.bid) == "1.50000"
    assert rig.workers.current.calls[:3] == [*AHEAD, "quote"]


async def test_no_question_is_on_its_way_twice(rig: Rig) -> None:
    await asked(rig)
    rig.broker.look_ahead()
    rig.broker.look_ahead("EURUSD")
    await answers_come()
    assert rig.workers.current.calls == AHEAD


async def test_answers_that_nobody_wanted_make_room_for_new_ones(rig: Rig) -> None:
    await asked(rig)
    rig.time.shift(YOUNG_SECONDS + 0.01)
    rig.broker.look_ahead()
    await answers_come()
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == [*AHEAD, "snapshot"]


async def test_the_last_symbols_quote_comes_with_the_snapshot(rig: Rig) -> None:
    await asked(rig)
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.calls.clear()
    rig.module.ticks["EURUSD"] = (1.2, 1.2001, EPOCH * 1000)
    rig.broker.look_ahead()
    rig.broker.look_ahead("EURUSD")
    _, tick = await rig.broker.snapshot_with("EURUSD")
    assert str(tick.bid) == "1.20000"
    assert rig.workers.current.calls == ["snapshot"]


async def test_where_it_is_another_symbol_its_quote_is_asked_for(rig: Rig) -> None:
    rig.module.symbols["GBPUSD"] = symbol_row("GBPUSD")
    rig.module.ticks["GBPUSD"] = (1.5, 1.5001, EPOCH * 1000)
    await rig.broker.resolve("GBPUSD")
    await asked(rig)
    await rig.broker.snapshot_with("EURUSD")
    for _ in range(2):  # the second time it is the last one, and comes with the snapshot
        rig.broker.look_ahead()
        rig.broker.look_ahead("GBPUSD")
        _, tick = await rig.broker.snapshot_with("GBPUSD")
        assert str(tick.bid) == "1.50000"
    assert rig.workers.current.calls[-3:] == [*AHEAD, "snapshot"]


async def test_a_symbol_that_was_never_asked_for_is_not_asked_ahead(rig: Rig) -> None:
    await rig.broker.snapshot()
    rig.workers.current.calls.clear()
    rig.broker.look_ahead("EURUSD")
    await answers_come()
    assert rig.workers.current.calls == []


async def test_a_worker_that_dies_with_the_question_costs_nothing_but_time(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.dead = True
    rig.broker.look_ahead()
    rig.broker.look_ahead("EURUSD")
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert (len(rig.workers.made), snapshot.positions) == (2, ())
    assert (await rig.do(rig.leg())).kind is OutcomeKind.DONE


def hang(rig: Rig, *, given_up: bool = True) -> None:
    """Let the worker answer nothing from now on; a call is given up at once, or never."""
    worker = rig.workers.current

    async def call(
        fn: str, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None, *, deadline: float
    ) -> Answer:
        if not given_up:
            await asyncio.Event().wait()
        worker.dead = True
        raise WireTimeout(f"{fn}: no answer within {deadline:g} s")

    worker.carry_out = call


async def test_a_terminal_that_hangs_on_a_question_ahead_was_away(rig: Rig) -> None:
    await rig.broker.snapshot()
    hang(rig)
    rig.broker.look_ahead()
    with pytest.raises(TerminalDown):
        await rig.broker.snapshot()
    assert (await rig.broker.snapshot()).positions == ()


async def test_an_order_behind_a_question_that_hangs_was_certainly_not_sent(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    hang(rig)
    rig.broker.look_ahead()
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, rig.module.sent) == (OutcomeKind.NEVER_SENT, [])


async def test_nobody_waits_for_a_question_when_the_worker_is_to_end(rig: Rig) -> None:
    await rig.broker.snapshot()
    hang(rig, given_up=False)
    rig.broker.look_ahead()
    async with asyncio.timeout(10):
        await rig.broker.stop()


async def test_a_terminal_that_says_no_is_asked_again(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.module.running = False
    rig.broker.look_ahead()
    rig.broker.look_ahead("EURUSD")
    await answers_come()
    rig.module.running = True
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert snapshot.positions == ()


async def test_a_reader_that_gives_up_leaves_nothing_behind(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.broker.look_ahead()
    rig.broker.look_ahead("EURUSD")
    reading = asyncio.ensure_future(rig.broker.snapshot_with("EURUSD"))
    await asyncio.sleep(0)
    reading.cancel()
    await asyncio.gather(reading, return_exceptions=True)
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert snapshot.positions == ()


async def test_an_answer_asked_long_before_does_not_stand_for_the_checks_of_a_send(rig: Rig) -> None:
    await asked(rig)
    rig.time.shift(0.06)  # young enough to decide on, too old to send on
    await rig.broker.snapshot_with("EURUSD")
    await rig.do(rig.leg())
    assert rig.workers.current.calls == [*AHEAD, "prepare", "guarded_send", "after_send"]
