"""The line format of cases: a chat's earlier texts and one message in, actions out.

The product's reader gets its memory from the journal; a case brings texts instead. They are folded
through the same parser here, with reports ("SL hit", "closed") closing what they are about.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from signalos.domain.message import Message
from signalos.domain.signal import (
    Action,
    BreakEven,
    Cancel,
    Close,
    CloseAll,
    EntryState,
    ModifyStop,
    ModifyTargets,
    Open,
    OrderKind,
    Reach,
    ReadEntry,
    ReadingContext,
    Reject,
    Scope,
    action_name,
)
from signalos.parser.memory import changed, concerns
from signalos.parser.reading import parse
from signalos.parser.reports import Report, read_report
from signalos.parser.vocabulary import Languages

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class CaseError(ValueError):
    """A case line cannot be used; the text says what is wrong with it."""


def answer_case(case: object, languages: Languages) -> dict[str, Any]:
    """Answer one case (a decoded JSON value). Raises CaseError if it is none."""
    if not isinstance(case, dict) or "id" not in case:
        raise CaseError("a case is an object with an id and a message")
    message = case.get("message")
    if not isinstance(message, dict) or not isinstance(message.get("text"), str):
        raise CaseError("the case has no message with a text")
    channel = case.get("channel")
    default = channel.get("default_symbol") if isinstance(channel, dict) else None
    entries = _fold(case.get("context") or [], default, languages)
    edit_of = message.get("edit_of")
    context = ReadingContext(tuple(entries), default)
    reading = parse(_message(message, edit_of), context, languages)
    return {"id": case["id"], "actions": [project(action) for action in reading.actions]}


def _message(raw: dict[str, Any], edit_of: object = None) -> Message:
    sender = raw.get("sender")
    role = sender.get("role") if isinstance(sender, dict) else None
    number = edit_of if isinstance(edit_of, int) else raw.get("id")
    reply = raw.get("reply_to")
    return Message(
        source="cases",
        chat_id="0",
        message_id=number if isinstance(number, int) else 0,
        version=2 if isinstance(edit_of, int) else 1,
        text=raw["text"],
        posted_at=_EPOCH,
        reply_to=reply if isinstance(reply, int) else None,
        sender=role if isinstance(role, str) else "channel",
    )


def _fold(raw: object, default: str | None, languages: Languages) -> list[ReadEntry]:
    """Read the earlier messages in order, keeping what each opened and what became of it."""
    if not isinstance(raw, list):
        raise CaseError("context must be a list of messages")
    entries: list[ReadEntry] = []
    for item in raw:
        if not isinstance(item, dict) or not isinstance(item.get("text"), str):
            raise CaseError("a message of the context has no text")
        message = _message(item)
        reading = parse(message, ReadingContext(tuple(entries), default), languages)
        report = read_report(message, ReadingContext(tuple(entries), default), languages)
        entries = _apply(entries, reading.actions, report)
        entries.append(
            ReadEntry(
                message_id=message.message_id,
                actions=reading.actions,
                state=_initial(reading.actions),
                reply_to=message.reply_to,
                announces=reading.announces,
                text=message.text,
            )
        )
    return entries


def _initial(actions: tuple[Action, ...]) -> EntryState:
    opens = [action for action in actions if isinstance(action, Open)]
    if any(isinstance(action, Reject) for action in actions) and not opens:
        return EntryState.REFUSED
    waiting = opens and all(action.order is not OrderKind.MARKET for action in opens)
    return EntryState.PENDING if waiting else EntryState.OPEN


def _apply(entries: list[ReadEntry], actions: tuple[Action, ...], report: Report | None) -> list[ReadEntry]:
    """Carry the effect of updates and reports to the entries they are about."""
    for action in actions:
        if isinstance(action, CloseAll):
            entries = [_closed(entry) for entry in entries]
        elif (
            isinstance(action, Close) and action.fraction is not None and action.fraction >= 1
        ) or isinstance(action, Cancel):
            entries = [_closed(e) if concerns(e, action.scope) else e for e in entries]
        elif isinstance(action, (ModifyStop, ModifyTargets)):
            entries = [changed(e, action) if concerns(e, action.scope) else e for e in entries]
    if report is not None:
        if report.kind == "closed":
            entries = [_closed(e) if e.message_id == report.target else e for e in entries]
        elif report.kind == "activated":
            entries = [
                _with_state(e, EntryState.OPEN)
                if e.message_id == report.target and e.state is EntryState.PENDING
                else e
                for e in entries
            ]
    return entries


def _closed(entry: ReadEntry) -> ReadEntry:
    return _with_state(entry, EntryState.CLOSED)


def _with_state(entry: ReadEntry, state: EntryState) -> ReadEntry:
    return ReadEntry(entry.message_id, entry.actions, state, entry.reply_to, entry.announces, entry.text)


def project(action: Action) -> dict[str, Any]:
    """An action in the form of the case files: scope "one" becomes its target, every other scope null."""
    name = action_name(action)
    if isinstance(action, Open):
        answer: dict[str, Any] = {
            "type": name,
            "symbol": action.symbol,
            "side": str(action.side),
            "order": str(action.order),
            "entry": [float(p) for p in action.entry],
            "stop_loss": None if action.stop_loss is None else float(action.stop_loss),
            "take_profits": [float(p) for p in action.take_profits],
        }
        if action.stop_loss_pips is not None:
            answer["stop_loss_pips"] = float(action.stop_loss_pips)
        if action.take_profit_pips:
            answer["take_profit_pips"] = [float(p) for p in action.take_profit_pips]
        if action.open_target:
            answer["open_target"] = True
        return answer
    if isinstance(action, Reject):
        return {"type": name, "reason": action.reason}
    if isinstance(action, CloseAll):
        return {"type": name}
    answer = {"type": name, "symbol": action.symbol, "target": _target(action.scope)}
    if isinstance(action, Close):
        answer["fraction"] = None if action.fraction is None else float(action.fraction)
    elif isinstance(action, ModifyStop):
        answer["price"] = float(action.price)
    elif isinstance(action, ModifyTargets):
        answer["take_profits"] = [float(p) for p in action.take_profits]
        if action.index is not None:
            answer["index"] = action.index
    elif isinstance(action, (BreakEven, Cancel)):
        pass
    return answer


def _target(scope: Scope) -> int | None:
    return scope.target if scope.reach is Reach.ONE else None
