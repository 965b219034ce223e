"""Asks a language model about the messages that the rules could not read, one after the other, beside the pipeline.

A question is journalled with the rules' reading. Its answer is journalled as a version of the message that
nobody wrote, together with the end of the question: a kill in between asks again, and decides nothing twice.
What was read is never traded by itself: the engine refuses it until the user confirms it by hand.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import replace

from signalos.desktop.channel_book import ChannelBook
from signalos.desktop.hand import is_by_hand
from signalos.desktop.journal import Journal
from signalos.desktop.journal.messages import JournalledMessage
from signalos.desktop.wire_events import alert_event, message_event, signal_event
from signalos.domain.message import Message
from signalos.domain.signal import Reading
from signalos.kit.clock import Clock
from signalos.language_model.asking import LanguageModel, NoAnswer
from signalos.language_model.fence import fence
from signalos.language_model.question import may_be_asked, symbols_in_question
from signalos.parser.vocabulary import Languages

log = logging.getLogger(__name__)

ASKED_WITHIN_SECONDS = 300.0
"""Age of a message, in market time, from which on nobody is asked: a yes would come too late anyway."""
MOST_WAITING = 20
"""Questions that may wait. A flood of talk must cost neither money nor the message that matters."""


class ModelReader:
    """Journals questions for the pipeline and has them answered.

    ``build`` makes the model when the part starts; ``languages`` are the common ones, a channel may have its
    own; ``on_read`` is called when something new was read.
    """

    def __init__(
        self,
        journal: Journal,
        build: Callable[[], Awaitable[LanguageModel]],
        channels: ChannelBook,
        languages: Languages,
        *,
        market: Clock,
        on_read: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._build = build
        self._channels = channels
        self._languages = languages
        self._market = market
        self._on_read = on_read
        self._awake = asyncio.Event()
        self._told = ""

    def consider(self, row: int, message: Message, reading: Reading) -> None:
        """Journal a question about the message just read, if it is worth one. Part of that transaction."""
        if is_by_hand(message) or not may_be_asked(message, reading) or self._too_old(message):
            return
        if not self._channels.of(message.chat_id).enabled:
            return
        try:
            symbols = self._symbols(message)
        except Exception:
            # What made the rules fail may fail here as well: it must not hold up the messages behind it.
            log.exception("whether to ask about message %s cannot be told", message.message_id)
            return
        if symbols and len(self._journal.questions.waiting()) < MOST_WAITING:
            self._journal.questions.add(row)
            self._awake.set()

    async def run(self) -> None:
        """Answer questions until cancelled. Raises ConfigError where the model cannot be asked at all."""
        model = await self._build()
        try:
            while True:
                self._awake.clear()
                for row in self._journal.questions.waiting():
                    await self._answer(model, self._journal.messages.by_row(row))
                await self._awake.wait()
        finally:
            await model.close()

    async def _answer(self, model: LanguageModel, stored: JournalledMessage) -> None:
        message = stored.message
        if self._too_old(message):
            return self._give_up(model, stored, "model_too_late", "the message was too old to ask about")
        answered = ""
        self._journal.sync()  # nobody outside hears of what a power cut may undo
        try:
            answer = await model.ask(message.text, self._symbols(message))
            answered = answer.text
            rules = self._channels.of(message.chat_id)
            reading = fence(
                message.text,
                answer.orders,
                model=model.name,
                languages=rules.languages or self._languages,
                default_symbol=rules.profile.default_symbol,
            )
        except NoAnswer as why:
            if why.passing:
                self._tell(model, why)
            return self._give_up(model, stored, why.reason, str(why), answered)
        except Exception as why:
            # One question that cannot be answered must not be asked for ever.
            log.exception("the question about message %s failed", message.message_id)
            text = f"asking failed: {type(why).__name__}"
            return self._give_up(model, stored, "model_failed", text, answered)
        self._told = ""
        if not reading.actions:
            return self._give_up(model, stored, reading.reason, "; ".join(reading.notes), answered)
        return self._keep(model, stored, reading, answered)

    def _keep(
        self, model: LanguageModel, stored: JournalledMessage, reading: Reading, answered: str
    ) -> None:
        with self._journal.transaction():
            message = self._journal.messages.add_read_by(stored.row, model.name, reading)
            if message is not None:
                self._journal.questions.end(stored.row, "read", model=model.name, answer=answered)
                self._journal.outbox.add("message", None, message_event(message, reading))
                for part, action in enumerate(reading.actions, start=1):
                    self._journal.outbox.add("signal", None, signal_event(message, part, action))
        if message is None:
            text = "the message was edited or deleted meanwhile"
            return self._give_up(model, stored, "model_superseded", text, answered)
        return self._on_read()

    def _give_up(
        self, model: LanguageModel, stored: JournalledMessage, reason: str, text: str, answered: str = ""
    ) -> None:
        """The rules' reading stands; the message's page says what the model had to do with it."""
        state = "none" if reason == "model_no_order" else "given_up"
        reading = stored.reading or Reading()
        told = replace(
            reading, notes=(*reading.notes, f"the language model {model.name} was asked: {text}")
        )
        with self._journal.transaction():
            self._journal.questions.end(
                stored.row, state, reason=reason, text=text, model=model.name, answer=answered
            )
            self._journal.outbox.add("message", None, message_event(stored.message, told))

    def _tell(self, model: LanguageModel, why: NoAnswer) -> None:
        """Say once that the endpoint is in trouble, and again only after it has answered or the trouble changed."""
        if self._told == why.reason:
            return
        self._told = why.reason
        text = (
            f"the language model {model.name} does not answer: {why}. Messages are read by the rules alone"
        )
        self._journal.outbox.add("alert", None, alert_event(why.reason, "warning", text))

    def _too_old(self, message: Message) -> bool:
        return (self._market.now() - message.posted_at).total_seconds() > ASKED_WITHIN_SECONDS

    def _symbols(self, message: Message) -> tuple[str, ...]:
        rules = self._channels.of(message.chat_id)
        return symbols_in_question(
            message.text, rules.languages or self._languages, rules.profile.default_symbol
        )
