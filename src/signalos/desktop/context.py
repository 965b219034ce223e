"""Fetches what a decision needs into one frozen context."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TypeAlias

from signalos.brokers.base import Broker, ReadsTogether, Snapshot
from signalos.desktop.ceilings import CeilingGuard
from signalos.desktop.hand import is_by_hand
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.legs import Leg
from signalos.desktop.own_part import OwnParts
from signalos.domain.decision import DecisionContext, SignalLeg, SignalRecord, SymbolData
from signalos.domain.errors import Refused, TerminalDown, TerminalError
from signalos.domain.market import PendingOrder, Position, Tick
from signalos.domain.message import Message
from signalos.domain.order import OpenLeg
from signalos.domain.signal import Action, Open
from signalos.domain.strategy import Strategy
from signalos.engine import requirements
from signalos.kit.clock import Clock
from signalos.parser.profile import Profile

_Opening: TypeAlias = tuple[int, datetime, Open]
"""Of a signal: the row of its message, when it was posted, and what it opens."""
_Living: TypeAlias = tuple[_Opening, tuple[str, int, int], list[Leg | SignalLeg]]
"""A signal: its opening, its chat, message and part, and its legs: at the broker, or still on their way."""
_ALL_OWN: Mapping[str, Decimal] = {}
_NO_TICKS: Mapping[str, Tick] = {}
SYMBOL_TRIES = 50
"""How often a symbol is asked for in a row before it counts as one that the broker does not have."""


class ContextBuilder:
    """Reads journal and broker for one terminal's decisions."""

    def __init__(
        self,
        terminal_id: str,
        broker: Broker,
        journal: Journal,
        market: Clock,
        guard: CeilingGuard | None = None,
        profile_of: Callable[[str], Profile] = lambda chat_id: Profile(),
        *,
        magic: Callable[[], int],
    ) -> None:
        self._own = OwnParts(terminal_id, broker, journal, magic)
        self._terminal_id = terminal_id
        self._broker = broker
        self._together = broker if isinstance(broker, ReadsTogether) else None
        self._journal = journal
        self._market = market
        self._guard = guard
        self._profile_of = profile_of
        self._silent_tries = 0
        self._kept_living: tuple[object, list[_Living]] = (None, [])
        self._kept_count: tuple[object, int] = (None, 0)
        self._openings: dict[tuple[str, int, int, int], _Opening | None] = {}

    def expect(self, action: Action | None) -> None:
        """Say what may be decided in a moment: the terminal is asked while the message is read and journalled.

        None: it is not known yet what it will be.
        """
        if self._together is None:
            return
        if action is None:
            self._together.look_ahead()
        elif isinstance(action, Open):
            self._together.look_ahead(action.symbol)

    async def build(self, message: Message, action: Action, strategy: Strategy) -> DecisionContext:
        """The context of one decision. Raises TerminalError: then nothing can be decided yet.

        A symbol that a terminal which answers otherwise tells nothing about holds up only so many tries.
        """
        tries, self._silent_tries = self._silent_tries, 0
        # Asked ahead, the terminal answers while the journal is read.
        self.get_ready()
        snapshot, ticks = await self._look(action)
        living, trades_today = self._journalled()
        self._silent_tries = tries + 1
        records = _records(living, snapshot, await self._own.volumes(snapshot))
        needed = requirements(strategy, action, records)
        symbols = await self.symbols(needed.symbols, ticks, patient=self._silent_tries <= SYMBOL_TRIES)
        self._silent_tries = 0
        if self._guard is not None:
            self._guard.see(snapshot.account)
        now = self._market.now()
        profile = self._profile_of(message.chat_id)
        return DecisionContext(
            terminal_id=self._terminal_id,
            chat_id=message.chat_id,
            message_id=message.message_id,
            version=message.version,
            # What the user asks for once more is as old as the wish: its age was what they looked at.
            posted_at=message.again_at or message.posted_at,
            now=now,
            account=snapshot.account,
            symbols=symbols,
            positions=snapshot.positions,
            orders=snapshot.orders,
            records=records,
            trades_today=trades_today,
            halted=self._journal.latches.halted(self._terminal_id, message.chat_id),
            # A deletion changes its own signal as an edit does: what is filled stays (a policy may differ).
            is_edit=message.is_edit or message.deleted,
            by_hand=is_by_hand(message),
            read_by=message.read_by,
            ceilings=None if self._guard is None else self._guard.ceilings,
            exposure=None if self._guard is None else self._guard.exposure(),
            profile=profile.summary(),
            pip_sizes=dict(profile.pip_sizes),
        )

    def get_ready(self) -> None:
        """Read of the journal what a decision needs, so that the next one finds it, as long as it holds."""
        self._journalled()

    def _journalled(self) -> tuple[list[_Living], int]:
        """The living signals in the journal, and how many opened on this market day."""
        stamp = self._journal.trades_stamp
        living = self._living(stamp)
        moment = (stamp, self._market.now().date().isoformat())
        if moment != self._kept_count[0]:
            self._kept_count = moment, self._journal.intents.trades_on(self._terminal_id, moment[1])
        return living, self._kept_count[1]

    async def _look(self, action: Action) -> tuple[Snapshot, dict[str, Tick]]:
        """The snapshot, and for an opening its symbol's quote with it where the broker reads them together."""
        if isinstance(action, Open) and self._together is not None:
            try:
                snapshot, tick = await self._together.snapshot_with(action.symbol)
            except TerminalDown:
                raise
            except TerminalError:
                pass  # of the symbol nothing can be read: what that means is told where it is asked for alone
            else:
                return snapshot, {action.symbol: tick}
        return await self._broker.snapshot(), {}

    async def symbols(
        self, names: tuple[str, ...], ticks: Mapping[str, Tick] = _NO_TICKS, *, patient: bool = True
    ) -> dict[str, SymbolData]:
        """Contract and quote (of ``ticks`` if there) of each symbol; one the broker does not have is left out."""
        found: dict[str, SymbolData] = {}
        for name in names:
            try:
                spec = await self._broker.spec(name)
                found[name] = SymbolData(spec, ticks.get(name) or await self._broker.tick(name))
            except Refused:
                continue  # The engine refuses with `unknown_symbol` and says so to the user.
            except TerminalError:
                if patient:
                    raise
        return found

    def records(
        self, snapshot: Snapshot, own: Mapping[str, Decimal] = _ALL_OWN
    ) -> tuple[SignalRecord, ...]:
        """This terminal's signals that still have a leg alive or on its way, oldest first.

        A position in ``own`` is shared with others: so much of it is the leg's.
        """
        return _records(self._living(self._journal.trades_stamp), snapshot, own)

    def _living(self, stamp: object) -> list[_Living]:
        """The signals that still have a leg alive or on its way, oldest first; ``stamp`` is the journal's."""
        if stamp != self._kept_living[0]:
            self._kept_living = stamp, self._read_living()
        return self._kept_living[1]

    def _read_living(self) -> list[_Living]:
        signals: dict[tuple[str, int, int], list[Leg | SignalLeg]] = {}
        versions: dict[tuple[str, int, int], int] = {}
        for leg in self._journal.legs.of_living_signals(self._terminal_id):
            key = (leg.key.chat_id, leg.key.message_id, leg.key.part)
            versions[key] = leg.key.version
            signals.setdefault(key, []).append(leg)
        for intent in self._journal.intents.unfinished(self._terminal_id):
            if isinstance(intent.request, OpenLeg) and intent.key.origin == "signal":
                key = (intent.key.chat_id, intent.key.message_id, intent.key.part)
                versions.setdefault(key, intent.key.version)
                signals.setdefault(key, []).append(_planned_leg(intent, intent.request))
        found: list[_Living] = []
        # A version that was read never changes: looked up once, kept as long as the signal lives.
        self._openings = {
            where: self._openings.get(where) or self._opening(*where)
            for where in ((*key, versions[key]) for key in signals)
        }
        for key, legs in signals.items():
            opened = self._openings[(*key, versions[key])]
            if opened is not None:
                found.append((opened, key, legs))
        return sorted(found, key=lambda living: living[0][0])

    def _opening(self, chat_id: str, message_id: int, part: int, version: int) -> _Opening | None:
        for stored in self._journal.messages.versions(chat_id, message_id):
            if stored.message.version != version or stored.reading is None:
                continue
            if part <= len(stored.reading.actions):
                action = stored.reading.actions[part - 1]
                if isinstance(action, Open):
                    return stored.row, stored.message.posted_at, action
        return None


def _records(
    living: Sequence[_Living], snapshot: Snapshot, own: Mapping[str, Decimal]
) -> tuple[SignalRecord, ...]:
    """``living`` signals with what ``snapshot`` shows of their legs; ``own`` as in ``records``."""
    positions = {p.identifier: p for p in snapshot.positions}
    orders = {o.ticket: o for o in snapshot.orders}
    records: list[SignalRecord] = []
    for (_, posted_at, action), key, legs in living:
        shown = (leg if isinstance(leg, SignalLeg) else _shown(leg, positions, orders, own) for leg in legs)
        ordered = tuple(sorted(shown, key=lambda leg: leg.leg))
        records.append(SignalRecord(*key, posted_at, action, ordered))
    return tuple(records)


def _shown(
    leg: Leg,
    positions: Mapping[str, Position],
    orders: Mapping[str, PendingOrder],
    own: Mapping[str, Decimal],
) -> SignalLeg:
    if not leg.alive:
        return _signal_leg(leg, None, None)
    held = _own_position(leg, positions.get(leg.identifier), own)
    return _signal_leg(leg, held, orders.get(leg.identifier))


def _own_position(leg: Leg, held: Position | None, own: Mapping[str, Decimal]) -> Position | None:
    """The leg's part of a position; None where it was turned round or nothing of it is the leg's any more."""
    if held is None or held.side is not leg.side:
        return None
    volume = own.get(leg.identifier, held.volume)
    if volume == held.volume:
        return held
    return replace(held, volume=volume) if volume else None


def _signal_leg(leg: Leg, position: Position | None, order: PendingOrder | None) -> SignalLeg:
    return SignalLeg(
        chat_id=leg.key.chat_id,
        message_id=leg.key.message_id,
        part=leg.key.part,
        leg=leg.key.leg,
        state="closed" if leg.state == "cancelled" else leg.state,
        symbol=leg.symbol,
        side=leg.side,
        position=position,
        order=order if position is None else None,
        rest=None if position is None else order,
        target=leg.target,
        by_hand=leg.trade.by_hand,
    )


def _planned_leg(intent: Intent, request: OpenLeg) -> SignalLeg:
    return SignalLeg(
        chat_id=intent.key.chat_id,
        message_id=intent.key.message_id,
        part=intent.key.part,
        leg=intent.key.leg,
        state=intent.state,
        symbol=request.symbol,
        side=request.side,
        target=request.take_profit,
    )
