"""The desktop side in one process: a real journal, the real parts, a broker in memory, a virtual clock."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from signalos.brokers.base import Broker
from signalos.desktop.channel_book import ChannelBook, LocalChannel
from signalos.desktop.journal import Journal
from signalos.desktop.journal.latches import Latches
from signalos.desktop.model_reading import ModelReader
from signalos.desktop.pipeline import Pipeline
from signalos.desktop.strategy_book import StrategyBook
from signalos.desktop.terminal import Note, Terminal, TerminalSettings
from signalos.domain.ceilings import Ceilings
from signalos.domain.message import Message
from signalos.domain.signal import Action, Reading, ReadingContext
from signalos.domain.strategy import Strategy
from signalos.kit.clock import VirtualClock
from signalos.kit.ids import SeededIds
from signalos.language_model.asking import LanguageModel
from signalos.parser import Languages, parse
from signalos.sources.base import Post
from tests.support.fake_broker import FakeBroker

START = datetime(2024, 3, 5, 10, 0, tzinfo=UTC)
CHAT = "-1001"


class Rig:
    """One desktop side. ``says`` maps a message's text to what the parser reads from it; ``contexts``
    are what it was told besides, message by message. ``model`` builds the language model that is asked
    about what nothing is read from, with the vocabulary that the fence then looks with.
    """

    def __init__(
        self,
        home: Path,
        *,
        strategy: Strategy | None = None,
        clock: VirtualClock | None = None,
        broker: FakeBroker | None = None,
        grace: float = 2.0,
        absence_proves: bool = True,
        terminal: type[Terminal] = Terminal,
        latches: type[Latches] = Latches,
        paired: bool = False,
        channels: Sequence[LocalChannel] = (),
        ceilings: Ceilings | None = None,
        note: Note = lambda name, entry: None,
        connection: type[sqlite3.Connection] = sqlite3.Connection,
        model: tuple[Callable[[], Awaitable[LanguageModel]], Languages] | None = None,
    ) -> None:
        self._model = model
        self.home = home
        self.clock = clock or VirtualClock(START)
        self.broker = broker or FakeBroker(self.clock)
        self.says: dict[str, tuple[Action, ...]] = {}
        self.strategy = strategy or Strategy()
        self._grace = grace
        self._absence = absence_proves
        self._terminal_class = terminal
        self._latches_class = latches
        self._paired = paired
        self._local_channels = channels
        self._ceilings = ceilings
        self._note = note
        self._connection = connection
        self.contexts: list[ReadingContext] = []
        self._position = 0
        self._ids = SeededIds(7)
        self._tasks: list[asyncio.Task[Any]] = []
        self._open()

    def _open(self) -> None:
        self.journal = Journal(
            self.home,
            clock=self.clock,
            market=self.clock,
            ids=self._ids,
            latches=self._latches_class,
            connection=self._connection,
        )
        self.strategies = StrategyBook(
            self.journal, self.strategy, paired=self._paired, ceilings=self._ceilings
        )
        self.terminal = self._terminal_class(
            TerminalSettings("t1", grace_seconds=self._grace, absence_proves=self._absence),
            self.broker,
            self.journal,
            self.strategies,
            listens_to=lambda source: True,
            profile_of=lambda chat_id: self.channels.of(chat_id).profile,
            ceilings=self._ceilings,
            note=self._note,
            clock=self.clock,
            market=self.clock,
        )
        self.channels = ChannelBook(
            self.journal, self.strategies, self._local_channels, paired=self._paired
        )
        lanes = [self.terminal.lane]
        self.model_reader: ModelReader | None = None
        if self._model is None:
            self.pipeline = Pipeline(self.journal, self._parse, lanes, self.channels, clock=self.clock)
        else:
            build, languages = self._model
            self.model_reader = ModelReader(
                self.journal,
                build,
                self.channels,
                languages,
                market=self.clock,
                on_read=self.terminal.lane.wake,
            )
            ask = self.model_reader.consider
            self.pipeline = Pipeline(self.journal, self._parse, lanes, self.channels, ask, clock=self.clock)
        self.terminal.desk.hand.on_message = self.pipeline.wake

    def _parse(self, message: Message, context: ReadingContext, own: Languages | None) -> Reading:
        self.contexts.append(context)
        if own is not None and message.text not in self.says:
            return parse(message, context, own)
        actions = self.says.get(message.text, ())
        return Reading(actions, "" if actions else "talk")

    async def start(self) -> None:
        """Recover and run."""
        self.terminal.recover()
        self._tasks = [
            asyncio.create_task(self.terminal.run()),
            asyncio.create_task(self.pipeline.run()),
        ]
        if self.model_reader is not None:
            self._tasks.append(asyncio.create_task(self.model_reader.run()))
        await self.run(0.3)

    async def crash(self) -> None:
        """End everything at once, as a kill would, leaving only the journal and the broker."""
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await task
        self._tasks = []
        self.journal.close()

    async def restart(self) -> None:
        """Crash and come up again from the journal."""
        await self.crash()
        self._open()
        await self.start()

    async def run(self, seconds: float) -> None:
        """Let ``seconds`` pass, in small steps."""
        end = self.clock.monotonic() + seconds
        while self.clock.monotonic() < end:
            await self.clock.advance(min(0.05, end - self.clock.monotonic()))
            for task in self._tasks:
                if task.done():
                    await task  # raises what ended it

    def say(self, message_id: int, text: str, *actions: Action, **more: Any) -> None:
        """Post a message that is read as ``actions``."""
        self.says[text] = actions
        self.hear(message_id, text, **more)

    def hear(self, message_id: int, text: str, **more: Any) -> None:
        """Post a message that the real parser reads, where a channel's own vocabulary is in force."""
        self._position += 1
        more.setdefault("posted_at", self.clock.now())
        post = Post(source="test", chat_id=CHAT, chat_name="Test", message_id=message_id, text=text, **more)
        self.pipeline.receive(post, str(self._position), given_again=True)

    def lines(self) -> list[dict[str, Any]]:
        """The journal's lines."""
        return [intent.shown() for intent in self.journal.intents.everything()]

    def events(self, kind: str) -> list[bytes]:
        """Data of all events of a kind."""
        return [e.data for e in self.journal.outbox.pending_events(10_000) if e.kind == kind]

    def ago(self, seconds: float) -> datetime:
        """A moment before now."""
        return self.clock.now() - timedelta(seconds=seconds)


def routed(strategy: Strategy) -> type[Terminal]:
    """A terminal to which the rig's source is routed with a strategy of its own, as ``parts`` builds it."""

    class Routed(Terminal):
        def __init__(
            self,
            settings: TerminalSettings,
            broker: Broker,
            journal: Journal,
            strategies: StrategyBook,
            *,
            listens_to: Callable[[str], bool],
            **more: Any,
        ) -> None:
            def strategy_of(source: str, chat_id: str) -> Strategy:
                return strategies.for_message(chat_id, strategy if source == "test" else None)

            super().__init__(
                settings,
                broker,
                journal,
                strategies,
                listens_to=listens_to,
                strategy_of=strategy_of,
                **more,
            )

    return Routed
