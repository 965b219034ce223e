"""Calls with faults: what stands between a client, on the wire or in the same process, and the terminal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from signalos.brokers.simulated.execution import Sent
from signalos.brokers.simulated.faults import Effect, Fault, Faults
from signalos.brokers.simulated.requests import InvalidArgument, read_request
from signalos.brokers.simulated.results import send_result
from signalos.brokers.simulated.terminal import SUCCESS, Session, Terminal
from signalos.kit.clock import Clock
from signalos.kit.wire import Answer, WireLost, WireNeverSent, WireTimeout


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

    def session(self) -> Session:
        """A new client."""
        return Session(self.terminal)

    async def call(
        self, session: Session, fn: str, args: Sequence[Any], kwargs: Mapping[str, Any]
    ) -> Answer:
        """Call ``fn`` as the faults allow. Raises NoAnswer."""
        if fn == "simulator_switch":
            return self._switch(**kwargs)
        if fn == "simulator_fault":
            self.faults.add(msgspec.convert(args[0], Fault))
            return Answer(0, True)
        fault = self.faults.strike(fn, args, kwargs)
        if fault is None:
            return session.call(fn, args, kwargs)
        if fault.effect is Effect.DELAY:
            await self._clock.sleep(fault.seconds)
            return session.call(fn, args, kwargs)
        if fault.effect is Effect.RETCODE:
            return self._refused(session, fault, fn, args, kwargs)
        if fault.execute:
            session.call(fn, args, kwargs)
        if fault.effect is Effect.NO_RESULT:
            session.last_error = (fault.code, "Simulated fault")
            return Answer(0, None, session.last_error)
        if fault.effect is Effect.DIE_AFTER:
            self._die()
        raise NoAnswer(broken=fault.effect is not Effect.NEVER_ANSWER)

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

    def _switch(self, trade_allowed: bool | None = None, connected: bool | None = None) -> Answer:
        if trade_allowed is not None:
            self.terminal.trade_allowed = trade_allowed
        if connected is not None:
            self.terminal.connected = connected
        return Answer(0, True)


class InProcess:
    """A :class:`signalos.kit.wire.Transport` to a terminal in the same process, faults included."""

    def __init__(self, service: Service, clock: Clock) -> None:
        self._service = service
        self._session = service.session()
        self._clock = clock
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
            raise WireNeverSent(f"{fn}: the simulated terminal is gone")
        try:
            answer = await self._service.call(self._session, fn, args, kwargs or {})
        except NoAnswer as why:
            if why.broken:
                self._lost = True
                raise WireLost(f"{fn}: the simulated terminal is gone") from None
            await self._clock.sleep(deadline)
            raise WireTimeout(f"{fn}: no answer within {deadline:g} s") from None
        # Through the wire's own form, so that nothing passes here that would not pass there.
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)

    async def close(self) -> None:
        self._lost = True
