"""The desktop app as it runs: terminals, pipeline, sources and, where paired, everything online."""

from __future__ import annotations

import asyncio
import logging
import signal
import sqlite3
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from signalos import parser
from signalos.desktop.connections import ConnectionBook
from signalos.desktop.journal.store import QUIT, STATE
from signalos.desktop.parts import Parts, build_terminals, load
from signalos.desktop.pipeline import Pipeline
from signalos.desktop.wire_events import alert_event
from signalos.domain.errors import ConfigError, JournalError
from signalos.domain.message import Message
from signalos.domain.signal import Reading, ReadingContext
from signalos.kit import collector
from signalos.kit.clock import Clock
from signalos.kit.log import start_log
from signalos.kit.single import AlreadyRunning, SingleInstance
from signalos.parser import Languages
from signalos.parser.languages import load_languages
from signalos.sources import build_source
from signalos.sources.base import Source, SourceParts

if TYPE_CHECKING:
    from signalos.desktop.lane import Lane
    from signalos.desktop.model_reading import ModelReader
    from signalos.desktop.online import Online
    from signalos.desktop.terminal import Terminal

log = logging.getLogger(__name__)
FINISH_WITHIN_SECONDS = 10.0
PART_AGAIN_SECONDS = 5.0


async def run_app(
    config_path: Path, home: Path, environ: Mapping[str, str], on_up: Callable[[], None] = lambda: None
) -> int:
    """Run the app until it is asked to end; ``on_up`` is called once it is built. Returns the exit code."""
    start_log(environ.get("SIGNALOS_LOG_LEVEL", "info"))
    try:
        single = SingleInstance(home, "the desktop app")
    except AlreadyRunning as why:
        raise ConfigError(str(why)) from None
    with single:
        app = App(load(config_path, home, environ), environ)
        collector.settle()  # else grammar and modules are looked through while orders wait, 20 ms and more
        on_up()
        asked = asyncio.Event()
        _on_signals(asked)
        await app.run(asked)
    return 0


def _on_signals(asked: asyncio.Event) -> None:
    loop = asyncio.get_running_loop()
    if sys.platform == "win32":
        for number in (signal.SIGINT, signal.SIGBREAK, signal.SIGTERM):
            signal.signal(number, lambda *_: loop.call_soon_threadsafe(asked.set))
    else:
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, asked.set)


async def keep(
    name: str, run: Callable[[], Awaitable[None]], clock: Clock, tell: Callable[[str, str], None]
) -> None:
    """Run one part until it ends. Its failure is told and takes no other part down; it begins anew.

    Only the journal's own failure is raised: nothing may be sent that is not journalled.
    """
    told = ""
    while True:
        try:
            return await run()
        except ConfigError as why:
            tell("part_stopped", f"{name} has stopped until this is mended and the app restarted: {why}")
            return None
        except Exception as why:
            if _of_journal(why) is not None:
                raise
            log.exception("%s failed", name)
            if repr(why) != told:
                told = repr(why)
                tell("part_failed", f"{name} failed and is started again: {told}")
        await clock.sleep(PART_AGAIN_SECONDS)


def _of_journal(why: BaseException) -> BaseException | None:
    """The journal's own failure in ``why``, which may be a group of errors; None if it is another."""
    if isinstance(why, BaseExceptionGroup):
        return next((e for e in map(_of_journal, why.exceptions) if e is not None), None)
    return why if isinstance(why, sqlite3.Error | JournalError) else None


def _told(why: BaseException) -> BaseException:
    """``why`` as one clear error where the journal failed, else as it is."""
    cause = _of_journal(why)
    if cause is None:
        return why
    told = JournalError(
        f"the journal cannot be written or read ({cause}), so the app has ended and sends nothing: "
        "free disk space or mend the file, then start again"
    )
    told.__cause__ = cause
    return told


class App:
    """The running app: terminals, pipeline, sources and, where paired, everything online."""

    def __init__(
        self,
        parts: Parts,
        environ: Mapping[str, str],
        *,
        languages: Languages | None = None,
        source_of: Callable[[Any, SourceParts], Source] = build_source,
    ) -> None:
        self._parts = parts
        self._journal = parts.journal
        self._terminals = build_terminals(parts)
        languages = languages or load_languages()
        parts.channels.know(languages)

        def parse(message: Message, context: ReadingContext, own: Languages | None) -> Reading:
            return parser.parse(message, context, languages if own is None else own)

        lanes = [t.lane for t in self._terminals]
        self._model_reader: ModelReader | None = None
        if parts.config.language_model.enabled:
            self._model_reader = self._build_model_reader(languages, lanes, environ)
        self._pipeline = Pipeline(
            self._journal,
            parse,
            lanes,
            parts.channels,
            (lambda row, message, reading: None)
            if self._model_reader is None
            else self._model_reader.consider,
            clock=parts.clock,
        )
        for terminal in self._terminals:
            terminal.desk.hand.on_message = self._pipeline.wake
        shared = SourceParts(
            wall=parts.clock,
            market=parts.market,
            on_problem=self._source_problem,
            round_number=parts.round_number,
            environ=environ,
            home=parts.home,
        )
        self._sources: list[Source] = [source_of(s, shared) for s in parts.config.sources]
        self._online: Online | None = None
        if parts.config.server_url is not None:
            # Imported where it is used: stand-alone, the app needs neither HTTP nor WebSocket client.
            from signalos.desktop.online import Online

            self._online = Online(
                parts.config.server_url,
                journal=self._journal,
                terminals=self._terminals,
                sources=self._sources,
                strategies=parts.strategies,
                channels=parts.channels,
                clock=parts.clock,
                market=parts.market,
                random=parts.random,
                environ=environ,
            )

    @property
    def terminals(self) -> Sequence[Terminal]:
        """Every configured terminal, in the order of the configuration."""
        return self._terminals

    def _build_model_reader(
        self, languages: Languages, lanes: Sequence[Lane], environ: Mapping[str, str]
    ) -> ModelReader:
        # Imported where it is used: it is off for nearly everyone.
        from signalos.desktop.model_key import ModelKeys, build_model
        from signalos.desktop.model_reading import ModelReader

        def wake() -> None:
            for lane in lanes:
                lane.wake()

        settings = self._parts.config.language_model
        keys = ModelKeys(self._parts.home, environ)
        return ModelReader(
            self._journal,
            partial(build_model, settings, keys),
            self._parts.channels,
            languages,
            market=self._parts.market,
            on_read=wake,
        )

    async def run(self, asked: asyncio.Event) -> None:
        """Recover, go live, and on request finish what has been sent."""
        self._journal.set_meta(QUIT, "")
        for terminal in self._terminals:
            terminal.recover()
        tasks = asyncio.create_task(self._run_all(), name="app")
        waiting = asyncio.create_task(asked.wait())
        watching = asyncio.create_task(self._watch_elsewhere(asked))
        await asyncio.wait({tasks, waiting, watching}, return_when=asyncio.FIRST_COMPLETED)
        if not tasks.done() and not watching.done():
            await self._finish()
        for task in (tasks, waiting, watching):
            task.cancel()
        ends = await asyncio.gather(tasks, watching, return_exceptions=True)
        if self._online is not None:
            await self._online.close()
        self._journal.close()
        failed = [e for e in ends if e is not None and not isinstance(e, asyncio.CancelledError)]
        if failed:
            raise _told(failed[0])
        log.info("ended on request")

    async def _run_all(self) -> None:
        async with asyncio.TaskGroup() as group:
            for terminal in self._terminals:
                self._start(group, f"terminal {terminal.terminal_id}", terminal.run)
            group.create_task(self._pipeline.run(), name="pipeline")
            for source in self._sources:
                self._start(group, f"source {source.name}", partial(self._run_source, source))
            if self._model_reader is not None:
                self._start(group, "language model", self._model_reader.run)
            if self._online is not None:
                self._start(group, "online", self._online.run)

    def _start(self, group: asyncio.TaskGroup, name: str, run: Callable[[], Awaitable[None]]) -> None:
        group.create_task(keep(name, run, self._parts.clock, self._tell), name=name)

    async def _run_source(self, source: Source) -> None:
        start = self._journal.messages.position(source.name)
        try:
            await source.run(start, self._pipeline.receive)
        except ConfigError as why:
            source.health.connected, source.health.error = False, str(why)
            raise

    def _tell(self, code: str, text: str) -> None:
        self._journal.outbox.add("alert", None, alert_event(code, "error", text))

    async def _finish(self) -> None:
        """Take nothing new and wait until nothing is on its way to a terminal."""
        for terminal in self._terminals:
            terminal.lane.stop_taking()
        try:
            async with asyncio.timeout(FINISH_WITHIN_SECONDS):
                while any(
                    self._journal.intents.unfinished(t.terminal_id, ("sending",)) for t in self._terminals
                ):
                    await self._parts.clock.sleep(0.01)
        except TimeoutError:
            log.warning("ended while an order was unanswered: the next start reconciles it")

    async def _watch_elsewhere(self, asked: asyncio.Event) -> None:
        """Act on what the command line wrote into the journal: a stop, a resume, a wish to quit."""
        told = ""
        book = ConnectionBook(self._parts.clock)
        while True:
            if self._journal.changed_elsewhere():
                for terminal in self._terminals:
                    terminal.stopper.wake()
                    terminal.desk.wake()
                self._journal.outbox.look_again()
                if self._journal.meta(QUIT) == "1":
                    asked.set()
            state = msgspec.json.encode(self._connections(book)).decode()
            if state != told:
                self._journal.set_meta(STATE, state)
                told = state
            await self._parts.clock.sleep(self._parts.elsewhere_seconds)

    def _connections(self, book: ConnectionBook) -> dict[str, dict[str, object]]:
        return {
            "terminals": {
                t.terminal_id: book.line(
                    "terminal", t.terminal_id, t.watcher.latest is not None, t.watcher.trouble
                )
                for t in self._terminals
            },
            "sources": {
                s.name: book.line("source", s.name, s.health.connected, s.health.error)
                for s in self._sources
            },
        }

    def _source_problem(self, code: str, text: str) -> None:
        log.warning("source", extra={"data": {"code": code, "text": text}})
        self._journal.outbox.add("alert", None, alert_event(code, "warning", text))
