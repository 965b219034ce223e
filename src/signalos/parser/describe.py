"""A reading in words: what was read, and from which characters."""

from __future__ import annotations

from decimal import Decimal

from signalos.domain.signal import (
    Action,
    Close,
    CloseAll,
    ModifyStop,
    ModifyTargets,
    Open,
    Reach,
    Reading,
    Reject,
    Scope,
    action_name,
)

REASONS: dict[str, str] = {
    "advert": "it advertises, or its levels are hidden",
    "analysis": "it describes the market",
    "closed": "it edits a signal that is closed",
    "condition": "it holds only under a condition",
    "deleted": "the message was deleted",
    "education": "it teaches",
    "empty": "there is no text",
    "example": "it is an example or a trial",
    "get_ready": "it announces a signal",
    "forwarded": "another channel wrote it",
    "hold": "it says to hold",
    "ignored_word": "it holds a word that you ignore in this channel",
    "member": "a member wrote it, not the channel",
    "negation": "it says not to",
    "no_side": "it says neither buy nor sell",
    "no_symbol": "it names no symbol",
    "old": "it is about an earlier trade",
    "optional": "it leaves the decision to the reader",
    "past_tense": "it tells what was done",
    "plan": "it is a plan or a possibility",
    "progressive": "it tells what somebody does, not what to do",
    "question": "it asks",
    "quote": "it quotes another channel",
    "reference": "it speaks about an earlier trade",
    "report": "it reports results",
    "repost": "it repeats a signal that was read before",
    "result": "it reports a result",
    "side_conflict": "it says buy and sell at once",
    "talk": "it is talk",
    "too_long": "it holds more prices than any signal",
    "unchanged": "the edit changes nothing that trades",
    "unclear_levels": "its prices can be read in more than one way",
    "unknown_symbol": "it names an instrument that is not known or more than one",
    "unresolved_target": "it names a target that the signal does not have",
    "unsupported_distance": "it moves a level by a distance, which is not supported",
    "wait": "it says to wait",
}


def describe(text: str, reading: Reading) -> str:
    """Return lines for a person: each action with its fields and their characters, or why there is none."""
    lines: list[str] = []
    for number, action in enumerate(reading.actions, start=1):
        lines.append(f"{number}. {_headline(action)}")
        lines.extend(
            f"     {span.field:<12} {text[span.start : span.end]!r}  characters {span.start}-{span.end}"
            for span in action.spans
        )
        lines.append(f"     {'confidence':<12} {action.confidence:.2f}")
    if not reading.actions:
        words = REASONS.get(reading.reason, reading.reason)
        lines.append(f"nothing to do: {words} ({reading.reason})")
    if reading.announces:
        lines.append(f"announces a signal on {reading.announces}")
    lines.extend(f"note: {note}" for note in reading.notes)
    return "\n".join(lines) + "\n"


def in_words(reading: Reading) -> str:
    """Return one line an action, or why there is none, without characters and confidence."""
    if not reading.actions:
        return f"nothing to do: {REASONS.get(reading.reason, reading.reason)}"
    return "\n".join(_headline(action) for action in reading.actions)


def _number(value: Decimal) -> str:
    return f"{value:f}"


def _headline(action: Action) -> str:
    name = action_name(action)
    if isinstance(action, Open):
        return _open_line(action)
    if isinstance(action, Reject):
        return f"refused: {action.reason}" + (f" ({action.detail})" if action.detail else "")
    if isinstance(action, CloseAll):
        return "close everything"
    line = f"{name} {_scope(action.scope)}"
    if isinstance(action, Close):
        share = "a part" if action.fraction is None else f"{action.fraction * 100:.0f} %"
        return f"{line}: {share}"
    if isinstance(action, ModifyStop):
        return f"{line}: stop to {_number(action.price)}"
    if isinstance(action, ModifyTargets):
        which = "targets" if action.index is None else f"target {action.index}"
        return f"{line}: {which} {', '.join(_number(p) for p in action.take_profits)}"
    return line


def _open_line(action: Open) -> str:
    entry = " to ".join(_number(p) for p in action.entry) or "at market"
    parts = [f"{action.side} {action.symbol} {action.order}, entry {entry}"]
    if action.stop_loss is not None:
        parts.append(f"stop {_number(action.stop_loss)}")
    if action.stop_loss_pips is not None:
        parts.append(f"stop {_number(action.stop_loss_pips)} pips")
    if action.take_profits:
        parts.append("targets " + ", ".join(_number(p) for p in action.take_profits))
    if action.take_profit_pips:
        parts.append("targets " + ", ".join(_number(p) for p in action.take_profit_pips) + " pips")
    if action.open_target:
        parts.append("last target open")
    return ", ".join(parts)


def _scope(scope: Scope) -> str:
    if scope.reach is Reach.ONE:
        return f"the signal of message {scope.target}"
    if scope.reach is Reach.UNRESOLVED:
        return "an unnamed one of several signals"
    words = [str(scope.reach)]
    if scope.symbol:
        words.append(scope.symbol)
    if scope.side:
        words.append(str(scope.side))
    return " ".join(words)
