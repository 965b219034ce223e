"""The bridge and the simulated terminal in one process, under one clock that only the test moves."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from signalos.brokers.mt5 import Before, Mt5Broker, settle
from signalos.brokers.mt5.session import Session
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.codes import DealType, Entry
from signalos.brokers.simulated.faults import Fault, Faults
from signalos.brokers.simulated.service import NoAnswer, Service
from signalos.domain.order import LegKey, OpenLeg, OrderRequest, Outcome, OutcomeKind
from signalos.domain.signal import Side
from signalos.kit.clock import VirtualClock
from signalos.kit.wire import Answer, Request, WireLost, WireNeverSent
from tests.unit.simulated.bench import START, write_prices

MAGIC = 517001
ACCOUNT = "90000001@SignalOS-Simulated"
SECONDS = 600
TICKS = {"EURUSD": [(n, f"1.1{n % 11:02}00", f"1.1{n % 11:02}10") for n in range(SECONDS)]}
ResultT = TypeVar("ResultT")


class Gone(BaseException):
    """The terminal's answer never comes. No Exception: the worker would make an answer of it."""


class FaultyModule:
    """The terminal's functions in this process, as its faults let them through."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._session = service.session()
        self._last: tuple[int, str] = (1, "Success")

    def last_error(self) -> tuple[int, str]:
        return self._last

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._session.functions:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            calling = self._service.call(self._session, name, args, kwargs)
            try:
                calling.send(None)
            except StopIteration as ended:
                self._last = ended.value.last_error
                return ended.value.ok
            except NoAnswer:
                raise Gone from None
            raise AssertionError("only faults that take no time are in the scripts")

        return call


class FaultyWorker:
    """A transport to the bridge's own session over such a module; lost with the first missing answer."""

    def __init__(self, service: Service, clock: VirtualClock) -> None:
        self._session = Session(FaultyModule(service), monotonic=clock.monotonic)
        self._lost = False

    async def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Answer:
        if self._lost:
            raise WireNeverSent(fn)
        try:
            answer = self._session.answer(Request(1, fn, list(args), dict(kwargs or {})))
        except Gone:
            self._lost = True
            raise WireLost(fn) from None
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)

    async def close(self) -> None:
        self._lost = True


class World:
    """A broker and its terminal; ``account`` are options of the terminal, ``script`` its faults."""

    def __init__(self, folder: Path, account: Mapping[str, Any], script: Sequence[Fault] = ()) -> None:
        self.clock = VirtualClock(START)
        options = TerminalOptions(
            state=folder / "state.db", prices=write_prices(folder / "prices", TICKS), **account
        )
        self.terminal = open_terminal(options, self.clock).terminal
        self.service = Service(self.terminal, Faults(script), self.clock, lambda: None)
        self.broker = Mt5Broker("t1", self._worker, self.clock)

    async def _worker(self) -> FaultyWorker:
        return FaultyWorker(self.service, self.clock)

    async def close(self) -> None:
        await self.broker.stop()
        self.terminal.close()

    async def until_done(self, doing: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Let time pass until ``doing`` has ended."""
        task = asyncio.create_task(doing)
        for _ in range(SECONDS * 2):
            await self.clock.advance(0.25)
            if task.done():
                return task.result()
        raise AssertionError("it does not end")

    @staticmethod
    def key(number: int) -> LegKey:
        return LegKey("t1", "-1001", 17, 1, 1, number)

    async def do(self, request: OrderRequest, number: int) -> Outcome:
        """Send one request and let time pass until the bridge has answered."""
        key = self.key(number)
        return await self.until_done(
            self.broker.execute(request, key=key, tag=key.tag(ACCOUNT), magic=MAGIC, gate=lambda _: "")
        )

    async def intend(self, number: int, side: Side) -> Outcome:
        """Open a leg and look until it is known what became of it."""
        leg = OpenLeg(symbol="EURUSD", side=side, volume=Decimal("0.10"))
        before = Before(self.clock.now())
        outcome = await self.do(leg, number)
        tag = self.key(number).tag(ACCOUNT)
        for _ in range(100):
            if outcome.kind is not OutcomeKind.UNKNOWN:
                return outcome
            await self.clock.advance(1)
            found = await self.until_done(
                settle(
                    self.broker,
                    leg,
                    tag=tag,
                    magic=MAGIC,
                    before=before,
                    clock=self.clock,
                    grace_seconds=10,
                )
            )
            outcome = found or outcome
        return outcome

    def entering(self) -> dict[int, int]:
        """Units that each order has brought into a position."""
        self.terminal.advance()
        volumes: dict[int, int] = {}
        for deal in self.terminal.account.state.deals.values():
            if deal.type is not DealType.BALANCE and deal.entry in (Entry.IN, Entry.INOUT):
                volumes[deal.order] = volumes.get(deal.order, 0) + deal.volume
        return volumes
