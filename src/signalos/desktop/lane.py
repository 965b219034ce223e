"""One terminal's lane: takes read messages in order, decides once, sends, and never goes back."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any, NamedTuple, TypeGuard

from signalos.desktop.context import ContextBuilder
from signalos.desktop.executor import Executor
from signalos.desktop.hand import is_by_hand, is_for
from signalos.desktop.holding import HISTORY_LAGS
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.messages import JournalledMessage
from signalos.desktop.logs import CONFLICT_LOG, RR_CONVERTER_LOG
from signalos.desktop.own_part import own_close
from signalos.desktop.wire_events import alert_event, decision_event
from signalos.domain.decision import Decision, DecisionContext, PlannedStep, Step, Verdict
from signalos.domain.errors import TerminalError
from signalos.domain.market import MarginMode
from signalos.domain.message import Message
from signalos.domain.order import LegKey, OpenLeg
from signalos.domain.signal import (
    Action,
    Cancel,
    Close,
    CloseAll,
    Open,
    Reach,
    Scope,
    Update,
    action_name,
)
from signalos.domain.strategy import Strategy
from signalos.engine import decide
from signalos.engine.updates.scope import reached
from signalos.kit.clock import Clock

log = logging.getLogger(__name__)
RETRY_SECONDS = 0.2


class _Decided(NamedTuple):
    """The intents of one decision, and which of them is journalled as going out already."""

    intents: Sequence[Intent]
    begun: Intent | None


class Lane:
    """The messages' way to one terminal. ``strategy`` (of source, chat) is asked at each decision: it may change."""

    def __init__(
        self,
        terminal_id: str,
        journal: Journal,
        executor: Executor,
        contexts: ContextBuilder,
        *,
        strategy: Callable[[str, str], Strategy],
        listens_to: Callable[[str], bool],
        allow_real_account: bool,
        note: Callable[[str, dict[str, Any]], None],
        clock: Clock,
        busy: asyncio.Lock,
    ) -> None:
        self.terminal_id = terminal_id
        self._journal = journal
        self._executor = executor
        self._contexts = contexts
        self._strategy = strategy
        self._listens_to = listens_to
        self._allow_real = allow_real_account
        self._note = note
        self._clock = clock
        self._busy = busy
        self._awake = asyncio.Event()
        self._taking = True
        self.idle = True
        """True while there is nothing to do, or its terminal has never been reached."""
        self.on_idle: Callable[[], None] = lambda: None
        """Told when that begins."""

    def stop_taking(self) -> None:
        """Send nothing more; what is journalled waits for the next start."""
        self._taking = False

    def expect(self, message: Message, actions: Sequence[Action] | None = None) -> None:
        """Say what is coming: a message that has arrived, then what was read in it. It is not journalled yet."""
        if self._taking and self._hears(message) and actions != ():
            self._contexts.expect(actions[0] if actions else None)

    def expect_from(self, source: str) -> None:
        """Say that a message of ``source`` has just arrived."""
        if self._taking and self._listens_to(source):
            self._contexts.expect(None)

    def wake(self) -> None:
        """Say that something may be to do."""
        self._awake.set()

    async def run(self) -> None:
        """Work through the journal until cancelled."""
        while True:
            self.idle = False
            self._awake.clear()
            while self._taking and (stored := self._journal.messages.next_for(self.terminal_id)):
                if await self._take(stored):
                    # Undone by a power cut, it is taken once more, and what was decided is decided.
                    with self._journal.transaction(synced=False):
                        self._tell_of_deletion(stored.message)
                        self._journal.messages.finish(self.terminal_id, stored.row)
                    self._contexts.get_ready()  # for the next message, which may be in a hurry
            self.idle = True
            self.on_idle()
            await self._awake.wait()

    async def _take(self, stored: JournalledMessage) -> bool:
        """Do all that a message asks of this terminal; False if the app ends before that."""
        if self._hears(stored.message):
            if stored.message.deleted:
                await self._settled()  # what it asks depends on what became of its orders
            actions = self._actions(stored)
            for part, action in enumerate(actions, start=1):
                if stored.message.again_part not in (None, part):
                    continue
                await self._act(stored.message, part, action)
                if not self._taking:
                    return False
        return True

    def _hears(self, message: Message) -> bool:
        if is_by_hand(message):
            return is_for(message, self.terminal_id)
        return self._listens_to(message.source)

    async def _settled(self) -> None:
        """Wait until no outcome on this terminal is unknown and nothing earlier is still to be sent.

        Nothing is decided on half knowledge: "close" must find the position that "buy" opens. What
        waits for its market is not waited for; the watcher sends or ends all the rest.
        """
        while any(_holds_up(i) for i in self._journal.intents.unfinished(self.terminal_id)):
            await self._clock.sleep(RETRY_SECONDS)

    def _actions(self, stored: JournalledMessage) -> tuple[Action, ...]:
        message = stored.message
        if not message.deleted:
            return () if stored.reading is None else stored.reading.actions
        legs = self._journal.legs.of_message(self.terminal_id, message.chat_id, message.message_id)
        if any(leg.state == "pending" for leg in legs) or self._waits_for_market(message):
            return (Cancel(scope=Scope(Reach.ONE, target=message.message_id)),)
        return ()

    def _waits_for_market(self, message: Message) -> bool:
        return any(
            isinstance(i.request, OpenLeg)
            and (i.key.chat_id, i.key.message_id) == (message.chat_id, message.message_id)
            for i in self._journal.intents.unfinished(self.terminal_id, ("waiting",))
        )

    def _tell_of_deletion(self, message: Message) -> None:
        if not message.deleted or not self._hears(message):
            return
        legs = self._journal.legs.of_message(self.terminal_id, message.chat_id, message.message_id)
        if any(leg.state == "open" for leg in legs):
            text = f"message {message.message_id} was deleted, its trade stays open: close it by hand if you wish"
            self._journal.outbox.add(
                "alert",
                self.terminal_id,
                alert_event("signal_deleted", "warning", text, self.terminal_id),
            )

    async def _act(self, message: Message, part: int, action: Action) -> None:
        """Decide ``action`` unless that was done, then send what is planned and not sent."""
        where = (self.terminal_id, message.chat_id, message.message_id, message.version, part)
        told = ""
        while self._taking and not self._journal.decisions.made(*where):
            await self._settled()
            try:
                async with self._busy:  # what is decided must still be true when it is sent
                    await self._send(await self._decide(message, part, action))
            except TerminalError as why:
                if str(why) != told:
                    told = str(why)
                    log.warning(
                        "cannot decide yet", extra={"data": {"terminal": self.terminal_id, "why": told}}
                    )
                await self._clock.sleep(RETRY_SECONDS)

    async def _decide(self, message: Message, part: int, action: Action) -> _Decided:
        strategy = self._strategy(message.source, message.chat_id)
        context = await self._contexts.build(message, action, strategy)
        with self._journal.transaction():  # what bars it is still true when the decision is written
            decision = self._barred(context, part, action) or decide(action, context, strategy)
            return self._journal_decision(context, part, action, decision, strategy)

    async def _send(self, decided: _Decided) -> None:
        """Send what was just decided; what a crash leaves unsent the watcher sends at the next start."""
        for intent in decided.intents:
            if intent is decided.begun:
                await self._executor.send_begun(intent)
            elif self._taking and _can_be_sent(intent):
                await self._executor.send(intent)

    def _barred(self, context: DecisionContext, part: int, action: Action) -> Decision | None:
        """Refuse real money without leave, what a stop held up, and an edit that would open twice or undo a refusal."""
        if not isinstance(action, Open):
            return None
        if context.account is not None and not context.account.demo and not self._allow_real:
            return _refusal(
                "real_account_not_allowed",
                f"{context.account.identity} is not a demo account: set allow_real_account for this terminal"
                " in config.json once you want real money to be traded",
            )
        arrived = self._journal.messages.arrived_at(context.chat_id, context.message_id, context.version)
        held_back = self._journal.latches.held_back(self.terminal_id, context.chat_id, arrived)
        if held_back and not context.halted:
            return _refusal(
                held_back,
                f"it arrived before trading was resumed, when it was {held_back}: it is not traded later",
            )
        legs = self._journal.legs.of_message(context.terminal_id, context.chat_id, context.message_id)
        if context.by_hand and any(leg.key.part == part for leg in legs):
            return _refusal(
                "already_opened", "this signal has been in the market; enter a new one by hand instead"
            )
        if not context.is_edit:
            return None
        before = self._journal.decisions.refused_before(
            context.terminal_id, context.chat_id, context.message_id, context.version
        )
        if before is not None:
            return _refusal(
                "refused_before_edit", f"the original was refused ({before}); an edit does not undo that"
            )
        if any(leg.state in ("open", "closed") for leg in legs):
            return _refusal(
                "already_filled", "the original has been in the market; an edit opens no second trade"
            )
        if any(leg.state == "pending" for leg in legs):
            return _refusal("cancel_not_proven", "the original's waiting order is not proven gone yet")
        return None

    def _journal_decision(
        self, context: DecisionContext, part: int, action: Action, decision: Decision, strategy: Strategy
    ) -> _Decided:
        """One durable step: the decision, its intents, and that the first of these goes out now."""
        with self._journal.transaction():
            steps = decision.plan
            if decision.verdict is Verdict.REFUSE and not steps:
                text = next((s.text for s in decision.steps if s.verdict is Verdict.REFUSE), "")
                steps = (PlannedStep(1, action_name(action), None, decision.reason, text),)
            planned = [self._plan(context, part, step, decision, strategy) for step in steps]
            planned.sort(key=lambda intent: intent.key.leg)
            if _calls_off(action, strategy):
                self._withdraw(context, action)
            first = next((i for i in planned if _can_be_sent(i)), None)
            if first is not None and (not self._taking or self._executor.is_held(first)):
                first = None
            begun = first if first is not None and self._executor.begin(first) else None
            # The terminal is at its checks of it meanwhile.
            self._journal.decisions.add(context, part, action_name(action), decision, strategy.version)
            self._journal.outbox.add(
                "decision",
                self.terminal_id,
                decision_event(context, part, action, decision, strategy.version),
            )
        for moved in decision.conversions:
            self._note(
                RR_CONVERTER_LOG,
                {
                    "terminal": self.terminal_id,
                    "chat": context.chat_id,
                    "message": context.message_id,
                    "symbol": getattr(action, "symbol", None),
                    "target": moved.number,
                    "from": str(moved.before),
                    "to": str(moved.after),
                    "ratioBefore": f"{moved.ratio_before:.4f}",
                    "ratioAfter": f"{moved.ratio_after:.4f}",
                },
            )
        if decision.reason == "conflict":
            text = next((s.text for s in decision.steps if s.reason == "conflict"), "")
            where = {"terminal": self.terminal_id, "chat": context.chat_id, "message": context.message_id}
            self._note(CONFLICT_LOG, {**where, "text": text})
        return _Decided(planned, begun)

    def _withdraw(self, context: DecisionContext, action: Update) -> None:
        """What an action calls off and still waits for its market is not sent any more."""
        own = tuple(r for r in context.records if r.chat_id == context.chat_id)
        named = {(r.message_id, r.part) for r in reached(action, own)}
        for intent in self._journal.intents.unfinished(self.terminal_id, ("planned", "waiting")):
            key = intent.key
            mine = isinstance(intent.request, OpenLeg) and key.chat_id == context.chat_id
            if mine and (key.message_id, key.part) in named:
                text = f"message {context.message_id} called it off before it could be sent"
                self._journal.intents.mark(intent, "superseded", "called_off", text)

    def _plan(
        self, context: DecisionContext, part: int, step: PlannedStep, decision: Decision, strategy: Strategy
    ) -> Intent:
        key = LegKey(self.terminal_id, context.chat_id, context.message_id, context.version, part, step.leg)
        age = strategy.filters.max_signal_age
        opening = isinstance(step.request, OpenLeg)
        state = "planned"
        shared = context.account is not None and context.account.margin_mode is not MarginMode.HEDGING
        mine = [
            leg.position for record in context.records for leg in record.legs if leg.position and shared
        ]
        request = own_close(step.request, context.positions, {p.identifier: p.volume for p in mine})
        if step.request is None:
            state = _unsent_state(step, decision)
        return self._journal.intents.plan(
            key,
            step.kind,
            request,
            state=state,
            reason=step.reason,
            text=step.text,
            account="" if context.account is None else context.account.identity,
            magic=strategy.magic,
            risk=step.risk,
            identifier=step.identifier,
            fresh_until=context.posted_at + timedelta(seconds=age) if opening and age is not None else None,
        )


def _can_be_sent(intent: Intent) -> bool:
    return intent.state == "planned" and intent.request is not None


def _holds_up(intent: Intent) -> bool:
    """A stop and the dashboard's commands have their own senders: unsent, they hold up no message.

    Of what waits, only a close does that will be sent as soon as the history tells whose lots are whose.
    """
    if intent.state == "waiting":
        return intent.reason == HISTORY_LAGS and not intent.key.origin.startswith("latch:")
    return intent.state != "planned" or not intent.key.origin.startswith(("latch:", "command:"))


def _calls_off(action: Action, strategy: Strategy) -> TypeGuard[Update]:
    """True for an action that leaves nothing of what it reaches."""
    if isinstance(action, Close):
        share = action.fraction
        return (strategy.management.close_unstated_fraction if share is None else share) >= 1
    return isinstance(action, Cancel | CloseAll)


def _unsent_state(step: PlannedStep, decision: Decision) -> str:
    if step.reason.startswith("waiting_"):
        return "waiting"
    if decision.verdict is Verdict.REFUSE:
        return "expired" if decision.reason == "too_old" else "refused"
    return "not_executed"


def _refusal(reason: str, text: str) -> Decision:
    return Decision(Verdict.REFUSE, reason, (Step("edit", Verdict.REFUSE, text=text),))
