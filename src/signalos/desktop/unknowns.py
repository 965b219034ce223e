"""Settles what is not known to have been carried out: adopted, sent again where that is safe, or given up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from signalos.brokers.base import Broker
from signalos.brokers.mt5.reconcile import Waiting, settle_all
from signalos.desktop.befores import Befores, look_of
from signalos.desktop.executor import Executor
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.turns import in_turns
from signalos.desktop.logs import RETRY_LOG
from signalos.domain.order import CancelOrder, ClosePosition, OpenLeg, Outcome, OutcomeKind
from signalos.kit.clock import Clock

LOOK_SHARE = 2.0  # one part in so many of the time goes into looking for what is unknown, for others wait
NEVER = Outcome(kind=OutcomeKind.REFUSED, reason="not_executed")


class Unknowns:
    """The unknown outcomes on one terminal. ``note`` adds to the log of what was sent again."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        executor: Executor,
        *,
        clock: Clock,
        grace_seconds: float,
        absence_proves: bool,
        note: Callable[[str, dict[str, Any]], None],
    ) -> None:
        self.on_settled: Callable[[], None] = lambda: None
        self._terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._executor = executor
        self._clock = clock
        self._grace = grace_seconds
        self._absence_proves = absence_proves
        self._note = note
        self._looked_since: dict[int, float] = {}
        self._look_again_at = clock.monotonic()

    async def settle(self, connected_since: float) -> None:
        """Look once for all of them; the terminal has shown itself since ``connected_since`` (monotonic)."""
        if self._clock.monotonic() < self._look_again_at:
            return
        began = self._clock.monotonic()
        intents = self._journal.intents.unfinished(self._terminal_id, ("unknown",))
        self._looked_since = {i.row: self._looked_since.get(i.row, began) for i in intents}
        pairs = zip(intents, await self._look_for(intents, connected_since), strict=True)
        ended = [(i, o) for i, o in pairs if o is not None]
        self._look_again_at = began + LOOK_SHARE * (self._clock.monotonic() - began)
        for some in in_turns(ended):
            with self._journal.transaction():
                sending = self._journal.intents.unfinished(self._terminal_id, ("sending",))
                under_way = frozenset(look_of(i) for i in sending)
                for intent, outcome in some:
                    self._settle(intent, outcome, under_way)
            self.on_settled()
            await asyncio.sleep(0)

    async def _look_for(self, intents: Sequence[Intent], connected_since: float) -> list[Outcome | None]:
        """What became of ``intents``, which are all that are unknown by now."""
        if not intents:
            return []
        open_ends = [*intents, *self._journal.intents.unfinished(self._terminal_id, ("sending",))]
        closed_of = partial(self._journal.intents.closed_of, self._terminal_id)
        known = self._journal.legs.identifiers(self._terminal_id)
        befores = Befores(known, open_ends, self._clock, closed_of)
        waiting = [
            # The computer's clock may have been set since: waiting is counted by the other one.
            Waiting(
                i.request, i.tag, i.magic, befores.of(i, max(self._looked_since[i.row], connected_since))
            )
            for i in intents
            if i.request is not None
        ]
        found = iter(await settle_all(self._broker, waiting, clock=self._clock, grace_seconds=self._grace))
        return [NEVER if i.request is None else next(found) for i in intents]

    def _settle(self, intent: Intent, outcome: Outcome, under_way: frozenset[object]) -> None:
        if self._is_anothers(intent, outcome, under_way):
            return  # it became another leg's while it was looked for; the next look knows that
        if not self._may_send_again(intent, outcome):
            self._executor.adopt(intent, outcome)
        elif self._executor.too_late(intent):
            self._executor.expire(intent)
        else:
            text = "the terminal shows nothing of it; sent again"
            self._journal.intents.mark(intent, "planned", "proven_absent", text)
            self._executor.withdraw_if_over(intent)
            self._note(RETRY_LOG, intent.shown())

    def _is_anothers(self, intent: Intent, outcome: Outcome, under_way: frozenset[object]) -> bool:
        identifier = outcome.identifier or outcome.ticket
        if identifier is None or not isinstance(intent.request, OpenLeg):
            return False
        leg = self._journal.legs.by_identifier(self._terminal_id, identifier)
        return (leg is not None and leg.key != intent.key) or look_of(intent) in under_way

    def _may_send_again(self, intent: Intent, outcome: Outcome) -> bool:
        """Only where the request is proven absent, or where a second one could do no harm (ADR 0004)."""
        if outcome.kind is not OutcomeKind.REFUSED or outcome.reason != "not_executed":
            return False
        request = intent.request
        harmless = isinstance(request, CancelOrder) or (
            isinstance(request, ClosePosition) and request.closes_all
        )
        return self._absence_proves or harmless
