"""A question that is put before its answer is needed: it serves the very next reading, or none."""

from __future__ import annotations

import asyncio

from signalos.brokers.mt5.ahead import YOUNG_SECONDS
from signalos.domain.order import OutcomeKind
from tests.unit.mt5.conftest import Rig
from tests.unit.mt5.fake_module import EPOCH, symbol_row


async def asked(rig: Rig) -> None:
    """The terminal is asked for the snapshot with EURUSD, and has answered."""
    await rig.broker.snapshot_with("EURUSD")  # the symbol is known from now on
    rig.workers.current.calls.clear()
    rig.broker.look_ahead("EURUSD")
    await answer_comes()


async def answer_comes() -> None:
    for _ in range(3):
        await asyncio.sleep(0)


async def test_the_next_reading_takes_the_answer(rig: Rig) -> None:
    await asked(rig)
    assert rig.workers.current.calls == ["snapshot"]
    snapshot, tick = await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == ["snapshot"]
    assert (snapshot.account.login, tick) == (
        (await rig.broker.account()).login,
        await rig.broker.tick("EURUSD"),
    )


async def test_an_answer_is_handed_out_once(rig: Rig) -> None:
    await asked(rig)
    await rig.broker.snapshot_with("EURUSD")
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == ["snapshot", "snapshot"]


async def test_the_answer_shows_what_was_there_when_it_was_asked(rig: Rig) -> None:
    await asked(rig)
    await rig.do(rig.leg())  # opens a position: the answer knows nothing of it
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert len(snapshot.positions) == 1


async def test_any_reading_in_between_makes_it_useless(rig: Rig) -> None:
    await asked(rig)
    await rig.broker.tick("EURUSD")
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == ["snapshot", "quote", "snapshot"]


async def test_it_grows_old(rig: Rig) -> None:
    await asked(rig)
    rig.time.shift(YOUNG_SECONDS + 0.01)
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == ["snapshot", "snapshot"]


async def test_a_clock_that_went_back_makes_it_useless(rig: Rig) -> None:
    await asked(rig)
    rig.time.shift(-5)
    await rig.broker.snapshot_with("EURUSD")
    assert rig.workers.current.calls == ["snapshot", "snapshot"]


async def test_another_symbols_answer_does_not_serve(rig: Rig) -> None:
    rig.module.symbols["GBPUSD"] = symbol_row("GBPUSD")
    rig.module.ticks["GBPUSD"] = (1.5, 1.5001, EPOCH * 1000)
    await rig.broker.resolve("GBPUSD")
    await asked(rig)
    _, tick = await rig.broker.snapshot_with("GBPUSD")
    assert str(tick.bid) == "1.50000"
    assert rig.workers.current.calls[:2] == ["snapshot", "snapshot"]


async def test_only_one_question_is_on_its_way(rig: Rig) -> None:
    await asked(rig)
    rig.broker.look_ahead("EURUSD")
    await answer_comes()
    assert rig.workers.current.calls == ["snapshot"]


async def test_a_symbol_that_was_never_asked_for_is_not_asked_ahead(rig: Rig) -> None:
    await rig.broker.snapshot()
    rig.workers.current.calls.clear()
    rig.broker.look_ahead("EURUSD")
    await answer_comes()
    assert rig.workers.current.calls == []


async def test_a_worker_that_dies_with_the_question_costs_nothing_but_time(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.dead = True
    rig.broker.look_ahead("EURUSD")
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert (len(rig.workers.made), snapshot.positions) == (2, ())
    assert (await rig.do(rig.leg())).kind is OutcomeKind.DONE


async def test_a_terminal_that_says_no_is_asked_again(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.module.running = False
    rig.broker.look_ahead("EURUSD")
    await answer_comes()
    rig.module.running = True
    snapshot, _ = await rig.broker.snapshot_with("EURUSD")
    assert snapshot.positions == ()


async def test_a_reader_that_gives_up_leaves_nothing_behind(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
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
    assert rig.workers.current.calls == ["snapshot", "prepare", "guarded_send", "after_send"]
