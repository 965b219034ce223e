"""A decision: what it needed to know, what it answered and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from signalos.domain.ceilings import Ceilings, Exposure
from signalos.domain.market import Account, PendingOrder, Position, SymbolSpec, Tick
from signalos.domain.order import OrderRequest
from signalos.domain.signal import Open, OrderKind, Side

HALTED = {
    "stopped": "trading is stopped",
    "paused": "trading is paused",
    "channel_off": "this channel is switched off",
}
"""Why nothing new is opened, and no stop moved away, in words; by reason."""


@dataclass(frozen=True, slots=True)
class Requirements:
    """What a decision needs to be told: the pipeline fetches it into one context."""

    symbols: tuple[str, ...] = ()
    account: bool = True
    positions: bool = True


@dataclass(frozen=True, slots=True)
class SymbolData:
    """A symbol's contract and quote at the moment of the decision."""

    spec: SymbolSpec
    tick: Tick


@dataclass(frozen=True, slots=True)
class SignalLeg:
    """One leg of an earlier signal on this terminal, as the journal and the broker know it now.

    ``state`` is planned | sending | unknown | pending | open | closed | refused. ``target`` is the
    leg's own take profit. Exactly one of ``position`` and ``order`` is set while it lives; ``rest`` is the order
    of a position that has been filled in part and still waits for more. ``by_hand``
    is what the user changed in the terminal (stop | target | volume | price): it is not moved again.
    """

    chat_id: str
    message_id: int
    part: int
    leg: int
    state: str
    symbol: str
    side: Side
    position: Position | None = None
    order: PendingOrder | None = None
    rest: PendingOrder | None = None
    target: Decimal | None = None
    by_hand: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignalRecord:
    """An earlier opening action on this terminal with its legs."""

    chat_id: str
    message_id: int
    part: int
    posted_at: datetime
    action: Open
    legs: tuple[SignalLeg, ...]


@dataclass(frozen=True, slots=True)
class DecisionContext:
    """Everything a decision may look at, frozen, so that a re-run gives the same answer.

    ``halted`` is ``""`` or a key of ``HALTED``. ``trades_today`` counts signals of this
    account that opened on the current UTC market day. ``records`` are this terminal's signals that
    still have a leg alive, oldest first. ``by_hand``: the user themselves asked for it. ``read_by`` names
    the language model that read the message ("": the rules did).
    ``ceilings`` are this machine's limits, ``exposure`` what they are held against. ``profile`` says in
    words what is set for the channel's way of writing; ``pip_sizes`` are the pips it counts in, by symbol,
    where they differ from the house table.
    """

    terminal_id: str
    chat_id: str
    message_id: int
    version: int
    posted_at: datetime
    now: datetime
    account: Account | None
    symbols: dict[str, SymbolData]
    positions: tuple[Position, ...]
    orders: tuple[PendingOrder, ...]
    records: tuple[SignalRecord, ...]
    trades_today: int
    halted: str = ""
    is_edit: bool = False
    by_hand: bool = False
    read_by: str = ""
    ceilings: Ceilings | None = None
    exposure: Exposure | None = None
    profile: str = ""
    pip_sizes: dict[str, Decimal] = field(default_factory=dict)


class Verdict(StrEnum):
    """How a step or a decision ended."""

    PASS = "pass"  # noqa: S105 -- a verdict, not a password
    REFUSE = "refuse"
    NOTE = "note"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a decision: the figure seen, the limit, the verdict, in words the user can check.

    ``rule`` is the registered filter's or stage's name; ``input`` and ``limit`` are plain figures;
    ``reason`` is the stable code of a refusing step ("" for the others).
    """

    rule: str
    verdict: Verdict
    input: str = ""
    limit: str = ""
    text: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PlannedStep:
    """One thing to send. ``leg`` counts from 1 within the action.

    A step with ``reason`` is recorded and not sent (a leg that did not fit the budget, a rest that
    cannot be closed); a reason that starts with ``waiting_`` is tried again later. ``risk`` is the
    planned loss at the stop in account currency (>= 0). ``identifier`` names the position or order
    that an update's step is about, also where nothing is sent.
    """

    leg: int
    kind: str
    request: OrderRequest | None
    reason: str = ""
    text: str = ""
    risk: Decimal | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Conversion:
    """A target that was moved out: its number, prices, and reward / risk before and after."""

    number: int
    before: Decimal
    after: Decimal
    ratio_before: Decimal
    ratio_after: Decimal


@dataclass(frozen=True, slots=True)
class Decision:
    """The answer for one action on one terminal.

    ``reason`` is "" when something is to be sent, else the stable code of the refusing step.
    """

    verdict: Verdict
    reason: str
    steps: tuple[Step, ...]
    plan: tuple[PlannedStep, ...] = ()
    order: OrderKind | None = None
    risk: Decimal | None = None
    budget: Decimal | None = None
    conversions: tuple[Conversion, ...] = ()
