"""What each kind of desktop event becomes: rows, and durable events for the user's browsers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from signalos.protocol import firebridge, socket, views
from signalos.server.db.session import Writing
from signalos.server.logs import repository as logs
from signalos.server.providers import repository as providers
from signalos.server.signals import repository as signals
from signalos.server.terminals import index
from signalos.server.terminals import repository as terminals
from signalos.server.terminals.index import Known
from signalos.server.terminals.live import LiveTerminals
from signalos.server.terminals.presenting import Presenter
from signalos.server.trades import deals
from signalos.server.trades import repository as trades

_KEEP = (datetime, Decimal)
"""Encoded by our own encoder in the end, so that decimals stay numbers."""


class Refused(Exception):
    """This event can never be stored; ``code`` says why."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Told(NamedTuple):
    """Whose event it is and when it was journalled. ``own`` binds a terminal's token to its terminal."""

    user_id: int
    own: Known | None
    at: datetime


class Projection:
    """Stores one event at a time within the writer's transaction; answers the row's id."""

    def __init__(self, live: LiveTerminals, presenter: Presenter) -> None:
        self._live = live
        self._presenter = presenter
        self._kinds: dict[str, Callable[[Writing, Told, Any], int]] = {
            "message": self._message,
            "signal": self._signal,
            "decision": self._decision,
            "trade": self._trade,
            "alert": self._alert,
            "latch": self._latch,
        }

    def apply(self, tx: Writing, told: Told, kind: str, data: Any) -> int:
        """Store ``data`` (of ``kind``'s shape)."""
        return self._kinds[kind](tx, told, data)

    def _message(self, tx: Writing, told: Told, data: firebridge.MessageData) -> int:
        providers.seen(tx, told.user_id, data.chat_id, data.chat_name, data.posted_at)
        return signals.add_message(tx, told.user_id, data)

    def _signal(self, tx: Writing, told: Told, data: firebridge.SignalData) -> int:
        providers.seen(tx, told.user_id, data.chat_id, data.chat_name, data.posted_at)
        signal_id, newest = signals.put(tx, told.user_id, data)
        if newest:
            trades.adopt(tx, told.user_id, signal_id, data.chat_id, data.message_id, data.part)
            tx.emit(told.user_id, "signal_created", signals.one(tx, told.user_id, signal_id))
        return signal_id

    def _decision(self, tx: Writing, told: Told, data: firebridge.DecisionData) -> int:
        known = terminal_of(tx, told, data.terminal_id)
        signal_id = signals.find(tx, told.user_id, data.chat_id, data.message_id, data.part)
        if signal_id is None:
            raise Refused("signal_unknown", "the decision is about a signal that was never told")
        row_id = signals.put_decision(tx, signal_id, known.row_id, data)
        view = views.DecisionView(
            terminal_id=data.terminal_id,
            version=data.version,
            action=data.action,
            verdict=data.verdict,
            reason=data.reason,
            steps=data.steps,
            plan=data.plan,
            strategy_version=data.strategy_version,
            budget=data.budget,
            risk=data.risk,
            decided_at=data.decided_at,
        )
        tx.emit(
            told.user_id,
            "decision_made",
            {**msgspec.to_builtins(view, builtin_types=_KEEP), "signalId": signal_id},
        )
        return row_id

    def _trade(self, tx: Writing, told: Told, data: firebridge.TradeData) -> int:
        known = terminal_of(tx, told, data.terminal_id)
        signal_id = None
        if data.chat_id is not None and data.message_id is not None:
            signal_id = signals.find(tx, told.user_id, data.chat_id, data.message_id, data.part)
        return self.put_trade(tx, told.user_id, known, data, signal_id)

    def put_trade(
        self,
        tx: Writing,
        user_id: int,
        known: Known,
        data: firebridge.TradeData,
        signal_id: int | None,
        *,
        side_known: bool = True,
    ) -> int:
        """Store a trade's state and tell the browsers if it changed; answers the trade's id."""
        trade_id, changed = trades.put(tx, user_id, known.row_id, data, signal_id, side_known=side_known)
        if data.deals:
            deals.put(tx, known.row_id, trade_id, data.deals)
        if changed:
            view = trades.one(tx, user_id, trade_id)
            tx.emit(
                user_id,
                "trade_update",
                {**msgspec.to_builtins(view, builtin_types=_KEEP), "tradeId": trade_id},
            )
        key = (known.row_id, data.identifier)
        tx.after(lambda: self._live.trade_ids.update({key: trade_id}))
        return trade_id

    def _alert(self, tx: Writing, told: Told, data: firebridge.AlertData) -> int:
        if data.terminal_id is not None:
            terminal_of(tx, told, data.terminal_id)
        row_id = logs.add_alert(tx, told.user_id, data, told.at)
        alert = socket.ErrorAlert(
            error=data.text,
            severity=data.severity,
            timestamp=told.at,
            code=data.code,
            terminal_id=data.terminal_id,
        )
        tx.emit(told.user_id, "error_alert", alert)
        return row_id

    def _latch(self, tx: Writing, told: Told, data: firebridge.LatchData) -> int:
        known = terminal_of(tx, told, data.terminal_id)
        row_id, set_at = terminals.record_latch(tx, known.row_id, data, told.at)
        before = terminals.latch_of(tx, known.row_id)
        if data.state != "ended":
            latch = firebridge.LatchState(
                latch_id=data.latch_id,
                mode=data.mode,
                at=set_at,
                local=before.local if before and before.latch_id == data.latch_id else False,
                flat=data.flat or data.state == "flat",
                closed=data.closed,
                total=data.total,
                left=data.left,
            )
            terminals.set_latch(tx, known.row_id, latch)
        elif before is not None and before.latch_id == data.latch_id:
            terminals.set_latch(tx, known.row_id, None)
        self._presenter.emit(tx, known.row_id)
        return row_id


def terminal_of(tx: Writing, told: Told, terminal_id: str) -> Known:
    """The approved terminal that an event is about. Raises Refused."""
    known = index.of_name(tx, told.user_id, terminal_id)
    if known is None:
        raise Refused("terminal_unknown", f"no terminal {terminal_id!r} is registered: register it first")
    if told.own is not None and told.own.row_id != known.row_id:
        raise Refused("not_yours", f"this token may not tell anything about the terminal {terminal_id!r}")
    if known.status != "approved":
        raise Refused("terminal_not_approved", f"the terminal {terminal_id!r} is {known.status}")
    return known
