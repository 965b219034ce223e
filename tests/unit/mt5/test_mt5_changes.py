"""Closing, changing and deleting: always from what is there now."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

from signalos.domain.order import CancelOrder, ClosePosition, ModifyOrder, ModifyPosition, OutcomeKind
from signalos.domain.signal import OrderKind
from tests.unit.mt5.conftest import Rig

D = Decimal


# ------------------------------------------------------------------ closing


async def test_a_partial_close_keeps_the_identifier(rig: Rig) -> None:
    identifier = await rig.opened()
    outcome = await rig.do(ClosePosition(identifier=identifier, volume=D("0.04"), remaining=D("0.06")))
    assert outcome.kind is OutcomeKind.DONE
    assert outcome.volume == D("0.04")
    (sent,) = rig.module.sent
    assert (sent["position"], sent["type"], sent["volume"], sent["price"]) == (
        int(identifier),
        1,
        0.04,
        1.1,
    )
    assert (await rig.broker.snapshot()).positions[0].volume == D("0.06")


async def test_closing_again_what_is_already_down_to_its_rest_sends_nothing(rig: Rig) -> None:
    identifier = await rig.opened()
    request = ClosePosition(identifier=identifier, volume=D("0.04"), remaining=D("0.06"))
    await rig.do(request)
    again = await rig.do(request)
    assert (again.kind, again.reason) == (OutcomeKind.GONE, "already_reduced")
    assert len(rig.module.sent) == 1


async def test_closing_never_goes_below_its_rest(rig: Rig) -> None:
    identifier = await rig.opened()
    await rig.do(ClosePosition(identifier=identifier, volume=D("0.02"), remaining=D("0.08")))
    await rig.do(ClosePosition(identifier=identifier, volume=D("0.04"), remaining=D("0.06")), leg=2)
    assert [r["volume"] for r in rig.module.sent] == [0.02, 0.02]


async def test_a_close_filled_in_part_says_what_is_left_at_once(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.module.script.append(("partial", 0.03))
    outcome = await rig.do(ClosePosition(identifier=identifier))
    assert (outcome.kind, outcome.volume) == (OutcomeKind.PARTIAL, D("0.03"))
    assert "0.07 are still open" in outcome.explanation
    assert len(rig.module.sent) == 1
    assert rig.clock.slept == []
    rest = await rig.do(ClosePosition(identifier=identifier), leg=2)
    assert (rest.kind, rest.volume) == (OutcomeKind.DONE, D("0.07"))


async def test_a_partial_close_that_leaves_dust_is_refused(rig: Rig) -> None:
    rig.module.symbols["EURUSD"].values["volume_min"] = 0.05
    identifier = await rig.opened()
    outcome = await rig.do(ClosePosition(identifier=identifier, volume=D("0.07"), remaining=D("0.03")))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "volume_too_small")
    assert rig.module.sent == []


async def test_a_position_that_its_stop_closed_is_gone(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.module.close(int(identifier))
    outcome = await rig.do(ClosePosition(identifier=identifier))
    assert outcome.kind is OutcomeKind.GONE
    assert "by its stop loss at 1.1" in outcome.explanation


async def test_a_position_that_closes_under_way_is_gone(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.module.script.append(10036)
    outcome = await rig.do(ClosePosition(identifier=identifier))
    assert outcome.kind is OutcomeKind.GONE


async def test_closing_asks_no_gate(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.halted, rig.asked = "stopped", 0
    assert (await rig.do(ClosePosition(identifier=identifier))).kind is OutcomeKind.DONE
    assert rig.asked == 0


async def test_the_ticket_is_read_anew_from_the_identifier(rig: Rig) -> None:
    identifier = await rig.opened()
    row = rig.module.positions.pop(int(identifier))
    row.values["ticket"] = 999
    rig.module.positions[999] = row
    await rig.do(ClosePosition(identifier=identifier))
    assert rig.module.sent[0]["position"] == 999


# ------------------------------------------------------------------ changing


async def test_levels_are_always_sent_both(rig: Rig) -> None:
    identifier = await rig.opened()
    outcome = await rig.do(ModifyPosition(identifier=identifier, stop_loss=D("1.099"), take_profit=None))
    assert outcome.kind is OutcomeKind.DONE
    assert (rig.module.sent[0]["sl"], rig.module.sent[0]["tp"]) == (1.099, 0.0)


async def test_levels_that_are_already_there_are_not_sent(rig: Rig) -> None:
    identifier = await rig.opened()
    outcome = await rig.do(
        ModifyPosition(identifier=identifier, stop_loss=D("1.0950"), take_profit=D("1.11"))
    )
    assert (outcome.kind, outcome.reason) == (OutcomeKind.DONE, "no_change")
    assert rig.module.sent == []


async def test_tightening_runs_through_a_latch_and_loosening_does_not(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.halted = "stopped"
    tighter = ModifyPosition(identifier=identifier, stop_loss=D("1.097"), take_profit=D("1.11"))
    assert (await rig.do(tighter)).kind is OutcomeKind.DONE
    wider = ModifyPosition(identifier=identifier, stop_loss=D("1.09"), take_profit=D("1.11"))
    assert (await rig.do(wider)).reason == "stopped"
    none = ModifyPosition(identifier=identifier, stop_loss=None, take_profit=D("1.11"))
    assert (await rig.do(none)).reason == "stopped"


async def test_a_level_on_the_wrong_side_is_refused_with_figures(rig: Rig) -> None:
    identifier = await rig.opened()
    outcome = await rig.do(
        ModifyPosition(identifier=identifier, stop_loss=D("1.1005"), take_profit=D("1.11"))
    )
    assert outcome.reason == "stops_wrong_side"
    assert "1.1005" in outcome.explanation


async def test_a_position_gone_before_its_change(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.module.close(int(identifier), reason=5)
    outcome = await rig.do(ModifyPosition(identifier=identifier, stop_loss=D("1.09"), take_profit=None))
    assert outcome.kind is OutcomeKind.GONE
    assert "take profit" in outcome.explanation


# ------------------------------------------------------------------ waiting orders


async def _placed(rig: Rig, **changes: Any) -> str:
    rig.module.ticks["EURUSD"] = (1.1, 1.1001, rig.module.ticks["EURUSD"][2])
    wanted: dict[str, Any] = {"kind": OrderKind.LIMIT, "price": D("1.098")}
    outcome = await rig.do(rig.leg(**(wanted | changes)))
    assert outcome.kind is OutcomeKind.PLACED
    assert outcome.ticket is not None
    return outcome.ticket


async def test_a_waiting_order_carries_its_expiry_in_server_time(rig: Rig) -> None:
    expires = rig.clock.now() + timedelta(hours=4)
    await _placed(rig, expires_at=expires)
    (sent,) = rig.module.sent
    assert (sent["action"], sent["type"], sent["type_filling"], sent["type_time"]) == (5, 2, 2, 2)
    assert sent["expiration"] == int(expires.timestamp())


async def test_an_expiry_is_written_in_the_servers_zone(rig: Rig) -> None:
    bid, ask, stamp = rig.module.ticks["EURUSD"]
    rig.module.ticks["EURUSD"] = (bid, ask, stamp + 3 * 3600 * 1000)
    expires = rig.clock.now() + timedelta(hours=4)
    await _placed(rig, expires_at=expires)
    assert rig.module.sent[0]["expiration"] == int(expires.timestamp()) + 3 * 3600


async def test_an_expiry_waits_until_the_servers_clock_is_known(rig: Rig) -> None:
    bid, ask, stamp = rig.module.ticks["EURUSD"]
    rig.module.ticks["EURUSD"] = (bid, ask, stamp - 40 * 3600 * 1000)
    leg = rig.leg(kind=OrderKind.LIMIT, price=D("1.098"), expires_at=rig.clock.now() + timedelta(hours=1))
    outcome = await rig.do(leg)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.WAITING, "server_time_unknown")
    assert rig.module.sent == []


async def test_a_waiting_order_is_changed_and_deleted(rig: Rig) -> None:
    ticket = await _placed(rig)
    changed = await rig.do(
        ModifyOrder(ticket=ticket, price=D("1.097"), stop_loss=D("1.095"), take_profit=D("1.12")), leg=2
    )
    assert changed.kind is OutcomeKind.DONE
    assert rig.module.orders[int(ticket)]["tp"] == 1.12
    gone = await rig.do(CancelOrder(ticket=ticket), leg=3)
    assert gone.kind is OutcomeKind.DONE
    assert rig.module.orders == {}


async def test_moving_a_waiting_orders_stop_away_asks_the_gate(rig: Rig) -> None:
    ticket = await _placed(rig)
    rig.halted = "paused"
    wider = ModifyOrder(ticket=ticket, price=D("1.098"), stop_loss=D("1.09"), take_profit=D("1.11"))
    assert (await rig.do(wider, leg=2)).reason == "paused"
    closer = ModifyOrder(ticket=ticket, price=D("1.098"), stop_loss=D("1.096"), take_profit=D("1.11"))
    assert (await rig.do(closer, leg=3)).kind is OutcomeKind.DONE


async def test_cancelling_what_was_filled_says_so(rig: Rig) -> None:
    ticket = await _placed(rig)
    rig.module.fill(int(ticket))
    outcome = await rig.do(CancelOrder(ticket=ticket), leg=2)
    assert (outcome.kind, outcome.reason, outcome.identifier) == (
        OutcomeKind.GONE,
        "already_filled",
        ticket,
    )


async def test_cancelling_twice_says_that_it_is_gone(rig: Rig) -> None:
    ticket = await _placed(rig)
    await rig.do(CancelOrder(ticket=ticket), leg=2)
    outcome = await rig.do(CancelOrder(ticket=ticket), leg=2)
    assert (outcome.kind, outcome.reason) == (OutcomeKind.GONE, "order_gone")
