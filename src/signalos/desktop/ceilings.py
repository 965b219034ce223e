"""Holds one terminal's exposure against the ceilings of this machine."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from signalos.desktop.journal import Journal
from signalos.desktop.journal.intents import Intent
from signalos.desktop.journal.legs import Leg
from signalos.domain.ceilings import Ceilings, Exposure
from signalos.domain.market import Account
from signalos.domain.money import ZERO, decimal
from signalos.domain.order import OpenLeg, OrderRequest
from signalos.kit.clock import Clock

MOVED = Decimal("1.05")
"""Equity moves between a decision and its send: a plan may exceed the ceiling of that moment by a twentieth."""

Percentage = Annotated[float, Meta(gt=0, le=100)]
Lots = Annotated[float, Meta(gt=0, le=100_000)]


class CeilingsConfig(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``ceilings`` in config.json; null = no such limit. The meaning of each stands at ``Ceilings``."""

    max_risk_percentage: Percentage = 5
    max_open_risk_percentage: Percentage | None = 20
    max_lots: Lots | None = None
    max_open_lots: Lots | None = None
    symbols: list[Annotated[str, Meta(pattern=r"^[A-Z0-9._#&-]{2,40}$")]] | None = None
    require_stop: bool = True
    max_daily_loss_percentage: Percentage | None = 20
    max_daily_trades: Annotated[int, Meta(ge=0, le=100_000)] | None = None

    def ceilings(self) -> Ceilings:
        """The same as exact figures."""
        return Ceilings(
            max_risk_percentage=decimal(self.max_risk_percentage),
            max_open_risk_percentage=_exact(self.max_open_risk_percentage),
            max_lots=_exact(self.max_lots),
            max_open_lots=_exact(self.max_open_lots),
            symbols=None if self.symbols is None else tuple(self.symbols),
            require_stop=self.require_stop,
            max_daily_loss_percentage=_exact(self.max_daily_loss_percentage),
            max_daily_trades=self.max_daily_trades,
        )


class _Day(Struct, frozen=True):
    day: str
    equity: Decimal


class CeilingGuard:
    """One terminal's ceilings: what its exposure is, and what may not be sent.

    The equity at the start of a market day is the first that is seen on it, kept in the journal.
    """

    def __init__(self, terminal_id: str, journal: Journal, ceilings: Ceilings, market: Clock) -> None:
        self.ceilings = ceilings
        self._terminal_id = terminal_id
        self._journal = journal
        self._market = market
        self._key = f"day {terminal_id}"
        stored = journal.meta(self._key)
        self._day = None if stored is None else msgspec.json.decode(stored, type=_Day)
        self._equity: Decimal | None = None

    def see(self, account: Account) -> None:
        """Take in the account as it is now; call it with every look at the terminal."""
        self._equity = account.equity
        day = self._market.now().date().isoformat()
        if account.equity > ZERO and (self._day is None or self._day.day != day):
            self._day = _Day(day, account.equity)
            self._journal.set_meta(self._key, msgspec.json.encode(self._day).decode())

    def exposure(self) -> Exposure:
        """What is open, waiting or on its way for signals of ours on this terminal."""
        legs = self._journal.legs.alive(self._terminal_id)
        opened = self._journal.intents.of_living_legs(self._terminal_id)
        risks = [_risk_now(leg, opened.get(leg.key)) for leg in legs]
        lots = [leg.trade.volume - leg.trade.closed_volume for leg in legs]
        reached = {leg.key for leg in legs}
        for intent in self._journal.intents.unfinished(self._terminal_id):
            if isinstance(intent.request, OpenLeg) and intent.key not in reached:
                risks.append(intent.risk)
                lots.append(intent.request.volume)
        day = self._market.now().date().isoformat()
        return Exposure(
            day_start_equity=None if self._day is None or self._day.day != day else self._day.equity,
            risk=_sum(risks),
            lots=sum(lots, ZERO),
        )

    def objection(self, intent: Intent, request: OrderRequest) -> str:
        """Why ``intent`` may not be sent now, "" if it may: asked directly before each new exposure."""
        if not isinstance(request, OpenLeg):
            return ""
        limits = self.ceilings
        if limits.symbols is not None and request.symbol not in limits.symbols:
            return "ceiling_symbol"
        if limits.max_lots is not None and request.volume > limits.max_lots:
            return "ceiling_lots"
        if request.stop_loss is None:
            return "ceiling_stop" if limits.require_stop else ""
        key = intent.key
        planned = _sum(
            other.risk
            for other in self._journal.intents.of_action(
                key.terminal_id, key.chat_id, key.message_id, key.version, key.part
            )
            if isinstance(other.request, OpenLeg)
        )
        if planned is None or self._equity is None or planned > limits.risk(self._equity) * MOVED:
            return "ceiling_risk"
        return ""

    def stop_objection(self, loss: Decimal, legs: int) -> str:
        """Why a stop may not be moved to where a position loses ``loss``, "" if it may.

        ``legs`` is how many legs of its signal live: together they keep to the ceiling of one signal.
        """
        if self._equity is None:
            return "the account's equity is not known, so no stop is moved away"
        most = self.ceilings.risk(self._equity) / max(1, legs)
        if loss <= most:
            return ""
        return (
            f"at that stop {loss:.2f} would be lost; this machine's ceiling of {self.ceilings.max_risk_percentage} %"
            f" a signal allows {most:.2f} here. Only `ceilings` in config.json on this machine changes it"
        )


def _exact(value: float | None) -> Decimal | None:
    return None if value is None else decimal(value)


def _sum(risks: Iterable[Decimal | None]) -> Decimal | None:
    total = ZERO
    for risk in risks:
        if risk is None:
            return None
        total += risk
    return total


def _risk_now(leg: Leg, intent: Intent | None) -> Decimal | None:
    """What a leg still loses from its entry at its present stop: the planned risk, by distance and volume.

    None where it has no stop, or was opened without one, so that nothing says what a point costs.
    """
    request, trade = None if intent is None else intent.request, leg.trade
    if intent is None or intent.risk is None or trade.stop_loss is None or not isinstance(request, OpenLeg):
        return None
    entry = trade.entry_price or request.price
    if entry is None or request.stop_loss is None:
        return intent.risk
    planned = abs(entry - request.stop_loss)
    now = max(ZERO, (entry - trade.stop_loss) * leg.side.sign)
    volume = (trade.volume - trade.closed_volume) / request.volume if request.volume else Decimal(1)
    return intent.risk * volume * (now / planned if planned else Decimal(1))
