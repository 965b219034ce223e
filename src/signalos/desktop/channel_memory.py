"""What a channel wrote before, as the parser is shown it: kept, and made anew where something became of a message."""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from signalos.desktop.journal import Journal
from signalos.desktop.journal.messages import JournalledMessage
from signalos.domain.signal import Action, EntryState, ModifyStop, ModifyTargets, Open, ReadEntry, Reading
from signalos.parser.memory import state_of, with_changes

log = logging.getLogger(__name__)

LENGTH = 60
"""How many earlier messages of a chat the parser may look back to."""
KEPT = 1000
"""So many of these are held as the parser is shown them, over all chats."""
CHATS = 100
"""So many chats are held ready at once."""
_END = 2**63 - 1
"""A row after every other."""
_NONE: frozenset[str] = frozenset()
_Kept: TypeAlias = tuple[JournalledMessage, ReadEntry | None, ReadEntry]
"""A message, the entry of its version before, and the entry that these made."""


class _Became(NamedTuple):
    """What became of a chat's messages from ``since`` on: states of their legs, verdicts on their openings."""

    since: int
    legs: Mapping[int, Collection[str]]
    verdicts: Mapping[int, Collection[str]]


class ChannelMemory:
    """The earlier messages of each chat, with what became of their signals on all terminals."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._kept: dict[int, _Kept] = {}
        self._touched: dict[str, set[int]] = {}
        self._ready: dict[str, tuple[Sequence[JournalledMessage], tuple[ReadEntry, ...]]] = {}
        self._asked: set[str] = set()
        journal.on_signal_changed(self._touch)
        journal.on_undone(self._forget)

    def before(self, chat_id: str, row: int) -> tuple[ReadEntry, ...]:
        """The chat's last messages before ``row``, oldest first: the newest version of each, at the first's place.

        Their orders have the levels that later messages gave them.
        """
        self._asked.add(chat_id)
        recent = self._journal.messages.recent(chat_id, row, LENGTH)
        touched = self._touched.get(chat_id) or set()
        ready = self._ready.get(chat_id)
        if ready is not None and not touched and ready[0] == recent:
            return ready[1]
        made = with_changes(self._entries(chat_id, recent, touched))
        self._touched.pop(chat_id, None)
        if len(self._ready) >= CHATS:
            self._ready.clear()
        self._ready[chat_id] = recent, made
        return made

    def get_ready(self) -> None:
        """Have what the next message of a chat is read against, of each chat that wrote something since.

        Call it when nothing is in a hurry. What fails here shows when the message is read.
        """
        asked, self._asked = self._asked, set()
        for chat_id in asked:
            try:
                self.before(chat_id, _END)
            except Exception:
                log.exception("the memory of chat %s could not be got ready", chat_id)
        self._asked.clear()

    def _entries(
        self, chat_id: str, recent: Iterable[JournalledMessage], touched: Collection[int]
    ) -> Iterable[ReadEntry]:
        became: _Became | None = None
        newest: dict[int, ReadEntry] = {}
        for stored in recent:
            if stored.message.waits_for_yes:
                continue  # until the user says yes, what a language model read is nothing to the rules
            number = stored.message.message_id
            before, kept = newest.get(number), self._kept.get(stored.row)
            if kept is not None and kept[0] is stored and kept[1] is before and number not in touched:
                newest[number] = kept[2]
                continue
            if became is None or number < became.since:
                became = self._became(chat_id, min(number, *touched) if touched else number)
            made = _entry(
                stored, before, became.legs.get(number, _NONE), became.verdicts.get(number, _NONE)
            )
            self._keep(stored.row, (stored, before, made))
            newest[number] = made
        return newest.values()

    def _became(self, chat_id: str, since: int) -> _Became:
        return _Became(
            since,
            self._journal.legs.states(chat_id, since),
            self._journal.decisions.verdicts(chat_id, since),
        )

    def _keep(self, row: int, made: _Kept) -> None:
        if len(self._kept) >= KEPT:
            self._kept.clear()
        self._kept[row] = made

    def _touch(self, chat_id: str, message_id: int) -> None:
        self._touched.setdefault(chat_id, set()).add(message_id)

    def _forget(self) -> None:
        """What was seen inside a transaction that was undone never was."""
        self._kept.clear()
        self._touched.clear()
        self._ready.clear()


def _entry(
    stored: JournalledMessage, before: ReadEntry | None, legs: Collection[str], verdicts: Collection[str]
) -> ReadEntry:
    message, reading = stored.message, stored.reading or Reading()
    actions = reading.actions
    if before is not None and not any(isinstance(action, Open) for action in actions):
        # An edit that only moves levels, or a deletion, is still about the order that was read first.
        actions = tuple(_moved(o, message.message_id, actions) for o in before.opens) or actions
    return ReadEntry(
        message_id=message.message_id,
        actions=actions,
        state=EntryState.CLOSED if message.deleted and not legs else state_of(actions, legs, verdicts),
        reply_to=message.reply_to,
        announces=reading.announces,
        text=message.text,
    )


def _moved(order: Open, message_id: int, changes: tuple[Action, ...]) -> Open:
    """``order`` with the levels that an edit of its own message gave it."""
    for change in changes:
        if isinstance(change, ModifyStop) and change.scope.target == message_id:
            order = replace(order, stop_loss=change.price)
        elif isinstance(change, ModifyTargets) and change.scope.target == message_id and not change.index:
            order = replace(order, take_profits=change.take_profits)
    return order
