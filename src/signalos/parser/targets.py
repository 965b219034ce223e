"""Which earlier signal an update is about: its scope, resolved from what was read before."""

from __future__ import annotations

from typing import NamedTuple

from signalos.domain.message import Message
from signalos.domain.signal import EntryState, Open, Reach, ReadEntry, ReadingContext, Scope, Side

_LIVE = (EntryState.OPEN, EntryState.PENDING)


class Signal(NamedTuple):
    """An earlier message that opened a trade. ``live`` is false once it was closed, refused or called off."""

    message_id: int
    opens: tuple[Open, ...]
    live: bool
    pending: bool

    @property
    def symbols(self) -> set[str]:
        return {action.symbol for action in self.opens}

    def about(self, symbol: str | None, side: Side | None = None) -> Open | None:
        """The first order of this signal that fits ``symbol`` and ``side`` (None fits all)."""
        for action in self.opens:
            if symbol in (None, action.symbol) and side in (None, action.side):
                return action
        return None


class Memory:
    """The context as the reader needs it: signals oldest first, and replies followed to their root."""

    def __init__(self, message: Message, context: ReadingContext) -> None:
        self.message = message
        self.context = context
        self.entries = {entry.message_id: entry for entry in context.entries}
        self.signals = [_of(entry) for entry in context.entries if entry.opens]
        self.edited = self.entries.get(message.message_id) if message.version > 1 else None

    @property
    def live(self) -> list[Signal]:
        """Signals that are open or waiting, oldest first, without the message itself."""
        return [s for s in self.signals if s.live and s.message_id != self.message.message_id]

    def root(self, message_id: int) -> int:
        """Follow replies upwards to the message that began the thread. Loops end where they close."""
        seen: set[int] = set()
        while message_id not in seen:
            seen.add(message_id)
            entry = self.entries.get(message_id)
            if entry is None or entry.reply_to is None or _signal(entry) is not None:
                return message_id
            message_id = entry.reply_to
        return message_id

    def signal(self, message_id: int | None) -> Signal | None:
        """The signal that ``message_id`` opened, whatever became of it."""
        return next((s for s in self.signals if s.message_id == message_id), None)

    def addressed(self) -> int | None:
        """The message that this one edits or replies to (its root), if any."""
        if self.edited is not None and _signal(self.edited) is not None:
            return self.message.message_id
        if self.message.reply_to is not None:
            return self.root(self.message.reply_to)
        return None

    def last(self) -> Signal | None:
        """The signal of the directly preceding message that was one."""
        for entry in reversed(self.context.entries):
            if entry.message_id == self.message.message_id:
                continue
            signal = _signal(entry)
            if signal is not None:
                return signal if signal.live else None
            if entry.actions:
                return None
        return None

    def resolve(self, symbol: str | None, side: Side | None = None, *, two_part: bool = False) -> Scope:
        """The one signal that an update without "all" is about, by the order of the conventions.

        Edited or replied message, else latest live one of the named symbol, else the latest if all live
        ones are of one symbol. ``two_part``: levels that follow a bare direction belong to it.
        """
        addressed = self.addressed()
        if addressed is not None:
            named = self.signal(addressed)
            other = symbol is not None and named is not None and symbol not in named.symbols
            if not other:
                return Scope(Reach.ONE, target=addressed)
        live = [s for s in self.live if s.about(symbol, side) is not None]
        if symbol is not None:
            return (
                Scope(Reach.ONE, target=live[-1].message_id) if live else Scope(Reach.SYMBOL, symbol=symbol)
            )
        if two_part:
            last = self.last()
            if last is not None and all(not o.take_profits and o.stop_loss is None for o in last.opens):
                return Scope(Reach.ONE, target=last.message_id)
        symbols = {name for s in live for name in s.symbols}
        if len(symbols) == 1:
            return Scope(Reach.ONE, target=live[-1].message_id)
        return Scope(Reach.UNRESOLVED)


def _signal(entry: ReadEntry) -> Signal | None:
    return _of(entry) if entry.opens else None


def _of(entry: ReadEntry) -> Signal:
    state = entry.state
    return Signal(entry.message_id, entry.opens, state in _LIVE, state is EntryState.PENDING)
