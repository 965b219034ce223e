"""Moving stops to a price that the message names."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from signalos.domain.decision import HALTED, DecisionContext, SignalLeg, Step, SymbolData
from signalos.domain.market import PendingOrder, Position, SymbolSpec
from signalos.domain.money import ZERO, round_to_step
from signalos.domain.order import ModifyOrder, ModifyPosition
from signalos.domain.strategy import Strategy
from signalos.engine.figures import places, plain
from signalos.engine.figures import price as shown
from signalos.engine.question import living_legs
from signalos.engine.steps import noted
from signalos.engine.updates.break_even import break_even_positions
from signalos.engine.updates.plan import Plan
from signalos.engine.updates.scope import Found


def modify_stop(
    plan: Plan, found: Found, price: Decimal, context: DecisionContext, strategy: Strategy
) -> list[Step]:
    """Set the stop of every position and waiting order of the scope to ``price``.

    A price that the signal named as its entry means break-even: each position's own entry. Not sent:
    ``stop_wrong_side_of_market`` (it would close at once), ``stop_too_close`` (nearer than the broker
    accepts), ``no_change``, and while trading is halted every stop that gives the trade more room
    than it has (reason ``stopped`` / ``paused`` / ``channel_off``). Otherwise loosening is done and noted.
    """
    steps: list[Step] = []
    at_entry = tuple(r for r in found.records if price in r.action.entry and living_legs(r))
    filled = replace(found, records=at_entry)
    if any(filled.positions()):
        text = f"{plain(price)} is the signal's entry: each position's stop goes to its own entry"
        steps.append(noted("stop_at_entry", text, plain(price)))
        break_even_positions(plan, filled, context, strategy)
    rest = replace(found, records=tuple(r for r in found.records if r not in at_entry))
    things: list[tuple[SignalLeg, Position | PendingOrder]] = [*rest.positions(), *found.orders()]
    for leg, thing in things:
        steps += _Mover(leg, thing, price, context).plan_into(plan)
    plan.record_unsettled(found)
    return steps


class _Mover:
    """One position or order whose stop moves."""

    def __init__(
        self, leg: SignalLeg, thing: Position | PendingOrder, price: Decimal, context: DecisionContext
    ) -> None:
        self._leg = leg
        self._thing = thing
        self._price = price
        self._halted = context.halted
        self._most = _most_loss(leg, context)
        self._data = context.symbols.get(leg.symbol)

    @property
    def _identifier(self) -> str:
        return self._thing.identifier if isinstance(self._thing, Position) else self._thing.ticket

    def _entry(self) -> Decimal:
        return self._thing.entry_price if isinstance(self._thing, Position) else self._thing.price

    def plan_into(self, plan: Plan) -> list[Step]:
        if plan.keeps(self._leg, "stop", self._identifier):
            return []
        if self._data is None:
            text = f"the terminal does not tell the price of {self._leg.symbol}"
            plan.record("unknown_symbol", text, self._identifier)
            return []
        spec = self._data.spec
        stop = round_to_step(self._price, spec.tick_size)
        now = self._thing.stop_loss
        name = f"leg {self._leg.leg} of message {self._leg.message_id}"
        loosens = now is not None and (now - stop) * self._thing.side.sign > ZERO
        reason, why = self._obstacle(stop, self._data, loosens=loosens)
        if reason:
            plan.record(reason, f"{name}: {why}", self._identifier)
            return []
        before = "none" if now is None else shown(now, spec)
        plan.send(self._request(stop), self._identifier, f"{name}: stop {before} to {shown(stop, spec)}")
        if not loosens:
            return []
        lost = self._loss_at(stop, spec)
        text = (
            f"{name}: the stop moves away from the market, from {before} to {shown(stop, spec)}; "
            f"the leg now loses {places(lost, 2)} at it"
        )
        return [noted("stop_loosened", text, shown(stop, spec), before)]

    def _obstacle(self, stop: Decimal, data: SymbolData, *, loosens: bool) -> tuple[str, str]:
        """Reason and words why the stop is not sent, ("", "") if it is."""
        spec, thing = data.spec, self._thing
        if thing.stop_loss == stop:
            return "no_change", f"the stop is at {shown(stop, spec)} already"
        if stop <= ZERO:
            return "stop_wrong_side_of_market", f"{shown(stop, spec)} is no price"
        base = data.tick.exit_price(thing.side) if isinstance(thing, Position) else thing.price
        room = (base - stop) * thing.side.sign
        text = (
            f"stop {shown(stop, spec)} with the {'market' if isinstance(thing, Position) else 'order'} at"
        )
        if room <= ZERO:
            return "stop_wrong_side_of_market", f"{text} {shown(base, spec)} would close the trade at once"
        if room < spec.stops_distance:
            least = shown(spec.stops_distance, spec)
            return "stop_too_close", f"{text} {shown(base, spec)}; the broker asks for at least {least}"
        if loosens and self._halted:
            return self._halted, f"{HALTED[self._halted]}: a stop is only tightened, not moved away"
        if loosens and self._most is not None and (lost := self._loss_at(stop, spec)) > self._most:
            text = f"at {shown(stop, spec)} it would lose {places(lost, 2)}; this machine's ceiling allows"
            return "ceiling_risk", f"{text} {places(self._most, 2)} for this leg"
        return "", ""

    def _loss_at(self, stop: Decimal, spec: SymbolSpec) -> Decimal:
        """What the thing loses from its entry at ``stop``, in account currency."""
        distance = max(ZERO, (self._entry() - stop) * self._thing.side.sign)
        return spec.loss_per_lot * self._thing.volume * distance

    def _request(self, stop: Decimal) -> ModifyPosition | ModifyOrder:
        thing = self._thing
        if isinstance(thing, Position):
            return ModifyPosition(
                identifier=thing.identifier, stop_loss=stop, take_profit=thing.take_profit
            )
        return ModifyOrder(
            ticket=thing.ticket, price=thing.price, stop_loss=stop, take_profit=thing.take_profit
        )


def _most_loss(leg: SignalLeg, context: DecisionContext) -> Decimal | None:
    """What a leg may lose at a loosened stop: its part of the ceiling of one signal; None without ceilings."""
    if context.ceilings is None:
        return None
    if context.account is None:
        return ZERO
    own = next(
        (
            r
            for r in context.records
            if (r.chat_id, r.message_id, r.part) == (leg.chat_id, leg.message_id, leg.part)
        ),
        None,
    )
    legs = 1 if own is None else max(1, len(living_legs(own)))
    return context.ceilings.risk(context.account.equity) / legs
