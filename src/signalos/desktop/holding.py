"""Holds a close to what is SignalOS's own right before it goes out, on accounts that keep one position a symbol."""

from __future__ import annotations

from decimal import Decimal

from signalos.brokers.base import Broker
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.own_part import OwnParts, own_close, own_volume
from signalos.domain.market import MarginMode, Position
from signalos.domain.money import ZERO
from signalos.domain.order import ClosePosition
from signalos.kit.clock import Clock

HISTORY_LAGS = "history_lags"
"""Why a close waits for its position's deals."""
UNTOLD_SECONDS = 5.0
"""So long a close waits for its position's deals to tell how much of it is ours; then the journal's figure counts."""


class Holding:
    """Asked by the :class:`~signalos.desktop.executor.Executor` before every close that is to spare the user's part."""

    def __init__(self, broker: Broker, journal: Journal, own: OwnParts, clock: Clock) -> None:
        self._broker = broker
        self._journal = journal
        self._own = own
        self._clock = clock
        self._apart: set[str] = set()
        self._untold_since: dict[str, float] = {}

    def concerns(self, intent: Intent) -> bool:
        """True for a close on an account that is not known to keep every trade's position apart."""
        return isinstance(intent.request, ClosePosition) and intent.account not in self._apart

    async def held(self, intent: Intent) -> Intent | None:
        """``intent`` as it may go out; None where it is not to be sent now: its state in the journal tells why.

        A history may lag behind the positions: then nobody can tell yet whose is whose, and the close waits.
        Raises TerminalError where the terminal cannot be read.
        """
        request = intent.request
        if not isinstance(request, ClosePosition):
            return intent
        snapshot = await self._broker.snapshot()
        if snapshot.account.margin_mode is MarginMode.HEDGING:
            self._apart.add(snapshot.account.identity)
            return intent
        position = next((p for p in snapshot.positions if p.identifier == request.identifier), None)
        if position is None or not self._own.is_ours(position):
            return intent
        mine = await self.own_of(position)
        if mine is None:
            text = "the terminal's history does not show yet how much of this position is SignalOS's"
            self._journal.intents.mark(intent, "waiting", HISTORY_LAGS, text)
            return None
        if mine == ZERO:
            text = "nothing of this position is SignalOS's any more"
            self._journal.intents.mark(intent, "not_executed", "position_closed", text)
            return None
        held_to = own_close(request, snapshot.positions, {position.identifier: mine})
        return intent if held_to == request else self._journal.intents.with_request(intent, held_to)

    async def own_of(self, position: Position) -> Decimal | None:
        """Lots of ``position``, one of ours on a shared account, that are our own; None while its deals do not tell.

        After ``UNTOLD_SECONDS`` of that, what the journal knows: a history may lag behind, but not for ever.
        """
        deals = await self._own.told(position)
        if deals is not None:
            self._untold_since.pop(position.identifier, None)
            return own_volume(deals)
        since = self._untold_since.setdefault(position.identifier, self._clock.monotonic())
        if self._clock.monotonic() - since < UNTOLD_SECONDS:
            return None
        return self._own.by_journal(position)
