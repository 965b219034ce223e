"""The same trade is not taken twice, whichever channel repeats it."""

from __future__ import annotations

from decimal import Decimal

from signalos.domain.decision import SignalRecord, Step
from signalos.domain.money import ZERO
from signalos.engine.figures import percent
from signalos.engine.question import PricedEntry, Question
from signalos.engine.steps import noted, passed, refused

TOLERANCE = Decimal("0.1")
"""Share of the stop distance by which entry and stop of one idea differ between channels."""


def check(question: Question) -> Step:
    """Refuse a signal that is alive already: same symbol and side, entry and stop nearly equal.

    Reason: ``duplicate``. All channels of this terminal count. "Nearly" is a tenth of the stop
    distance; targets are not compared, since the same bet with another target is the same bet.
    """
    if not question.strategy.filters.skip_duplicates:
        return noted("duplicate", "this filter is off", limit="off")
    twins = [record for record in question.earlier if _same(question, record)]
    if not twins:
        return passed("duplicate", "no live signal of this symbol and side has these levels", "0")
    twin = twins[0]
    where = "this channel" if twin.chat_id == question.context.chat_id else f"channel {twin.chat_id}"
    text = (
        f"the same trade is alive already: message {twin.message_id} of {where}, "
        f"entry and stop within {percent(TOLERANCE)} of the stop distance"
    )
    return refused("duplicate", "duplicate", text, str(twin.message_id))


def _same(question: Question, record: SignalRecord) -> bool:
    action, entry = question.action, question.entry
    if (record.action.symbol, record.action.side) != (action.symbol, action.side):
        return False
    mine = action.stop_loss if entry is None else entry.stop
    theirs = _stop(record)
    if mine is None or theirs is None:
        return mine is theirs and _entries_meet(question, record, ZERO)
    slack = _slack(entry, mine, theirs, record)
    return abs(mine - theirs) <= slack and _entries_meet(question, record, slack)


def _slack(entry: PricedEntry | None, mine: Decimal, theirs: Decimal, record: SignalRecord) -> Decimal:
    if entry is not None:
        return abs(entry.price - mine) * TOLERANCE
    bounds = _entries(record)
    return abs(bounds[0] - theirs) * TOLERANCE if bounds else ZERO


def _entries_meet(question: Question, record: SignalRecord, slack: Decimal) -> bool:
    """True when the ranges of the two entries come within ``slack`` of each other, or one is unknown."""
    mine, theirs = question.action.entry, _entries(record)
    if not mine and question.entry is not None:
        mine = (question.entry.price,)
    if not mine or not theirs:
        return True
    return min(mine) - slack <= max(theirs) and min(theirs) - slack <= max(mine)


def _entries(record: SignalRecord) -> tuple[Decimal, ...]:
    """The record's stated entry; for a market order where its positions were filled."""
    filled = tuple(leg.position.entry_price for leg in record.legs if leg.position is not None)
    return record.action.entry or filled


def _stop(record: SignalRecord) -> Decimal | None:
    """The stop as the message named it: the live one may have moved to entry since."""
    if record.action.stop_loss is not None:
        return record.action.stop_loss
    held = (leg.position or leg.order for leg in record.legs)
    return next((thing.stop_loss for thing in held if thing is not None and thing.stop_loss), None)
