"""Calls with faults: what stands between a client, on the wire or in the same process, and the terminal."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec

from signalos.brokers.simulated import altered
from signalos.brokers.simulated.execution import Sent
from signalos.brokers.simulated.faults import Effect, Fault, Faults, symbol_of
from signalos.brokers.simulated.requests import InvalidArgument, read_request
from signalos.brokers.simulated.results import send_result
from signalos.brokers.simulated.terminal import SUCCESS, Session, Terminal
from signalos.kit.clock import Clock
from signalos.kit.wire import Answer, Request, WireLost, WireNeverSent, WireTimeout

_SWITCHES = ("simulator_switch", "simulator_fault")
"""Functions no real terminal has: its buttons and its accidents, for tests from outside."""


_BEFORE = (Effect.DELAY, Effect.GAP, Effect.DISCONNECT, Effect.AUTOTRADING_OFF)
_AFTER = (Effect.HISTORY_LAG, Effect.STALE_TICK, Effect.TICKET)


class _Switches(msgspec.Struct, forbid_unknown_fields=True):
    trade_allowed: bool | None = None
    connected: bool | None = None
    api_allowed: bool | None = None
    account_trade: bool | None = None
    account_experts: bool | None = None


class NoAnswer(Exception):
    """A fault keeps the answer back. ``broken``: the connection goes as well."""

    def __init__(self, *, broken: bool) -> None:
        super().__init__("a fault keeps the answer back")
        self.broken = broken


class Service:
    """One terminal for any number of clients. ``die`` ends the process at once, as a kill would."""

    def __init__(self, terminal: Terminal, faults: Faults, clock: Clock, die: Callable[[], None]) -> None:
        self.terminal = terminal
        self.faults = faults
        self._clock = clock
        self._die = die
        self._mends: list[tuple[datetime, str]] = []

    def session(self) -> Session:
        """A new client."""
        return Session(self.terminal)

    async def call(
        self, session: Session, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Answer:
        """Call ``fn`` as the faults allow. Raises NoAnswer."""
        if fn in _SWITCHES:
            return self._switched(fn, args, kwargs)
        self._mend()
        fault = self.faults.strike(fn, args, kwargs)
        if fault is None:
            return session.call(fn, args, kwargs)
        if fault.effect is Effect.RETCODE:
            return self._refused(session, fault, fn, args, kwargs)
        if fault.effect is Effect.COMMENT:
            return session.call(fn, altered.commented(args, fault), kwargs)
        if fault.effect in _BEFORE:
            await self._happen(fault, args, kwargs)
            return session.call(fn, args, kwargs)
        if fault.effect in _AFTER:
            return self._altered(session.call(fn, args, kwargs), fault, args, kwargs)
        if fault.execute:
            session.call(fn, args, kwargs)
        if fault.effect is Effect.NO_RESULT:
            session.last_error = (fault.code, "Simulated fault")
            return Answer(0, None, session.last_error)
        if fault.effect is Effect.DIE_AFTER:
            self._die()
        raise NoAnswer(broken=fault.effect is not Effect.NEVER_ANSWER)

    async def _happen(self, fault: Fault, args: Sequence[Any], kwargs: Mapping[str, Any]) -> None:
        """Let happen what comes before the call."""
        if fault.effect is Effect.DELAY:
            await self._clock.sleep(fault.seconds)
        elif fault.effect is Effect.GAP:
            symbol = fault.moves or symbol_of(args, kwargs)
            if symbol in self.terminal.account.market.symbols:
                self.terminal.gap(symbol, fault.points)
        else:
            until = self._clock.now() + timedelta(seconds=fault.seconds)
            if fault.effect is Effect.DISCONNECT:
                self.terminal.connected = False
                self._mends.append((until, "connected"))
            else:
                self.terminal.trade_allowed = False
                self._mends.append((until, "trade_allowed"))

    def _mend(self) -> None:
        """Put right what was broken for a time, once that is over."""
        if self._mends:
            now = self._clock.now()
            for _, switch in [m for m in self._mends if m[0] <= now]:
                setattr(self.terminal, switch, True)
            self._mends = [m for m in self._mends if m[0] > now]

    def _altered(
        self, answer: Answer, fault: Fault, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Answer:
        """Make of ``answer`` what the broker makes of it."""
        account = self.terminal.account
        if fault.effect is Effect.HISTORY_LAG:
            return altered.lagging(account, answer, fault.seconds)
        if fault.effect is Effect.STALE_TICK:
            return altered.stale(account, answer, str(symbol_of(args, kwargs)), fault.seconds)
        altered.reticketed(account, answer)
        self.terminal.commit()
        return answer

    def _refused(
        self, session: Session, fault: Fault, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Answer:
        try:
            request = read_request(args[0] if len(args) == 1 else None)
        except InvalidArgument:
            return session.call(fn, args, kwargs)
        session.last_error = SUCCESS
        self.terminal.advance()
        sent = Sent(fault.retcode, "Simulated fault")
        row = send_result(self.terminal.account, request, sent, self.terminal.next_request_id())
        return Answer(0, row, SUCCESS)

    def _switched(self, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Answer:
        try:
            if fn == "simulator_fault":
                self.faults.add(msgspec.convert(dict(kwargs), Fault))
                return Answer(0, True)
            switches = msgspec.convert(dict(kwargs), _Switches)
        except msgspec.ValidationError as why:
            return Answer(0, error=f"{fn}: {why}")
        if args:
            return Answer(0, error=f"{fn} takes keywords only")
        for name in _Switches.__struct_fields__:
            if (value := getattr(switches, name)) is not None:
                setattr(self.terminal, name, value)
        return Answer(0, True)


class InProcess:
    """A :class:`signalos.kit.wire.Transport` to a terminal in the same process, faults included."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self._service = service
        self._session = service.session()
        self._clock = clock
        self._lost = False
        self._late: set[asyncio.Future[Any]] = set()

    async def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,
    ) -> Answer:
        if self._lost:
            raise WireNeverSent(f"{fn}: the simulated terminal is gone")
        # Through the wire's own form, so that nothing passes here that would not pass there.
        sent = msgspec.json.decode(
            msgspec.json.encode(Request(0, fn, list(args), dict(kwargs or {}))), type=Request
        )
        calling = self._service.call(self._session, fn, sent.args, sent.kwargs)
        try:
            answer = await (self._in_time(calling, deadline) if self._service.faults else calling)
        except NoAnswer:
            self._lost = True
            raise WireLost(f"{fn}: the simulated terminal is gone") from None
        except TimeoutError:
            raise WireTimeout(f"{fn}: no answer within {deadline:g} s") from None
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)

    async def close(self) -> None:
        self._lost = True
        for late in self._late:
            late.cancel()

    async def _in_time(self, calling: Coroutine[Any, Any, Answer], deadline: float) -> Answer:
        """Wait on the clock that was handed in. What comes too late is carried out all the same."""
        call = asyncio.create_task(calling)
        timer = asyncio.create_task(self._clock.sleep(deadline))
        await asyncio.wait({call, timer}, return_when=asyncio.FIRST_COMPLETED)
        if call.done():
            failed = call.exception()
            if not isinstance(failed, NoAnswer) or failed.broken:
                timer.cancel()
                return call.result()
            await timer
        else:
            self._late.add(call)
            call.add_done_callback(self._forget)
        raise TimeoutError

    def _forget(self, call: asyncio.Future[Any]) -> None:
        self._late.discard(call)
        if not call.cancelled():
            call.exception()  # looked at, so that a lost answer is not reported as a forgotten error
