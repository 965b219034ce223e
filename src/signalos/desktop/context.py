"""Fetches what a decision needs into one frozen context."""

from __future__ import annotations

from signalos.brokers.base import Broker, Snapshot
from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.legs import Leg
from signalos.domain.decision import DecisionContext, SignalLeg, SignalRecord, SymbolData
from signalos.domain.errors import Refused
from signalos.domain.message import Message
from signalos.domain.order import OpenLeg
from signalos.domain.signal import Action, Open
from signalos.domain.strategy import Strategy
from signalos.engine import requirements
from signalos.kit.clock import Clock


class ContextBuilder:
    """Reads journal and broker for one terminal's decisions."""

    def __init__(self, terminal_id: str, broker: Broker, journal: Journal, market: Clock) -> None:
        self._terminal_id = terminal_id
        self._broker = broker
        self._journal = journal
        self._market = market

    async def build(self, message: Message, action: Action, strategy: Strategy) -> DecisionContext:
        """The context of one decision. Raises TerminalError: then nothing can be decided yet."""
        snapshot = await self._broker.snapshot()
        records = self.records(snapshot)
        needed = requirements(strategy, action, records)
        now = self._market.now()
        return DecisionContext(
            terminal_id=self._terminal_id,
            chat_id=message.chat_id,
            message_id=message.message_id,
            version=message.version,
            posted_at=message.posted_at,
            now=now,
            account=snapshot.account,
            symbols=await self.symbols(needed.symbols),
            positions=snapshot.positions,
            orders=snapshot.orders,
            records=records,
            trades_today=self._journal.intents.trades_on(self._terminal_id, now.date().isoformat()),
            halted=self._journal.latches.halted(self._terminal_id, message.chat_id),
            is_edit=message.is_edit,
        )

    async def symbols(self, names: tuple[str, ...]) -> dict[str, SymbolData]:
        """Contract and quote of each symbol; one the broker does not have is left out."""
        found: dict[str, SymbolData] = {}
        for name in names:
            try:
                found[name] = SymbolData(await self._broker.spec(name), await self._broker.tick(name))
            except Refused:
                continue  # The engine refuses with `unknown_symbol` and says so to the user.
        return found

    def records(self, snapshot: Snapshot) -> tuple[SignalRecord, ...]:
        """This terminal's signals that still have a leg alive or on its way, oldest first."""
        positions = {p.identifier: p for p in snapshot.positions}
        orders = {o.ticket: o for o in snapshot.orders}
        keys: dict[tuple[str, int, int], int] = {}
        for leg in self._journal.legs.alive(self._terminal_id):
            keys[(leg.key.chat_id, leg.key.message_id, leg.key.part)] = leg.key.version
        under_way = [
            i
            for i in self._journal.intents.unfinished(self._terminal_id)
            if isinstance(i.request, OpenLeg) and i.key.origin == "signal"
        ]
        for intent in under_way:
            keys.setdefault(
                (intent.key.chat_id, intent.key.message_id, intent.key.part), intent.key.version
            )
        found: list[tuple[int, SignalRecord]] = []
        for (chat_id, message_id, part), version in keys.items():
            opened = self._opening(chat_id, message_id, part, version)
            if opened is None:
                continue
            row, message, action = opened
            legs = [
                _signal_leg(
                    leg,
                    positions.get(leg.identifier) if leg.alive else None,
                    orders.get(leg.identifier) if leg.alive else None,
                )
                for leg in self._journal.legs.of_message(self._terminal_id, chat_id, message_id)
                if leg.key.part == part
            ]
            legs += [
                _planned_leg(intent)
                for intent in under_way
                if (intent.key.chat_id, intent.key.message_id, intent.key.part)
                == (chat_id, message_id, part)
            ]
            legs.sort(key=lambda leg: leg.leg)
            found.append(
                (row, SignalRecord(chat_id, message_id, part, message.posted_at, action, tuple(legs)))
            )
        return tuple(record for _, record in sorted(found, key=lambda pair: pair[0]))

    def _opening(
        self, chat_id: str, message_id: int, part: int, version: int
    ) -> tuple[int, Message, Open] | None:
        for stored in self._journal.messages.versions(chat_id, message_id):
            if stored.message.version != version or stored.reading is None:
                continue
            if part <= len(stored.reading.actions):
                action = stored.reading.actions[part - 1]
                if isinstance(action, Open):
                    return stored.row, stored.message, action
        return None


def _signal_leg(leg: Leg, position: object, order: object) -> SignalLeg:
    return SignalLeg(
        chat_id=leg.key.chat_id,
        message_id=leg.key.message_id,
        part=leg.key.part,
        leg=leg.key.leg,
        state="closed" if leg.state == "cancelled" else leg.state,
        symbol=leg.symbol,
        side=leg.side,
        position=position,  # type: ignore[arg-type]
        order=order if position is None else None,  # type: ignore[arg-type]
        target=leg.target,
    )


def _planned_leg(intent: Intent) -> SignalLeg:
    request = intent.request
    assert isinstance(request, OpenLeg)  # noqa: S101 -- selected by the caller
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
