"""From a message in the app's hands to the terminal's answer to order_send, part by part.

``python benchmarks/order_parts.py [--messages 300] [--pause 0 0.073]``. The app's own parts run in this process, on its
event loop, with the journal on disk and synced; the worker and the simulated terminal are processes of
their own. Every part is timed from the outside: by what a part is handed, not by changing it; the worker's
own stopwatch (``timed_worker.py``) tells when the module's order_send was called.

``message_to_order.py`` measures the same way from outside all processes, with the followed file's
look-up pause in it.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from benchmarks.message_to_order import HELD, fsync_milliseconds
from signalos import parser
from signalos.brokers.mt5 import Mt5Broker, Settings, WorkerLauncher
from signalos.desktop.executor import Executor
from signalos.desktop.journal.intents import Intent
from signalos.desktop.parts import Parts, load
from signalos.desktop.pipeline import Pipeline
from signalos.desktop.terminal import Terminal, TerminalSettings
from signalos.domain.message import Message
from signalos.domain.signal import Reading, ReadingContext
from signalos.kit import collector, loop
from signalos.kit.wire import Answer, Transport
from signalos.parser import Languages
from signalos.parser.languages import load_languages
from signalos.sources.base import Post
from tests.support.quiet import QUIET, quiet_prices, signal_text
from tests.support.world import CLOCK, World

CHAT = "-1001"
TOTAL = "TOTAL message to order_send"


@dataclass
class Stops:
    """A stopwatch: moments of the message on its way, by name, in seconds of ``perf_counter``."""

    at: dict[str, float] = field(default_factory=dict)
    cpu: dict[str, float] = field(default_factory=dict)
    calls: dict[str, float] = field(default_factory=lambda: defaultdict(float))
    done: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, name: str) -> None:
        """Note the first time that ``name`` happens for this message."""
        if name == "outcome journalled":
            self.done.set()
        if name not in self.at:
            self.at[name] = time.perf_counter()
            self.cpu[name] = time.process_time()

    def begin(self) -> None:
        """Forget the message before."""
        self.at.clear()
        self.calls.clear()
        self.done.clear()
        self.note("received")


class TimedTransport:
    """Passes calls on to the worker and notes how long each took."""

    def __init__(self, inner: Transport, stops: Stops) -> None:
        self._inner = inner
        self._stops = stops

    def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Awaitable[Answer]:
        begin = time.perf_counter()
        if fn == "guarded_send":
            self._stops.note("order handed to the worker")
        return self._timed(fn, begin, self._inner.call(fn, args, kwargs, deadline=deadline))

    async def _timed(self, fn: str, begin: float, calling: Awaitable[Answer]) -> Answer:
        answer = await calling
        if fn == "guarded_send":
            self._stops.note("answered")
        if "answered" not in self._stops.at or fn == "guarded_send":
            self._stops.calls[fn] += time.perf_counter() - begin
        return answer

    async def close(self) -> None:
        await self._inner.close()


def timed_terminal(stops: Stops) -> type[Terminal]:
    """A terminal whose executor notes when it is handed an intent and when the order is done."""

    class TimedExecutor(Executor):
        async def send_begun(self, intent: Intent) -> Intent:
            stops.note("decision journalled")
            done = await super().send_begun(intent)
            stops.note("outcome journalled")
            return done

    class TimedTerminal(Terminal):
        executor_class = TimedExecutor

    return TimedTerminal


def build(parts: Parts, worker: Sequence[str], stops: Stops) -> tuple[Terminal, Pipeline]:
    """The app's parts, with stopwatches between them."""
    launcher = WorkerLauncher(worker, parts.clock, parts.random)

    async def timed() -> Transport:
        return TimedTransport(await launcher(), stops)

    languages = load_languages()

    def parse(message: Message, context: ReadingContext, own: Languages | None) -> Reading:
        begin = time.perf_counter()
        stops.note("parse begins")
        try:
            return parser.parse(message, context, languages if own is None else own)
        finally:
            stops.calls["parse"] += time.perf_counter() - begin

    parts.channels.know(languages)
    terminal = timed_terminal(stops)(
        TerminalSettings("sim", grace_seconds=1.0, absence_proves=True),
        Mt5Broker("sim", timed, parts.clock, Settings(), parts.market),
        parts.journal,
        parts.strategies,
        listens_to=lambda source: True,
        profile_of=lambda chat_id: parts.channels.of(chat_id).profile,
        clock=parts.clock,
        market=parts.market,
    )
    pipeline = Pipeline(parts.journal, parse, [terminal.lane], parts.channels, clock=parts.clock)
    return terminal, pipeline


async def measure(folder: Path, messages: int, pause: float) -> dict[str, list[float]]:
    """Milliseconds of each part, a value a message."""
    world = World(folder / "world", config={"strategy": QUIET}, prices=quiet_prices(folder / "prices"))
    world.start_sim()
    await world.terminal("account_info")
    parts = load(world.config_file, world.home, {})
    stops = Stops()
    notes = folder / "order_send"
    worker = [sys.executable, str(Path(__file__).with_name("timed_worker.py")), str(notes)]
    terminal, pipeline = build(parts, [*worker, "127.0.0.1", str(world.port)], stops)
    collector.settle()  # as the app does it
    terminal.recover()
    tasks = [asyncio.create_task(terminal.run()), asyncio.create_task(pipeline.run())]
    found: dict[str, list[float]] = defaultdict(list)
    try:
        await world.until(lambda: terminal.watcher.latest is not None, 60)
        for number in range(1, messages + 1):
            while not terminal.lane.idle:
                await CLOCK.sleep(0)
            await CLOCK.sleep(pause)  # no multiple of the watcher's round: they meet as they happen to
            stops.begin()
            pipeline.receive(
                _post(2 * number - 1, signal_text("sell", number)), str(2 * number - 1), given_again=True
            )
            stops.note("message and reading journalled")
            async with asyncio.timeout(20):
                await stops.done.wait()
            _keep(stops, found, notes.read_text(encoding="utf-8").split())
            if number % HELD == 0:
                pipeline.receive(_post(2 * number, "Close all trades now"), str(2 * number))
                await world.until(lambda: not parts.journal.legs.alive("sim"), 20)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        parts.journal.close()
        world.stop()
    return found


async def control_milliseconds(pause: float, count: int = 60) -> list[float]:
    """How long reading one signal takes when nothing but a pause came before it: what the pause costs by itself."""
    languages = load_languages()
    found = []
    for number in range(count):
        await CLOCK.sleep(pause)
        message = Message("bench", CHAT, number + 1, 1, signal_text("sell", number), datetime.now(UTC))
        begin = time.perf_counter()
        parser.parse(message, ReadingContext(), languages)
        found.append((time.perf_counter() - begin) * 1000)
    return found


def _post(number: int, text: str) -> Post:
    return Post(
        source="bench",
        chat_id=CHAT,
        chat_name="bench",
        message_id=number,
        text=text,
        posted_at=datetime.now(UTC),
    )


def _keep(stops: Stops, found: dict[str, list[float]], called: Sequence[str]) -> None:
    at = stops.at
    (at["order_send"],) = (m for m in map(float, called[-2:]) if at["received"] < m < at["answered"])
    order = [
        "received",
        "message and reading journalled",
        "decision journalled",
        "order handed to the worker",
        "order_send",
        "answered",
        "outcome journalled",
    ]
    parse = stops.calls.pop("parse", 0.0)
    gap = {b: at[b] - at[a] for a, b in itertools.pairwise(order)}
    rows = {
        "parse": parse,
        "journal: message and reading": gap["message and reading journalled"] - parse,
        "decide: account read, decision and SENDING journalled": gap["decision journalled"],
        "to the send, with the answer of the checks asked ahead": gap["order handed to the worker"],
        "wire and worker": gap["order_send"],
        TOTAL: at["order_send"] - at["received"],
        "terminal: order_send, and its answer's way back": gap["answered"],
        "afterwards: proof read, outcome journalled": gap["outcome journalled"],
    }
    rows["CPU of the app's process until answered"] = stops.cpu["answered"] - stops.cpu["received"]
    rows |= {f"  of it wire: {name}": seconds for name, seconds in stops.calls.items()}
    for name, seconds in rows.items():
        found[name].append(seconds * 1000)


def main() -> int:
    """Print a table for each pause; exit 1 where a limit is missed."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--messages", type=int, default=300)
    options.add_argument(
        "--pause", type=float, nargs="+", default=[0, 0.073], help="seconds between two messages"
    )
    options.add_argument("--median", type=float, default=3.0, help="highest median, in ms")
    options.add_argument("--p99", type=float, default=10.0, help="highest 99th percentile, in ms")
    given = options.parse_args()
    missed = 0
    for pause in given.pause:
        with tempfile.TemporaryDirectory(prefix="signalos-bench-") as name:
            folder = Path(name)
            figures = {"fsync of 4 KiB (baseline)": fsync_milliseconds(folder)}
            figures["parse alone, nothing else running (baseline)"] = loop.run(control_milliseconds(pause))
            figures |= loop.run(measure(folder, given.messages, pause))
        title = f"every {pause * 1000:g} ms" if pause else "one right after the other"
        print(f"{'messages ' + title + ', ms':<60}{'n':>6}{'median':>9}{'p95':>9}{'p99':>9}")
        for name, values in figures.items():
            values.sort()
            p95, p99 = values[int(len(values) * 0.95)], values[int(len(values) * 0.99)]
            print(f"{name:<60}{len(values):>6}{statistics.median(values):>9.2f}{p95:>9.2f}{p99:>9.2f}")
        total = figures[TOTAL]
        median, p99 = statistics.median(total), total[int(len(total) * 0.99)]
        if median > given.median or p99 > given.p99:
            print(
                f"{title}: median {median:.2f} ms, p99 {p99:.2f} ms: above {given.median:g} or {given.p99:g} ms"
            )
            missed = 1
    return missed


if __name__ == "__main__":
    sys.exit(main())
