"""The broker's end of the wire: one call at a time, reconnecting, pinned to one account."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from signalos.brokers.mt5 import constants as mt5
from signalos.brokers.mt5.ahead import Ahead, Moment, Question
from signalos.brokers.mt5.settings import Settings
from signalos.domain.errors import OutcomeUnknown, TerminalDown, TerminalError, WrongAccount
from signalos.kit.clock import Clock
from signalos.kit.wire import Answer, Transport, WireLost, WireNeverSent, WireTimeout

_log = logging.getLogger(__name__)

TransportFactory: TypeAlias = Callable[[], Awaitable[Transport]]

_DOWN = frozenset({mt5.INIT_FAILED, mt5.NO_TERMINAL, mt5.AUTH_FAILED})
_CUT = frozenset({mt5.FAIL, -10000, -10001, -10002, -10005})


@dataclass(frozen=True, slots=True)
class Identity:
    """What must not change between two sends."""

    login: int
    server: str
    path: str

    @property
    def account(self) -> str:
        """login@server, as :class:`signalos.domain.market.Account` writes it."""
        return f"{self.login}@{self.server}"


class Link:
    """Calls into the worker. Not connected yet, or cut: the next call connects.

    Calls are taken one by one: the module inside blocks, so a second one would only spend its
    deadline waiting, and a kill would hit both.
    """

    def __init__(self, factory: TransportFactory, settings: Settings, clock: Clock) -> None:
        self._factory = factory
        self._settings = settings
        self._clock = clock
        self._lock = asyncio.Lock()
        self._ahead = Ahead()
        self._transport: Transport | None = None
        self._connected = False
        self.identity: Identity | None = None
        self.build: tuple[int, str] | None = None
        self.sends = 0
        """How often something was handed over to be sent: readings from before it are out of date."""

    async def connect(self) -> dict[str, Any]:
        """Connect to the terminal. Raises TerminalDown; may be called again."""
        async with self._turn():
            return await self._connect()

    async def close(self) -> None:
        """End the worker, and forget whose account it was: a next connection begins anew."""
        async with self._lock:
            await self._drop()
            self.identity = None

    async def read(
        self, fn: str, *args: Any, deadline: float | None = None, early: bool = False, **kwargs: Any
    ) -> Any:
        """Call something that changes nothing. ``early``: an answer that was asked ahead may serve.

        Raises TerminalDown (no terminal, worker lost) or TerminalError (the terminal said no).
        """
        seconds = deadline if deadline is not None else self._settings.deadlines.read
        async with self._turn((fn, args) if early else None) as known:
            try:
                answer = known or await self._read(fn, args, kwargs, seconds)
            except (WireNeverSent, WireLost):
                # The worker died since the last call. Reading again with a new one is harmless.
                await self._drop()
                answer = await self._read_again(fn, args, kwargs, seconds)
            except WireTimeout as why:
                await self._drop()
                raise TerminalDown(_down(str(why))) from why
        if answer.error is not None:
            raise TerminalError(f"The terminal's worker could not answer: {answer.error}")
        if answer.ok is None:
            self._raise_for(fn, answer.last_error)
        return answer.ok

    async def send(
        self,
        request: dict[str, Any],
        *,
        check: bool,
        gate: Callable[[], str],
        worst: Decimal | None = None,
    ) -> dict[str, Any]:
        """Hand ``request`` to order_send after the identity check; never repeats anything.

        ``gate`` is asked when it is this call's turn, with nothing to wait for between its answer and
        the bytes going out; a reason from it ends the send at stage "gate". ``worst`` is the quote beyond
        which the worker does not send; None where it has just been looked at.

        Answers what :meth:`signalos.brokers.mt5.sends.Sends.guarded_send` answers, with
        "last_error". Raises TerminalDown (certainly not sent) or OutcomeUnknown.
        """
        async with self._turn():
            if not self._connected:
                await self._connect()
            identity = self.identity
            if identity is None:
                raise TerminalDown(_down("no account is known yet"))
            halted = gate()
            if halted:
                return {"sent": False, "stage": "gate", "reason": halted, "last_error": [mt5.OK, ""]}
            guard = _guard(identity, check, worst)
            self.sends += 1
            try:
                answer = await self._call("guarded_send", (request,), guard, self._settings.deadlines.send)
            except WireNeverSent as why:
                await self._drop()
                raise TerminalDown(_down(str(why))) from why
            except (WireLost, WireTimeout) as why:
                await self._drop()
                raise OutcomeUnknown(
                    f"The terminal's worker gave no answer after the order had gone out ({why}). "
                    "Nothing is sent again; positions, orders and history are searched for it first."
                ) from why
            if answer.error is not None:
                raise OutcomeUnknown(f"The terminal's worker failed during the send: {answer.error}")
            sent: dict[str, Any] = answer.ok
            if not sent["sent"] and sent["stage"] == "account":
                _log.error(
                    "the terminal is on account %s@%s, not on %s: nothing is sent",
                    sent["login"],
                    sent["server"],
                    identity.account,
                )
                await self._drop()
            sent.setdefault("last_error", list(answer.last_error))
            return sent

    def ask_ahead(self, fn: str, *args: Any) -> None:
        """Put a question that is about to be read, if the worker is free; the next calls may take the answers.

        Nothing is waited for here. Any other call in between makes them useless: it may have changed things.
        """
        if self._connected and self._transport is not None and not self._lock.locked():
            self._ahead.ask(self._transport, (fn, args), self.moment(), self._settings.deadlines.read)

    def check_ahead(self, request: dict[str, Any], *, check: bool, worst: Decimal | None = None) -> None:
        """Let the worker look now at what it will look at before ``send`` of just that. Nothing goes out."""
        if self.identity is not None:
            self.ask_ahead("check_send", request, _guard(self.identity, check, worst))

    def moment(self) -> Moment:
        """Name this moment; readings from before the newest send are out of date."""
        return self.sends, self._clock.monotonic()

    def asked_at(self, fn: str, *args: Any) -> Moment | None:
        """When that was asked ahead, if its answer comes next and will serve."""
        return self._ahead.asked_at((fn, args), self.moment())

    # ------------------------------------------------------------------ inside the lock

    @contextlib.asynccontextmanager
    async def _turn(self, question: Question | None = None) -> AsyncIterator[Answer | None]:
        """A caller's turn, with the answer to its ``question`` where that was asked ahead. Raises TerminalDown."""
        async with self._lock:
            try:
                known = await self._ahead.answered(question, self.moment())
            except WireTimeout as why:
                # A terminal that hangs is one that was away, whichever question it was.
                await self._drop()
                raise TerminalDown(_down(str(why))) from why
            except (WireNeverSent, WireLost):
                await self._drop()
                known = None
            yield known if self._connected else None

    async def _read(self, fn: str, args: Any, kwargs: Any, deadline: float) -> Answer:
        if not self._connected:
            await self._connect()
        return await self._call(fn, args, kwargs, deadline)

    async def _read_again(self, fn: str, args: Any, kwargs: Any, deadline: float) -> Answer:
        try:
            return await self._read(fn, args, kwargs, deadline)
        except (WireNeverSent, WireLost, WireTimeout) as why:
            await self._drop()
            raise TerminalDown(_down(str(why))) from why

    async def _connect(self) -> dict[str, Any]:
        options = dict(self._settings.initialize)
        deadline = self._settings.deadlines.connect
        try:
            if self._transport is not None:
                try:
                    answer = await self._call("connect", (), options, deadline)
                except (WireNeverSent, WireLost):
                    await self._drop()
                    answer = await self._call("connect", (), options, deadline)
            else:
                answer = await self._call("connect", (), options, deadline)
        except (WireNeverSent, WireLost, WireTimeout) as why:
            await self._drop()
            raise TerminalDown(_down(str(why))) from why
        if answer.error is not None:
            raise TerminalDown(_down(answer.error))
        if answer.ok is None:
            code, text = answer.last_error
            raise TerminalDown(_down(f"{text}, code {code}"))
        facts: dict[str, Any] = answer.ok
        self._pin(facts)
        self._note_build(facts)
        self._connected = True
        return facts

    def _note_build(self, facts: dict[str, Any]) -> None:
        """Remember the terminal's build and the module's version; terminals update themselves overnight."""
        version = facts["version"]
        seen = (int(version[1]) if version else 0, str(facts["module"]))
        if self.build is not None and self.build != seen:
            _log.warning(
                "the terminal was updated: build %d with module %s, before %d with %s. See that all is as before: "
                "signalos doctor mt5 --demo-selftest on a demo account",
                *seen,
                *self.build,
            )
        elif self.build is None:
            _log.info("terminal build %d, module %s", *seen)
        self.build = seen

    def _pin(self, facts: dict[str, Any]) -> None:
        """Remember the account and terminal of the first connection; refuse any other later."""
        account, terminal = facts["account"], facts["terminal"]
        seen = Identity(account["login"], account["server"], terminal["path"])
        wanted = self._settings.account
        if self.identity is None and wanted in (None, seen.account):
            self.identity = seen
        if self.identity != seen:
            expected = self.identity.account if self.identity is not None else wanted
            raise WrongAccount(
                f"The terminal is signed in to {seen.account} ({seen.path}), but this one trades on "
                f"{expected}. Nothing is sent. Sign in to that account again, or set up this one as a "
                "terminal of its own."
            )

    async def _call(self, fn: str, args: Any, kwargs: Any, deadline: float) -> Answer:
        if self._transport is None:
            self._transport = await self._factory()
        return await self._transport.call(fn, args, kwargs, deadline=deadline)

    async def _drop(self) -> None:
        self._connected = False
        self._ahead.forget()
        transport, self._transport = self._transport, None
        if transport is not None:
            await transport.close()

    def _raise_for(self, fn: str, last_error: tuple[int, str]) -> None:
        code, text = last_error
        if code in _DOWN or code in _CUT:
            self._connected = False
            raise TerminalDown(_down(f"{fn}: {text}, code {code}"))
        raise TerminalError(f"The terminal did not answer {fn}: {text} (code {code}).")

    async def must_be_ours(self, account: dict[str, Any], terminal: dict[str, Any]) -> None:
        """End the worker and raise WrongAccount where a reading is of another account or terminal."""
        identity = self.identity
        seen = Identity(account["login"], account["server"], terminal["path"])
        if identity is None or identity == seen:
            return
        async with self._lock:
            await self._drop()
        raise WrongAccount(
            f"The terminal is signed in to {seen.account} ({seen.path}), but this one trades on "
            f"{identity.account} ({identity.path}). Nothing is read or sent until it is back on that account."
        )

    def lose_connection(self) -> None:
        """Make the next call connect anew: the terminal said that it is gone."""
        self._connected = False


def _guard(identity: Identity, check: bool, worst: Decimal | None) -> dict[str, Any]:
    """The keywords of the worker's ``guarded_send``."""
    guard = {"login": identity.login, "server": identity.server, "path": identity.path, "check": check}
    return guard if worst is None else {**guard, "worst": float(worst)}


def _down(why: str) -> str:
    return f"The terminal cannot be reached ({why}). Start it and sign in; the connection is tried again."
