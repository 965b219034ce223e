"""What the parser remembers of earlier signals: updates change the levels that later messages are read against."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from signalos.domain.signal import (
    Action,
    EntryState,
    ModifyStop,
    ModifyTargets,
    Open,
    Reach,
    ReadEntry,
    Scope,
)


def with_changes(entries: Iterable[ReadEntry]) -> tuple[ReadEntry, ...]:
    """Put the stops and targets that later entries asked for into the orders they are about.

    ``entries`` are a chat's, oldest first; each change reaches the ones before it only.
    """
    found: list[ReadEntry] = []
    for entry in entries:
        for action in entry.actions:
            if isinstance(action, ModifyStop | ModifyTargets):
                found = [changed(e, action) if concerns(e, action.scope) else e for e in found]
        found.append(entry)
    return tuple(found)


def concerns(entry: ReadEntry, scope: Scope) -> bool:
    """Tell whether an update of ``scope`` is about an order of ``entry``."""
    if not entry.opens:
        return False
    if scope.reach is Reach.ONE:
        return entry.message_id == scope.target
    if scope.reach is Reach.UNRESOLVED:
        return False
    if scope.reach is Reach.PENDINGS and entry.state is not EntryState.PENDING:
        return False
    return any(scope.symbol in (None, o.symbol) and scope.side in (None, o.side) for o in entry.opens)


def changed(entry: ReadEntry, change: ModifyStop | ModifyTargets) -> ReadEntry:
    """``entry`` with ``change`` made to each of its orders."""
    actions: list[Action] = []
    for action in entry.actions:
        if not isinstance(action, Open):
            actions.append(action)
            continue
        stop, targets = action.stop_loss, action.take_profits
        if isinstance(change, ModifyStop):
            stop = change.price
        elif change.index is None:
            targets = change.take_profits
        elif change.index <= len(targets):
            targets = (*targets[: change.index - 1], *change.take_profits, *targets[change.index :])
        actions.append(replace(action, stop_loss=stop, take_profits=targets))
    return replace(entry, actions=tuple(actions))


def state_of(actions: tuple[Action, ...], legs: Collection[str], verdicts: Collection[str]) -> EntryState:
    """What became of a message's signals over all terminals, by its trades' states and its decisions' verdicts."""
    if not actions:
        return EntryState.CLOSED
    if "open" in legs:
        return EntryState.OPEN
    if "pending" in legs:
        return EntryState.PENDING
    if legs:
        return EntryState.CLOSED
    if verdicts == {"refuse"}:
        return EntryState.REFUSED
    return EntryState.OPEN  # not decided yet, or on its way
