"""A terminal's row and live state together, as the API shows it."""

from __future__ import annotations

from decimal import Decimal

from signalos.kit.clock import Clock
from signalos.protocol import firebridge, views
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import moment_or_none, number, read_document
from signalos.server.hub import Hub
from signalos.server.terminals import repository
from signalos.server.terminals.live import ONLINE_FOR, LiveTerminals, connected


class Presenter:
    """Builds terminals' views; may be used from any thread (live states are replaced as a whole)."""

    def __init__(self, live: LiveTerminals, hub: Hub, clock: Clock) -> None:
        self._live = live
        self._hub = hub
        self._clock = clock

    def online(self, row_id: int) -> bool:
        """True where the desktop app has a socket or reported not long ago."""
        if self._hub.online(row_id):
            return True
        seen = self._live.of(row_id).received_at
        return seen is not None and self._clock.now() - seen <= ONLINE_FOR

    def view(self, row: Row) -> views.TerminalView:
        """One terminal."""
        live = self._live.of(row["id"])
        status = live.status
        mt5 = status.modules.mt5 if status else None
        account = mt5.account_info if mt5 else None
        online = self.online(row["id"])

        def figure(name: str) -> Decimal | None:
            return None if account is None else getattr(account, name)

        return views.TerminalView(
            id=row["id"],
            terminal_id=row["terminal_id"],
            name=row["name"],
            platform=row["platform"],
            version=row["version"],
            status=row["status"],
            connected=online and status is not None and connected(status),
            online=online,
            last_seen_at=live.received_at or moment_or_none(row["last_seen_at"]),
            quote_at=mt5.quote_at if mt5 else None,
            market_time=mt5.market_time if mt5 else None,
            balance=figure("balance"),
            equity=figure("equity"),
            free_margin=figure("free_margin"),
            profit=figure("profit"),
            currency=account.currency if account else "",
            demo=account.demo if account else True,
            day_start_equity=live.day_start_equity or number(row["day_start_equity"]),
            latch=read_document(row["latch"], firebridge.LatchState),
            paused=mt5.paused if mt5 else False,
            sources=list(status.modules.sources) if status else [],
            reason=mt5.reason if mt5 else "",
        )

    def page(self, db: Reading, user_id: int, before: int, limit: int) -> list[views.TerminalView]:
        """A user's terminals, newest first."""
        return [self.view(row) for row in repository.rows(db, user_id, before, limit)]

    def emit(self, tx: Writing, row_id: int) -> None:
        """Append a ``terminal_update`` with the terminal as it is now."""
        row = repository.row(tx, row_id)
        if row is not None:
            tx.emit(row["user_id"], "terminal_update", self.view(row))
