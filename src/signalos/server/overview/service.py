"""All that the first page needs, in one consistent view."""

from __future__ import annotations

from signalos.protocol import views
from signalos.server.analytics import repository as analytics
from signalos.server.auth import repository as users
from signalos.server.commands import repository as commands
from signalos.server.db.session import Reading
from signalos.server.db.store import Store
from signalos.server.logs import repository as logs
from signalos.server.paging import FROM_NEWEST
from signalos.server.problems import Problem
from signalos.server.signals import repository as signals
from signalos.server.terminals.presenting import Presenter
from signalos.server.trades import repository as trades

TRADES, SIGNALS, COMMANDS, ALERTS, POINTS, TERMINALS = 500, 30, 20, 20, 300, 200


class OverviewService:
    """Builds the overview, which is also a socket's snapshot.

    ``verified``: this version has been examined on a real terminal.
    """

    def __init__(self, store: Store, presenter: Presenter, *, verified: bool = False) -> None:
        self._verified = verified
        self._store = store
        self._presenter = presenter

    async def of(self, user_id: int) -> views.Overview:
        """The user's overview; ``seq`` is the newest durable event that is in it. Raises Problem."""
        return await self._store.read(lambda db: self._read(db, user_id))

    def _read(self, db: Reading, user_id: int) -> views.Overview:
        user = users.user_of_id(db, user_id)
        if user is None:
            raise Problem("unauthorized", "this user does not exist any more")
        return views.Overview(
            user=user,
            seq=users.newest_seq(db, user_id),
            terminals=self._presenter.page(db, user_id, FROM_NEWEST, TERMINALS),
            open_trades=trades.living(db, user_id, TRADES),
            recent_signals=signals.page(db, user_id, FROM_NEWEST, SIGNALS),
            commands=[view for _, view in commands.page(db, user_id, FROM_NEWEST, COMMANDS)],
            alerts=logs.alerts(db, user_id, ALERTS),
            equity=analytics.equity(db, user_id, POINTS),
            demo=user.demo,
            verified_on_real_terminal=self._verified,
        )
