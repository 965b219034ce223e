"""No trade against an open opposite one."""

from __future__ import annotations

from signalos.domain.decision import Step
from signalos.engine.question import ENDED, Question
from signalos.engine.steps import noted, passed, refused


def check(question: Question) -> Step:
    """Refuse a signal while an opposite trade or order of its symbol is alive on the account.

    Reason: ``conflict``. Hand-made positions count too. The legs of the same message do not: a
    bracket of a buy and a sell order around the market is one idea.
    """
    if not question.strategy.filters.skip_conflicts:
        return noted("conflict", "this filter is off", limit="off")
    against = _opposite(question)
    name = question.action.symbol
    if not against:
        return passed("conflict", f"nothing opposite is open in {name}", "0")
    text = f"opposite in {name}: {', '.join(against)}; close that first or switch this filter off"
    return refused("conflict", "conflict", text, str(len(against)))


def _opposite(question: Question) -> list[str]:
    action, context = question.action, question.context
    names = {action.symbol} | (
        {question.data.spec.name, question.data.spec.canonical} if question.data else set()
    )
    side = action.side.opposite
    own = {
        found
        for record in context.records
        if question.own(record)
        for leg in record.legs
        for found in (leg.position and leg.position.identifier, leg.order and leg.order.ticket)
        if found
    }
    found = [
        f"position {p.identifier}"
        for p in context.positions
        if p.symbol in names and p.side is side and p.identifier not in own
    ]
    found += [
        f"order {o.ticket}"
        for o in context.orders
        if o.symbol in names and o.side is side and o.ticket not in own
    ]
    on_their_way = (
        f"message {record.message_id}"
        for record in question.earlier
        if record.action.side is side
        and record.action.symbol in names
        and any(leg.state not in ENDED and not (leg.position or leg.order) for leg in record.legs)
    )
    return found + list(on_their_way)
