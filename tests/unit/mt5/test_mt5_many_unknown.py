"""Many unknown outcomes are settled with as few readings as one."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from decimal import Decimal as D
from typing import Any

import pytest

from signalos.brokers.mt5.reconcile import Waiting, settle_all
from signalos.brokers.mt5.tagged_rows import TaggedRows
from signalos.brokers.mt5.traces import Before
from signalos.domain.market import DealEntry
from signalos.domain.order import ClosePosition, OrderRequest, Outcome, OutcomeKind
from signalos.domain.signal import OrderKind
from tests.unit.mt5.conftest import MAGIC, Rig

TAG = "SABCDEFGHIJKLMNOPQRST"


def _calls(rig: Rig) -> Counter[str]:
    """What was asked of the worker since the last time."""
    calls = Counter(rig.workers.current.calls)
    rig.workers.current.calls.clear()
    return calls


async def _settled(
    rig: Rig, asked: list[tuple[OrderRequest, int]], sent_at: datetime
) -> list[Outcome | None]:
    waiting = [Waiting(request, rig.tag(leg), MAGIC, Before(sent_at)) for request, leg in asked]
    return await settle_all(rig.broker, waiting, clock=rig.clock, grace_seconds=30)


async def _unknown(rig: Rig, count: int) -> tuple[list[int], list[int]]:
    """Legs that the terminal carried out, and legs that never arrived; all answered unknown."""
    for leg in range(1, count + 1):
        rig.module.script.append(("done_none", -10002) if leg % 2 else ("none", -10001))
        assert (await rig.do(rig.leg(), leg)).kind is OutcomeKind.UNKNOWN
    return list(range(1, count + 1, 2)), list(range(2, count + 1, 2))


def _shift(rig: Rig, seconds: int) -> None:
    rig.time.shift(seconds)
    bid, ask, stamp = rig.module.ticks["EURUSD"]
    rig.module.ticks["EURUSD"] = (bid, ask, stamp + seconds * 1000)


async def test_many_are_settled_as_one_by_one(rig: Rig) -> None:
    sent_at = rig.clock.now()
    done, absent = await _unknown(rig, 40)
    asked: list[tuple[OrderRequest, int]] = [(rig.leg(), leg) for leg in range(1, 41)]
    early = await _settled(rig, asked, sent_at)
    assert all(early[leg - 1] is not None for leg in done)
    assert all(early[leg - 1] is None for leg in absent)
    _shift(rig, 31)
    late = await _settled(rig, asked, sent_at)
    for leg in done:
        alone = await rig.settle(rig.leg(), leg, sent_at=sent_at)
        assert late[leg - 1] == alone
        assert alone is not None
        assert (alone.kind, alone.reason) == (OutcomeKind.DONE, "adopted")
    for leg in absent:
        found = late[leg - 1]
        assert found is not None
        assert (found.kind, found.reason) == (OutcomeKind.REFUSED, "not_executed")
    assert len({found.identifier for found in late if found and found.identifier}) == len(done)


async def test_the_number_of_readings_does_not_grow_with_what_is_unknown(rig: Rig) -> None:
    sent_at = rig.clock.now()
    await _unknown(rig, 60)
    _shift(rig, 31)
    counts = []
    for many in (10, 60):
        _calls(rig)
        await _settled(rig, [(rig.leg(), leg) for leg in range(1, many + 1)], sent_at)
        counts.append(_calls(rig))
    assert counts[0] == counts[1]
    assert counts[1] == {"quote": 1, "find_tags": 1, "snapshot": 2, "untagged_entries": 1}


async def test_many_closes_are_told_from_one_reading_of_the_deals(rig: Rig) -> None:
    identifiers = [await rig.opened() for _ in range(12)]
    sent_at = rig.clock.now()
    for leg, identifier in enumerate(identifiers, start=1):
        rig.module.script.append(("done_none", -10002))
        await rig.do(ClosePosition(identifier=identifier), leg)
    _calls(rig)
    found = await _settled(
        rig, [(ClosePosition(identifier=i), leg) for leg, i in enumerate(identifiers, start=1)], sent_at
    )
    assert [one.kind for one in found if one] == [OutcomeKind.DONE] * 12
    assert _calls(rig) == {"deals_of": 1, "snapshot": 1}


async def test_of_many_alike_without_comments_each_is_adopted_once(rig: Rig) -> None:
    sent_at = rig.clock.now()
    rig.module.comment = "by broker"
    for leg in range(1, 13):
        rig.module.script.append(("done_none", -10002))
        await rig.do(rig.leg(), leg)
    before = Before(sent_at, identifiers=frozenset(), tickets=frozenset(), alone=False)
    waiting = [Waiting(rig.leg(), rig.tag(leg), MAGIC, before) for leg in range(1, 13)]
    found = await settle_all(rig.broker, waiting, clock=rig.clock, grace_seconds=30)
    adopted = [one.identifier for one in found if one is not None]
    assert sorted(adopted, key=str) == sorted(map(str, rig.module.positions))


async def test_what_may_be_of_two_is_nobodys_until_the_grace_has_passed(rig: Rig) -> None:
    sent_at = rig.clock.now()
    rig.module.comment = "by broker"
    rig.module.script += [("none", -10001), ("done_none", -10002)]
    legs = [rig.leg(take_profit=D("1.2")), rig.leg(take_profit=D("1.3"))]
    for number, leg in enumerate(legs, start=1):
        await rig.do(leg, number)
    before = Before(sent_at, identifiers=frozenset(), tickets=frozenset(), alone=False)
    waiting = [Waiting(leg, rig.tag(n), MAGIC, before) for n, leg in enumerate(legs, start=1)]

    async def settled() -> list[tuple[str, str | None] | None]:
        found = await settle_all(rig.broker, waiting, clock=rig.clock, grace_seconds=30)
        return [None if one is None else (one.reason, one.identifier) for one in found]

    (position,) = map(str, rig.module.positions)
    # Its levels tell whose it is, to whichever is looked for first.
    assert await settled() == [None, ("adopted", position)]
    row = rig.module.positions[int(position)]
    row.values["tp"] = 1.25  # moved by hand
    assert await settled() == [None, None]
    _shift(rig, 31)
    assert await settled() == [("adopted", position), ("not_executed", None)]
    row.values["tp"] = 1.3
    assert await settled() == [("not_executed", None), ("adopted", position)]


async def test_what_a_hand_made_smaller_still_tells_whose_it_is(rig: Rig) -> None:
    """It belongs to the second: neither to the first, which never arrived, nor to one as large as what is left of it."""
    sent_at = rig.clock.now()
    rig.module.comment = "by broker"
    rig.module.script += [("none", -10001), ("done_none", -10002), ("none", -10001)]
    first = rig.leg(take_profit=D("1.2"))
    legs = [first, rig.leg(take_profit=D("1.3")), rig.leg(volume=first.volume / 2, take_profit=D("1.4"))]
    for number, leg in enumerate(legs, start=1):
        await rig.do(leg, number)
    (position,) = rig.module.positions
    row = rig.module.positions[position]
    row.values["volume"] /= 2
    waiting = [
        Waiting(
            leg,
            rig.tag(n),
            MAGIC,
            Before(sent_at, identifiers=frozenset(), tickets=frozenset(), alone=leg is legs[2]),
        )
        for n, leg in enumerate(legs, start=1)
    ]

    async def settled() -> list[tuple[str, str | None, D | None] | None]:
        found = await settle_all(rig.broker, waiting, clock=rig.clock, grace_seconds=30)
        return [None if one is None else (one.reason, one.identifier, one.volume) for one in found]

    adopted, never = ("adopted", str(position), first.volume), ("not_executed", None, None)
    assert await settled() == [None, adopted, None]
    row.values["tp"] = 1.25  # moved as well: nobody's before the grace has passed
    assert await settled() == [None, None, None]
    _shift(rig, 31)
    assert await settled() == [adopted, never, never]


@pytest.mark.parametrize(("opened", "whose"), [(3, [0]), (6, [1]), (-60, [0]), (None, [0, 1])], ids=str)
async def test_what_was_opened_since_is_rather_the_last_ones_before_it(
    rig: Rig, opened: int | None, whose: list[int]
) -> None:
    """Seconds after the first of two requests went out, five before the second; None: both were carried out."""
    first = rig.clock.now()
    rig.module.comment = "by broker"
    rig.module.script += [("done_none", -10002)] * 2
    legs = [rig.leg(take_profit=D("1.2")), rig.leg(take_profit=D("1.3"))]
    for number, leg in enumerate(legs, start=1):
        await rig.do(leg, number)
    held = list(rig.module.positions)
    moments = {ticket: place * 5 + 1 for place, ticket in enumerate(held)}
    if opened is not None:
        del rig.module.positions[held.pop()]
        moments = {held[0]: opened}
    rig.module.deals = [deal for deal in rig.module.deals if deal.position_id in held]
    for ticket, seconds in moments.items():
        rig.module.positions[ticket].values["time_msc"] = int((first.timestamp() + seconds) * 1000)
        rig.module.positions[ticket].values["tp"] = 1.25  # moved by hand: the levels tell nothing
    _shift(rig, 40)
    waiting = [
        Waiting(
            leg,
            rig.tag(number + 1),
            MAGIC,
            Before(
                first + timedelta(seconds=5 * number),
                identifiers=frozenset(),
                tickets=frozenset(),
                alone=False,
            ),
        )
        for number, leg in enumerate(legs)
    ]
    found = await settle_all(rig.broker, waiting, clock=rig.clock, grace_seconds=30)
    adopted = {place: one.identifier for place, one in enumerate(found) if one and one.reason == "adopted"}
    assert adopted == dict(zip(whose, map(str, held), strict=True))


@pytest.mark.parametrize("moved", [False, True])
async def test_a_waiting_order_and_a_position_go_to_their_own_kinds(rig: Rig, moved: bool) -> None:
    sent_at = rig.clock.now()
    rig.module.comment = "by broker"
    rig.module.script += [("done_none", -10002)] * 2
    levels = {"stop_loss": D("1.08"), "take_profit": D("1.2")}
    legs = [rig.leg(kind=OrderKind.LIMIT, price=D("1.09"), **levels), rig.leg(**levels)]
    for number, leg in enumerate(legs, start=1):
        await rig.do(leg, number)
    (order,), (position,) = rig.module.orders, rig.module.positions
    if moved:  # by hand
        rig.module.orders[order].values["tp"] = rig.module.positions[position].values["tp"] = 1.3
    _shift(rig, 31)
    before = Before(sent_at, identifiers=frozenset(), tickets=frozenset(), alone=False)
    waiting = [Waiting(leg, rig.tag(n), MAGIC, before) for n, leg in enumerate(legs, start=1)]
    found = await settle_all(rig.broker, waiting, clock=rig.clock, grace_seconds=30)
    assert [one and (one.kind, one.ticket, one.identifier) for one in found] == [
        (OutcomeKind.PLACED, str(order), None),
        (OutcomeKind.DONE, None, str(position)),
    ]
    # Without the position the market request is not told by another's waiting order.
    del rig.module.positions[position]
    rig.module.deals.clear()
    alone = await settle_all(rig.broker, waiting[1:], clock=rig.clock, grace_seconds=30)
    assert [one and one.reason for one in alone] == ["not_executed"]


async def test_of_all_deals_only_entries_that_lost_their_tag_are_read(rig: Rig) -> None:
    since = rig.clock.now()
    tagged = await rig.opened()
    await rig.do(ClosePosition(identifier=tagged), 2)
    rig.module.comment = "by broker"
    untagged = await rig.opened()
    await rig.do(ClosePosition(identifier=untagged), 3)
    found = await rig.broker.untagged_entries(since)
    assert found == [
        deal
        for deal in await rig.broker.deals_since(since)
        if deal.entry is DealEntry.IN and deal.tag == "by broker"
    ]
    assert [deal.position for deal in found] == [untagged]


async def test_a_terminal_that_is_away_settles_nothing(rig: Rig) -> None:
    sent_at = rig.clock.now() - timedelta(minutes=1)
    await _unknown(rig, 10)
    rig.module.running = False
    assert await _settled(rig, [(rig.leg(), leg) for leg in range(1, 11)], sent_at) == [None] * 10


async def test_a_symbol_that_is_gone_holds_up_no_other(rig: Rig) -> None:
    sent_at = rig.clock.now()
    await _unknown(rig, 10)
    asked: list[tuple[OrderRequest, int]] = [(rig.leg(symbol="ZZZXXX"), 99)]
    asked += [(rig.leg(), leg) for leg in range(1, 11)]
    found = await _settled(rig, asked, sent_at)
    assert found[0] is None
    assert [one is not None for one in found[1:]] == [leg % 2 == 1 for leg in range(1, 11)]


def _row(comment: str, **values: Any) -> dict[str, Any]:
    return {"comment": comment, "magic": MAGIC, "position_id": 0, "identifier": 0, **values}


def test_a_cut_comment_counts_only_with_our_magic() -> None:
    ours, foreign = _row(TAG[:10], identifier=1), _row(TAG[:10], identifier=2, magic=MAGIC + 1)
    rows = TaggedRows([ours, foreign], [], [], [])
    assert rows.of(TAG, MAGIC)["positions"] == [ours]


def test_a_lengthened_comment_counts_and_a_short_rest_does_not() -> None:
    longer, short = _row(TAG + "[sl]", identifier=1), _row(TAG[:7], identifier=2)
    rows = TaggedRows([longer, short], [], [], [])
    assert rows.of(TAG, MAGIC)["positions"] == [longer]


def test_a_position_whose_comment_was_overwritten_is_found_through_its_order() -> None:
    order, position = _row(TAG, position_id=5), _row("by broker", identifier=5)
    deals = [_row("", position_id=5, entry=0), _row("", position_id=6, entry=0)]
    found = TaggedRows([position], [], [order], deals).of(TAG, MAGIC)
    assert (found["positions"], found["deals"]) == ([position], deals[:1])


def test_another_legs_tag_with_the_same_beginning_is_not_taken() -> None:
    other = _row(TAG[:-1] + "Z", identifier=1)
    assert not any(TaggedRows([other], [other], [other], [other]).of(TAG, MAGIC).values())
