"""Unknown outcomes: found and adopted, or proven absent, and never by sending."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.domain.signal import OrderKind
from tests.unit.mt5.conftest import Rig

D = Decimal


async def _lost(rig: Rig, request: OrderRequest, leg: int = 1) -> None:
    """Send ``request``; it is carried out and its answer lost."""
    rig.module.script.append(("done_none", -10002))
    assert (await rig.do(request, leg)).kind is OutcomeKind.UNKNOWN


async def _never_arrived(rig: Rig, request: OrderRequest, leg: int = 1) -> None:
    rig.module.script.append(("none", -10001))
    assert (await rig.do(request, leg)).kind is OutcomeKind.UNKNOWN


async def _after_grace(rig: Rig, request: OrderRequest, leg: int = 1, **before: Any) -> Outcome | None:
    sent_at = rig.clock.now()
    rig.time.shift(31)
    bid, ask, stamp = rig.module.ticks["EURUSD"]
    rig.module.ticks["EURUSD"] = (bid, ask, stamp + 31_000)
    return await rig.settle(request, leg, sent_at=sent_at, **before)


async def test_a_lost_entry_is_adopted_and_opened_once(rig: Rig) -> None:
    await _lost(rig, rig.leg())
    found = await rig.settle(rig.leg())
    assert found is not None
    assert (found.kind, found.reason) == (OutcomeKind.DONE, "adopted")
    assert found.identifier in {str(i) for i in rig.module.positions}
    assert (found.volume, found.price) == (D("0.1"), D("1.1001"))
    assert rig.module.in_deals() == 1


async def test_an_entry_already_closed_again_is_adopted_from_its_deals(rig: Rig) -> None:
    await _lost(rig, rig.leg())
    (identifier,) = rig.module.positions
    rig.module.close(identifier)
    found = await rig.settle(rig.leg())
    assert found is not None
    assert (found.kind, found.identifier) == (OutcomeKind.DONE, str(identifier))


async def test_nothing_found_is_only_believed_after_the_grace_window(rig: Rig) -> None:
    await _never_arrived(rig, rig.leg())
    assert await rig.settle(rig.leg()) is None
    found = await _after_grace(rig, rig.leg())
    assert found is not None
    assert (found.kind, found.reason) == (OutcomeKind.REFUSED, "not_executed")
    assert len(rig.module.sent) == 1


async def test_a_terminal_that_is_away_proves_nothing(rig: Rig) -> None:
    await _never_arrived(rig, rig.leg())
    rig.module.running = False
    assert await _after_grace(rig, rig.leg()) is None


async def test_a_terminal_without_its_broker_proves_nothing(rig: Rig) -> None:
    await _never_arrived(rig, rig.leg())
    rig.module.terminal.values["connected"] = False
    assert await _after_grace(rig, rig.leg()) is None


async def test_a_comment_with_something_added_is_ours_whatever_its_magic(rig: Rig) -> None:
    rig.module.comment = rig.tag() + "/9"
    await _lost(rig, rig.leg())
    for row in rig.module.positions.values():
        row.values["magic"] = 0
    found = await rig.settle(rig.leg())
    assert found is not None
    assert found.kind is OutcomeKind.DONE


async def test_a_cut_comment_is_still_ours(rig: Rig) -> None:
    rig.module.comment = rig.tag()[:16]
    await _lost(rig, rig.leg())
    found = await rig.settle(rig.leg())
    assert found is not None
    assert found.kind is OutcomeKind.DONE


async def test_a_replaced_comment_is_recognised_among_new_positions(rig: Rig) -> None:
    known = await rig.opened()
    rig.module.comment = "via mobile"
    await _lost(rig, rig.leg())
    found = await rig.settle(rig.leg(), identifiers=frozenset({known}), tickets=frozenset())
    assert found is not None
    assert found.identifier not in (None, known)


async def test_a_replaced_comment_is_recognised_after_the_position_ended(rig: Rig) -> None:
    rig.module.comment = "via mobile"
    await _lost(rig, rig.leg())
    (identifier,) = rig.module.positions
    rig.module.close(identifier)
    found = await rig.settle(rig.leg(), identifiers=frozenset(), tickets=frozenset())
    assert found is not None
    assert found.identifier == str(identifier)


async def test_what_might_be_ours_keeps_absence_from_being_concluded(rig: Rig) -> None:
    rig.module.comment = "x"
    await _lost(rig, rig.leg())
    assert await _after_grace(rig, rig.leg()) is None


async def test_of_two_that_are_alike_the_levels_tell_which_is_ours(rig: Rig) -> None:
    rig.module.comment = "x"
    await _lost(rig, rig.leg(take_profit=D("1.2")), leg=2)
    await _lost(rig, rig.leg())
    first, second = rig.module.positions
    found = await rig.settle(rig.leg(), alone=False, identifiers=frozenset(), tickets=frozenset())
    assert found is not None
    assert found.identifier == str(second) != str(first)


async def test_of_two_that_are_alike_in_everything_the_older_is_taken(rig: Rig) -> None:
    rig.module.comment = "x"
    await _lost(rig, rig.leg())
    await _lost(rig, rig.leg(), leg=2)
    found = await rig.settle(rig.leg(), alone=False, identifiers=frozenset(), tickets=frozenset())
    assert found is not None
    assert found.identifier == str(min(rig.module.positions))


async def test_an_order_still_at_work_is_waited_for(rig: Rig) -> None:
    """A market order that the broker has accepted and not filled yet is neither done nor absent."""
    await _lost(rig, rig.leg(kind=OrderKind.LIMIT, price=D("1.098")))
    (order,) = rig.module.orders.values()
    order.values["type"] = 0
    assert await _after_grace(rig, rig.leg()) is None


async def test_without_a_quote_absence_is_believed_only_where_asked_for(rig: Rig) -> None:
    await _never_arrived(rig, rig.leg())
    sent_at = rig.clock.now()
    rig.time.shift(100)
    assert await rig.settle(rig.leg(), sent_at=sent_at) is None
    found = await rig.settle(rig.leg(), sent_at=sent_at, live_quote=False)
    assert found is not None
    assert found.reason == "not_executed"


async def test_another_legs_position_is_never_adopted(rig: Rig) -> None:
    await rig.do(rig.leg(), leg=2)
    await _never_arrived(rig, rig.leg())
    assert await rig.settle(rig.leg(), identifiers=frozenset(), tickets=frozenset()) is None


async def test_history_that_lags_does_not_hide_the_position(rig: Rig) -> None:
    await _lost(rig, rig.leg())
    rig.module.hidden = True
    found = await rig.settle(rig.leg())
    assert found is not None
    assert found.kind is OutcomeKind.DONE


async def test_a_lost_waiting_order_is_adopted(rig: Rig) -> None:
    leg = rig.leg(kind=OrderKind.LIMIT, price=D("1.098"))
    await _lost(rig, leg)
    found = await rig.settle(leg)
    assert found is not None
    assert (found.kind, found.ticket) == (OutcomeKind.PLACED, str(next(iter(rig.module.orders))))
    rig.module.fill(next(iter(rig.module.orders)))
    found = await rig.settle(leg)
    assert found is not None
    assert found.kind is OutcomeKind.DONE


# ------------------------------------------------------------------ closes


async def test_a_lost_close_is_seen_in_the_deals(rig: Rig) -> None:
    identifier = await rig.opened()
    request = ClosePosition(identifier=identifier)
    await _lost(rig, request)
    found = await rig.settle(request)
    assert found is not None
    assert (found.kind, found.volume) == (OutcomeKind.DONE, D("0.1"))


async def test_a_lost_partial_close_is_seen_and_not_repeated(rig: Rig) -> None:
    identifier = await rig.opened()
    request = ClosePosition(identifier=identifier, volume=D("0.04"), remaining=D("0.06"))
    await _lost(rig, request)
    found = await rig.settle(request)
    assert found is not None
    assert (found.kind, found.volume) == (OutcomeKind.DONE, D("0.04"))
    assert rig.module.positions[int(identifier)]["volume"] == 0.06


async def test_a_close_with_a_replaced_comment_is_seen_in_the_volume(rig: Rig) -> None:
    identifier = await rig.opened()
    rig.module.comment = ""
    request = ClosePosition(identifier=identifier, volume=D("0.04"), remaining=D("0.06"))
    await _lost(rig, request)
    found = await rig.settle(request)
    assert found is not None
    assert found.kind is OutcomeKind.DONE


async def test_a_close_that_never_arrived(rig: Rig) -> None:
    identifier = await rig.opened()
    request = ClosePosition(identifier=identifier)
    await _never_arrived(rig, request)
    assert await rig.settle(request) is None
    found = await _after_grace(rig, request)
    assert found is not None
    assert found.reason == "not_executed"


async def test_a_position_that_another_hand_closed_is_gone(rig: Rig) -> None:
    identifier = await rig.opened()
    request = ClosePosition(identifier=identifier)
    await _never_arrived(rig, request)
    rig.module.close(int(identifier))
    found = await rig.settle(request)
    assert found is not None
    assert found.kind is OutcomeKind.GONE


# ------------------------------------------------------------------ changes


@pytest.mark.parametrize("arrived", [True, False])
async def test_lost_levels_are_compared(rig: Rig, arrived: bool) -> None:
    identifier = await rig.opened()
    request = ModifyPosition(identifier=identifier, stop_loss=D("1.0970004"), take_profit=None)
    await (_lost if arrived else _never_arrived)(rig, request)
    found = await _after_grace(rig, request)
    assert found is not None
    assert (found.kind, found.reason) == (
        (OutcomeKind.DONE, "adopted") if arrived else (OutcomeKind.REFUSED, "not_executed")
    )


@pytest.mark.parametrize("arrived", [True, False])
async def test_a_lost_change_of_an_order_is_compared(rig: Rig, arrived: bool) -> None:
    placed = await rig.do(rig.leg(kind=OrderKind.LIMIT, price=D("1.098")))
    request = ModifyOrder(
        ticket=str(placed.ticket), price=D("1.097"), stop_loss=D("1.095"), take_profit=None
    )
    await (_lost if arrived else _never_arrived)(rig, request, 2)
    found = await _after_grace(rig, request, 2)
    assert found is not None
    assert (found.kind is OutcomeKind.DONE) is arrived


async def test_a_lost_cancel(rig: Rig) -> None:
    placed = await rig.do(rig.leg(kind=OrderKind.LIMIT, price=D("1.098")))
    request = CancelOrder(ticket=str(placed.ticket))
    await _never_arrived(rig, request, 2)
    assert await rig.settle(request) is None
    await _lost(rig, request, 2)
    found = await rig.settle(request)
    assert found is not None
    assert found.kind is OutcomeKind.DONE


async def test_a_cancel_that_came_after_the_fill(rig: Rig) -> None:
    placed = await rig.do(rig.leg(kind=OrderKind.LIMIT, price=D("1.098")))
    request = CancelOrder(ticket=str(placed.ticket))
    await _never_arrived(rig, request, 2)
    rig.module.fill(int(str(placed.ticket)))
    found = await rig.settle(request)
    assert found is not None
    assert (found.kind, found.reason, found.identifier) == (
        OutcomeKind.GONE,
        "already_filled",
        placed.ticket,
    )


async def test_history_is_read_beyond_the_servers_clock(rig: Rig) -> None:
    """A terminal that runs ahead of our clock (a zone, a faster recording) still shows its deals."""
    bid, ask, stamp = rig.module.ticks["EURUSD"]
    ahead = timedelta(days=40)
    rig.module.ticks["EURUSD"] = (bid, ask, stamp + int(ahead.total_seconds() * 1000))
    asked: list[int] = []
    inner = rig.module.history_deals_get

    def spy(*dates: int, **kwargs: Any) -> Any:
        asked.extend(dates)
        return inner(*dates, **kwargs)

    rig.module.history_deals_get = spy  # type: ignore[method-assign]
    await rig.settle(rig.leg())
    assert max(asked) > (rig.clock.now() + ahead).timestamp()
