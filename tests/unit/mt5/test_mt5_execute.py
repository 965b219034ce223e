"""Sending, understanding the answer, and never sending twice what may have been carried out."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from signalos.domain.order import ClosePosition, OutcomeKind
from signalos.domain.signal import OrderKind, Side
from tests.unit.mt5.conftest import Rig

D = Decimal


async def test_market_order_is_sent_once_with_exact_types_and_proven(rig: Rig) -> None:
    outcome = await rig.do(rig.leg())

    assert outcome.kind is OutcomeKind.DONE
    assert outcome.identifier in {str(i) for i in rig.module.positions}
    assert (outcome.volume, outcome.price) == (D("0.1"), D("1.1001"))
    (sent,) = rig.module.sent
    assert sent == {
        "action": 1,
        "symbol": "EURUSD",
        "magic": 7,
        "volume": 0.1,
        "price": 1.1001,
        "sl": 1.095,
        "tp": 1.11,
        "deviation": 20,
        "type": 0,
        "type_filling": 1,
        "type_time": 0,
        "comment": rig.tag(),
    }
    assert {type(sent[name]) for name in ("volume", "price", "sl", "tp")} == {float}


async def test_a_message_costs_three_round_trips(rig: Rig) -> None:
    await rig.broker.resolve("EURUSD")
    rig.workers.current.calls.clear()
    await rig.do(rig.leg())
    assert rig.workers.current.calls == ["prepare", "guarded_send", "after_send"]


async def decided(rig: Rig) -> None:
    """As a decision reads the terminal, right before what it decides is sent."""
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.calls.clear()


async def test_the_reading_of_a_decision_serves_its_first_order(rig: Rig) -> None:
    await decided(rig)
    first = await rig.do(rig.leg())
    assert first.kind is OutcomeKind.DONE
    assert rig.workers.current.calls == ["guarded_send", "after_send"]
    await rig.do(rig.leg(), leg=2)
    assert rig.workers.current.calls[2:] == ["prepare", "guarded_send", "after_send"]


async def test_an_older_reading_does_not_serve(rig: Rig) -> None:
    await decided(rig)
    rig.time.shift(0.06)
    await rig.do(rig.leg())
    assert rig.workers.current.calls[0] == "prepare"


async def test_a_reading_from_before_another_send_does_not_serve(rig: Rig) -> None:
    opened = await rig.do(rig.leg(), leg=2)
    assert opened.identifier is not None
    await decided(rig)
    await rig.do(ClosePosition(identifier=opened.identifier), leg=3)
    rig.workers.current.calls.clear()
    await rig.do(rig.leg())
    assert rig.workers.current.calls[0] == "prepare"


async def test_a_waiting_order_is_prepared_at_a_quote_of_its_own(rig: Rig) -> None:
    await decided(rig)
    await rig.do(rig.leg(kind=OrderKind.LIMIT, price=D("1.098")))
    assert rig.workers.current.calls[0] == "prepare"


@pytest.mark.parametrize(("side", "stop", "target"), [("buy", "1.09", "1.13"), ("sell", "1.13", "1.09")])
async def test_a_price_that_ran_away_after_the_decision_is_not_chased(
    rig: Rig, side: str, stop: str, target: str
) -> None:
    await decided(rig)
    away = Side(side).sign * 0.01
    bid, ask, stamp = rig.module.ticks["EURUSD"]
    rig.module.ticks["EURUSD"] = (bid + away, ask + away, stamp)
    outcome = await rig.do(rig.leg(side=Side(side), stop_loss=D(stop), take_profit=D(target)))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "price_moved")
    assert rig.module.sent == []


async def test_volume_is_floored_to_the_step(rig: Rig) -> None:
    outcome = await rig.do(rig.leg(volume=D("0.1999")))
    assert outcome.volume == D("0.19")


@pytest.mark.parametrize(("side", "stop", "sent"), [("buy", "1.0951", 1.0955), ("sell", "1.1049", 1.1045)])
async def test_a_stop_is_rounded_towards_the_entry(rig: Rig, side: str, stop: str, sent: float) -> None:
    rig.module.symbols["EURUSD"].values["trade_tick_size"] = 0.0005
    await rig.do(rig.leg(side=Side(side), stop_loss=D(stop), take_profit=None))
    assert rig.module.sent[0]["sl"] == sent


@pytest.mark.parametrize("retcode", [10004, 10020, 10021])
async def test_a_new_price_is_tried_again_at_most_three_times(rig: Rig, retcode: int) -> None:
    rig.module.script.extend([retcode] * 5)
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.REFUSED
    assert len(rig.module.sent) == 3
    assert rig.asked == 3, "the gate is asked before every one of them"


async def test_a_new_price_beyond_the_slippage_limit_is_not_chased(rig: Rig) -> None:
    rig.module.script.append(10004)
    moved: list[int] = []

    def gate(request: Any) -> str:
        if not moved:
            rig.module.ticks["EURUSD"] = (1.1004, 1.1005, 1)
            moved.append(1)
        return ""

    outcome = await rig.broker.execute(rig.leg(), key=rig.key(), tag=rig.tag(), magic=7, gate=gate)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "price_moved")
    assert len(rig.module.sent) == 1


async def test_a_quote_beyond_the_worst_price_is_not_sent(rig: Rig) -> None:
    outcome = await rig.do(rig.leg(worst_price=D("1.1000")))
    assert outcome.reason == "price_moved"
    assert "1.1001" in outcome.explanation
    assert rig.module.sent == []


@pytest.mark.parametrize("retcode", [10023, 10024, 10028, 10029])
async def test_a_busy_broker_is_asked_again_with_growing_pauses(rig: Rig, retcode: int) -> None:
    rig.module.script.extend([retcode] * 2)
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.DONE
    assert len(rig.module.sent) == 3
    assert rig.clock.slept[1] > rig.clock.slept[0] > 0


async def test_a_broker_that_stays_busy_leaves_the_request_waiting(rig: Rig) -> None:
    rig.module.script.extend([10024] * 20)
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.WAITING, "too_many_requests")
    assert len(rig.module.sent) == 6


@pytest.mark.parametrize(
    "answer",
    [
        10011,
        10012,
        10031,
        10999,
        ("none", -1),
        ("none", -10000),
        ("none", -10001),
        ("none", -10002),
        ("none", -10005),
        ("none", -4711),
        ("done_none", -10002),
        ("raise",),
    ],
)
async def test_an_unknown_outcome_is_never_sent_again(rig: Rig, answer: Any) -> None:
    rig.module.script.append(answer)
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert len(rig.module.sent) == 1


async def test_a_lost_answer_is_unknown_and_the_worker_replaced(rig: Rig) -> None:
    rig.workers.current.lose = 1
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert len(rig.module.sent) == 1
    assert rig.module.in_deals() == 1
    assert (await rig.broker.snapshot()).positions[0].tag == rig.tag()
    assert len(rig.workers.made) == 2


async def test_no_terminal_means_certainly_not_sent(rig: Rig) -> None:
    rig.module.script.append(("none", -10004))
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.NEVER_SENT, "terminal_down")


async def test_a_terminal_that_is_away_before_the_send(rig: Rig) -> None:
    rig.module.running = False
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.NEVER_SENT
    assert rig.module.sent == []
    rig.module.running = True
    assert (await rig.do(rig.leg())).kind is OutcomeKind.DONE, "it connects anew by itself"


@pytest.mark.parametrize(
    "retcode", [10006, 10013, 10014, 10016, 10017, 10019, 10026, 10027, 10040, 10044, 10046]
)
async def test_refusals_stop_and_explain(rig: Rig, retcode: int) -> None:
    rig.module.script.extend([retcode, ("done",)])
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.REFUSED
    assert outcome.retcode == retcode
    assert outcome.reason
    assert len(outcome.explanation) > 40
    assert len(rig.module.sent) == 1


async def test_our_own_mistake_is_said_to_be_ours(rig: Rig) -> None:
    rig.module.script.append(("none", -2))
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "invalid_arguments")


async def test_a_closed_market_waits(rig: Rig) -> None:
    rig.module.script.append(10018)
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.WAITING, "market_closed")


async def test_the_filling_mode_is_changed_once(rig: Rig) -> None:
    rig.module.script.extend([10030, 10030, ("done",)])
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "invalid_filling")
    assert [r["type_filling"] for r in rig.module.sent] == [1, 0]


async def test_a_partial_fill_is_reported_and_its_rest_not_sent(rig: Rig) -> None:
    rig.module.script.append(("partial", 0.04))
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.PARTIAL
    assert outcome.volume == D("0.04")
    assert "0.04 of 0.10" in outcome.explanation
    assert len(rig.module.sent) == 1


async def test_an_accepted_market_order_is_followed_to_its_fill(rig: Rig) -> None:
    rig.module.script.append(("placed",))
    outcome = await rig.do(rig.leg())
    assert outcome.kind is OutcomeKind.DONE
    assert outcome.identifier is not None


async def test_done_without_a_trace_is_unknown(rig: Rig) -> None:
    rig.module.script.append(10009)
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.UNKNOWN, "unproven")
    assert len(rig.module.sent) == 1


async def test_the_latch_is_asked_directly_before_the_send(rig: Rig) -> None:
    rig.halted = "stopped"
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "stopped")
    assert rig.module.sent == []


async def test_a_latch_set_between_two_tries_ends_them(rig: Rig) -> None:
    rig.module.script.extend([10004, ("done",)])

    def gate(request: Any) -> str:
        return "stopped" if rig.module.sent else ""

    outcome = await rig.broker.execute(rig.leg(), key=rig.key(), tag=rig.tag(), magic=7, gate=gate)
    assert outcome.reason == "stopped"
    assert len(rig.module.sent) == 1


async def test_another_account_gets_nothing(rig: Rig) -> None:
    rig.module.account.values["login"] = 6
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "wrong_account")
    assert rig.module.sent == []
    assert rig.workers.made[0].dead, "the worker is ended"
    again = await rig.do(rig.leg())
    assert again.reason == "wrong_account"
    assert "6@Fake-Server" in again.explanation
    rig.module.account.values["login"] = 5
    assert (await rig.do(rig.leg())).kind is OutcomeKind.DONE


async def test_what_another_account_lacks_does_not_count_as_closed(rig: Rig) -> None:
    identifier = await rig.opened()
    held = dict(rig.module.positions)
    rig.module.positions.clear()
    rig.module.account.values["login"] = 6
    outcome = await rig.do(ClosePosition(identifier=identifier))
    assert outcome.kind is OutcomeKind.NEVER_SENT, "it is closed once the terminal is back"
    rig.module.account.values["login"] = 5
    rig.module.positions.update(held)
    assert (await rig.do(ClosePosition(identifier=identifier))).kind is OutcomeKind.DONE


async def test_what_another_account_lacks_is_not_given_up(rig: Rig) -> None:
    rig.module.script.append(("done_none", -10002))
    assert (await rig.do(rig.leg())).kind is OutcomeKind.UNKNOWN
    sent_at = rig.clock.now()
    rig.time.shift(31)
    held = dict(rig.module.positions)
    rig.module.positions.clear()
    rig.module.account.values["login"] = 6
    assert await rig.settle(rig.leg(), sent_at=sent_at) is None
    rig.module.account.values["login"] = 5
    rig.module.positions.update(held)
    found = await rig.settle(rig.leg(), sent_at=sent_at)
    assert found is not None
    assert found.kind is OutcomeKind.DONE


async def test_a_crossed_pipe_is_noticed_by_the_terminals_path(rig: Rig) -> None:
    rig.module.terminal.values["path"] = "D:/other"
    outcome = await rig.do(rig.leg())
    assert outcome.reason == "wrong_account"
    assert rig.module.sent == []


async def test_the_terminals_own_check_refuses_with_figures(rig: Rig) -> None:
    rig.module.check_retcode = 10019
    outcome = await rig.do(rig.leg())
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "no_money")
    assert "it needs 100.00, free are 10000.00" in outcome.explanation
    assert rig.module.sent == []


async def test_an_unknown_symbol_is_refused_before_anything(rig: Rig) -> None:
    outcome = await rig.do(rig.leg(symbol="GBPJPY"))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "symbol_unknown")


async def test_a_request_of_another_terminal_is_a_mistake(rig: Rig) -> None:
    from dataclasses import replace

    with pytest.raises(ValueError, match="t2"):
        await rig.broker.execute(
            rig.leg(), key=replace(rig.key(), terminal_id="t2"), tag="S", magic=1, gate=rig.gate
        )
