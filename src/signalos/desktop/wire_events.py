"""What the journal tells the server: domain values as the wire's event data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from signalos.desktop.journal.latches import Latch
from signalos.desktop.journal.legs import Leg
from signalos.domain.decision import Decision, DecisionContext, PlannedStep, Verdict
from signalos.domain.market import Deal
from signalos.domain.message import Message
from signalos.domain.order import ModifyOrder, ModifyPosition, OpenLeg
from signalos.domain.signal import Action, Reading, action_name
from signalos.protocol.firebridge import (
    AlertData,
    DealData,
    DecisionData,
    LatchData,
    MessageData,
    PlanData,
    SignalData,
    StepData,
    TradeData,
)
from signalos.protocol.reading import signal_fields
from signalos.protocol.shapes import Severity, TradeStatus

_STATUS: dict[str, TradeStatus] = {
    "pending": "pending",
    "open": "open",
    "closed": "closed",
    "cancelled": "cancelled",
}


def message_event(message: Message, reading: Reading) -> MessageData:
    """A message with the reason why nothing was read from it, if so."""
    return MessageData(
        chat_id=message.chat_id,
        message_id=message.message_id,
        version=message.version,
        chat_name=message.chat_name,
        source=message.source,
        text=message.text[:20_000],
        posted_at=message.posted_at,
        reply_to=message.reply_to,
        deleted=message.deleted,
        reason=reading.reason,
        detail="; ".join(reading.notes)[:2000] if reading.reason else "",
    )


def signal_event(message: Message, part: int, action: Action) -> SignalData:
    """One action read from a message."""
    return SignalData(
        chat_id=message.chat_id,
        message_id=message.message_id,
        part=part,
        version=message.version,
        chat_name=message.chat_name,
        text=message.text[:20_000],
        posted_at=message.posted_at,
        **signal_fields(action),
    )


def decision_event(
    context: DecisionContext, part: int, action: Action, decision: Decision, strategy_version: str
) -> DecisionData:
    """One decision with all its steps and its plan."""
    return DecisionData(
        chat_id=context.chat_id,
        message_id=context.message_id,
        part=part,
        version=context.version,
        terminal_id=context.terminal_id,
        action=action_name(action),
        verdict="refuse" if decision.verdict is Verdict.REFUSE else "pass",
        reason=decision.reason,
        steps=[
            StepData(rule=s.rule, verdict=s.verdict.value, input=s.input, limit=s.limit, text=s.text)
            for s in decision.steps
        ],
        plan=[_plan(step) for step in decision.plan],
        strategy_version=strategy_version,
        budget=decision.budget,
        risk=decision.risk,
        decided_at=context.now,
    )


def _plan(step: PlannedStep) -> PlanData:
    request = step.request
    opening = request if isinstance(request, OpenLeg) else None
    levels = request if isinstance(request, OpenLeg | ModifyPosition | ModifyOrder) else None
    return PlanData(
        leg=step.leg,
        kind=step.kind,
        reason=step.reason,
        text=step.text,
        symbol=None if opening is None else opening.symbol,
        side=None if opening is None else opening.side.value,
        volume=getattr(request, "volume", None),
        price=getattr(request, "price", None),
        stop_loss=None if levels is None else levels.stop_loss,
        take_profit=None if levels is None else levels.take_profit,
        risk=step.risk,
    )


def trade_event(leg: Leg, at: datetime, deals: Sequence[Deal] | None = None) -> TradeData:
    """A leg as the broker last showed it, with its position's ``deals`` where they were read."""
    trade = leg.trade
    return TradeData(
        terminal_id=leg.key.terminal_id,
        identifier=leg.identifier,
        ticket=trade.ticket or leg.identifier,
        symbol=leg.symbol,
        side=leg.side.value,
        volume=trade.volume,
        status=_STATUS[leg.state],
        chat_id=leg.key.chat_id,
        message_id=leg.key.message_id,
        part=leg.key.part,
        leg=leg.key.leg,
        entry_price=trade.entry_price,
        stop_loss=trade.stop_loss,
        take_profit=trade.take_profit,
        close_price=trade.close_price,
        closed_volume=trade.closed_volume,
        pnl=trade.pnl,
        reason=trade.reason,
        opened_at=trade.opened_at,
        closed_at=trade.closed_at,
        updated_at=at,
        deals=None if deals is None else [_deal(deal) for deal in deals],
    )


def _deal(deal: Deal) -> DealData:
    return DealData(
        ticket=deal.ticket,
        entry=deal.entry.value,
        side=deal.side.value,
        volume=deal.volume,
        price=deal.price,
        profit=deal.profit,
        swap=deal.swap,
        commission=deal.commission,
        fee=deal.fee,
        reason=deal.reason,
        at=deal.at,
    )


def alert_event(code: str, severity: Severity, text: str, terminal_id: str | None = None) -> AlertData:
    """Something a person should know."""
    return AlertData(code=code, severity=severity, text=text[:2000], terminal_id=terminal_id)


def latch_event(latch: Latch, state: str, text: str = "") -> LatchData:
    """A stop's progress. ``state`` is set | progress | flat | ended."""
    return LatchData(
        terminal_id=latch.terminal_id,
        latch_id=latch.latch_id,
        mode=latch.mode,  # type: ignore[arg-type]  # one of MODES: checked when it was latched
        state=state,  # type: ignore[arg-type]
        closed=latch.closed,
        total=latch.total,
        flat=latch.flat,
        left=latch.left,
        text=text,
    )
