"""Changes levels of positions and waiting orders, and deletes waiting orders."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5 import mapping
from signalos.brokers.mt5.closing import position_ended
from signalos.brokers.mt5.mapping import exact, level
from signalos.brokers.mt5.opening import nearer
from signalos.brokers.mt5.plan import Answer, Prepared, Tools, refused_by, unproven
from signalos.brokers.mt5.preflight import check_levels, connected, not_frozen
from signalos.brokers.mt5.request import TradeRequest
from signalos.domain.money import round_to_step
from signalos.domain.order import CancelOrder, ModifyOrder, ModifyPosition, Outcome, OutcomeKind
from signalos.domain.signal import Side


def loosens(side: Side, before: Decimal | None, after: Decimal | None) -> bool:
    """True when a stop moves away from the market's good side, or is removed: that adds risk."""
    if before is None:
        return False
    return after is None or (before - after) * side.sign > 0


def _same(row: dict[str, Any], stop_loss: Decimal | None, take_profit: Decimal | None) -> bool:
    return level(row["sl"]) == stop_loss and level(row["tp"]) == take_profit


class ChangingPosition:
    """Plan of a :class:`~signalos.domain.order.ModifyPosition`."""

    def __init__(self, tools: Tools, request: ModifyPosition, magic: int) -> None:
        self._tools = tools
        self._request = request
        self._identifier = int(request.identifier)
        self._magic = magic
        self._levels: tuple[Decimal | None, Decimal | None] = (None, None)
        self.adds_exposure = False

    async def prepare(self, filling: int) -> Prepared:  # noqa: ARG002 -- level changes have no filling
        facts = await self._tools.facts(position=self._identifier)
        lost = connected(facts.terminal)
        if lost is not None:
            return refused_by(lost)
        row, symbol, tick = facts.position, facts.symbol, facts.tick
        if row is None or symbol is None or tick is None:
            return await position_ended(self._tools, self._identifier, 10036)
        side = mapping.side_of(row["type"])
        stop = nearer(side, self._request.stop_loss, symbol.tick_size)
        target = self._request.take_profit
        target = round_to_step(target, symbol.tick_size) if target is not None else None
        self._levels = (stop, target)
        if _same(row, stop, target):
            return self._done(10025, "no_change")
        held_stop, held_target = level(row["sl"]), level(row["tp"])
        quote = tick.exit_price(side)
        # A level that stays where it is was accepted once; only what changes is checked.
        objection = check_levels(
            symbol,
            side,
            quote,
            stop if stop != held_stop else None,
            target if target != held_target else None,
        ) or not_frozen(symbol, quote, (held_stop, held_target))
        if objection is not None:
            return refused_by(objection)
        self.adds_exposure = loosens(side, held_stop, stop)
        return TradeRequest(
            action=mt5.ACTION_SLTP,
            symbol=symbol.name,
            magic=self._magic,
            position=row["ticket"],
            sl=stop,
            tp=target,
        )

    async def carried_out(self, answer: Answer) -> Outcome:
        async for _ in self._tools.pauses():
            found = await self._tools.link.read("after_send", position=self._identifier)
            row = found["position"]
            if row is None or _same(row, *self._levels):
                return self._done(answer.retcode)
        return unproven(answer, identifier=self._request.identifier)

    async def gone(self) -> Outcome | None:
        facts = await self._tools.facts(position=self._identifier)
        if facts.position is not None:
            return None
        return await position_ended(self._tools, self._identifier, 10036)

    def _done(self, retcode: int, reason: str = "") -> Outcome:
        return Outcome(
            kind=OutcomeKind.DONE, retcode=retcode, identifier=self._request.identifier, reason=reason
        )


async def order_ended(tools: Tools, ticket: int, past: dict[str, Any] | None = None) -> Outcome:
    """The outcome of a request whose waiting order is no longer there, told from history."""
    if past is None:
        past = (await tools.link.read("order_fate", ticket))["past_order"]
    state = past["state"] if past is not None else None
    if past is not None and state in (mt5.STATE_FILLED, mt5.STATE_PARTIAL):
        return Outcome(
            kind=OutcomeKind.GONE,
            ticket=str(ticket),
            identifier=str(past["position_id"] or ticket),
            reason="already_filled",
            explanation=f"Order {ticket} has been filled before the request: it is a position now.",
        )
    words = {
        mt5.STATE_CANCELED: "was cancelled before",
        mt5.STATE_EXPIRED: "has expired",
        mt5.STATE_REJECTED: "was rejected by the broker",
    }.get(state or 0, "is not known to the account")
    return Outcome(
        kind=OutcomeKind.GONE,
        ticket=str(ticket),
        reason="order_gone",
        explanation=f"Order {ticket} {words}. Nothing was sent.",
    )


class ChangingOrder:
    """Plan of a :class:`~signalos.domain.order.ModifyOrder`."""

    def __init__(self, tools: Tools, request: ModifyOrder, magic: int) -> None:
        self._tools = tools
        self._request = request
        self._ticket = int(request.ticket)
        self._magic = magic
        self._wanted: tuple[Decimal, Decimal | None, Decimal | None] = (request.price, None, None)
        self.adds_exposure = False

    async def prepare(self, filling: int) -> Prepared:  # noqa: ARG002 -- the order keeps its filling
        facts = await self._tools.facts(order=self._ticket)
        lost = connected(facts.terminal)
        if lost is not None:
            return refused_by(lost)
        row, symbol, tick = facts.order, facts.symbol, facts.tick
        if row is None or symbol is None or tick is None:
            return await order_ended(self._tools, self._ticket)
        side = mapping.side_of(row["type"])
        price = round_to_step(self._request.price, symbol.tick_size)
        stop = nearer(side, self._request.stop_loss, symbol.tick_size)
        target = self._request.take_profit
        target = round_to_step(target, symbol.tick_size) if target is not None else None
        self._wanted = (price, stop, target)
        if self._shows(row):
            return self._changed(10025, row, "no_change")
        held_price, held_stop = exact(row["price_open"]), level(row["sl"])
        objection = check_levels(symbol, side, price, stop, target) or not_frozen(
            symbol, tick.entry_price(side), (held_price,)
        )
        if objection is not None:
            return refused_by(objection)
        if held_stop is not None:
            held_risk = abs(held_price - held_stop)
            self.adds_exposure = stop is None or abs(price - stop) > held_risk
        return TradeRequest(
            action=mt5.ACTION_MODIFY,
            symbol=symbol.name,
            magic=self._magic,
            order=self._ticket,
            price=price,
            sl=stop,
            tp=target,
            type_time=row["type_time"],
            expiration=row["time_expiration"] or None,
        )

    async def carried_out(self, answer: Answer) -> Outcome:
        async for _ in self._tools.pauses():
            fate = await self._tools.link.read("order_fate", self._ticket)
            if fate["order"] is None:
                return await order_ended(self._tools, self._ticket, fate["past_order"])
            if self._shows(fate["order"]):
                return self._changed(answer.retcode, fate["order"])
        return unproven(answer, ticket=self._request.ticket)

    async def gone(self) -> Outcome | None:
        fate = await self._tools.link.read("order_fate", self._ticket)
        if fate["order"] is not None:
            return None
        return await order_ended(self._tools, self._ticket, fate["past_order"])

    def _shows(self, row: dict[str, Any]) -> bool:
        return exact(row["price_open"]) == self._wanted[0] and _same(row, *self._wanted[1:])

    def _changed(self, retcode: int, row: dict[str, Any], reason: str = "") -> Outcome:
        return Outcome(
            kind=OutcomeKind.DONE,
            retcode=retcode,
            ticket=self._request.ticket,
            volume=exact(row["volume_current"]),
            price=exact(row["price_open"]),
            reason=reason,
        )


class Cancelling:
    """Plan of a :class:`~signalos.domain.order.CancelOrder`."""

    adds_exposure = False

    def __init__(self, tools: Tools, request: CancelOrder, magic: int) -> None:
        self._tools = tools
        self._ticket = int(request.ticket)
        self._magic = magic

    async def prepare(self, filling: int) -> Prepared:  # noqa: ARG002 -- a deletion has no filling
        facts = await self._tools.facts(order=self._ticket)
        lost = connected(facts.terminal)
        if lost is not None:
            return refused_by(lost)
        if facts.order is None:
            return await order_ended(self._tools, self._ticket)
        return TradeRequest(
            action=mt5.ACTION_REMOVE, symbol=facts.order["symbol"], magic=self._magic, order=self._ticket
        )

    async def carried_out(self, answer: Answer) -> Outcome:
        async for _ in self._tools.pauses():
            fate = await self._tools.link.read("order_fate", self._ticket)
            past = fate["past_order"]
            if fate["order"] is None:
                if past is not None and past["state"] in (mt5.STATE_FILLED, mt5.STATE_PARTIAL):
                    return await order_ended(self._tools, self._ticket, past)
                return Outcome(kind=OutcomeKind.DONE, retcode=answer.retcode, ticket=str(self._ticket))
        return unproven(answer, ticket=str(self._ticket))

    async def gone(self) -> Outcome | None:
        fate = await self._tools.link.read("order_fate", self._ticket)
        if fate["order"] is not None:
            return None
        return await order_ended(self._tools, self._ticket, fate["past_order"])
