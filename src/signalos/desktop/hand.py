"""What the user asks for by hand: a signal of their own, or a second decision on one that was refused.

Both become messages in the journal and go the way of every message, so the same filters, limits and
latches hold for them.
"""

from __future__ import annotations

from collections.abc import Callable

from signalos.desktop.journal import Journal
from signalos.domain.message import Message
from signalos.kit.clock import Clock
from signalos.protocol.socket import Command, CommandResult
from signalos.sources.base import Post, clean_text

SOURCE = "by hand"
"""The source of signals that the user enters; their chat is ``hand`` (every terminal) or ``hand:TERMINAL``."""
CHAT = "hand"
LONGEST = 20_000


def is_by_hand(message: Message) -> bool:
    """True where the user themselves asked for it."""
    return message.source == SOURCE or message.again_part is not None


def is_for(message: Message, terminal_id: str) -> bool:
    """Whether what was asked for by hand is meant for this terminal."""
    if message.again_part is not None:
        return message.again_terminal == terminal_id
    return message.chat_id in (CHAT, f"{CHAT}:{terminal_id}")


class Hand:
    """Journals what the ``signal`` command carries. ``market`` is the time in which signals age."""

    def __init__(self, terminal_id: str, journal: Journal, market: Clock) -> None:
        self.on_message: Callable[[], None] = lambda: None
        self._terminal_id = terminal_id
        self._journal = journal
        self._market = market

    def take(self, command: Command) -> CommandResult:
        """Journal the command's message; a repeated one changes nothing. Part of the caller's transaction."""
        args = command.args
        chat_id, number = args.get("chatId"), args.get("messageId")
        if not isinstance(chat_id, str) or not isinstance(number, int) or isinstance(number, bool):
            return _failed(
                command, "bad_arguments", "chatId and messageId are missing or of the wrong type"
            )
        if args.get("again"):
            return self._again(command, chat_id, number)
        text = args.get("text")
        if chat_id.partition(":")[0] != CHAT or not isinstance(text, str) or not 0 < len(text) <= LONGEST:
            return _failed(
                command, "bad_arguments", f"a signal by hand has a text and a chat that begins with {CHAT}"
            )
        post = Post(
            source=SOURCE,
            chat_id=chat_id,
            chat_name="By hand",
            message_id=number,
            text=clean_text(text),
            posted_at=self._market.now(),
        )
        self._journal.messages.add(post, str(number))
        self.on_message()
        return CommandResult(id=command.id, success=True, text="taken: its decision follows")

    def _again(self, command: Command, chat_id: str, number: int) -> CommandResult:
        part = command.args.get("part", 1)
        if not isinstance(part, int) or isinstance(part, bool) or part < 1:
            return _failed(command, "bad_arguments", "part counts from 1")
        opening = self._journal.messages.opening(chat_id, number, part)
        if (
            opening is not None
            and opening.message.read_by
            and self._journal.messages.written_since(opening)
        ):
            # The page shows the text that the model read: a yes to it says nothing about the newer one.
            text = "the channel has edited or deleted the message since the language model read it"
            return _failed(command, "message_changed", text)
        asked = self._journal.messages.add_again(
            self._terminal_id, chat_id, number, part, self._market.now()
        )
        if asked is None:
            text = "this desktop app has not read that signal, so it cannot decide it once more"
            return _failed(command, "signal_unknown", text)
        self.on_message()
        return CommandResult(id=command.id, success=True, text="decided once more: the decision follows")


def _failed(command: Command, reason: str, text: str) -> CommandResult:
    return CommandResult(id=command.id, success=False, state="failed", reason=reason, text=text)
