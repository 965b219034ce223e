"""A worker without a process: the bridge's session over a simulated terminal in the same process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from signalos.brokers.mt5.session import Session
from signalos.brokers.simulated.service import Service
from signalos.brokers.simulated.terminal import Session as TerminalSession
from signalos.kit.wire import Answer, Request


class LocalModule:
    """The terminal's functions without a wire, as the worker's session calls them. Faults do not apply."""

    def __init__(self, session: TerminalSession) -> None:
        self._session = session
        self._last: tuple[int, str] = (1, "Success")

    def last_error(self) -> tuple[int, str]:
        """The pair of the call before."""
        return self._last

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or name not in self._session.functions:
            raise AttributeError(name)

        def call(*args: Any, **kwargs: Any) -> Any:
            answer = self._session.call(name, args, kwargs)
            self._last = answer.last_error
            return answer.ok

        return call


class LocalWorker:
    """A :class:`signalos.kit.wire.Transport` to ``service``, with the wire's own form in between."""

    def __init__(self, service: Service) -> None:
        self._session = Session(LocalModule(service.session()))

    async def call(
        self,
        fn: str,
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
        *,
        deadline: float,  # noqa: ARG002 -- the protocol's; an answer is there at once
    ) -> Answer:
        answer = self._session.answer(Request(1, fn, list(args), dict(kwargs or {})))
        return msgspec.json.decode(msgspec.json.encode(answer), type=Answer)

    async def close(self) -> None:
        """Nothing is held."""
