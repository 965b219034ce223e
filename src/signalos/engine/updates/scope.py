"""What an update is about: the live signals that its scope names."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signalos.domain.decision import SignalLeg, SignalRecord, Step
from signalos.domain.market import PendingOrder, Position
from signalos.domain.signal import CloseAll, Reach, Scope, Update
from signalos.engine.question import ENDED, alive, living_legs
from signalos.engine.steps import passed, refused


@dataclass(frozen=True, slots=True)
class Found:
    """The live signals an update reaches, oldest first.

    ``orders_only``: the update is about waiting orders, positions stay as they are.
    """

    records: tuple[SignalRecord, ...]
    orders_only: bool = False

    def positions(self) -> Iterator[tuple[SignalLeg, Position]]:
        """Every open position, signal by signal, leg by leg."""
        if self.orders_only:
            return
        for record in self.records:
            for leg in record.legs:
                if leg.position is not None:
                    yield leg, leg.position

    def orders(self) -> Iterator[tuple[SignalLeg, PendingOrder]]:
        """Every waiting order."""
        for record in self.records:
            for leg in record.legs:
                if leg.position is None and leg.order is not None:
                    yield leg, leg.order

    def unsettled(self) -> Iterator[SignalLeg]:
        """Legs of which it is not known yet whether they are at the broker."""
        for record in self.records:
            for leg in record.legs:
                if leg.position is None and leg.order is None and leg.state not in ENDED:
                    yield leg


def scope_of(action: Update) -> Scope:
    """The action's scope; a close-all reaches everything of its chat."""
    return Scope(Reach.ALL) if isinstance(action, CloseAll) else action.scope


def symbol_of(action: Update) -> str | None:
    """The symbol that narrows the scope, from the scope or the message."""
    return None if isinstance(action, CloseAll) else action.scope.symbol or action.symbol


def reached(action: Update, records: tuple[SignalRecord, ...]) -> tuple[SignalRecord, ...]:
    """Those of ``records`` that the action names, alive or not; none if it does not say which."""
    scope, symbol = scope_of(action), symbol_of(action)
    if scope.reach is Reach.UNRESOLVED:
        return ()
    if scope.reach is Reach.SYMBOL and symbol is None:
        return ()
    if scope.reach is Reach.SIDE and scope.side is None:
        return ()
    found = [r for r in records if symbol is None or r.action.symbol == symbol]
    if scope.side is not None:
        found = [r for r in found if r.action.side is scope.side]
    if scope.reach is Reach.ONE:
        found = [r for r in found if r.message_id == scope.target]
    return tuple(found)


def resolve(action: Update, chat_id: str, records: tuple[SignalRecord, ...]) -> tuple[Found | None, Step]:
    """Find the live signals of this chat that ``action`` is about.

    Refuses with ``ambiguous_target`` when the message does not say which signal it means, or names
    another symbol than the signal it answers; with ``nothing_open`` when nothing of it is alive.
    """
    own = tuple(record for record in records if record.chat_id == chat_id)
    scope, symbol = scope_of(action), symbol_of(action)
    vague = _vague(scope, symbol)
    if vague:
        return None, refused("scope", "ambiguous_target", vague, str(scope.reach))
    found = tuple(record for record in reached(action, own) if alive(record))
    if scope.reach is Reach.PENDINGS:
        found = tuple(
            r for r in found if any(leg.order is not None for leg in r.legs) or not living_legs(r)
        )
    if not found:
        others = [r for r in own if scope.reach is Reach.ONE and r.message_id == scope.target and alive(r)]
        if others:
            text = f"the message names {symbol}, but the signal it is about is {others[0].action.symbol}"
            return None, refused("scope", "ambiguous_target", text, str(scope.reach))
        text = f"nothing is open or waiting for {_words(scope, symbol)}"
        return None, refused("scope", "nothing_open", text, str(scope.reach))
    names = ", ".join(f"{r.action.symbol} of message {r.message_id}" for r in found)
    return Found(found, scope.reach is Reach.PENDINGS), passed("scope", f"about {names}", str(scope.reach))


def _vague(scope: Scope, symbol: str | None) -> str:
    """Why the scope does not say what it is about, "" if it does."""
    if scope.reach is Reach.UNRESOLVED:
        return "several signals could be meant and the message does not say which; nothing is touched"
    if scope.reach is Reach.ONE and scope.target is None:
        return "the message names no signal; nothing is touched"
    if scope.reach is Reach.SYMBOL and symbol is None:
        return "the message names no symbol; nothing is touched"
    if scope.reach is Reach.SIDE and scope.side is None:
        return "the message names no side; nothing is touched"
    return ""


def _words(scope: Scope, symbol: str | None) -> str:
    if scope.reach is Reach.ONE:
        return f"message {scope.target}"
    parts = [symbol or "this channel"]
    if scope.side is not None:
        parts.append(str(scope.side))
    if scope.reach is Reach.PENDINGS:
        parts.append("orders")
    return " ".join(parts)
