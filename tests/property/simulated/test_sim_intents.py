"""Any script of faults on any kind of account: what the bridge intends once is never done twice."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Coroutine, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from signalos.brokers.mt5 import Before, Mt5Broker, settle
from signalos.brokers.mt5.session import Session
from signalos.brokers.simulated.assembly import TerminalOptions, open_terminal
from signalos.brokers.simulated.codes import DealType, Entry
from signalos.brokers.simulated.faults import Effect, Fault, Faults
from signalos.brokers.simulated.service import NoAnswer, Service
from signalos.domain.order import LegKey, OpenLeg, Outcome, OutcomeKind
from signalos.domain.signal import Side
from signalos.kit.clock import VirtualClock
from signalos.kit.wire import Answer, Request, WireLost, WireNeverSent
from tests.unit.simulated.bench import START, write_prices

MAGIC = 517001
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

    def __init__(self, service: Service) -> None:
        self._session = Session(FaultyModule(service))
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


SENDING: list[dict[str, Any]] = [
    {"effect": Effect.DROP_ANSWER},
    {"effect": Effect.DROP_ANSWER, "execute": False},
    {"effect": Effect.NEVER_ANSWER},
    {"effect": Effect.DIE_AFTER},
    {"effect": Effect.NO_RESULT, "code": -10002},
    {"effect": Effect.NO_RESULT, "code": -10001, "execute": False},
    {"effect": Effect.NO_RESULT, "code": -10004, "execute": False},
    *({"effect": Effect.RETCODE, "retcode": code} for code in (10004, 10006, 10012, 10021, 10024, 10031)),
    {"effect": Effect.COMMENT, "keep": 21, "text": "/b"},
    {"effect": Effect.TICKET},
    {"effect": Effect.GAP, "points": 40},
    {"effect": Effect.DISCONNECT, "seconds": 2},
    {"effect": Effect.AUTOTRADING_OFF, "seconds": 2},
]
READING: list[dict[str, Any]] = [
    *(
        {"fn": fn, "effect": Effect.NO_RESULT, "code": -10002}
        for fn in ("positions_get", "orders_get", "history_deals_get", "history_orders_get")
    ),
    {"fn": "history_deals_get", "effect": Effect.HISTORY_LAG, "seconds": 2},
    {"fn": "symbol_info_tick", "effect": Effect.STALE_TICK, "seconds": 3},
    {"fn": "positions_get", "effect": Effect.GAP, "points": -80, "moves": "EURUSD"},
    {"fn": "positions_get", "effect": Effect.DROP_ANSWER},
]


def rules(kinds: list[dict[str, Any]]) -> st.SearchStrategy[Fault]:
    return st.builds(
        lambda kind, nth: Fault(**({"fn": "order_send", "nth": nth} | kind)),
        st.sampled_from(kinds),
        st.integers(1, 4),
    )


scripts = st.tuples(
    st.lists(rules(SENDING), min_size=1, max_size=3), st.lists(rules(READING), max_size=2)
).map(lambda both: [*both[0], *both[1]])
accounts = st.sampled_from(
    [
        {},
        {"server_zone": "America/New_York+7"},
        {"margin_mode": "netting"},
        {"symbols": {"*": {"execution": "1"}}},
        {"symbols": {"*": {"liquidity": "0.06"}}},
        {"symbols": {"*": {"execution": "3", "fills_later": True}}},
        {
            "margin_mode": "exchange",
            "symbols": {"*": {"execution": "3", "filling_mode": 0, "liquidity": "0.06"}},
        },
    ]
)


class World:
    """The bridge and the terminal in one process, under one clock that only the test moves."""

    def __init__(self, folder: Path, account: dict[str, Any], script: list[Fault]) -> None:
        self.clock = VirtualClock(START)
        options = TerminalOptions(
            state=folder / "state.db", prices=write_prices(folder / "prices", TICKS), **account
        )
        self.terminal = open_terminal(options, self.clock).terminal
        self.service = Service(self.terminal, Faults(script), self.clock, lambda: None)
        self.broker = Mt5Broker("t1", self._worker, self.clock)

    async def _worker(self) -> FaultyWorker:
        return FaultyWorker(self.service)

    async def until_done(self, doing: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Let time pass until ``doing`` has ended."""
        task = asyncio.create_task(doing)
        for _ in range(SECONDS * 2):
            await self.clock.advance(0.25)
            if task.done():
                return task.result()
        raise AssertionError("it does not end")

    async def intend(self, number: int, side: Side) -> Outcome:
        """Open a leg and look until it is known what became of it."""
        key = LegKey("t1", "-1001", 17, 1, 1, number)
        tag = key.tag("90000001@SignalOS-Simulated")
        leg = OpenLeg(symbol="EURUSD", side=side, volume=Decimal("0.10"))
        before = Before(self.clock.now())
        outcome = await self.until_done(
            self.broker.execute(leg, key=key, tag=tag, magic=MAGIC, gate=lambda _: "")
        )
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


async def run(folder: Path, account: dict[str, Any], script: list[Fault]) -> None:
    world = World(folder, account, script)
    try:
        for number in (1, 2):
            before = world.entering()
            outcome = await world.intend(number, Side.BUY)
            new = {order: v for order, v in world.entering().items() if order not in before}
            assert len(new) <= 1, (outcome, new)
            assert all(volume <= 10_000_000 for volume in new.values()), (outcome, new)
            if outcome.kind is OutcomeKind.REFUSED:
                assert new == {}, outcome
            if outcome.kind is OutcomeKind.DONE:
                assert len(new) == 1, outcome
    finally:
        await world.broker.stop()
        world.terminal.close()


@settings(max_examples=60, deadline=None)
@given(accounts, scripts)
def test_an_intent_has_one_entering_order_at_most(account: dict[str, Any], script: list[Fault]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(run(Path(folder), account, script))
