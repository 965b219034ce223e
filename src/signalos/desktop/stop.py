"""Carries out the emergency stop on one terminal until the broker's own answer proves it flat.

The latch is durable before anything here runs. Closing never passes the entry filters, waits for no
lane and is repeated until nothing is left; every attempt is an intent of its own.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from signalos.brokers.base import Broker, Snapshot
from signalos.desktop.backoff import pause as wait_or
from signalos.desktop.executor import Executor
from signalos.desktop.holding import HISTORY_LAGS, Holding
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.latches import Latch
from signalos.desktop.own_part import OwnParts
from signalos.desktop.wire_events import latch_event
from signalos.domain.errors import TerminalError
from signalos.domain.market import MarginMode
from signalos.domain.order import CancelOrder, ClosePosition, LegKey, OpenLeg, OrderRequest
from signalos.kit.clock import Clock

log = logging.getLogger(__name__)
LONGEST_PAUSE = 0.5
"""Most seconds between two rounds while nothing changes."""
LOOK_AGAIN_SECONDS = 1.0
"""Pause between two looks at an account that has been proven flat, as long as the stop is in force."""


def reach_new_terminals(journal: Journal, terminals: Sequence[str]) -> None:
    """Latch and tell of those ``terminals`` that were not known when a local stop in force was set."""
    with journal.transaction():
        for latch in journal.latches.extend(terminals):
            text = "trading was stopped locally before this terminal was known"
            journal.outbox.add("latch", latch.terminal_id, latch_event(latch, "set", text))


class Stopper:
    """The stop on one terminal. ``magic`` and the journal's tags tell our trades from hand-made ones."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        executor: Executor,
        *,
        magic: Callable[[], int],
        own: OwnParts,
        holding: Holding,
        clock: Clock,
        every_seconds: float = 0.05,
    ) -> None:
        self.terminal_id = terminal_id
        self.on_flat: Callable[[], None] = lambda: None
        self._broker = broker
        self._journal = journal
        self._executor = executor
        self._magic = magic
        self._own = own
        self._holding = holding
        self._clock = clock
        self._every = every_seconds
        self._awake = asyncio.Event()

    def wake(self) -> None:
        """Say that a latch may have been set."""
        self._awake.set()

    async def run(self) -> None:
        """Work on every latch in force until cancelled."""
        pause = self._every
        while True:
            self._awake.clear()
            # A stop set while the app came up may not have known this terminal.
            reach_new_terminals(self._journal, [self.terminal_id])
            open_latches = [x for x in self._journal.latches.active(self.terminal_id) if not x.flat]
            after = [await self.round(latch) for latch in open_latches]
            if open_latches:
                pause = self._every if after != open_latches else min(LONGEST_PAUSE, 2 * pause)
                await self._clock.sleep(pause)
                continue
            pause = self._every
            proven = self._journal.latches.active(self.terminal_id)
            if not proven:
                await self._awake.wait()
            elif not await wait_or(self._clock, LOOK_AGAIN_SECONDS, self._awake):
                for latch in proven:
                    await self._look_again(latch)

    async def round(self, latch: Latch) -> Latch:
        """One round on ``latch``: refuse what waits, close and cancel what its mode names, look again."""
        if self._ended(latch):
            return latch
        self._refuse_waiting_entries()
        try:
            snapshot = await self._broker.snapshot()
            work = await self._work(latch, snapshot)
            for request, ticket in work:
                if self._ended(latch):
                    return latch
                if request is not None:
                    await self._send(latch, snapshot, request, ticket)
                latch = self._tell_of_each(latch, [ticket for _, ticket in work])
            # Asked before the proof is read: what was under way then would be missing in an older answer.
            in_flight = self._entries_in_flight()
            snapshot = await self._broker.snapshot()
            there = await self._work(latch, snapshot)
        except TerminalError as why:
            return self._note(latch, [{"ticket": None, "reason": "terminal_down", "text": str(why)}])
        left = [self._left(latch, ticket) for _, ticket in there] + in_flight
        return self._note(latch, left, looked=True, flat=not left)

    def _tell_of_each(self, latch: Latch, tickets: Sequence[str]) -> Latch:
        """Progress within a round, by the answers to what was sent; it is not proven yet and never flat."""
        tried = self._journal.intents.last_of_each_chat(self.terminal_id, _origin(latch))
        done = {intent.key.chat_id for intent in tried if intent.state == "executed"}
        left = [self._left(latch, ticket) for ticket in tickets if ticket not in done]
        return self._note(latch, left, looked=True)

    async def _look_again(self, latch: Latch) -> None:
        """Begin anew where something of ours has come after the proof: a broker may be later than any patience."""
        try:
            there = await self._work(latch, await self._broker.snapshot())
        except TerminalError:
            return  # seen when it is back
        left = [self._left(latch, ticket) for _, ticket in there]
        if left:
            log.warning("an order came after the proof", extra={"data": {"terminal": self.terminal_id}})
            self._note(latch, left, looked=True)

    def _ended(self, latch: Latch) -> bool:
        """True once a resume has ended the latch: nothing is closed in its name any more."""
        now = self._journal.latches.get(self.terminal_id, latch.latch_id)
        return now is None or now.ended

    def _entries_in_flight(self) -> list[dict[str, Any]]:
        return [
            {
                "ticket": None,
                "reason": "order_in_flight",
                "text": f"message {i.key.message_id}, leg {i.key.leg}",
            }
            for i in self._journal.intents.unfinished(self.terminal_id, ("sending", "unknown"))
            if isinstance(i.request, OpenLeg)
        ]

    def _refuse_waiting_entries(self) -> None:
        for intent in self._journal.intents.unfinished(self.terminal_id, ("planned", "waiting")):
            if isinstance(intent.request, OpenLeg):
                self._journal.intents.mark(
                    intent, "refused", "stopped", "trading was stopped before it was sent"
                )

    async def _work(self, latch: Latch, snapshot: Snapshot) -> list[tuple[OrderRequest | None, str]]:
        """What ``latch`` still has to close or cancel, pendings first (they could still fill).

        None instead of a request is a position of which it is not known yet how much is ours.
        """
        if latch.mode == "stop-entries":
            return []
        everything = _everything(latch)
        work: list[tuple[OrderRequest | None, str]] = [
            (CancelOrder(ticket=order.ticket), order.ticket)
            for order in snapshot.orders
            if everything or self._own.is_ours(order)
        ]
        if latch.mode != "cancel-pendings":
            work += await self._closes(snapshot, everything)
        return work

    async def _closes(self, snapshot: Snapshot, everything: bool) -> list[tuple[OrderRequest | None, str]]:
        whole = [ClosePosition(identifier=p.identifier) for p in snapshot.positions]
        if everything:
            return [(request, request.identifier) for request in whole]
        shared = snapshot.account.margin_mode is not MarginMode.HEDGING
        found: list[tuple[OrderRequest | None, str]] = []
        for position, request in zip(snapshot.positions, whole, strict=True):
            if not self._own.is_ours(position):
                continue
            mine = await self._holding.own_of(position) if shared else position.volume
            if mine is None:
                found.append((None, position.identifier))  # its deals do not tell yet
            elif mine:
                found.append((request, position.identifier))
        return found

    def _last_attempt(self, latch: Latch, ticket: str) -> Intent | None:
        return self._journal.intents.last_of_chat(self.terminal_id, _origin(latch), ticket)

    async def _send(self, latch: Latch, snapshot: Snapshot, request: OrderRequest, ticket: str) -> None:
        last = self._last_attempt(latch, ticket)
        if last is not None and last.state in ("sending", "unknown"):
            return  # the watcher reconciles it; a close is not sent twice
        if last is not None and not _due(last, self._clock.now()):
            return  # refused or waiting: the terminal is not stormed
        if last is None or last.state not in ("planned", "waiting"):
            key = LegKey(
                terminal_id=self.terminal_id,
                chat_id=ticket,
                message_id=0,
                version=1,
                part=1,
                leg=1 if last is None else last.key.leg + 1,
                origin=_origin(latch),
            )
            last = self._journal.intents.plan(
                key,
                "cancel" if isinstance(request, CancelOrder) else "close",
                request,
                account=snapshot.account.identity,
                magic=self._magic(),
                identifier=request.identifier if isinstance(request, ClosePosition) else None,
            )
        await self._executor.send(last, everybodys=_everything(latch))

    def _left(self, latch: Latch, ticket: str) -> dict[str, Any]:
        last = self._last_attempt(latch, ticket)
        if last is None:
            return {"ticket": ticket, "reason": "new", "text": "not tried yet"}
        session = last.state == "waiting" and last.reason != HISTORY_LAGS
        reason = "waiting_for_session" if session else (last.reason or last.state)
        return {"ticket": ticket, "reason": reason, "text": last.text}

    def _note(
        self, latch: Latch, left: list[dict[str, Any]], *, looked: bool = False, flat: bool = False
    ) -> Latch:
        closed, total = latch.closed, latch.total
        if looked:
            # What was tried and is there no more counts, whoever closed it.
            tried = self._journal.intents.last_of_each_chat(self.terminal_id, _origin(latch))
            there = {item["ticket"] for item in left} - {None}
            closed = len({i.key.chat_id for i in tried} - there)
            total = closed + len(there)
        now = (flat, closed, total, left)
        if now == (latch.flat, latch.closed, latch.total, latch.left) or self._ended(latch):
            return latch
        with self._journal.transaction():
            if flat:
                text = "it was closed by something else meanwhile"
                self._journal.intents.withdraw(self.terminal_id, _origin(latch), "position_closed", text)
            self._journal.latches.progress(latch, flat=flat, closed=now[1], total=now[2], left=left)
            noted = self._journal.latches.get(self.terminal_id, latch.latch_id)
            assert noted is not None  # noqa: S101 -- written in this transaction
            text = _proof(noted)
            self._journal.outbox.add(
                "latch", self.terminal_id, latch_event(noted, "flat" if flat else "progress", text)
            )
        if flat:
            self.on_flat()
        return noted


def _everything(latch: Latch) -> bool:
    """What the user opens by hand after the proof is not what they wanted to be rid of."""
    return latch.mode == "close-all" and not latch.proven


def _origin(latch: Latch) -> str:
    return f"latch:{latch.latch_id}"


def _due(attempt: Intent, now: datetime) -> bool:
    """Pauses grow with the number of attempts, and with the sends of one that waits for its market."""
    return replace(attempt, sends=attempt.sends + attempt.key.leg - 1).due(now)


def _proof(latch: Latch) -> str:
    if not latch.flat:
        return f"{latch.closed} of {latch.total} closed"
    proven = {
        "stop-entries": "no entry in flight",
        "cancel-pendings": "no waiting order of ours left",
        "own-only": "none of our positions left",
        "close-all": "account flat",
    }[latch.mode]
    return f"{latch.closed} of {latch.total} closed, {proven}"
