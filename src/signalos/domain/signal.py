"""What a message asks for: actions with their spans, and what earlier messages asked for.

This is the language between reading (``parser``) and deciding (``engine``).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias


class Side(StrEnum):
    """Direction of a trade."""

    BUY = "buy"
    SELL = "sell"

    @property
    def opposite(self) -> Side:
        return Side.SELL if self is Side.BUY else Side.BUY

    @property
    def sign(self) -> int:
        """+1 for buy, -1 for sell."""
        return 1 if self is Side.BUY else -1


class OrderKind(StrEnum):
    """How an order enters the market."""

    MARKET = "market"
    LIMIT = "limit"
    STOP = "stop"


class Reach(StrEnum):
    """How many signals an update is about."""

    ONE = "one"
    SYMBOL = "symbol"
    SIDE = "side"
    PENDINGS = "pendings"
    ALL = "all"
    UNRESOLVED = "unresolved"


@dataclass(frozen=True, slots=True)
class Scope:
    """What an update is about.

    ``one``: the signal of message ``target``. ``symbol`` / ``side``: every open signal of ``symbol``
    (and ``side``). ``pendings``: every waiting order (of ``symbol``, if given). ``all``: everything.
    ``unresolved``: the message does not say which of several signals; it is refused as ambiguous.
    """

    reach: Reach
    target: int | None = None
    symbol: str | None = None
    side: Side | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of the message text (in code points) that became field ``field``."""

    field: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Action:
    spans: tuple[Span, ...] = ()
    confidence: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Open(_Action):
    """Open a trade. ``entry`` is () for market, (p,) or (low, high); targets nearest first."""

    symbol: str
    side: Side
    order: OrderKind = OrderKind.MARKET
    entry: tuple[Decimal, ...] = ()
    stop_loss: Decimal | None = None
    take_profits: tuple[Decimal, ...] = ()
    stop_loss_pips: Decimal | None = None
    take_profit_pips: tuple[Decimal, ...] = ()
    open_target: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Close(_Action):
    """Close ``fraction`` (0 < f <= 1, None = a part of unstated size) of what ``scope`` names."""

    scope: Scope
    fraction: Decimal | None = Decimal(1)
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakEven(_Action):
    """Move the stop to each position's own entry."""

    scope: Scope
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyStop(_Action):
    """Move the stop loss to ``price``."""

    scope: Scope
    price: Decimal
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyTargets(_Action):
    """Replace the targets: all of them, or number ``index`` (from 1) alone."""

    scope: Scope
    take_profits: tuple[Decimal, ...]
    index: int | None = None
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel(_Action):
    """Delete the pending order, or call the signal off."""

    scope: Scope
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseAll(_Action):
    """Close everything of this channel, all symbols."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reject(_Action):
    """A clear order that must not be executed; ``reason`` is a code of the corpus conventions."""

    reason: str
    detail: str = ""
    symbol: str | None = None
    side: Side | None = None


Action: TypeAlias = Open | Close | BreakEven | ModifyStop | ModifyTargets | Cancel | CloseAll | Reject
Update: TypeAlias = Close | BreakEven | ModifyStop | ModifyTargets | Cancel | CloseAll

ACTION_NAMES: dict[type, str] = {
    Open: "open",
    Close: "close",
    BreakEven: "break_even",
    ModifyStop: "modify_sl",
    ModifyTargets: "modify_tp",
    Cancel: "cancel",
    CloseAll: "close_all",
    Reject: "reject",
}


def action_name(action: Action) -> str:
    """The action's stable name, as in the corpus and the journal."""
    return ACTION_NAMES[type(action)]


class EntryState(StrEnum):
    """What became of a signal that an earlier message opened."""

    PENDING = "pending"
    OPEN = "open"
    CLOSED = "closed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class ReadEntry:
    """An earlier message of the chat, already read: the parser's memory comes from the journal."""

    message_id: int
    actions: tuple[Action, ...]
    state: EntryState = EntryState.OPEN
    reply_to: int | None = None
    announces: str | None = None
    text: str = ""
    opens: tuple[Open, ...] = field(init=False, repr=False, compare=False)
    """The openings among ``actions``: looked for with each later message of the chat."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "opens", tuple(a for a in self.actions if isinstance(a, Open)))


@dataclass(frozen=True, slots=True)
class ReadingContext:
    """What the parser may know besides the message itself: earlier entries, oldest first."""

    entries: tuple[ReadEntry, ...] = ()
    default_symbol: str | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """A message as read: its actions in order, or none with the reason why.

    ``announces`` is the symbol that the message says the next signal will be about, if it does.
    """

    actions: tuple[Action, ...] = ()
    reason: str = ""
    announces: str | None = None
    notes: tuple[str, ...] = field(default=())
