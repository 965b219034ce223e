"""Edits, completions and re-posts: what a signal adds to one that was read before."""

from __future__ import annotations

from signalos.domain.signal import (
    Action,
    Cancel,
    EntryState,
    ModifyStop,
    ModifyTargets,
    Open,
    OrderKind,
    Reach,
    ReadEntry,
    Reject,
    Scope,
)
from signalos.parser.targets import Memory


def difference(old: ReadEntry, new: tuple[Action, ...]) -> tuple[tuple[Action, ...], str]:
    """Return what an edit changes: (actions, reason if none).

    A changed side or symbol is a reject; a changed price of a waiting order is cancel and open; stops
    and targets change by themselves. Fields that the edit leaves out stay as they were.
    """
    before = [action for action in old.actions if isinstance(action, Open)]
    if not before:
        fresh = tuple(action for action in new if action not in old.actions)
        return fresh, "" if fresh else "unchanged"
    refused = [action for action in new if isinstance(action, Reject)]
    after = [action for action in new if isinstance(action, Open)]
    if not after:
        if refused:
            return (refused[0],), ""
        return new, "" if new else "unchanged"
    if old.state in (EntryState.CLOSED, EntryState.REFUSED) and not refused:
        return (), "closed"
    if len(after) != len(before):
        return (_conflict(after[0], "the edit changed the number of orders"),), ""
    actions: list[Action] = list(refused)
    for was, now in zip(before, after, strict=True):
        if (was.symbol, was.side) != (now.symbol, now.side):
            return (_conflict(now, f"{was.side} {was.symbol} became {now.side} {now.symbol}"),), ""
        actions.extend(_changes(old.message_id, was, now))
    return tuple(actions), "" if actions else "unchanged"


def _conflict(action: Open, detail: str) -> Reject:
    return Reject(
        reason="edit_conflict", detail=detail, symbol=action.symbol, side=action.side, spans=action.spans
    )


def _changes(message_id: int, was: Open, now: Open) -> list[Action]:
    scope = Scope(Reach.ONE, target=message_id)
    waiting = was.order is not OrderKind.MARKET
    if waiting and (now.order is not was.order or now.entry != was.entry):
        return [Cancel(scope=scope, symbol=now.symbol, spans=now.spans), now]
    return level_changes(scope, was, now)


def level_changes(scope: Scope, was: Open, now: Open) -> list[Action]:
    """Stop and target changes that turn ``was`` into ``now``; what ``now`` leaves out is kept."""
    actions: list[Action] = []
    if now.stop_loss is not None and now.stop_loss != was.stop_loss:
        spans = tuple(span for span in now.spans if span.field == "stop_loss")
        actions.append(ModifyStop(scope=scope, price=now.stop_loss, symbol=now.symbol, spans=spans))
    if now.take_profits and now.take_profits != was.take_profits:
        spans = tuple(span for span in now.spans if span.field == "take_profit")
        actions.append(
            ModifyTargets(scope=scope, take_profits=now.take_profits, symbol=now.symbol, spans=spans)
        )
    return actions


def against_context(action: Open, memory: Memory, *, again: bool) -> tuple[tuple[Action, ...], str]:
    """A fresh order seen against earlier ones: completes a bare one, repeats one, or stands for itself."""
    if again:
        return (action,), ""
    for signal in reversed(memory.signals):
        for earlier in signal.opens:
            stated = action.entry or action.stop_loss or action.take_profits
            if same_order(earlier, action) and (stated or signal.live):
                return (), "repost"
            if signal.live and _restated(earlier, action):
                return (), "repost"
    last = memory.last()
    if last is not None and action.order is OrderKind.MARKET and (action.stop_loss or action.take_profits):
        bare = last.about(action.symbol, action.side)
        if bare is not None and bare.stop_loss is None and not bare.take_profits and len(last.opens) == 1:
            scope = Scope(Reach.ONE, target=last.message_id)
            return tuple(level_changes(scope, bare, action)), ""
    return (action,), ""


def _restated(earlier: Open, action: Open) -> bool:
    """True for "reminder: the gold buy is open, SL 2308, TP 2340": the open trade's own levels without its entry."""
    return (
        earlier.symbol == action.symbol
        and earlier.side is action.side
        and not action.entry
        and action.stop_loss is not None
        and action.stop_loss == earlier.stop_loss
        and bool(action.take_profits)
        and set(action.take_profits) <= set(earlier.take_profits)
    )


def same_order(first: Open, second: Open) -> bool:
    """True if both ask for the same trade at the same levels."""
    return (
        first.symbol == second.symbol
        and first.side is second.side
        and (first.order is second.order or bool(first.entry))
        and first.entry == second.entry
        and first.stop_loss == second.stop_loss
        and first.take_profits == second.take_profits
        and first.stop_loss_pips == second.stop_loss_pips
        and first.take_profit_pips == second.take_profit_pips
    )
