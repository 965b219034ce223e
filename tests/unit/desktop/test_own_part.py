"""Whose is what of a position that a netting account makes of several people's deals."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal as D

import pytest

from signalos.desktop.own_part import own_close, own_deals, own_volume
from signalos.domain.market import Deal, DealEntry, Position
from signalos.domain.order import CancelOrder, ClosePosition
from signalos.domain.signal import Side

AT = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)
IN, OUT, INOUT = DealEntry.IN, DealEntry.OUT, DealEntry.INOUT


def deal(entry: DealEntry, volume: str, by: str = "us", profit: str = "0", commission: str = "0") -> Deal:
    """A deal of a long position, made by "us", by "hand" or by the "market"."""
    return Deal(
        ticket="1",
        order="1",
        position="1",
        symbol="EURUSD",
        side=Side.BUY if entry is IN else Side.SELL,
        entry=entry,
        volume=D(volume),
        price=D("1.1"),
        profit=D(profit),
        swap=D(0),
        commission=D(commission),
        fee=D(0),
        magic="7" if by == "us" else "0",
        tag="",
        reason={"us": "expert", "hand": "client", "market": "stop_loss"}[by],
        at=AT,
    )


def own(*deals: Deal) -> list[Deal]:
    return own_deals(deals, lambda one: one.reason == "client")


@pytest.mark.parametrize(
    ("then", "left"),
    [
        ([deal(OUT, "0.1")], "0.2"),
        ([deal(OUT, "0.3")], "0"),
        ([deal(OUT, "0.2", "hand")], "0.3"),  # takes back what was added by hand
        ([deal(OUT, "0.4", "hand")], "0.1"),  # and then of ours
        ([deal(OUT, "0.5", "market")], "0"),
        ([deal(INOUT, "0.9", "hand")], "0"),
        ([deal(INOUT, "0.9", "hand"), deal(IN, "0.2")], "0"),  # what comes after is another trade
    ],
)
def test_what_is_left_of_ours_beside_what_was_added_by_hand(then: list[Deal], left: str) -> None:
    assert own_volume(own(deal(IN, "0.3"), deal(IN, "0.2", "hand"), *then)) == D(left)


def test_the_market_closes_everybodys_part_at_everybodys_cost() -> None:
    *_, last = own(deal(IN, "0.3"), deal(IN, "0.2", "hand"), deal(OUT, "0.5", "market", "50", "-5"))
    assert (last.volume, last.profit, last.commission) == (D("0.3"), D(30), D(-3))


def test_the_profit_of_a_turn_is_that_of_what_it_closed() -> None:
    *_, last = own(deal(IN, "0.3"), deal(INOUT, "0.9", "hand", "12", "-9"))
    assert (last.volume, last.profit, last.commission) == (D("0.3"), D(12), D(-3))


def test_only_closes_are_held_to_a_part() -> None:
    request = CancelOrder(ticket="1")
    assert own_close(request, (), {"1": D("0.1")}) is request


def shared(volume: str) -> list[Position]:
    return [
        Position(
            ticket="1",
            identifier="1",
            symbol="EURUSD",
            side=Side.BUY,
            volume=D(volume),
            entry_price=D("1.1"),
            price=D("1.1"),
            stop_loss=None,
            take_profit=None,
            profit=D(0),
            swap=D(0),
            magic="7",
            tag="",
            opened_at=AT,
        )
    ]


@pytest.mark.parametrize(
    ("asked", "held", "mine", "closes"),
    [
        (ClosePosition(identifier="1"), "0.3", "0.2", "0.2"),
        (ClosePosition(identifier="1"), "0.3", "0.3", "0.3"),
        (ClosePosition(identifier="1", volume=D("0.1"), remaining=D("0.1")), "0.3", "0.2", "0.1"),
        # Less is ours by now than when it was asked for: what was to be left is left.
        (ClosePosition(identifier="1", volume=D("0.2"), remaining=D("0.2")), "0.6", "0.3", "0.1"),
        (ClosePosition(identifier="1", volume=D("0.2"), remaining=D("0.2")), "0.6", "0.1", "0"),
        # Asked for when 0.1 was theirs and 0.4 ours; since then we closed 0.2 and they added 0.3.
        (
            ClosePosition(identifier="1", volume=D("0.4"), remaining=D("0.1"), others=D("0.1")),
            "0.6",
            "0.2",
            "0.2",
        ),
        (
            ClosePosition(identifier="1", volume=D("0.3"), remaining=D("0.2"), others=D("0.1")),
            "0.6",
            "0.2",
            "0.1",
        ),
    ],
)
def test_a_close_takes_what_is_ours_and_leaves_of_it_what_it_was_to_leave(
    asked: ClosePosition, held: str, mine: str, closes: str
) -> None:
    request = asked
    for _ in range(2):  # to hold it once more changes nothing
        request = own_close(request, shared(held), {"1": D(mine)})
        assert request.volume is not None
        assert max(D(0), min(request.volume, D(held) - request.remaining)) == D(closes)
        assert request.others == D(held) - D(mine)
