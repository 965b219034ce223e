"""What is sent to a terminal, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from signalos.domain.signal import OrderKind, Side
from signalos.kit.ids import derived_id

TAG_LENGTH = 21


@dataclass(frozen=True, slots=True)
class LegKey:
    """Identity of one leg or one step of an update: the journal's key, and the source of its tag.

    ``origin`` is ``signal`` for what a message asked for, ``rule:<name>`` for trade management,
    ``command:<id>`` for the dashboard and ``latch:<id>`` for a stop.
    """

    terminal_id: str
    chat_id: str
    message_id: int
    version: int
    part: int
    leg: int
    origin: str = "signal"

    def tag(self, account: str) -> str:
        """The order comment by which the broker's records lead back to this leg.

        "S" + 20 base32 characters (ASCII, 21 long: the terminal allows 29) of account and key, so
        that two installs or a restored journal make the same tag.
        """
        return "S" + derived_id(
            account, self.origin, self.chat_id, self.message_id, self.version, self.part, self.leg
        )


def is_tag(comment: str) -> bool:
    """True for a comment that is a whole tag of ours, as :meth:`LegKey.tag` makes it."""
    return (
        len(comment) == TAG_LENGTH
        and comment.startswith("S")
        and comment[1:].isalnum()
        and comment.isupper()
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenLeg:
    """Open one position, or place one pending order (``price`` set, ``kind`` not market)."""

    symbol: str
    side: Side
    volume: Decimal
    kind: OrderKind = OrderKind.MARKET
    price: Decimal | None = None
    stop_loss: Decimal | None = None
    take_profit: Decimal | None = None
    expires_at: datetime | None = None
    max_slippage_points: int = 20
    worst_price: Decimal | None = None
    """A market order is not sent when the entry side's quote is beyond this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosePosition:
    """Close ``volume`` lots of a position; None closes all of it.

    ``remaining`` is the volume that must be left when it worked: a retry after an unknown outcome
    compares with it instead of closing a second time. ``others`` is what of it is not SignalOS's own.
    """

    identifier: str
    volume: Decimal | None = None
    remaining: Decimal = Decimal(0)
    others: Decimal = Decimal(0)

    @property
    def closes_all(self) -> bool:
        """True where nothing of the position is to be left, as far as was known when it was asked for."""
        return not self.remaining


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyPosition:
    """Set a position's stop and target, both always sent; None means none."""

    identifier: str
    stop_loss: Decimal | None
    take_profit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModifyOrder:
    """Set a pending order's price, stop and target."""

    ticket: str
    price: Decimal
    stop_loss: Decimal | None
    take_profit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelOrder:
    """Delete a pending order."""

    ticket: str


OrderRequest: TypeAlias = OpenLeg | ClosePosition | ModifyPosition | ModifyOrder | CancelOrder


class OutcomeKind(StrEnum):
    """Classes of outcomes; see docs/ways/message.md for what each leads to."""

    DONE = "done"
    PLACED = "placed"
    PARTIAL = "partial"
    GONE = "gone"
    REFUSED = "refused"
    WAITING = "waiting"
    UNKNOWN = "unknown"
    NEVER_SENT = "never_sent"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What came of a request. ``identifier`` is the position's, ``ticket`` the pending order's.

    ``reason`` is a stable code, ``explanation`` a sentence for the user with what to do.
    """

    kind: OutcomeKind
    retcode: int = 0
    identifier: str | None = None
    ticket: str | None = None
    volume: Decimal | None = None
    price: Decimal | None = None
    reason: str = ""
    explanation: str = ""
