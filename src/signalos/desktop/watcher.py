"""Keeps one terminal's journal true to the broker, and manages what is open there.

Each round: read the account, settle unknown outcomes, follow positions and orders, retry what
waits, and apply the rules of trade management.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from signalos.brokers.base import Broker, Snapshot
from signalos.desktop.ceilings import CeilingGuard
from signalos.desktop.context import ContextBuilder
from signalos.desktop.executor import Executor
from signalos.desktop.following import Follower
from signalos.desktop.holding import HISTORY_LAGS
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import UNFINISHED, Intent
from signalos.desktop.journal.turns import in_turns
from signalos.desktop.unknowns import Unknowns
from signalos.desktop.wire_events import alert_event
from signalos.domain.decision import HALTED, PlannedStep, SignalRecord
from signalos.domain.errors import TerminalError, WrongAccount
from signalos.domain.order import LegKey, OpenLeg
from signalos.domain.strategy import Strategy
from signalos.engine import break_even_step, manage
from signalos.kit.clock import Clock

log = logging.getLogger(__name__)
RULE_AGAIN_SECONDS = 5.0
"""A rule whose step was refused is tried again after this pause."""


class Watcher:
    """Follows one terminal. ``latest`` is the newest snapshot, None while the terminal is away."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        executor: Executor,
        contexts: ContextBuilder,
        *,
        strategy: Callable[[str, int], Strategy],
        magic: Callable[[], int],
        clock: Clock,
        market: Clock,
        busy: asyncio.Lock,
        grace_seconds: float,
        absence_proves: bool,
        guard: CeilingGuard | None = None,
        note: Callable[[str, dict[str, Any]], None],
        every_seconds: float = 0.1,
    ) -> None:
        self.terminal_id = terminal_id
        self.latest: Snapshot | None = None
        self.trouble = "starting"
        self._wrong_account = False
        # Waiting is counted by the monotonic clock: the computer's own may be set back or forward.
        self._connected_since = clock.monotonic()
        self.on_settled: Callable[[], None] = lambda: None
        self.on_snapshot: Callable[[Snapshot], None] = lambda snapshot: None
        self._broker = broker
        self._journal = journal
        self._executor = executor
        self._contexts = contexts
        self._strategy = strategy
        self._magic = magic
        self._clock = clock
        self._market = market
        self._busy = busy
        self._grace = grace_seconds
        self._absence_proves = absence_proves
        self._guard = guard
        self._unknowns = Unknowns(
            terminal_id,
            broker,
            journal,
            executor,
            clock=clock,
            grace_seconds=grace_seconds,
            absence_proves=absence_proves,
            note=note,
        )
        self._unknowns.on_settled = lambda: self.on_settled()
        self._follower = Follower(
            terminal_id,
            broker,
            journal,
            executor,
            magic,
            clock=clock,
            grace_seconds=0.0 if absence_proves else grace_seconds,
        )
        self._every = every_seconds

    def start(self) -> None:
        """Begin with recovery: what was being sent when the app ended is unknown until proven."""
        self._journal.intents.interrupt(self.terminal_id)

    async def run(self) -> None:
        """Watch until cancelled; a terminal that is away is waited for."""
        while True:
            try:
                await self.round()
                self.trouble, self._wrong_account = "", False
            except TerminalError as why:
                self.latest = None
                self.away(why)
            await self._clock.sleep(self._every)

    def away(self, why: TerminalError) -> None:
        """Remember why the terminal cannot be used. That it is on another account is an alert, once."""
        self.trouble = str(why)
        if isinstance(why, WrongAccount) and not self._wrong_account:
            self._wrong_account = True
            text = alert_event("wrong_account", "error", str(why), self.terminal_id)
            self._journal.outbox.add("alert", self.terminal_id, text)

    async def round(self) -> None:
        """One round. Raises TerminalError when the terminal cannot be read."""
        snapshot = await self._broker.snapshot()
        if self.latest is None:
            self._connected_since = self._clock.monotonic()
        self.latest = snapshot
        self.on_snapshot(snapshot)
        if self._guard is not None:
            self._guard.see(snapshot.account)
        await self._unknowns.settle(self._connected_since)
        await self._follower.follow(snapshot, self._history_is_loaded())
        async with self._busy:
            await self._retry()
            await self._move_waiting_stops()
            await self._manage()
            self._journal.shorten_log()  # nothing is decided or sent meanwhile
        self._contexts.get_ready()  # for the next message: the round may have changed what a decision needs

    def _history_is_loaded(self) -> bool:
        """A terminal that has just connected may not show everything yet: no order is given up then."""
        watched = self._clock.monotonic() - self._connected_since
        return self._absence_proves or watched >= self._grace

    # -- what waits ------------------------------------------------------------------------------

    async def _retry(self) -> None:
        rows = self._journal.intents.unfinished(self.terminal_id, ("planned", "waiting"))
        mine = [i for i in rows if i.request is not None and not self._belongs_elsewhere(i)]
        late = [i for i in mine if self._executor.too_late(i)]
        for some in in_turns(late):  # after a long stand-still that may be thousands
            with self._journal.transaction():
                for intent in some:
                    self._executor.expire(intent)
        ended = {i.row for i in late}
        for intent in (i for i in mine if i.row not in ended):
            if isinstance(intent.request, OpenLeg):
                halted = self._journal.latches.halted(self.terminal_id, intent.key.chat_id)
                if halted:
                    self._journal.intents.mark(
                        intent, "refused", halted, f"{HALTED[halted]}: that was so before it was sent"
                    )
                    continue
            if intent.due(self._clock.now()):
                await self._executor.send(intent)
                if intent.reason == HISTORY_LAGS:
                    self.on_settled()  # the command that asked for it may have its answer now

    def _belongs_elsewhere(self, intent: Intent) -> bool:
        """A stop's attempts are the stopper's; a command that was neither sent nor answered is the desk's.

        What was answered with "it waits for the session" is waited for here, whatever becomes of the next send.
        """
        kind, _, command_id = intent.key.origin.partition(":")
        if kind == "command" and intent.state == "planned":
            return self._journal.commands.result(self.terminal_id, command_id) is None
        return kind == "latch"

    async def _move_waiting_stops(self) -> None:
        """Break-evens that a message asked for before the price allowed them."""
        unfinished = self._journal.intents.unfinished(self.terminal_id, ("waiting",))
        waiting = [i for i in unfinished if i.kind == "break_even" and i.request is None]
        if not waiting:
            return
        # Read anew: levels may have been changed since the round began, and must not be undone.
        snapshot = await self._broker.snapshot()
        positions = {p.identifier: p for p in snapshot.positions}
        for intent in waiting:
            position = positions.get(intent.identifier or "")
            if position is None:
                leg = self._journal.legs.by_identifier(self.terminal_id, intent.identifier or "")
                if leg is None or not leg.alive:
                    text = "it closed before the price allowed the stop"
                    self._journal.intents.mark(intent, "not_executed", "position_closed", text)
                continue
            data = (await self._contexts.symbols((position.symbol,))).get(position.symbol)
            if data is None:
                continue
            buffer = self._strategy(
                intent.key.chat_id, intent.key.message_id
            ).management.break_even_buffer_points
            step = break_even_step(intent.key.leg, position, data.tick, data.spec, buffer)
            if step.reason == "no_change":
                self._journal.intents.mark(intent, "executed", step.reason, step.text)
            elif step.request is not None:
                await self._executor.send(self._journal.intents.with_request(intent, step.request))

    async def _manage(self) -> None:
        hits = self._journal.legs.targets_hit(self.terminal_id)
        if not hits:
            return
        snapshot = await self._broker.snapshot()  # read anew, as above
        for record in self._contexts.records(snapshot):
            hit = hits.get((record.chat_id, record.message_id, record.part), 0)
            names = tuple({leg.symbol for leg in record.legs if leg.position is not None})
            if not hit or not names:
                continue
            strategy = self._strategy(record.chat_id, record.message_id)
            for data in (await self._contexts.symbols(names)).values():
                for step in manage(record, hit, data.tick, data.spec, strategy):
                    await self._apply_rule(snapshot, record, step, strategy)

    async def _apply_rule(
        self, snapshot: Snapshot, record: SignalRecord, step: PlannedStep, strategy: Strategy
    ) -> None:
        if step.request is None:
            return
        origin = f"rule:{step.kind}"
        key = LegKey(self.terminal_id, record.chat_id, record.message_id, 1, record.part, step.leg, origin)
        last = self._journal.intents.last_try(key)
        if last is not None:
            if not self._may_try_again(last):
                return
            # Each try is a version of its own: nothing is overwritten.
            key = replace(key, version=last.key.version + 1)
        intent = self._journal.intents.plan(
            key,
            step.kind,
            step.request,
            text=step.text,
            account=snapshot.account.identity,
            magic=strategy.magic,
            identifier=step.identifier,
        )
        await self._executor.send(intent)

    def _may_try_again(self, last: Intent) -> bool:
        if last.state in UNFINISHED:
            return False
        if last.done_at is None:
            return True
        # A last try in the future: the computer's clock was set back.
        return not 0 <= (self._clock.now() - last.done_at).total_seconds() < RULE_AGAIN_SECONDS
