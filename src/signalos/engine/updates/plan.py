"""Collects what an update sends, numbered in the order in which it is sent."""

from __future__ import annotations

from dataclasses import replace

from signalos.domain.decision import Decision, PlannedStep, SignalLeg, Step, Verdict
from signalos.domain.order import CancelOrder, OrderRequest
from signalos.engine.steps import refused
from signalos.engine.updates.scope import Found


class Plan:
    """The steps of one update. ``kind`` is the action's name; numbers count from 1."""

    def __init__(self, kind: str) -> None:
        self._kind = kind
        self._steps: list[PlannedStep] = []

    def send(self, request: OrderRequest, identifier: str, text: str) -> None:
        """Add something to send."""
        self._add(request, "", text, identifier)

    def adopt(self, step: PlannedStep) -> None:
        """Add a step planned elsewhere under the next number; it keeps its own kind."""
        self._steps.append(replace(step, leg=len(self._steps) + 1))

    def record(self, reason: str, text: str, identifier: str = "") -> None:
        """Add something that is not sent (or, with a ``waiting_`` reason, not yet)."""
        self._add(None, reason, text, identifier)

    def keeps(self, leg: SignalLeg, what: str, identifier: str) -> bool:
        """True, and recorded, where the user moved ``what`` (stop or target) of a leg by hand."""
        if what not in leg.by_hand:
            return False
        text = f"leg {leg.leg} of message {leg.message_id}: you moved its {what} in the terminal, it stays there"
        self.record("changed_by_hand", text, identifier)
        return True

    def cancel_orders(self, found: Found) -> None:
        """Delete every waiting order."""
        for leg, order in found.orders():
            text = f"delete the {order.side} {order.kind} order {order.ticket} of leg {leg.leg}"
            self.send(CancelOrder(ticket=order.ticket), order.ticket, text)

    def cancel_rest(self, leg: SignalLeg) -> None:
        """Delete what is left of an order filled in part, before its position is closed: it would open it anew."""
        if leg.rest is not None:
            text = f"delete the rest of {leg.rest.volume:f} lots that leg {leg.leg} still waits for"
            self.send(CancelOrder(ticket=leg.rest.ticket), leg.rest.ticket, text)

    def record_unsettled(self, found: Found) -> None:
        """Record the legs whose outcome is not known yet: nothing can be sent for them."""
        for leg in found.unsettled():
            text = f"leg {leg.leg} of message {leg.message_id} is {leg.state}: not at the broker yet"
            self.record("leg_unsettled", text)

    def decision(self, steps: list[Step]) -> Decision:
        """Pass if anything is or will be sent, else refuse with the first recorded reason."""
        plan = tuple(self._steps)
        goes = any(step.request is not None or step.reason.startswith("waiting_") for step in plan)
        if goes:
            return Decision(Verdict.PASS, "", tuple(steps), plan)
        reason = plan[0].reason if plan else "nothing_open"
        text = plan[0].text if plan else "nothing is open"
        return Decision(Verdict.REFUSE, reason, (*steps, refused(self._kind, reason, text)), plan)

    def _add(self, request: OrderRequest | None, reason: str, text: str, identifier: str) -> None:
        number = len(self._steps) + 1
        self._steps.append(
            PlannedStep(number, self._kind, request, reason, text, identifier=identifier or None)
        )
