"""Commands of the dashboard on one terminal: journalled, acted upon once, answered from the journal."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any, assert_never

from signalos.brokers.base import Broker
from signalos.desktop.ceilings import CeilingGuard
from signalos.desktop.executor import Executor
from signalos.desktop.hand import Hand
from signalos.desktop.holding import HISTORY_LAGS
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.latches import EVERY_CHAT, MODES
from signalos.desktop.own_part import OwnParts, own_close
from signalos.desktop.wire_events import latch_event
from signalos.domain.errors import TerminalError
from signalos.domain.market import PendingOrder, Position
from signalos.domain.money import ZERO, decimal, floor_to_step
from signalos.domain.order import (
    CancelOrder,
    ClosePosition,
    LegKey,
    ModifyOrder,
    ModifyPosition,
    OrderRequest,
)
from signalos.domain.signal import Side
from signalos.kit.clock import Clock
from signalos.protocol.socket import Command, CommandResult

log = logging.getLogger(__name__)


class Desk:
    """Takes the server's commands for one terminal; the link's ``CommandInbox``."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        executor: Executor,
        *,
        magic: Callable[[], int],
        clock: Clock,
        busy: asyncio.Lock,
        hand: Hand,
        guard: CeilingGuard | None = None,
        stop_required: Callable[[str], bool] = lambda identifier: False,
    ) -> None:
        self.terminal_id = terminal_id
        self.hand = hand
        self._guard = guard
        self.on_latch: Callable[[], None] = lambda: None
        self.on_strategy_changed: Callable[[], None] = lambda: None
        self.send_result: Callable[[CommandResult], None] = lambda result: None
        self._broker = broker
        self._journal = journal
        self._executor = executor
        self._magic = magic
        self._own = OwnParts(terminal_id, broker, journal, magic)
        self._clock = clock
        self._busy = busy
        self._stop_required = stop_required
        self._awake = asyncio.Event()

    def accept(self, command: Command) -> CommandResult | None:
        """Journal ``command``; a stop is latched in the same step. A repeat answers its stored result."""
        with self._journal.transaction():
            self._journal.commands.add(self.terminal_id, command)
            stored = self._journal.commands.result(self.terminal_id, command.id)
            if stored is None and command.kind == "stop":
                self._latch(command)
        self.wake()
        return stored

    def wake(self) -> None:
        """Say that something may be to do."""
        self._awake.set()

    async def run(self) -> None:
        """Work through the journalled commands until cancelled."""
        while True:
            self._awake.clear()
            for command in self._journal.commands.unfinished(self.terminal_id):
                result = await self._apply(command)
                if result is not None:  # else a stop that is not flat, or an outcome that is not known yet
                    self.send_result(result)
            await self._awake.wait()

    def _latch(self, command: Command) -> None:
        mode = str(command.args.get("mode", "close-all"))
        latch_id = str(command.args.get("latchId", command.id))
        if self._journal.latches.get(self.terminal_id, latch_id) is not None:
            return
        self._journal.latches.set(
            [self.terminal_id], mode if mode in MODES else "close-all", local=False, latch_id=latch_id
        )
        latch = self._journal.latches.get(self.terminal_id, latch_id)
        if latch is not None:
            self._journal.outbox.add(
                "latch", self.terminal_id, latch_event(latch, "set", "trading stopped")
            )
        self.on_latch()

    async def _apply(self, command: Command) -> CommandResult | None:
        """Carry out ``command``; its effect on the journal and its result are one durable step."""
        if command.kind in ("close", "partial_close", "modify"):
            result = await self._trade_result(command)
            if result is not None:
                self._journal.commands.finish(self.terminal_id, result)
            return result
        with self._journal.transaction():
            result = self._switch(command)
            if result is not None:
                self._journal.commands.finish(self.terminal_id, result)
        return result

    def _late(self, command: Command) -> CommandResult | None:
        if command.expires_at is not None and self._clock.now() > command.expires_at:
            return _failed(command, "expired", "it arrived after its time had run out", state="expired")
        applied = self._journal.commands.newest_applied(self.terminal_id)
        if command.kind == "resume":
            # A stop is applied when it is latched, long before it is flat and has a result.
            applied = max(applied, self._journal.commands.newest_stop_before(self.terminal_id, command.id))
        if command.terminal_seq < applied:
            return _failed(command, "superseded", "a later command was applied already", state="superseded")
        return None

    def _switch(self, command: Command) -> CommandResult | None:
        if command.kind == "stop":
            return self._stop_result(command)
        late = self._late(command)
        if late is not None:
            return late
        match command.kind:
            case "pause":
                self._journal.latches.pause(self.terminal_id, str(command.args.get("chatId") or EVERY_CHAT))
                return CommandResult(id=command.id, success=True, text="paused: no new entries")
            case "resume":
                return self._resume(command)
            case "strategy_changed":
                self.on_strategy_changed()
                return CommandResult(id=command.id, success=True, text="the new strategy is being fetched")
            case "signal":
                return self.hand.take(command)
            case "close" | "partial_close" | "modify":
                raise ValueError(f"{command.kind} is a trade")
        assert_never(command.kind)

    async def _trade_result(self, command: Command) -> CommandResult | None:
        try:
            async with self._busy:
                return await self._trade(command)
        except TerminalError as why:
            return _failed(command, "terminal_down", str(why))
        except ValueError as why:
            return _failed(command, "bad_arguments", str(why))

    def _stop_result(self, command: Command) -> CommandResult | None:
        latch = self._journal.latches.get(self.terminal_id, str(command.args.get("latchId", command.id)))
        if latch is None:
            return _failed(command, "not_latched", "the stop's latch is missing")
        if latch.ended:
            return _failed(command, "latch_ended", "this stop was ended before", state="superseded")
        if not latch.flat:
            return None
        return CommandResult(
            id=command.id,
            success=True,
            flat=True,
            text=f"{latch.closed} of {latch.total} closed",
            results=[
                {"ticket": i.key.chat_id, "kind": i.kind, "state": i.state, "reason": i.reason}
                for i in self._journal.intents.last_of_each_chat(
                    self.terminal_id, f"latch:{latch.latch_id}"
                )
            ],
        )

    def _resume(self, command: Command) -> CommandResult:
        active = self._journal.latches.active(self.terminal_id)
        end_stop = command.args.get("endStop")
        if active and end_stop is None:
            return _failed(command, "stop_latched", "trading is stopped: name the stop to end")
        if end_stop is not None:
            named = next((x for x in active if x.latch_id == end_stop), None)
            if named is None:
                return _failed(command, "latch_changed", "that stop is not the one in force")
            if named.local:
                return _failed(
                    command,
                    "latched_locally",
                    "this stop was set at the desktop app; end it there with `signalos desktop resume`",
                )
            self._journal.latches.end(self.terminal_id, named.latch_id)
            self._journal.intents.withdraw(
                self.terminal_id, f"latch:{named.latch_id}", "latch_ended", "trading was resumed"
            )
            self._journal.outbox.add(
                "latch", self.terminal_id, latch_event(named, "ended", "trading resumed")
            )
            self.wake()  # the stop's own command has an answer now
        self._journal.latches.unpause(self.terminal_id, str(command.args.get("chatId") or EVERY_CHAT))
        still = self._journal.latches.halted(self.terminal_id)
        text = f"done, but trading is still {still}" if still else "new entries are allowed"
        return CommandResult(id=command.id, success=True, text=text)

    async def _trade(self, command: Command) -> CommandResult | None:
        identifier = str(command.args.get("identifier", ""))
        key = LegKey(self.terminal_id, identifier, 0, 1, 1, 1, f"command:{command.id}")
        intent = self._begun(key)
        if intent is not None and intent.state != "planned":
            return self._answer(command, intent)  # a crash or a lost answer came between: not done again
        late = self._late(command)
        if late is not None:
            if intent is not None:
                self._journal.intents.mark(intent, "expired", late.reason, late.text)
            return late
        planned = intent or await self._planned(command, key)
        if isinstance(planned, CommandResult):
            return planned
        intent = await self._executor.send(planned)
        # A close that the market took in part goes on: the watcher closes the rest.
        undone = intent.state == "planned" and intent.reason != "partially_filled"
        if undone or (intent.state == "waiting" and command.kind == "modify"):
            # The user is told that it failed, so it must not happen later all the same.
            self._journal.intents.mark(intent, "refused", intent.reason, intent.text)
            intent = self._journal.intents.get(key)
        return self._answer(command, intent)

    def _begun(self, key: LegKey) -> Intent | None:
        try:
            return self._journal.intents.get(key)
        except KeyError:
            return None

    async def _planned(self, command: Command, key: LegKey) -> Intent | CommandResult:
        identifier = key.chat_id
        snapshot = await self._broker.snapshot()
        position = next((p for p in snapshot.positions if p.identifier == identifier), None)
        order = next((o for o in snapshot.orders if o.ticket == identifier), None)
        found = position or order
        if found is None:
            return _failed(command, "position_closed", "it is neither open nor waiting any more")
        told = await self._own.read(snapshot)
        own = self._own.volumes_of(snapshot, told)
        if isinstance(found, Position) and own.get(identifier):
            found = replace(found, volume=own[identifier])  # what a command can be about
        request = await self._request(command, found)
        if isinstance(request, CommandResult):
            return request
        whole = isinstance(request, ClosePosition) and request.volume is None
        if isinstance(request, ClosePosition) and identifier in told and not own[identifier]:
            return _failed(command, "position_closed", "nothing of this position is SignalOS's any more")
        request = own_close(request, snapshot.positions, own)
        if position and order and whole:
            await self._executor.end_rest(order.ticket, snapshot.account.identity, self._magic())
        return self._journal.intents.plan(
            key,
            command.kind,
            request,
            account=snapshot.account.identity,
            magic=self._magic(),
            identifier=identifier,
        )

    def _answer(self, command: Command, intent: Intent) -> CommandResult | None:
        if intent.state in ("sending", "unknown") or intent.reason == HISTORY_LAGS:
            return None  # answered once it is known
        row: dict[str, Any] = {
            "identifier": intent.key.chat_id,
            "state": intent.state,
            "reason": intent.reason,
        }
        if intent.state == "executed":
            return CommandResult(id=command.id, success=True, text=intent.text, results=[row])
        reason = "waiting_for_session" if intent.state == "waiting" else (intent.reason or intent.state)
        return CommandResult(
            id=command.id, success=False, state="failed", reason=reason, text=intent.text, results=[row]
        )

    async def _request(
        self, command: Command, found: Position | PendingOrder
    ) -> OrderRequest | CommandResult:
        args = command.args
        stop = _level(args, "stopLoss", found.stop_loss)
        halted = self._journal.latches.halted(self.terminal_id)
        if command.kind == "modify" and halted and _loosens(found, stop):
            return _failed(
                command, "stopped", "while trading is stopped or paused a stop may only be tightened"
            )
        identifier = found.identifier if isinstance(found, Position) else found.ticket
        if command.kind == "modify" and stop is None and self._stop_required(identifier):
            text = "the strategy that governs this trade requires a stop: move it, do not remove it"
            return _failed(command, "stop_required", text)
        if command.kind == "modify" and stop is not None and _loosens(found, stop):
            objection = await self._beyond_ceiling(found, stop)
            if objection:
                return _failed(command, "ceiling_risk", objection)
        if isinstance(found, PendingOrder):
            if command.kind == "modify":
                return ModifyOrder(
                    ticket=found.ticket,
                    price=found.price,
                    stop_loss=stop,
                    take_profit=_level(args, "takeProfit", found.take_profit),
                )
            return CancelOrder(ticket=found.ticket)
        if command.kind == "close":
            return ClosePosition(identifier=found.identifier)
        if command.kind == "partial_close":
            return await self._part(command, found)
        return ModifyPosition(
            identifier=found.identifier,
            stop_loss=stop,
            take_profit=_level(args, "takeProfit", found.take_profit),
        )

    async def _beyond_ceiling(self, found: Position | PendingOrder, stop: Decimal) -> str:
        """Why the stop may not go there: the terminal itself computes what would be lost."""
        if self._guard is None:
            return ""
        entry = found.entry_price if isinstance(found, Position) else found.price
        identifier = found.identifier if isinstance(found, Position) else found.ticket
        loss = await self._broker.loss_at_stop(found.symbol, found.side.value, found.volume, entry, stop)
        leg = self._journal.legs.by_identifier(self.terminal_id, identifier)
        legs = 1
        if leg is not None:
            key = leg.key
            all_of_it = self._journal.legs.of_message(self.terminal_id, key.chat_id, key.message_id)
            legs = sum(other.alive and other.key.part == key.part for other in all_of_it)
        return self._guard.stop_objection(loss, legs)

    async def _part(self, command: Command, position: Position) -> OrderRequest | CommandResult:
        spec = await self._broker.spec(position.symbol)
        wanted = floor_to_step(decimal(command.args.get("volume", 0)), spec.volume_step)
        rest = position.volume - wanted
        if wanted < spec.volume_min:
            text = f"that is less than the smallest lot, {spec.volume_min}: close more, or all of it"
            return _failed(command, "below_min_lot", text)
        if rest <= ZERO:
            return ClosePosition(identifier=position.identifier)
        if rest < spec.volume_min:
            text = f"{rest} lots would be left, less than the smallest lot, {spec.volume_min}"
            return _failed(command, "rest_below_min_lot", text)
        return ClosePosition(identifier=position.identifier, volume=wanted, remaining=rest)


def _level(args: dict[str, Any], name: str, now: Decimal | None) -> Decimal | None:
    if name not in args:
        return now
    return None if args[name] is None else decimal(args[name])


def _loosens(position: Position | PendingOrder, stop: Decimal | None) -> bool:
    if position.stop_loss is None:
        return False
    if stop is None:
        return True
    return stop < position.stop_loss if position.side is Side.BUY else stop > position.stop_loss


def _failed(command: Command, reason: str, text: str, *, state: str = "failed") -> CommandResult:
    return CommandResult(
        id=command.id,
        success=False,
        state=state,  # type: ignore[arg-type]  # one of CommandState
        reason=reason,
        text=text,
    )
