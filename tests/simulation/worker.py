"""A worker process without a process: the real wire, the real session, and a module with accidents."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from signalos.brokers.mt5.process import WorkerProcess
from signalos.brokers.mt5.session import Session
from signalos.brokers.simulated import altered
from signalos.kit.wire import LineTransport, Request
from tests.simulation.brokerage import Brokerage
from tests.simulation.loop import Process, SimLoop

HISTORY = ("history_deals_get", "history_orders_get")
FIRST_SEND_LATENCY, LAST_SEND_LATENCY = 0.0005, 0.02
NO_TERMINAL = (-10004, "No IPC connection")
FATES = (
    "late",
    "slow",
    "hang after",
    "hang before",
    "die after",
    "die before",
    "none after",
    "none before",
    "twice",
    "requote",
    "requote",
    "reject",
    "timeout after",
    "timeout before",
    "placed",
    "too many",
    "closed",
)
"""What can happen to a request besides nothing; "after" was carried out, "before" was not."""
REFUSALS = {"requote": 10004, "reject": 10006, "too many": 10024, "closed": 10018, "timeout before": 10012}
CARRIED_OUT = {"timeout after": 10012, "placed": 10008}


class Hangs(BaseException):
    """The module does not come back from this call."""


class Dies(BaseException):
    """The worker's process ends inside this call."""


@dataclass
class Accidents:
    """What goes wrong between worker and broker, drawn by ``chance``; nothing any more once ``over``, and at
    no time what is ``never``.
    """

    chance: random.Random
    sends: float = 0.0
    reads: float = 0.0
    late_by: float = 3.0
    never: tuple[str, ...] = ()
    over: bool = False
    seen: dict[str, int] = field(default_factory=dict)

    def of_send(self) -> str:
        """The fate of a request."""
        if self.over or self.chance.random() >= self.sends:
            return "fine"
        fate = self.chance.choice(FATES)
        return "fine" if fate in self.never else self._noted(fate)

    def of_read(self) -> str:
        """The fate of a reading."""
        if self.over or self.chance.random() >= self.reads:
            return "fine"
        return self._noted(self.chance.choice(("read hangs", "read dies", "read fails", "read slow")))

    def _noted(self, fate: str) -> str:
        self.seen[fate] = self.seen.get(fate, 0) + 1
        return fate


class Module:
    """The surface of MetaTrader's module as one worker sees it."""

    def __init__(self, brokerage: Brokerage, accidents: Accidents, later: Callable[..., object]) -> None:
        self._brokerage = brokerage
        self._session = brokerage.session()
        self._accidents = accidents
        self._later = later
        self._last: tuple[int, str] = (1, "Success")
        self.delay = 0.0
        self.copies = 1

    def last_error(self) -> tuple[int, str]:
        """The pair of the call before."""
        return self._last

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._session.functions:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            if not self._brokerage.running:
                self._last = NO_TERMINAL
                return None
            if name == "order_send":
                return self._send(args[0])
            return self._read(name, args, kwargs)

        return call

    def _read(self, name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        fate = self._accidents.of_read()
        if fate == "read hangs":
            raise Hangs
        if fate == "read dies":
            raise Dies
        if fate == "read fails":
            self._last = (-10001, "IPC send failed")
            return None
        if fate == "read slow":
            self.delay += 0.3
        answer = self._session.call(name, args, kwargs)
        account = self._brokerage.terminal.account
        if name in HISTORY and self._brokerage.lag:
            answer = altered.lagging(account, answer, self._brokerage.lag)
        if name == "symbol_info_tick" and self._brokerage.stale:
            answer = altered.stale(account, answer, str(args[0]), self._brokerage.stale)
        self._last = answer.last_error
        return answer.ok

    def _send(self, request: dict[str, Any]) -> Any:
        fate = self._accidents.of_send()
        if fate in REFUSALS:
            self._brokerage.arrived(request, fate).retcode = REFUSALS[fate]
            return self._answered(request, REFUSALS[fate])
        if fate in ("hang before", "die before", "none before"):
            self._brokerage.arrived(request, fate)
            return self._lost(fate)
        if fate == "late":
            self._late(request)
        ok = self._carry_out(request, fate)
        if fate == "twice":
            self.copies = 2
        elif fate == "slow":
            self.delay += 0.8
        elif fate in CARRIED_OUT and ok is not None and ok["retcode"] == 10009:
            return {**ok, "retcode": CARRIED_OUT[fate]}
        elif fate in ("hang after", "die after", "none after"):
            return self._lost(fate)
        return ok

    def _carry_out(self, request: dict[str, Any], fate: str) -> Any:
        answer = self._brokerage.carry_out(self._session, self._brokerage.arrived(request, fate))
        self._last = answer.last_error
        return answer.ok

    def _late(self, request: dict[str, Any]) -> Any:
        """The request is on its way to the broker: it arrives, whatever becomes of this process."""
        after = self._accidents.chance.uniform(0.1, self._accidents.late_by)
        note = self._brokerage.arrived(request, "late")
        self._later(after, lambda: self._brokerage.arrives_late(note))
        raise Hangs

    def _answered(self, request: dict[str, Any], retcode: int) -> dict[str, Any]:
        self._last = (1, "Success")
        names = ("deal", "order", "volume", "price", "bid", "ask", "request_id", "retcode_external")
        return {"retcode": retcode, **dict.fromkeys(names, 0), "comment": "accident", "request": request}

    def _lost(self, fate: str) -> Any:
        if fate.startswith("die"):
            raise Dies
        if fate.startswith("hang"):
            raise Hangs
        self._last = (-10002, "IPC recv failed")
        return None


class Machine:
    """Starts workers for one brokerage, and can kill the one that runs."""

    def __init__(
        self,
        loop: SimLoop,
        brokerage: Brokerage,
        accidents: Accidents,
        world: Process,
        chance: random.Random,
    ) -> None:
        self._loop = loop
        self._brokerage = brokerage
        self._accidents = accidents
        self._world = world
        self._chance = chance
        self._number = 0
        self.current: _Worker | None = None
        self.sent: list[tuple[float, str]] = []
        """When the app handed which tag's request to a worker."""
        self.shown: list[float] = []
        """When a worker showed the app its account."""

    def kill_worker(self) -> bool:
        """Kill -9 of the worker; False if none runs."""
        if self.current is None or self.current.process.returncode is not None:
            return False
        self.current.process.kill()
        return True

    def spawner(self, parent: Process, on_send: Callable[[], None]) -> Callable[..., Any]:
        """What the launcher of ``parent`` starts workers with; ``on_send`` hears of each order going out."""

        def written(data: bytes) -> None:
            if b'"guarded_send"' in data:
                request = msgspec.json.decode(data, type=Request)
                self.sent.append((self._loop.time(), str(request.args[0].get("comment", ""))))
                on_send()

        async def spawn(command: Sequence[str], environ: Mapping[str, str] | None) -> WorkerProcess:
            self._number += 1
            module = Module(self._brokerage, self._accidents, self._later)
            worker = _Worker(
                self._loop,
                self._number,
                module,
                _Stdin(parent, written),
                self._world,
                self._chance,
                self.shown,
            )
            self.current = worker
            errors = asyncio.StreamReader(loop=self._loop)
            errors.feed_eof()
            stdin: Any = worker.stdin
            process: Any = worker.process
            return WorkerProcess(process, LineTransport(worker.stdout, stdin), stdin, errors)

        return spawn

    def _later(self, seconds: float, do: Callable[[], None]) -> None:
        self._loop.call_later(seconds, do, context=self._world.context)


class _OsProcess:
    """What the operating system shows of a worker."""

    def __init__(self, pid: int, loop: SimLoop, on_end: Callable[[], None]) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = loop.create_future()
        self._on_end = on_end

    def kill(self) -> None:
        if self.returncode is not None:
            raise ProcessLookupError
        self.end(-9)

    def end(self, code: int) -> None:
        """The process is gone."""
        if self.returncode is None:
            self.returncode = code
            self._on_end()
            self._ended.set_result(None)

    async def wait(self) -> int:
        await asyncio.shield(self._ended)
        assert self.returncode is not None
        return self.returncode


class _Stdin:
    """The parent's end of the worker's standard input; what a dead parent writes goes nowhere."""

    def __init__(self, parent: Process, on_write: Callable[[bytes], None]) -> None:
        self.deliver: Callable[[bytes], None] = lambda data: None
        self._parent = parent
        self._on_write = on_write
        self._closed = False

    def write(self, data: bytes) -> None:
        if not self._parent.dead and not self._closed:
            self.deliver(data)
            self._on_write(data)

    async def drain(self) -> None:
        """Pipes this small are never full."""

    def close(self) -> None:
        if not self._closed:
            self._closed = True
            self.deliver(b"")

    async def wait_closed(self) -> None:
        """It is closed at once."""


class _Worker:
    def __init__(
        self,
        loop: SimLoop,
        number: int,
        module: Module,
        stdin: _Stdin,
        world: Process,
        chance: random.Random,
        shown: list[float],
    ) -> None:
        self._loop = loop
        self._shown = shown
        self._module = module
        self._world = world
        self._chance = chance
        self._lines: asyncio.Queue[bytes] = asyncio.Queue()
        self._next_arrival = 0.0
        self.stdin = stdin
        stdin.deliver = self.send
        self.stdout = asyncio.StreamReader(loop=loop)
        self.process = _OsProcess(10_000 + number, loop, self._gone)
        self._task = loop.create_task(self._serve(), context=Process(f"worker {number}").context)

    def send(self, data: bytes) -> None:
        """Bytes on their way to the worker: in order, some of them slower than others."""
        at = self._loop.time() + self._chance.uniform(FIRST_SEND_LATENCY, LAST_SEND_LATENCY)
        self._next_arrival = max(at, self._next_arrival)
        self._loop.call_at(self._next_arrival, self._lines.put_nowait, data, context=self._world.context)

    def parent_died(self) -> None:
        """What the operating system does to the pipe of a dead parent."""
        self.send(b"")

    def _gone(self) -> None:
        self._task.cancel()
        self.stdout.feed_eof()

    async def _serve(self) -> None:
        session = Session(self._module, monotonic=self._loop.time)
        while line := await self._lines.get():
            request = msgspec.json.decode(line, type=Request)
            self._module.delay, self._module.copies = 0.0, 1
            try:
                answer = session.answer(request)
            except Hangs:
                await self._loop.create_future()
                return
            except Dies:
                break
            if request.fn == "snapshot" and answer.ok is not None:
                self._shown.append(self._loop.time())
            await asyncio.sleep(self._module.delay + self._chance.uniform(0.0005, 0.01))
            for _ in range(self._module.copies):
                self.stdout.feed_data(msgspec.json.encode(answer) + b"\n")
        self.process.end(0)
