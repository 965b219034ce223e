"""What a channel wrote before, as the parser is shown it: kept, and made anew where something became of a message."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import NamedTuple, TypeAlias

from signalos.desktop.journal import Journal
from signalos.desktop.journal.messages import JournalledMessage
from signalos.domain.signal import Action, EntryState, ModifyStop, ModifyTargets, Open, ReadEntry, Reading
from signalos.parser.memory import state_of

LENGTH = 60
"""How many earlier messages of a chat the parser may look back to."""
KEPT = 1000
"""So many of these are held as the parser is shown them, over all chats."""
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
        journal.on_signal_changed(self._touch)
        journal.on_undone(self._forget)

    def before(self, chat_id: str, row: int) -> list[ReadEntry]:
        """The chat's last messages before ``row``, oldest first: the newest version of each, at the first's place."""
        touched = self._touched.get(chat_id) or set()
        became: _Became | None = None
        newest: dict[int, ReadEntry] = {}
        for stored in self._journal.messages.recent(chat_id, row, LENGTH):
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
        self._touched.pop(chat_id, None)
        return list(newest.values())

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
