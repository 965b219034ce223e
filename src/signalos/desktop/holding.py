"""Holds a close to what is SignalOS's own right before it goes out, on accounts that keep one position a symbol."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple

from signalos.brokers.base import Broker
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.own_part import OwnParts, own_close, own_volume
from signalos.domain.errors import TerminalError
from signalos.domain.market import MarginMode, Position
from signalos.domain.money import ZERO
from signalos.domain.order import ClosePosition
from signalos.kit.clock import Clock

HISTORY_LAGS = "history_lags"
"""Why a close waits for its position's deals."""
UNTOLD_SECONDS = 5.0
"""So long a close waits for its position's deals to tell how much of it is ours; then the journal's figure counts."""
LOOKED_LATELY = 2.0
"""Seconds without a look after which the wait begins anew: the terminal was away meanwhile.

What ``own_of`` takes for other positions is not counted: a terminal may be slow at it. Others' readings are.
"""


class _Wait(NamedTuple):
    """Since when a position is untold, when it was looked at last, and how long all looks had taken until then."""

    since: float
    last: float
    looked: float


class Holding:
    """Asked by the :class:`~signalos.desktop.executor.Executor` before every close that is to spare the user's part."""

    def __init__(self, broker: Broker, journal: Journal, own: OwnParts, clock: Clock) -> None:
        self._broker = broker
        self._journal = journal
        self._own = own
        self._clock = clock
        self._apart: set[str] = set()
        self._untold: dict[str, _Wait] = {}
        self._looked = 0.0

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
        mine = await self.own_of(position, intent)
        if mine is None:
            text = (
                "it is not known yet how much of this position is SignalOS's: "
                "the terminal's history is late, or another close of it has no answer yet"
            )
            self._journal.intents.mark_unsent(intent, "waiting", HISTORY_LAGS, text)
            return None
        if mine == ZERO:
            text = "nothing of this position is SignalOS's any more"
            state = "executed" if intent.volume else "not_executed"
            self._journal.intents.mark_unsent(intent, state, "position_closed", text)
            return None
        held_to = own_close(request, snapshot.positions, {position.identifier: mine}, intent.volume or ZERO)
        return intent if held_to == request else self._journal.intents.with_request(intent, held_to)

    async def own_of(self, position: Position, but_for: Intent | None = None) -> Decimal | None:
        """Lots of ``position``, one of ours on a shared account, that are our own; None while that cannot be told.

        That is while its deals do not explain it or cannot be read, and while a close of it ``but_for`` this one may be
        under way. After ``UNTOLD_SECONDS`` of that, what is known counts: a history may lag, but not for ever.
        """
        began = self._clock.monotonic()
        try:
            deals = await self._own.told(position)
        except TerminalError:
            deals = None
        now = self._clock.monotonic()
        looked = self._looked
        self._looked += now - began
        others = self._journal.intents.closing(self._own.terminal_id, position.identifier)
        under_way = any(but_for is None or other.row != but_for.row for other in others)
        if deals is not None and not under_way:
            self._untold.pop(position.identifier, None)
            return own_volume(deals)
        wait = self._untold.get(position.identifier)
        if wait is None or began - wait.last - (looked - wait.looked) > LOOKED_LATELY:
            wait = _Wait(now, now, self._looked)
        self._untold[position.identifier] = _Wait(wait.since, now, self._looked)
        if now - wait.since < UNTOLD_SECONDS:
            return None
        return self._own.by_journal(position) if deals is None else own_volume(deals)
