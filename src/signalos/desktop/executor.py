"""Sends journalled intents to one terminal and journals what came of them. Nothing else sends."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from signalos.brokers.base import Broker, Gate
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.legs import Leg, Trade
from signalos.desktop.wire_events import alert_event, trade_event
from signalos.domain.order import (
    ClosePosition,
    ModifyOrder,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.kit.clock import Clock


class Executor:
    """The one door to a terminal.

    ``send`` journals SENDING, sends, and journals the outcome; an unknown outcome stays unknown until
    :meth:`adopt` is told what reconciliation found. ``clock`` is wall time, ``market`` the time in
    which signals age.
    """

    def __init__(
        self, terminal_id: str, broker: Broker, journal: Journal, *, clock: Clock, market: Clock
    ) -> None:
        self.terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._clock = clock
        self._market = market

    async def send(self, intent: Intent) -> Intent:
        """Send ``intent`` (planned or waiting) once; too old ones expire unsent."""
        if intent.request is None:
            raise ValueError(f"{intent.key} has nothing to send")
        if intent.fresh_until is not None and self._market.now() > intent.fresh_until:
            self._journal.intents.mark(
                intent, "expired", "too_old", "its time ran out before it could be sent"
            )
            return self._journal.intents.get(intent.key)
        self._journal.intents.sending(intent)
        outcome = await self._broker.execute(
            intent.request,
            key=intent.key,
            tag=intent.tag,
            magic=intent.magic,
            gate=self._gate(intent),
        )
        return self.adopt(intent, outcome)

    def _gate(self, intent: Intent) -> Gate:
        def ask(request: OrderRequest) -> str:
            if not isinstance(request, OpenLeg):
                return ""
            return self._journal.latches.halted(self.terminal_id, intent.key.chat_id)

        return ask

    def adopt(self, intent: Intent, outcome: Outcome) -> Intent:
        """Journal ``outcome`` (from a send or from reconciliation) with all that follows from it."""
        with self._journal.transaction():
            self._journal.intents.settle(intent, _state(intent, outcome), outcome)
            settled = self._journal.intents.get(intent.key)
            match intent.request:
                case OpenLeg():
                    self._opened(settled, intent.request, outcome)
                case ClosePosition() | ModifyPosition() | ModifyOrder():
                    pass  # The watcher reads what became of the position from the broker itself.
            if outcome.kind is OutcomeKind.UNKNOWN:
                self._alert("outcome_unknown", settled, outcome)
            elif outcome.kind is OutcomeKind.REFUSED and outcome.retcode:
                self._alert("order_refused", settled, outcome)
        return settled

    def _opened(self, intent: Intent, request: OpenLeg, outcome: Outcome) -> None:
        if intent.state not in ("executed", "pending"):
            return
        identifier = outcome.identifier or outcome.ticket
        if identifier is None:
            raise ValueError(f"{intent.key}: executed, but the broker named no position and no order")
        leg = Leg(
            key=intent.key,
            tag=intent.tag,
            state="pending" if intent.state == "pending" else "open",
            symbol=request.symbol,
            side=request.side,
            target=request.take_profit,
            identifier=identifier,
            trade=Trade(
                volume=outcome.volume or request.volume,
                entry_price=outcome.price or request.price,
                stop_loss=request.stop_loss,
                take_profit=request.take_profit,
                ticket=outcome.ticket or identifier,
                opened_at=self._market.now(),
            ),
        )
        self.put_leg(leg)

    def put_leg(self, leg: Leg) -> None:
        """Store a leg and tell the server, in one transaction."""
        with self._journal.transaction():
            self._journal.legs.put(leg)
            self._journal.outbox.add("trade", self.terminal_id, trade_event(leg, self._clock.now()))

    def update_leg(self, leg: Leg, *, state: str | None = None, **changes: object) -> Leg:
        """Store what changed about a leg; nothing if nothing did."""
        target = changes.pop("target", leg.target)
        new = replace(
            leg,
            state=state or leg.state,
            target=target if isinstance(target, Decimal) else None,
            identifier=str(changes.pop("identifier", leg.identifier)),
            trade=replace(leg.trade, **changes),  # type: ignore[arg-type]
        )
        if new != leg:
            self.put_leg(new)
        return new

    def _alert(self, code: str, intent: Intent, outcome: Outcome) -> None:
        text = f"{intent.kind} for message {intent.key.message_id}: {outcome.explanation or outcome.reason}"
        self._journal.outbox.add(
            "alert", self.terminal_id, alert_event(code, "warning", text, self.terminal_id)
        )


def _state(intent: Intent, outcome: Outcome) -> str:
    opening = isinstance(intent.request, OpenLeg)
    match outcome.kind:
        case OutcomeKind.DONE | OutcomeKind.PARTIAL:
            return "executed"
        case OutcomeKind.PLACED:
            return "pending" if opening else "unknown"
        case OutcomeKind.GONE:
            return "executed" if isinstance(intent.request, ClosePosition) else "not_executed"
        case OutcomeKind.WAITING:
            return "waiting"
        case OutcomeKind.NEVER_SENT:
            return "planned"
        case OutcomeKind.UNKNOWN:
            return "unknown"
        case OutcomeKind.REFUSED:
            return "not_executed" if outcome.reason == "not_executed" else "refused"
