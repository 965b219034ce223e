"""Sends journalled intents to one terminal and journals what came of them. Nothing else sends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

from signalos.brokers.base import Broker, Gate, GetsReady
from signalos.desktop.ceilings import CeilingGuard
from signalos.desktop.holding import HISTORY_LAGS, Holding
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import UNFINISHED, Intent
from signalos.desktop.journal.legs import Leg, Trade
from signalos.desktop.wire_events import alert_event, trade_event
from signalos.domain.errors import TerminalError
from signalos.domain.market import Deal
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    LegKey,
    ModifyOrder,
    ModifyPosition,
    OpenLeg,
    OrderRequest,
    Outcome,
    OutcomeKind,
)
from signalos.kit.clock import Clock

REST_TRIES = 30
"""So often the rest of a close is sent while the market takes nothing; after that the user is told."""


class Executor:
    """The one door to a terminal.

    ``send`` journals SENDING (``begin``), sends, and journals the outcome; an unknown outcome stays unknown until
    :meth:`adopt` is told what reconciliation found. ``clock`` is wall time, ``market`` the time in
    which signals age.
    """

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        *,
        guard: CeilingGuard | None = None,
        holding: Holding | None = None,
        clock: Clock,
        market: Clock,
    ) -> None:
        self.terminal_id = terminal_id
        self._broker = broker
        self._readies = broker if isinstance(broker, GetsReady) else None
        self._journal = journal
        self._guard = guard
        self._holding = holding
        self._clock = clock
        self._market = market

    async def send(self, intent: Intent, *, everybodys: bool = False) -> Intent:
        """Send ``intent`` (planned or waiting) once; too old ones expire unsent.

        A close takes no more than is ours of its position, unless it is to take ``everybodys`` part.
        """
        if self._holding is not None and self._holding.concerns(intent) and not everybodys:
            try:
                held = await self._holding.held(intent)
            except TerminalError as why:
                if intent.state == "waiting":
                    return intent  # it goes on waiting for what it waits for
                never = Outcome(kind=OutcomeKind.NEVER_SENT, reason="terminal_down", explanation=str(why))
                return self.adopt(intent, never)
            if held is None:
                return self._journal.intents.get(intent.key)
            intent = held
        if not self.begin(intent):
            return self._journal.intents.get(intent.key)
        return await self.send_begun(intent)

    def is_held(self, intent: Intent) -> bool:
        """True where ``send`` has to find out first how much of a position is ours."""
        return self._holding is not None and self._holding.concerns(intent)

    def begin(self, intent: Intent) -> bool:
        """Journal that ``intent`` goes out from now on; False if it is not to be sent: too old, or withdrawn."""
        if intent.request is None:
            raise ValueError(f"{intent.key} has nothing to send")
        if self.too_late(intent):
            self.expire(intent)
            return False
        if self._readies is not None:
            # What stands before the send is looked at while the disk is waited for.
            self._readies.get_ready(intent.request, tag=intent.tag, magic=intent.magic)
        return self._journal.intents.sending(intent)

    async def send_begun(self, intent: Intent) -> Intent:
        """Send what :meth:`begin` has journalled durably, and journal what came of it."""
        if intent.request is None:
            raise ValueError(f"{intent.key} has nothing to send")
        outcome = await self._broker.execute(
            intent.request,
            key=intent.key,
            tag=intent.tag,
            magic=intent.magic,
            gate=self._gate(intent),
        )
        if isinstance(intent.request, ClosePosition) and intent.volume and outcome.volume is not None:
            outcome = replace(
                outcome, volume=intent.volume + outcome.volume
            )  # earlier tries closed some too
        return self.adopt(intent, outcome)

    def too_late(self, intent: Intent) -> bool:
        """True once the signal behind ``intent`` is too old to be sent."""
        return intent.fresh_until is not None and self._market.now() > intent.fresh_until

    def expire(self, intent: Intent) -> None:
        """Journal that ``intent`` was too late; nothing is sent."""
        self._journal.intents.mark(intent, "expired", "too_old", "its time ran out before it could be sent")

    def _gate(self, intent: Intent) -> Gate:
        def ask(request: OrderRequest) -> str:
            halted = self._journal.latches.halted(self.terminal_id, intent.key.chat_id)
            return halted or ("" if self._guard is None else self._guard.objection(intent, request))

        return ask

    def adopt(self, intent: Intent, outcome: Outcome) -> Intent:
        """Journal ``outcome`` (from a send or from reconciliation) with all that follows from it."""
        state = _state(intent, outcome)
        with self._journal.transaction():
            settled = self._journal.intents.settle(intent, state, outcome)
            if state in ("planned", "waiting"):
                self.withdraw_if_over(intent)
                settled = self._journal.intents.get(intent.key)
            match intent.request:
                case OpenLeg():
                    self._opened(settled, intent.request, outcome)
                case CancelOrder():
                    self._cancelled(settled, intent.request, outcome)
                case ClosePosition() | ModifyPosition() | ModifyOrder():
                    pass  # The watcher reads what became of the position from the broker itself.
            self._alert(settled, outcome)
        return settled

    def withdraw_if_over(self, intent: Intent) -> None:
        """What is still to be sent for a stop that ended while it was under way is not sent any more."""
        if not self._journal.latches.wants(self.terminal_id, intent.key.origin):
            text = "the stop was over before it could be sent again"
            self._journal.intents.mark(intent, "superseded", "latch_ended", text)

    def _cancelled(self, intent: Intent, request: CancelOrder, outcome: Outcome) -> None:
        leg = self._journal.legs.by_identifier(self.terminal_id, request.ticket)
        if leg is None or leg.state != "pending":
            return
        if outcome.kind is OutcomeKind.DONE:
            self.order_ended(leg)
        elif outcome.reason == "already_filled" and outcome.identifier is not None:
            self.order_filled(leg, outcome.identifier)
            if intent.key.origin == "signal" and intent.key.message_id != leg.key.message_id:
                self._close_instead(intent, outcome.identifier)

    def _close_instead(self, intent: Intent, identifier: str) -> None:
        """Another message called the signal off, and its order was filled first: its position closes."""
        self._journal.intents.plan(
            replace(intent.key, origin="rule:called_off"),
            "close",
            ClosePosition(identifier=identifier),
            text="the order was filled while it was called off: its position is closed",
            account=intent.account,
            magic=intent.magic,
            identifier=identifier,
        )

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

    async def end_rest(self, ticket: str, account: str, magic: int) -> None:
        """Delete what an order filled in part still waits for: its position closes, and must not open anew."""
        key = LegKey(self.terminal_id, ticket, 0, 1, 1, 1, "rule:rest")
        last = self._journal.intents.last_try(key)
        if last is not None and last.state in UNFINISHED:
            return
        if last is not None:
            key = replace(key, version=last.key.version + 1)
        text = "the position closes: the rest of its order is not wanted any more"
        request = CancelOrder(ticket=ticket)
        await self.send(
            self._journal.intents.plan(
                key, "cancel", request, text=text, account=account, magic=magic, identifier=ticket
            )
        )

    def order_filled(self, leg: Leg, identifier: str, volume: Decimal | None = None) -> None:
        """A waiting order has become position ``identifier``, of ``volume`` lots as far as is known."""
        with self._journal.transaction():
            intent = self._journal.intents.get(leg.key)
            self._journal.intents.mark(intent, "executed", "filled", "the waiting order was filled")
            self.update_leg(leg, state="open", identifier=identifier, volume=volume or leg.trade.volume)

    def now(self) -> datetime:
        """The time of the market, in which legs open and close."""
        return self._market.now()

    def order_ended(self, leg: Leg) -> None:
        """A waiting order is gone and was never filled."""
        with self._journal.transaction():
            intent = self._journal.intents.get(leg.key)
            now = self._market.now()
            expires = intent.request.expires_at if isinstance(intent.request, OpenLeg) else None
            state, text = "superseded", "the waiting order was cancelled"
            if expires is not None and now >= expires:
                state, text = "expired", "the waiting order expired unfilled"
            self._journal.intents.mark(intent, state, "order_gone", text)
            self.update_leg(leg, state="cancelled", reason=text, closed_at=now)

    def put_leg(self, leg: Leg, deals: Sequence[Deal] | None = None) -> None:
        """Store a leg and tell the server, in one transaction; ``deals`` are its position's, if read."""
        with self._journal.transaction():
            self._journal.legs.put(leg)
            self._journal.outbox.add("trade", self.terminal_id, trade_event(leg, self._clock.now(), deals))

    def update_leg(
        self,
        leg: Leg,
        *,
        state: str | None = None,
        deals: Sequence[Deal] | None = None,
        **changes: object,
    ) -> Leg:
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
            self.put_leg(new, deals)
        return new

    def _alert(self, intent: Intent, outcome: Outcome) -> None:
        if outcome.kind is OutcomeKind.UNKNOWN:
            code = "outcome_unknown"
        elif outcome.kind is OutcomeKind.REFUSED and outcome.reason == "not_executed":
            code = "not_executed"
        elif outcome.kind is OutcomeKind.REFUSED and outcome.reason == "wrong_account":
            code = "wrong_account"
        elif outcome.kind is OutcomeKind.REFUSED and outcome.retcode and not _goes_on(intent):
            code = "order_refused"
        else:
            return
        text = f"{intent.kind} for message {intent.key.message_id}: {outcome.explanation or outcome.reason}"
        self._journal.outbox.add(
            "alert", self.terminal_id, alert_event(code, "warning", text, self.terminal_id)
        )


def _goes_on(intent: Intent) -> bool:
    return intent.state == "planned" or _repeats(intent)


def _repeats(intent: Intent) -> bool:
    """True for a further try of a stop or a rule: each is an intent of its own, one alert is enough."""
    stop, rule = intent.key.origin.startswith("latch:"), intent.key.origin.startswith("rule:")
    return (stop and intent.key.leg > 1) or (rule and intent.key.version > 1)


def _is_rest(intent: Intent) -> bool:
    """True for a close of which a part has been filled; its tries are counted."""
    closes = isinstance(intent.request, ClosePosition) and intent.sends < REST_TRIES
    return closes and (bool(intent.volume) or intent.reason in ("partially_filled", "rejected"))


def _state(intent: Intent, outcome: Outcome) -> str:
    opening = isinstance(intent.request, OpenLeg)
    match outcome.kind:
        case OutcomeKind.PARTIAL if isinstance(intent.request, ClosePosition):
            return "planned"  # the rest is closed too: never more than leaves what must remain
        case OutcomeKind.DONE | OutcomeKind.PARTIAL:
            return "executed"
        case OutcomeKind.PLACED:
            return "pending" if opening else "unknown"
        case OutcomeKind.GONE:
            return "executed" if isinstance(intent.request, ClosePosition) else "not_executed"
        case OutcomeKind.WAITING:
            return "waiting"
        case OutcomeKind.NEVER_SENT:
            # As it was: what waits for its market goes on waiting. A history that lagged has told what it had to.
            waits = intent.state == "waiting" and intent.reason != HISTORY_LAGS
            return "waiting" if waits else "planned"
        case OutcomeKind.UNKNOWN:
            return "unknown"
        case OutcomeKind.REFUSED if outcome.reason == "rejected" and _is_rest(intent):
            return "planned"  # the market took all it had a moment ago: the rest is tried again, ever later
        case OutcomeKind.REFUSED:
            return "not_executed" if outcome.reason == "not_executed" else "refused"
