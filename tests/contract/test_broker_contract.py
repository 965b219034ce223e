"""What every broker must do, run over each of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from signalos.domain.errors import Refused
from signalos.domain.market import DealEntry, MarginMode
from signalos.domain.order import CancelOrder, ClosePosition, ModifyOrder, ModifyPosition, OutcomeKind
from signalos.domain.signal import OrderKind, Side
from tests.contract.conftest import ACCOUNT, MAGIC, World

D = Decimal


async def test_the_account(world: World) -> None:
    account = await world.broker.account()
    assert account.identity == ACCOUNT
    assert (account.margin_mode, account.currency) == (MarginMode.HEDGING, "USD")
    assert account.balance == account.equity == D(100000)
    assert account.trade_allowed
    assert account.demo


async def test_specs_and_quotes(world: World) -> None:
    spec = await world.broker.spec("EURUSD")
    assert (spec.name, spec.canonical, spec.digits) == ("EURUSD", "EURUSD", 5)
    assert spec.loss_per_lot == D(100000)
    assert spec.trade_allowed
    yen = await world.broker.spec("USDJPY")
    # 100 000 yen a yen of movement, at about 110 yen a dollar; the worse end of a 1 % move counts.
    assert D(895) < yen.loss_per_lot < D(925)
    tick = await world.broker.tick("EURUSD")
    assert tick.bid < tick.ask
    assert tick.spread == D("0.0001")
    assert abs((tick.time - datetime.now(UTC)).total_seconds()) < 60


async def test_an_unknown_symbol_is_refused(world: World) -> None:
    with pytest.raises(Refused):
        await world.broker.resolve("ZZZXXX")
    outcome = await world.do(await world.leg(symbol="ZZZXXX"))
    assert outcome.kind is OutcomeKind.REFUSED
    assert "ZZZXXX" in outcome.explanation


async def test_open_and_close(world: World) -> None:
    leg = await world.leg()
    opened = await world.do(leg)
    assert opened.kind is OutcomeKind.DONE
    assert opened.volume == D("0.1")
    (position,) = (await world.broker.snapshot()).positions
    assert position.identifier == opened.identifier
    assert (position.symbol, position.side, position.volume) == ("EURUSD", Side.BUY, D("0.1"))
    assert (position.stop_loss, position.take_profit) == (leg.stop_loss, leg.take_profit)
    assert (position.tag, position.magic) == (world.tag(), str(MAGIC))
    assert position.entry_price == opened.price
    assert abs((position.opened_at - datetime.now(UTC)).total_seconds()) < 60

    closed = await world.do(ClosePosition(identifier=position.identifier), leg=2)
    assert (closed.kind, closed.volume) == (OutcomeKind.DONE, D("0.1"))
    assert (await world.broker.snapshot()).positions == ()
    deals = await world.broker.deals(position.identifier)
    assert [d.entry for d in deals] == [DealEntry.IN, DealEntry.OUT]
    assert closed.price == deals[-1].price
    account = await world.broker.account()
    assert account.balance == D(100000) + sum((d.net for d in deals), D(0))


async def test_closing_what_is_closed_sends_nothing(world: World) -> None:
    opened = await world.do(await world.leg())
    request = ClosePosition(identifier=str(opened.identifier))
    await world.do(request, leg=2)
    again = await world.do(request, leg=2)
    assert again.kind is OutcomeKind.GONE
    assert len(world.deals_of(2)) == 1


async def test_partial_close(world: World) -> None:
    opened = await world.do(await world.leg())
    identifier = str(opened.identifier)
    part = ClosePosition(identifier=identifier, volume=D("0.0399"), remaining=D("0.07"))
    closed = await world.do(part, leg=2)
    assert (closed.kind, closed.volume) == (OutcomeKind.DONE, D("0.03"))
    (position,) = (await world.broker.snapshot()).positions
    assert (position.identifier, position.volume) == (identifier, D("0.07"))
    again = await world.do(part, leg=2)
    assert again.kind is OutcomeKind.GONE, "the same partial close never takes a second bite"
    assert (await world.broker.snapshot()).positions[0].volume == D("0.07")


async def test_modify(world: World) -> None:
    leg = await world.leg()
    opened = await world.do(leg)
    stop = (leg.stop_loss or D(0)) + D("0.001")
    request = ModifyPosition(identifier=str(opened.identifier), stop_loss=stop, take_profit=leg.take_profit)
    assert (await world.do(request, leg=2)).kind is OutcomeKind.DONE
    (position,) = (await world.broker.snapshot()).positions
    assert (position.stop_loss, position.take_profit) == (stop, leg.take_profit)
    assert (await world.do(request, leg=2)).kind is OutcomeKind.DONE, "again the same is no error"
    none = ModifyPosition(identifier=str(opened.identifier), stop_loss=stop, take_profit=None)
    await world.do(none, leg=3)
    assert (await world.broker.snapshot()).positions[0].take_profit is None


async def test_a_waiting_order_from_placing_to_deleting(world: World) -> None:
    expires = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=5)
    leg = await world.leg(
        kind=OrderKind.LIMIT,
        price=D("1.05"),
        stop_loss=D("1.04"),
        take_profit=D("1.08"),
        expires_at=expires,
    )
    placed = await world.do(leg)
    assert placed.kind is OutcomeKind.PLACED
    (order,) = (await world.broker.snapshot()).orders
    assert (order.ticket, order.kind, order.side) == (placed.ticket, OrderKind.LIMIT, Side.BUY)
    assert (order.price, order.stop_loss, order.take_profit) == (D("1.05"), D("1.04"), D("1.08"))
    assert order.expires_at is not None
    assert abs((order.expires_at - expires).total_seconds()) < 2
    assert (await world.broker.find(world.tag(), MAGIC)).order == order

    changed = ModifyOrder(
        ticket=order.ticket, price=D("1.051"), stop_loss=D("1.041"), take_profit=D("1.09")
    )
    assert (await world.do(changed, leg=2)).kind is OutcomeKind.DONE
    (order,) = (await world.broker.snapshot()).orders
    assert (order.price, order.stop_loss, order.take_profit) == (D("1.051"), D("1.041"), D("1.09"))
    assert order.expires_at is not None, "a change keeps the expiry"

    assert (await world.do(CancelOrder(ticket=order.ticket), leg=3)).kind is OutcomeKind.DONE
    assert (await world.broker.snapshot()).orders == ()
    again = await world.do(CancelOrder(ticket=order.ticket), leg=3)
    assert (again.kind, again.reason) == (OutcomeKind.GONE, "order_gone")


async def test_find_by_tag(world: World) -> None:
    assert not (await world.broker.find(world.tag(), MAGIC)).anything
    opened = await world.do(await world.leg())
    await world.do(await world.leg(), leg=2)
    found = await world.broker.find(world.tag(), MAGIC)
    assert found.position is not None
    assert found.position.identifier == opened.identifier
    assert [d.position for d in found.deals] == [opened.identifier]
    await world.do(ClosePosition(identifier=str(opened.identifier)), leg=3)
    found = await world.broker.find(world.tag(), MAGIC)
    assert found.position is None
    assert [d.entry for d in found.deals] == [DealEntry.IN, DealEntry.OUT]


async def test_deals_since(world: World) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    opened = await world.do(await world.leg())
    assert [d.position for d in await world.broker.deals_since(before)] == [opened.identifier]
    assert await world.broker.deals_since(datetime.now(UTC) + timedelta(hours=1)) == []


@pytest.mark.parametrize(
    ("volume", "reason"), [("0.009", "volume_too_small"), ("101", "volume_too_large"), ("99", "no_money")]
)
async def test_a_wrong_volume_is_refused_in_words(world: World, volume: str, reason: str) -> None:
    outcome = await world.do(await world.leg(volume=D(volume)))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, reason)
    assert outcome.retcode in (10014, 10019)
    assert len(outcome.explanation) > 60
    assert (await world.broker.snapshot()).positions == ()


async def test_a_stop_on_the_wrong_side_is_refused(world: World) -> None:
    outcome = await world.do(await world.leg(stop_loss=D("1.2")))
    assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, "stops_wrong_side")
    assert "1.2" in outcome.explanation


@pytest.mark.parametrize("halted", ["stopped", "paused"])
async def test_the_gate_ends_entries_and_nothing_else(world: World, halted: str) -> None:
    opened = await world.do(await world.leg())
    placed = await world.do(
        await world.leg(kind=OrderKind.LIMIT, price=D("1.05"), stop_loss=D("1.04"), take_profit=D("1.08")),
        leg=2,
    )
    world.halted = halted
    world.asked.clear()
    for leg in (
        await world.leg(),
        await world.leg(kind=OrderKind.STOP, price=D("1.2"), take_profit=D("1.3")),
    ):
        outcome = await world.do(leg, leg=3)
        assert (outcome.kind, outcome.reason) == (OutcomeKind.REFUSED, halted)
    assert len(world.asked) == 2
    tighter = ModifyPosition(identifier=str(opened.identifier), stop_loss=D("1.0990"), take_profit=None)
    assert (await world.do(tighter, leg=4)).kind is OutcomeKind.DONE
    assert (await world.do(CancelOrder(ticket=str(placed.ticket)), leg=5)).kind is OutcomeKind.DONE
    assert (
        await world.do(ClosePosition(identifier=str(opened.identifier)), leg=6)
    ).kind is OutcomeKind.DONE
    snapshot = await world.broker.snapshot()
    assert (snapshot.positions, snapshot.orders) == ((), ())


async def test_the_terminals_own_loss_at_a_stop(world: World) -> None:
    loss = await world.broker.loss_at_stop("EURUSD", "buy", D("0.5"), D("1.1"), D("1.09"))
    assert loss == D(500)


async def test_starting_again_is_harmless(world: World) -> None:
    await world.broker.start()
    assert (await world.do(await world.leg())).kind is OutcomeKind.DONE
