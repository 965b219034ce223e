"""An opening is got ready while its decision is journalled: what stands before its send is looked at then."""

from __future__ import annotations

from decimal import Decimal

import pytest

from signalos.brokers.mt5.facts import NEW_SECONDS
from signalos.brokers.mt5.sends import CHECK_SECONDS
from signalos.domain.order import ClosePosition, OpenLeg, Outcome, OutcomeKind
from signalos.domain.signal import OrderKind, Side
from tests.unit.mt5.conftest import MAGIC, Rig
from tests.unit.mt5.fake_module import EPOCH
from tests.unit.mt5.test_mt5_ahead import answers_come, hang

AT_ONCE = ["check_send", "guarded_send", "after_send"]
IN_FULL = ["prepare", "guarded_send", "after_send"]


async def decided(rig: Rig, leg: OpenLeg | None = None, number: int = 1) -> OpenLeg:
    """An opening was decided and got ready, and the worker has looked."""
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.calls.clear()
    leg = leg or rig.leg()
    rig.broker.get_ready(leg, tag=rig.tag(number), magic=MAGIC)
    await answers_come()
    return leg


def broken(*_: object) -> None:
    """A function of the module that must not be called any more."""
    raise AssertionError


def nothing_sent(rig: Rig, outcome: Outcome) -> bool:
    return rig.module.sent == [] and outcome.kind is not OutcomeKind.DONE


async def test_its_send_asks_for_the_account_alone(rig: Rig) -> None:
    leg = await decided(rig)
    assert (rig.workers.current.calls, rig.module.sent) == (["check_send"], [])
    rig.module.order_check = rig.module.symbol_info_tick = broken  # type: ignore[method-assign, assignment]
    assert (await rig.do(leg)).kind is OutcomeKind.DONE
    assert rig.workers.current.calls == AT_ONCE
    assert rig.asked == 1, "the gate is asked all the same"


async def test_it_is_the_order_that_would_be_sent_without(rig: Rig) -> None:
    await rig.do(await decided(rig))
    ahead = rig.module.sent.pop()
    await rig.do(rig.leg())
    assert rig.module.sent.pop() == ahead


async def test_nothing_is_sent_where_the_gate_has_closed_meanwhile(rig: Rig) -> None:
    leg = await decided(rig)
    rig.halted = "stopped"
    outcome = await rig.do(leg)
    assert (outcome.reason, nothing_sent(rig, outcome)) == ("stopped", True)


async def test_another_account_meanwhile_is_seen_once_the_check_is_old(rig: Rig) -> None:
    leg = await decided(rig)
    rig.time.shift(CHECK_SECONDS + 0.001)
    rig.module.account.values["login"] = 6
    outcome = await rig.do(leg)
    assert (outcome.reason, nothing_sent(rig, outcome)) == ("wrong_account", True)


async def test_what_the_check_found_is_looked_at_again(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.module.account.values["login"] = 6
    leg = rig.leg()
    rig.broker.get_ready(leg, tag=rig.tag(), magic=MAGIC)
    await answers_come()
    outcome = await rig.do(leg)
    assert (outcome.reason, nothing_sent(rig, outcome)) == ("wrong_account", True)


async def test_a_price_that_has_gone_is_seen_by_the_check(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.module.ticks["EURUSD"] = (1.104, 1.1041, EPOCH * 1000)
    leg = rig.leg(max_slippage_points=2)
    rig.broker.get_ready(leg, tag=rig.tag(), magic=MAGIC)
    await answers_come()
    outcome = await rig.do(leg)
    assert (outcome.kind, nothing_sent(rig, outcome)) == (OutcomeKind.REFUSED, True)


async def test_an_objection_is_told_when_it_is_to_be_sent(rig: Rig) -> None:
    leg = await decided(rig, rig.leg(volume=Decimal("0.001")))
    assert rig.workers.current.calls == []
    outcome = await rig.do(leg)
    assert (outcome.kind, nothing_sent(rig, outcome)) == (OutcomeKind.REFUSED, True)
    assert rig.workers.current.calls == []


async def test_what_was_got_ready_long_ago_is_prepared_anew(rig: Rig) -> None:
    leg = await decided(rig)
    rig.time.shift(NEW_SECONDS + 0.001)
    assert (await rig.do(leg)).kind is OutcomeKind.DONE
    assert rig.workers.current.calls == ["check_send", *IN_FULL]


async def test_the_readings_age_counts_from_when_it_was_asked_for(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    rig.time.shift(NEW_SECONDS - 0.001)
    leg = rig.leg()
    rig.broker.get_ready(leg, tag=rig.tag(), magic=MAGIC)
    await answers_come()
    rig.time.shift(0.002)
    rig.workers.current.calls.clear()
    assert (await rig.do(leg)).kind is OutcomeKind.DONE
    assert rig.workers.current.calls == IN_FULL


async def test_what_was_got_ready_before_another_send_is_prepared_anew(rig: Rig) -> None:
    leg = await decided(rig)
    await rig.do(rig.leg(side=Side.SELL, stop_loss=Decimal("1.11"), take_profit=Decimal("1.09")), leg=2)
    rig.workers.current.calls.clear()
    assert (await rig.do(leg)).kind is OutcomeKind.DONE
    assert rig.workers.current.calls == IN_FULL


@pytest.mark.parametrize("other", ["volume", "leg"])
async def test_it_is_for_just_that_opening(rig: Rig, other: str) -> None:
    leg = await decided(rig)
    outcome = await (rig.do(rig.leg(volume=Decimal("0.20"))) if other == "volume" else rig.do(leg, leg=2))
    assert outcome.kind is OutcomeKind.DONE
    assert rig.workers.current.calls == ["check_send", *IN_FULL]
    assert rig.module.sent[0]["comment"] == rig.tag(2 if other == "leg" else 1)


async def test_it_is_handed_out_once(rig: Rig) -> None:
    leg = await decided(rig)
    rig.module.script.append(10004)  # a requote: the next try is prepared anew
    assert (await rig.do(leg)).kind is OutcomeKind.DONE
    assert rig.workers.current.calls == ["check_send", "guarded_send", *IN_FULL]
    assert rig.asked == 2


@pytest.mark.parametrize("kind", ["close", "waiting order"])
async def test_only_market_entries_are_got_ready(rig: Rig, kind: str) -> None:
    identifier = await rig.opened()
    await rig.broker.snapshot_with("EURUSD")
    rig.workers.current.calls.clear()
    limit = rig.leg(kind=OrderKind.LIMIT, price=Decimal("1.097"))
    request = ClosePosition(identifier=identifier) if kind == "close" else limit
    rig.broker.get_ready(request, tag=rig.tag(), magic=MAGIC)
    await answers_come()
    assert rig.workers.current.calls == []


async def test_without_a_reading_for_the_decision_nothing_is_looked_at(rig: Rig) -> None:
    rig.workers.current.calls.clear()
    rig.broker.get_ready(rig.leg(), tag=rig.tag(), magic=MAGIC)
    await answers_come()
    assert rig.workers.current.calls == []
    assert (await rig.do(rig.leg())).kind is OutcomeKind.DONE


async def test_what_cannot_be_got_ready_shows_when_it_is_sent(
    rig: Rig, caplog: pytest.LogCaptureFixture
) -> None:
    rig.module.symbols["EURUSD"].values["volume_step"] = 0.0
    await decided(rig)
    assert "could not be got ready" in caplog.text
    assert (rig.workers.current.calls, rig.module.sent) == ([], [])


async def test_an_order_behind_a_check_that_hangs_was_certainly_not_sent(rig: Rig) -> None:
    await rig.broker.snapshot_with("EURUSD")
    hang(rig)
    leg = rig.leg()
    rig.broker.get_ready(leg, tag=rig.tag(), magic=MAGIC)
    outcome = await rig.do(leg)
    assert (outcome.kind, rig.module.sent) == (OutcomeKind.NEVER_SENT, [])


async def test_a_worker_that_dies_with_the_check_takes_it_along(rig: Rig) -> None:
    leg = await decided(rig)
    rig.workers.current.dead = True
    outcome = await rig.do(leg)
    assert (outcome.kind, rig.module.sent) == (OutcomeKind.NEVER_SENT, [])
    rig.module.account.values["login"] = 6
    assert (await rig.do(leg)).kind is not OutcomeKind.DONE
    assert rig.module.sent == []
