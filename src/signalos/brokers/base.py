"""The protocol that every broker implements; one contract test runs over all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol, TypeAlias, runtime_checkable

from signalos.domain.market import Account, Deal, PendingOrder, Position, SymbolSpec, Tick
from signalos.domain.order import LegKey, OrderRequest, Outcome

Gate: TypeAlias = Callable[[OrderRequest], str]
"""Asked directly before each send that may add exposure: "" = go, else the reason not to
(``stopped`` / ``paused``). The latch of the emergency stop speaks through it."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The account with all its positions and orders, read together. ``at`` is wall time."""

    account: Account
    positions: tuple[Position, ...]
    orders: tuple[PendingOrder, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Found:
    """What a search for a tag found at the broker.

    At most one of position, order is alive; ``deals`` and ``closed`` tell of what has ended.
    """

    position: Position | None = None
    order: PendingOrder | None = None
    deals: tuple[Deal, ...] = ()

    @property
    def anything(self) -> bool:
        return bool(self.position or self.order or self.deals)


class Readings(Protocol):
    """What reconciliation reads: a :class:`Broker` has it all, and so has what one reading left in memory."""

    async def spec(self, canonical: str) -> SymbolSpec: ...

    async def tick(self, canonical: str) -> Tick: ...

    async def snapshot(self) -> Snapshot: ...

    async def deals(self, position: str) -> Sequence[Deal]: ...

    async def deals_since(self, since: datetime) -> Sequence[Deal]: ...

    async def find(self, tag: str, magic: int) -> Found: ...


@runtime_checkable
class ReadsMany(Protocol):
    """What a broker may have besides, so that a start with much left open asks little.

    A broker without it is asked one by one.
    """

    async def find_all(self, wanted: Sequence[tuple[str, int]]) -> Mapping[str, Found]:
        """What :meth:`Broker.find` answers for each (tag, magic), by tag; nothing found may be left out."""
        ...

    async def deals_of(self, positions: Sequence[str], since: datetime) -> Mapping[str, Sequence[Deal]]:
        """The deals of each position identifier since ``since`` (terminal time), oldest first."""
        ...

    async def untagged_entries(self, since: datetime) -> Sequence[Deal]:
        """Of :meth:`Broker.deals_since` what enters a position and carries no whole tag of ours.

        Only what such an entry looks like counts: costs that are booked apart may be left out.
        """
        ...


@runtime_checkable
class ReadsTogether(Protocol):
    """What a broker may have besides, so that an opening is decided after one round trip instead of two."""

    async def snapshot_with(self, canonical: str) -> tuple[Snapshot, Tick]:
        """What ``snapshot`` and ``tick`` of a symbol answer, read together. Raises Refused and TerminalError."""
        ...

    def look_ahead(self, canonical: str | None = None) -> None:
        """Say that ``snapshot_with`` may be asked for in a moment; the symbol as soon as it is known. Never raises."""
        ...


@runtime_checkable
class GetsReady(Protocol):
    """What a broker may have besides, so that its checks before a send are made while the decision is journalled."""

    def get_ready(self, request: OrderRequest, *, tag: str, magic: int) -> None:
        """Say that ``execute`` of just this may come in a moment. Sends and waits for nothing, and never raises."""
        ...


@runtime_checkable
class TellsOrderEnd(Protocol):
    """What a broker may have besides: its history tells how a waiting order ended."""

    async def filled_into(self, ticket: str) -> str | None:
        """The position that an order was filled into, "" if it ended unfilled; None while history does not tell."""
        ...


@runtime_checkable
class TellsTime(Protocol):
    """What a broker may have besides: it knows the time better than this machine."""

    async def clock_off(self) -> float | None:
        """Seconds that this machine's clock is ahead of the broker's; None while it is not known."""
        ...


class Broker(Protocol):
    """A terminal with one account.

    Reading raises TerminalDown (not connected) or OutcomeUnknown's parent TerminalError. Sending
    never raises for what the terminal answers: it returns an Outcome; ``unknown`` must be
    reconciled with ``find`` / ``positions`` before anything of the same key is sent again.
    """

    terminal_id: str

    async def start(self) -> None:
        """Connect. Raises TerminalDown; may be called again after a failure."""
        ...

    async def stop(self) -> None:
        """Disconnect and end the worker."""
        ...

    async def account(self) -> Account: ...

    async def resolve(self, canonical: str) -> str:
        """The broker's own spelling of ``canonical``. Raises Refused (unknown or ambiguous symbol)."""
        ...

    async def spec(self, canonical: str) -> SymbolSpec: ...

    async def tick(self, canonical: str) -> Tick: ...

    async def snapshot(self) -> Snapshot: ...

    async def deals(self, position: str) -> Sequence[Deal]:
        """All deals of a position identifier, oldest first."""
        ...

    async def deals_since(self, since: datetime) -> Sequence[Deal]:
        """All deals since ``since`` (terminal time), oldest first."""
        ...

    async def find(self, tag: str, magic: int) -> Found:
        """Look for everything that carries ``tag``: positions, orders, order history, deals."""
        ...

    async def loss_at_stop(
        self, canonical: str, side: str, volume: Decimal, entry: Decimal, stop: Decimal
    ) -> Decimal:
        """Loss (>= 0, account currency) that the terminal itself computes for that move."""
        ...

    async def execute(
        self, request: OrderRequest, *, key: LegKey, tag: str, magic: int, gate: Gate
    ) -> Outcome:
        """Send ``request`` once. Checks first: identity of the account, pre-flight rules, ``gate``."""
        ...
