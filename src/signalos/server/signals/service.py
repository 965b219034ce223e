"""Signals that the user enters by hand, and second decisions on those that were refused."""

from __future__ import annotations

from signalos.domain.signal import Action, Open, Reading, Reject
from signalos.parser.describe import REASONS
from signalos.protocol import firebridge, hand, views
from signalos.protocol.reading import signal_fields
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Writing
from signalos.server.problems import Problem
from signalos.server.reader import Reader
from signalos.server.signals import repository
from signalos.server.terminals import index
from signalos.server.terminals.index import Known
from signalos.server.trading.service import chosen

CHAT = "hand"
"""The chat of signals by hand: every terminal takes them; ``hand:TERMINAL`` only that one."""
NAME = "By hand"
WAITING = "waiting_for_confirmation"


class SignalService:
    """What a user does with signals. Each method works within the caller's transaction."""

    def __init__(self, commands: CommandService, reader: Reader) -> None:
        self._commands = commands
        self._reader = reader

    def enter(self, tx: Writing, user_id: int, body: hand.NewSignal) -> views.SignalView:
        """Enter a signal on every approved terminal. Raises Problem unless the text opens a trade."""
        targets = index.approved(tx, user_id)
        if not targets:
            raise Problem("terminal_unknown", "no terminal is let in yet: pair a desktop app first")
        text = body.text.strip() or _text(body.symbol, body.side, body)
        signal_id, _ = self._enter(tx, user_id, CHAT, text, targets)
        view = repository.one(tx, user_id, signal_id)
        assert view is not None  # noqa: S101 -- written in this transaction
        return view

    def trade(self, tx: Writing, user_id: int, body: hand.NewTrade) -> views.CommandAccepted:
        """Enter the market on one terminal, by its strategy and limits. Raises Problem."""
        targets = chosen(tx, user_id, body.terminal_id)
        text = _text(body.symbol, body.side, body)
        return self._enter(tx, user_id, f"{CHAT}:{body.terminal_id}", text, targets)[1]

    def _enter(
        self, tx: Writing, user_id: int, chat_id: str, text: str, targets: list[Known]
    ) -> tuple[int, views.CommandAccepted]:
        read = self._reader.read(text, tx.now)
        _must_open(read)
        number = repository.next_message(tx, user_id, chat_id)
        message = firebridge.MessageData(
            chat_id=chat_id,
            message_id=number,
            chat_name=NAME,
            source="by hand",
            text=text,
            posted_at=tx.now,
        )
        repository.add_message(tx, user_id, message)
        ids = [
            repository.put(tx, user_id, _signal(message, part, action))[0]
            for part, action in enumerate(read.actions, start=1)
        ]
        for signal_id in ids:
            tx.emit(user_id, "signal_created", repository.one(tx, user_id, signal_id))
        args = {"chatId": chat_id, "messageId": number, "text": text}
        return ids[0], self._commands.create(tx, user_id, "signal", args, targets)

    def confirm(self, tx: Writing, user_id: int, signal_id: int) -> views.CommandAccepted:
        """Say yes to a signal that waits for it. Raises Problem not_found or not_waiting."""
        view = _opening(tx, user_id, signal_id)
        if view.reason != WAITING:
            raise Problem(
                "not_waiting",
                f"the signal does not wait for a yes: it is {view.status} {view.reason}".rstrip(),
            )
        return self._again(tx, user_id, view)

    def retrigger(self, tx: Writing, user_id: int, signal_id: int) -> views.CommandAccepted:
        """Have a refused signal decided once more, as of now. Raises Problem not_found or not_refused."""
        view = _opening(tx, user_id, signal_id)
        if view.status != "refused":
            raise Problem(
                "not_refused", f"only a refused signal is decided once more; this one is {view.status}"
            )
        return self._again(tx, user_id, view)

    def _again(self, tx: Writing, user_id: int, view: views.SignalView) -> views.CommandAccepted:
        # Those that refused it: a terminal that took it, or never heard of it, is not asked again.
        names = {d.terminal_id for d in view.decisions if d.verdict == "refuse"}
        taken = {d.terminal_id for d in view.decisions if d.verdict == "pass"}
        targets = [known for known in index.approved(tx, user_id) if known.terminal_id in names - taken]
        if not targets:
            raise Problem("terminal_not_approved", "no terminal that refused the signal is approved now")
        args = {"chatId": view.chat_id, "messageId": view.message_id, "part": view.part, "again": True}
        return self._commands.create(tx, user_id, "signal", args, targets)


def _opening(tx: Writing, user_id: int, signal_id: int) -> views.SignalView:
    view = repository.one(tx, user_id, signal_id)
    if view is None:
        raise Problem("not_found", "you have no such signal")
    if view.action != "open":
        raise Problem("not_refused", f"only what opens a trade is decided once more; this is {view.action}")
    return view


def _signal(message: firebridge.MessageData, part: int, action: Action) -> firebridge.SignalData:
    return firebridge.SignalData(
        chat_id=message.chat_id,
        message_id=message.message_id,
        part=part,
        chat_name=message.chat_name,
        text=message.text,
        posted_at=message.posted_at,
        **signal_fields(action),
    )


def _must_open(read: Reading) -> None:
    for action in read.actions:
        if isinstance(action, Reject):
            raise Problem("invalid", f"refused when it was read: {action.reason} {action.detail}".rstrip())
    if not any(isinstance(action, Open) for action in read.actions):
        why = REASONS.get(read.reason, read.reason) if not read.actions else "it opens nothing"
        raise Problem(
            "invalid", f"no signal was read: {why}. Write side, symbol and levels, as a channel would"
        )
    if not all(isinstance(action, Open) for action in read.actions):
        raise Problem("invalid", "enter only what opens a trade: change open trades on their own page")


def _text(symbol: str | None, side: str | None, body: hand.NewSignal | hand.NewTrade) -> str:
    """The fields as a channel would write them, so that one reader reads both."""
    if symbol is None or side is None:
        raise Problem("invalid", "give text, or symbol and side")
    entry = body.entry if isinstance(body, hand.NewSignal) else []
    lines = [f"{side.upper()} {symbol} {' - '.join(f'{price:f}' for price in entry) or 'NOW'}"]
    if body.stop_loss is not None:
        lines.append(f"SL {body.stop_loss:f}")
    lines += [f"TP{number} {price:f}" for number, price in enumerate(body.take_profits, start=1)]
    return "\n".join(lines)
