"""Terminals' latest state in memory: state, not history."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from signalos.protocol import firebridge, socket
from signalos.server.terminals.index import Known

ONLINE_FOR = timedelta(seconds=30)
"""A terminal without a socket counts as online this long after its last report."""


@dataclass(slots=True)
class Live:
    """What a terminal last reported."""

    status: firebridge.Status | None = None
    received_at: datetime | None = None
    saved_at: datetime | None = None
    day: str | None = None
    day_start_equity: Decimal | None = None
    announced_online: bool = False


@dataclass(slots=True)
class LiveTerminals:
    """All terminals' latest state, and which trade is behind a position's identifier."""

    states: dict[int, Live] = field(default_factory=dict)
    trade_ids: dict[tuple[int, str], int] = field(default_factory=dict)

    def of(self, row_id: int) -> Live:
        """The state of a terminal; empty before its first report."""
        live = self.states.get(row_id)
        if live is None:
            live = self.states[row_id] = Live()
        return live

    def open_volume(self, row_id: int, identifier: str) -> Decimal | None:
        """A position's volume as the terminal last showed it."""
        status = self.of(row_id).status
        positions = (status.modules.mt5.positions if status else None) or []
        return next((p.volume for p in positions if p.identifier == identifier), None)


def take(live: Live, status: firebridge.Status, now: datetime) -> firebridge.Status:
    """Replace the state by ``status`` and answer what is in force; unreported lists keep their last value."""
    mt5 = status.modules.mt5
    before = live.status.modules.mt5 if live.status else None
    if before is not None and (mt5.positions is None or mt5.orders is None):
        kept = msgspec.structs.replace(
            mt5,
            positions=before.positions if mt5.positions is None else mt5.positions,
            orders=before.orders if mt5.orders is None else mt5.orders,
        )
        status = firebridge.Status(
            is_connected=status.is_connected,
            modules=firebridge.Modules(mt5=kept, sources=status.modules.sources),
        )
    live.status = status
    live.received_at = now
    day = (mt5.market_time or now).date().isoformat()
    if connected(status) and (live.day is None or day > live.day):
        live.day, live.day_start_equity = day, mt5.account_info.equity
    return status


def connected(status: firebridge.Status) -> bool:
    """True where desktop app and terminal are both connected."""
    return status.is_connected and status.modules.mt5.connected


def differs(old: firebridge.Status | None, new: firebridge.Status) -> bool:
    """Tell whether the change deserves a durable event: connection, stop, pause, reason, sources."""
    return old is None or _gist(old) != _gist(new)


def _gist(status: firebridge.Status) -> tuple[object, ...]:
    mt5 = status.modules.mt5
    latch = (mt5.latch.latch_id, mt5.latch.flat) if mt5.latch else None
    sources = [(s.name, s.connected, s.error) for s in status.modules.sources]
    pauses = (mt5.paused, sorted(mt5.paused_chats))
    return (connected(status), latch, pauses, mt5.reason, mt5.account_info.login, sources)


def status_update(
    terminal: Known, live: Live, trade_ids: dict[tuple[int, str], int]
) -> socket.StatusUpdate:
    """The live state as browsers get it. ``live`` has a status."""
    assert live.status is not None  # noqa: S101 -- only called after a report
    assert live.received_at is not None  # noqa: S101 -- only called after a report
    mt5 = live.status.modules.mt5
    account = mt5.account_info
    return socket.StatusUpdate(
        terminal_id=terminal.terminal_id or "",
        is_connected=connected(live.status),
        balance=account.balance,
        equity=account.equity,
        free_margin=account.free_margin,
        margin=account.margin,
        profit=account.profit,
        currency=account.currency,
        demo=account.demo,
        quote_at=mt5.quote_at,
        market_time=mt5.market_time,
        received_at=live.received_at,
        positions=[
            socket.LivePosition(
                trade_id=trade_ids.get((terminal.row_id, p.identifier)),
                identifier=p.identifier,
                symbol=p.symbol,
                side=p.side,
                volume=p.volume,
                entry_price=p.entry_price,
                price=p.price,
                profit=p.profit,
                stop_loss=p.stop_loss,
                take_profit=p.take_profit,
                risk=p.risk,
                own=p.own,
            )
            for p in mt5.positions or []
        ],
        orders=len(mt5.orders or []),
        sources=[
            {
                "name": s.name,
                "type": s.type,
                "connected": s.connected,
                "lastMessageAt": s.last_message_at,
                "error": s.error,
            }
            for s in live.status.modules.sources
        ],
        latch=None
        if mt5.latch is None
        else {
            "latchId": mt5.latch.latch_id,
            "mode": mt5.latch.mode,
            "at": mt5.latch.at,
            "local": mt5.latch.local,
            "flat": mt5.latch.flat,
            "closed": mt5.latch.closed,
            "total": mt5.latch.total,
            "left": mt5.latch.left,
        },
        paused=mt5.paused,
        reason=mt5.reason,
    )
