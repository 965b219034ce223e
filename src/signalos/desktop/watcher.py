"""Keeps one terminal's journal true to the broker, and manages what is open there.

Each round: read the account, settle unknown outcomes, follow positions and orders, retry what
waits, and apply the rules of trade management.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from signalos.brokers.at_once import AtOnce
from signalos.brokers.base import Broker, Snapshot
from signalos.brokers.mt5.reconcile import Waiting, settle_all
from signalos.desktop.befores import Befores
from signalos.desktop.ceilings import CeilingGuard
from signalos.desktop.context import ContextBuilder
from signalos.desktop.executor import Executor
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import UNFINISHED, Intent
from signalos.desktop.journal.legs import Leg
from signalos.desktop.journal.turns import in_turns
from signalos.desktop.logs import RETRY_LOG
from signalos.desktop.wire_events import alert_event
from signalos.domain.decision import HALTED, PlannedStep, SignalRecord
from signalos.domain.errors import TerminalError, WrongAccount
from signalos.domain.market import Deal, DealEntry, PendingOrder, Position
from signalos.domain.order import CancelOrder, ClosePosition, LegKey, OpenLeg, Outcome, OutcomeKind
from signalos.domain.strategy import Strategy
from signalos.engine import break_even_step, manage
from signalos.kit.clock import Clock

log = logging.getLogger(__name__)
OPENED_BEFORE = timedelta(days=1)
"""Deals of a position are read from so long before its opening on: clocks differ."""
LOOK_SHARE = 2.0  # one part in so many of the time goes into looking for what is unknown, for others wait
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
        self._unknown_since: dict[int, float] = {}
        self._look_again_at = clock.monotonic()
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
        self._note = note
        self._every = every_seconds

    def start(self) -> None:
        """Begin with recovery: what was being sent when the app ended is unknown until proven."""
        with self._journal.transaction():
            for intent in self._journal.intents.unfinished(self.terminal_id, ("sending",)):
                self._journal.intents.mark(intent, "unknown", "interrupted", "the app ended meanwhile")

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
        await self._settle_unknown()
        await self._follow(snapshot)
        async with self._busy:
            await self._retry()
            await self._move_waiting_stops()
            await self._manage()

    async def _settle_unknown(self) -> None:
        began = self._clock.monotonic()
        if began < self._look_again_at:
            return
        intents = self._journal.intents.unfinished(self.terminal_id, ("unknown",))
        self._unknown_since = {i.row: self._unknown_since.get(i.row, began) for i in intents}
        pairs = zip(intents, await self._look_for(intents), strict=True)
        ended = [(i, o) for i, o in pairs if o is not None]
        self._look_again_at = began + LOOK_SHARE * (self._clock.monotonic() - began)
        for some in in_turns(ended):
            with self._journal.transaction():
                for intent, outcome in some:
                    self._settle(intent, outcome)
            self.on_settled()
            await asyncio.sleep(0)

    def _settle(self, intent: Intent, outcome: Outcome) -> None:
        if not self._may_send_again(intent, outcome):
            self._executor.adopt(intent, outcome)
        elif self._executor.too_late(intent):
            self._executor.expire(intent)
        else:
            text = "the terminal shows nothing of it; sent again"
            self._journal.intents.mark(intent, "planned", "proven_absent", text)
            self._executor.withdraw_if_over(intent)
            self._note(RETRY_LOG, intent.shown())

    async def _look_for(self, intents: Sequence[Intent]) -> list[Outcome | None]:
        open_ends = self._journal.intents.unfinished(self.terminal_id, ("sending", "unknown"))
        befores = Befores(self._journal.legs.identifiers(self.terminal_id), open_ends, self._clock)
        waiting = [
            Waiting(i.request, i.tag, i.magic, befores.of(i, self._watched_since(i)))
            for i in intents
            if i.request is not None
        ]
        found = iter(await settle_all(self._broker, waiting, clock=self._clock, grace_seconds=self._grace))
        never = Outcome(kind=OutcomeKind.REFUSED, reason="not_executed")
        return [never if i.request is None else next(found) for i in intents]

    def _watched_since(self, intent: Intent) -> float:
        return max(self._unknown_since[intent.row], self._connected_since)

    def _may_send_again(self, intent: Intent, outcome: Outcome) -> bool:
        """Only where the request is proven absent, or where a second one could do no harm (ADR 0004)."""
        if outcome.kind is not OutcomeKind.REFUSED or outcome.reason != "not_executed":
            return False
        request = intent.request
        harmless = isinstance(request, CancelOrder) or (
            isinstance(request, ClosePosition) and request.volume is None
        )
        return self._absence_proves or harmless

    async def _follow(self, snapshot: Snapshot) -> None:
        positions = {p.identifier: p for p in snapshot.positions}
        orders = {o.ticket: o for o in snapshot.orders}
        gone: list[Leg] = []
        with self._journal.transaction():
            for leg in self._journal.legs.alive(self.terminal_id):
                if leg.state == "open" and leg.identifier in positions:
                    self._follow_position(leg, positions[leg.identifier])
                elif leg.state == "pending" and leg.identifier in orders:
                    self._follow_order(leg, orders[leg.identifier])
                elif leg.identifier in positions:
                    # On hedging accounts a filled order's position takes the order's own number.
                    self._executor.order_filled(leg, leg.identifier)
                else:
                    gone.append(leg)
        await self._follow_gone(gone)

    async def _follow_gone(self, gone: Sequence[Leg]) -> None:
        look = AtOnce(self._broker)
        closed = [leg for leg in gone if leg.state == "open"]
        waited = [leg for leg in gone if leg.state == "pending"]
        await look.search([(leg.tag, self._magic()) for leg in waited])
        dated = [(leg.identifier, leg.trade.opened_at) for leg in gone]
        opened = [(identifier, at) for identifier, at in dated if at is not None]
        if opened:
            since = min(at for _, at in opened) - OPENED_BEFORE
            await look.read_deals((identifier for identifier, _ in opened), since)
        for some in in_turns(closed):
            deals = [(leg, await look.deals(leg.identifier)) for leg in some]
            with self._journal.transaction():
                for leg, known in deals:
                    self._follow_closed(leg, known)
            await asyncio.sleep(0)
        for leg in waited:
            await self._follow_filled_or_cancelled(leg, look)

    def _follow_position(self, leg: Leg, position: Position) -> None:
        closed = max(leg.trade.closed_volume, leg.trade.volume - position.volume)
        self._executor.update_leg(
            leg,
            entry_price=position.entry_price,
            stop_loss=position.stop_loss,
            take_profit=position.take_profit,
            target=position.take_profit,
            closed_volume=closed,
            ticket=position.ticket,
            opened_at=position.opened_at,
        )

    def _follow_closed(self, leg: Leg, deals: Sequence[Deal]) -> None:
        exits = [d for d in deals if d.entry is not DealEntry.IN]
        entries = [d for d in deals if d.entry is DealEntry.IN]
        opened = sum((d.volume for d in entries), start=leg.trade.volume * 0)
        if not entries or sum((d.volume for d in exits), start=opened * 0) < opened:
            return  # the history lags behind; it is asked again in the next round
        self._close(leg, deals, entries[0], exits[-1])

    def _close(self, leg: Leg, deals: Sequence[Deal], first: Deal, last: Deal) -> None:
        self._executor.update_leg(
            leg,
            state="closed",
            deals=deals,
            volume=sum((d.volume for d in deals if d.entry is DealEntry.IN), start=last.volume * 0),
            closed_volume=sum(
                (d.volume for d in deals if d.entry is not DealEntry.IN), start=last.volume * 0
            ),
            entry_price=first.price,
            close_price=last.price,
            pnl=sum((d.net for d in deals), start=last.profit * 0),
            reason=self._who_closed(last),
            opened_at=first.at,
            closed_at=last.at,
        )

    def _who_closed(self, last: Deal) -> str:
        """The broker's reason; for our own closes what asked for it: stop, command, signal or rule."""
        if last.reason != "expert":
            return last.reason
        origin = self._journal.intents.origin_of(self.terminal_id, last.tag)
        return {"latch": "stop", "": "expert"}.get(origin, origin)

    def _follow_order(self, leg: Leg, order: PendingOrder) -> None:
        self._executor.update_leg(
            leg,
            entry_price=order.price,
            stop_loss=order.stop_loss,
            take_profit=order.take_profit,
            target=order.take_profit,
            volume=order.volume,
        )

    async def _follow_filled_or_cancelled(self, leg: Leg, look: AtOnce) -> None:
        found = await look.find(leg.tag, self._magic())
        if found.order is not None:
            return
        # A broker may have replaced the tag: the deals of the order's own number tell as well.
        deals = found.deals or await look.deals(leg.identifier)
        identifier = found.position.identifier if found.position else None
        if identifier is None and deals:
            identifier = deals[0].position
        now = self._journal.legs.by_identifier(self.terminal_id, leg.identifier)
        if now is None or now.state != "pending":
            return  # a cancellation was answered meanwhile
        if identifier is not None:
            self._executor.order_filled(leg, identifier)
        elif self._history_is_loaded():
            self._executor.order_ended(leg)

    def _history_is_loaded(self) -> bool:
        """A terminal that has just connected may not show everything yet: no order is given up then."""
        watched = self._clock.monotonic() - self._connected_since
        return self._absence_proves or watched >= self._grace

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

    @staticmethod
    def _belongs_elsewhere(intent: Intent) -> bool:
        """A stop's attempts are the stopper's; a command that was not sent yet is the desk's."""
        origin = intent.key.origin
        unsent = intent.state == "planned"
        return origin.startswith("latch:") or (unsent and origin.startswith("command:"))

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
