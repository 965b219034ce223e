"""Closing and changing trades: commands to the terminal that holds them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import UNSET

from signalos.protocol import requests, views
from signalos.server.commands.service import CommandService
from signalos.server.db.session import Writing
from signalos.server.problems import Problem
from signalos.server.strategies.service import allows_missing_stop
from signalos.server.terminals import index
from signalos.server.terminals.index import Known
from signalos.server.terminals.live import LiveTerminals
from signalos.server.trades import repository
from signalos.server.trading.service import require_approved


class TradeService:
    """What a user does with a trade. Each method works within the caller's transaction."""

    def __init__(self, commands: CommandService, live: LiveTerminals) -> None:
        self._commands = commands
        self._live = live

    def close(self, tx: Writing, user_id: int, trade_id: int) -> views.CommandAccepted:
        """Close a trade, or delete its waiting order. Raises Problem."""
        trade, target = self._living(tx, user_id, trade_id)
        return self._commands.create(tx, user_id, "close", {"identifier": trade.identifier}, [target])

    def partial_close(
        self, tx: Writing, user_id: int, trade_id: int, body: requests.PartialClose
    ) -> views.CommandAccepted:
        """Close a part of what is open; the desktop app floors the volume to the symbol's step."""
        trade, target = self._living(tx, user_id, trade_id)
        if trade.status != "open":
            raise Problem(
                "trade_not_open", "a waiting order has nothing to close a part of: cancel it instead"
            )
        shown = self._live.open_volume(trade.terminal, trade.identifier)
        still_open = trade.volume - trade.closed_volume if shown is None else shown
        volume = still_open * Decimal(repr(body.percentage)) / 100
        args = {"identifier": trade.identifier, "volume": volume}
        return self._commands.create(tx, user_id, "partial_close", args, [target])

    def modify(
        self, tx: Writing, user_id: int, trade_id: int, body: requests.ModifyTrade
    ) -> views.CommandAccepted:
        """Move or remove stop loss and take profit. Raises Problem."""
        args: dict[str, Any] = {}
        for name, value in (("stopLoss", body.stop_loss), ("takeProfit", body.take_profit)):
            if value is UNSET:
                continue
            if isinstance(value, Decimal) and value <= 0:
                raise Problem("invalid", f"{name}: a price is above 0", errors=[{"field": name}])
            args[name] = value
        if not args:
            raise Problem("invalid", "give stopLoss or takeProfit, or both")
        trade, target = self._living(tx, user_id, trade_id)
        removes_stop = "stopLoss" in args and args["stopLoss"] is None
        if removes_stop and not allows_missing_stop(tx, user_id, trade.chat_id):
            raise Problem(
                "stop_required",
                "the strategy that governs this trade requires a stop loss: move it instead of removing it",
            )
        return self._commands.create(
            tx, user_id, "modify", {"identifier": trade.identifier, **args}, [target]
        )

    def _living(self, tx: Writing, user_id: int, trade_id: int) -> tuple[repository.Stored, Known]:
        trade = repository.stored(tx, user_id, trade_id)
        if trade is None:
            raise Problem("not_found", "you have no such trade")
        target = index.of_row(tx, user_id, trade.terminal)
        assert target is not None  # noqa: S101 -- the trade's foreign key
        require_approved(target)
        if trade.status not in repository.LIVING:
            raise Problem(
                "trade_not_open", f"the trade is {trade.status}: there is nothing left to do with it"
            )
        return trade, target
