"""The same said twice counts once."""

from __future__ import annotations

from dataclasses import replace

from signalos.domain.signal import Action, Close, CloseAll, Open, Reject


def without_twins(actions: list[Action]) -> list[Action]:
    """One of each: a bilingual message says everything twice."""
    result: list[Action] = []
    keys = set()
    for action in actions:
        if isinstance(action, Open):
            key: object = (
                action.symbol, action.side, action.order, action.entry, action.stop_loss, action.take_profits
            )  # fmt: skip
        elif isinstance(action, Reject):
            key = (action.reason, action.symbol)
        else:
            key = action
        if key not in keys:
            keys.add(key)
            result.append(action)
    return result


def unique(actions: list[Action]) -> list[Action]:
    """Drop updates that say the same about the same signal; a stated share beats an unstated one."""
    stated = {a.scope for a in actions if isinstance(a, Close) and a.fraction is not None}
    result: list[Action] = []
    keys: set[object] = set()
    everything = any(isinstance(a, CloseAll) for a in actions)
    for action in actions:
        if everything and isinstance(action, Close):
            continue
        if isinstance(action, Close) and action.fraction is None and action.scope in stated:
            continue
        key = replace(action, spans=(), confidence=1.0)
        if key not in keys:
            keys.add(key)
            result.append(action)
    return result
