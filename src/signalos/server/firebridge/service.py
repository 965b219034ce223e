"""What desktop apps hand over, stored once and in order."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from signalos.kit.clock import Clock
from signalos.protocol import firebridge, views
from signalos.protocol import strategies as strategies_wire
from signalos.protocol.shapes import TradeStatus
from signalos.server.auth.callers import Caller
from signalos.server.bodies import NOT_JSON, check_figures
from signalos.server.db.session import Reading, Writing
from signalos.server.db.store import Store
from signalos.server.db.values import stamp
from signalos.server.firebridge.projection import Projection, Refused, Told, terminal_of
from signalos.server.hub import Hub
from signalos.server.once import Answered, once
from signalos.server.problems import Problem
from signalos.server.providers import repository as providers
from signalos.server.signals import repository as signals
from signalos.server.strategies import repository as strategies
from signalos.server.terminals import index
from signalos.server.terminals import repository as terminals
from signalos.server.terminals.index import Known, TerminalIndex
from signalos.server.terminals.live import Live, LiveTerminals, connected, differs, status_update, take
from signalos.server.terminals.presenting import Presenter

EVENT_LIMIT = 200_000
"""Bytes of one event: what is stored must fit into one socket message."""
SAVE_EVERY = timedelta(seconds=10)


class _Read(NamedTuple):
    """An event as read: either its data or why it can never be stored."""

    event_id: str
    kind: str = ""
    at: datetime | None = None
    data: Any = None
    code: str = ""
    detail: str = ""


class FirebridgeService:
    """The desktop apps' side of the server."""

    def __init__(
        self,
        store: Store,
        known: TerminalIndex,
        live: LiveTerminals,
        presenter: Presenter,
        projection: Projection,
        hub: Hub,
        clock: Clock,
    ) -> None:
        self._store = store
        self._index = known
        self._live = live
        self._presenter = presenter
        self._projection = projection
        self._hub = hub
        self._clock = clock
        self.events_accepted = 0
        self.events_rejected = 0

    # ------------------------------------------------------------ state
    async def sync(self, caller: Caller, body: firebridge.SyncUser) -> views.SyncAnswer:
        """Take a terminal's state; stored when something in it deserves it. Raises Problem."""
        if body.user_id != caller.user_id:
            raise Problem("not_yours", "userId is not the one this token belongs to")
        known = await self.terminal(caller, body.terminal_id)
        live = self._live.of(known.row_id)
        now = self._clock.now()
        before, day = live.status, live.day
        status = take(live, body.status, now)
        self._hub.status(
            known.user_id, known.row_id, lambda: status_update(known, live, self._live.trade_ids)
        )
        changed = differs(before, status) or live.day != day or not live.announced_online
        account = status.modules.mt5.account_info
        due = live.saved_at is None or now - live.saved_at >= SAVE_EVERY
        if changed or due or (before and before.modules.mt5.account_info.balance != account.balance):
            live.saved_at = now
            live.announced_online = True
            await self._store.write(lambda tx: self._save(tx, known, live, status, changed=changed))
        return views.SyncAnswer(ok=True, received_at=now)

    def _save(
        self, tx: Writing, known: Known, live: Live, status: firebridge.Status, *, changed: bool
    ) -> None:
        terminals.save_state(
            tx, known.row_id, status, live.received_at or tx.now, live.day, live.day_start_equity
        )
        if connected(status):
            account = status.modules.mt5.account_info
            terminals.add_equity(tx, known.row_id, tx.now, account.balance, account.equity)
        if changed:
            self._presenter.emit(tx, known.row_id)

    async def terminal(self, caller: Caller, terminal_id: str) -> Known:
        """The caller's approved terminal of a name. Raises Problem."""
        known = await self._index.of_name(caller.user_id, terminal_id)
        if known is None:
            raise Problem(
                "terminal_unknown", f"no terminal {terminal_id!r} is registered: register it first"
            )
        if caller.terminal is not None and caller.terminal.row_id != known.row_id:
            raise Problem("not_yours", f"this token may not speak for the terminal {terminal_id!r}")
        if known.status != "approved":
            raise Problem("terminal_not_approved", f"the terminal {terminal_id!r} is {known.status}")
        return known

    # ------------------------------------------------------------ events
    async def events(self, caller: Caller, batch: firebridge.EventBatch) -> firebridge.EventsAnswer:
        """Store journalled events, each once; a bad one is rejected alone. Raises Problem."""
        if caller.terminal is not None and caller.terminal.status != "approved":
            raise Problem("terminal_not_approved", f"this terminal is {caller.terminal.status}")
        if batch.terminal_id is not None:
            await self.terminal(caller, batch.terminal_id)
        read = [_read_event(raw) for raw in batch.events]
        answer = await self._store.write(lambda tx: self._store_events(tx, caller, read))
        self.events_accepted += len(answer.accepted)
        self.events_rejected += len(answer.rejected)
        return answer

    def _store_events(self, tx: Writing, caller: Caller, read: Sequence[_Read]) -> firebridge.EventsAnswer:
        accepted: list[firebridge.Accepted] = []
        rejected: list[firebridge.Rejected] = []
        for event in read:
            try:
                if event.code:
                    raise Refused(event.code, event.detail)
                with tx.nested():
                    row_id = self._store_event(tx, caller, event)
            except Refused as why:
                rejected.append(
                    firebridge.Rejected(event_id=event.event_id, code=why.code, detail=why.detail)
                )
            else:
                accepted.append(firebridge.Accepted(event_id=event.event_id, id=row_id))
        return firebridge.EventsAnswer(accepted=accepted, rejected=rejected)

    def _store_event(self, tx: Writing, caller: Caller, event: _Read) -> int:
        stored: int | None = tx.value(
            "SELECT row_id FROM desktop_events WHERE user_id = :user AND event_id = :event",
            user=caller.user_id,
            event=event.event_id,
        )
        if stored is not None:
            return stored
        assert event.at is not None  # noqa: S101 -- read events have a time
        row_id = self._projection.apply(
            tx, Told(caller.user_id, caller.terminal, event.at), event.kind, event.data
        )
        tx.run(
            "INSERT INTO desktop_events (user_id, event_id, kind, at, received_at, row_id)"
            " VALUES (:user, :event, :kind, :at, :received, :row)",
            user=caller.user_id,
            event=event.event_id,
            kind=event.kind,
            at=stamp(event.at),
            received=stamp(tx.now),
            row=row_id,
        )
        return row_id

    # ------------------------------------------------------------ strategy and narrow push
    async def strategy(self, caller: Caller, user_id: int) -> strategies_wire.PulledStrategy:
        """The strategy in force, and the channels whose settings differ from the defaults. Raises Problem."""
        if user_id != caller.user_id:
            raise Problem("not_yours", "userId is not the one this token belongs to")
        if caller.terminal is not None and caller.terminal.status != "approved":
            raise Problem("terminal_not_approved", f"this terminal is {caller.terminal.status}")

        def find(db: Reading) -> strategies_wire.PulledStrategy:
            found = strategies.active(db, user_id)
            if found is None:
                raise Problem("not_found", "this user has no strategy")
            return strategies_wire.PulledStrategy(strategy=found, channels=providers.rules(db, user_id))

        return await self._store.read(find)

    async def push(
        self, caller: Caller, body: firebridge.PushTradeResult, key: str | None, hashed: str
    ) -> Answered:
        """Store a trade's state in its narrow form, once a key. Raises Problem."""
        if body.user_id != caller.user_id:
            raise Problem("not_yours", "userId is not the one this token belongs to")
        terminal_id = body.terminal_id or await self._only_terminal(caller)
        known = await self.terminal(caller, terminal_id)

        def work(tx: Writing) -> views.PushAnswer:
            try:
                terminal_of(tx, Told(caller.user_id, caller.terminal, tx.now), terminal_id)
            except Refused as why:
                raise Problem(why.code, why.detail) from None
            return views.PushAnswer(ok=True, trade_id=self._push(tx, known, body, hashed))

        # Without a key the body itself is the key: sent twice, it counts once.
        kept = key or f"body {hashed}"
        return await self._store.write(lambda tx: once(tx, caller.user_id, kept, hashed, 200, work))

    def _push(self, tx: Writing, known: Known, body: firebridge.PushTradeResult, hashed: str) -> int:
        result = body.trade_result
        signal = None
        if body.signal_id is not None:
            signal = signals.one(tx, known.user_id, body.signal_id)
            if signal is None:
                raise Problem("not_found", "signalId: you have no such signal")
        side = result.side or (signal.side if signal else None)
        ticket = "" if result.mt5_ticket is None else str(result.mt5_ticket)[:120]
        data = firebridge.TradeData(
            terminal_id=known.terminal_id or "",
            identifier=ticket or f"failed-{hashed[:24]}",
            ticket=ticket,
            symbol=result.symbol or (signal.symbol if signal else None) or "",
            side=side or "buy",
            volume=result.volume or Decimal(0),
            status=result.status or _status(result),
            origin="push",
            entry_price=result.entry_price,
            stop_loss=result.stop_loss,
            take_profit=result.take_profit,
            close_price=result.close_price,
            pnl=result.pnl,
            reason=result.error or "",
            updated_at=tx.now,
        )
        return self._projection.put_trade(
            tx, known.user_id, known, data, body.signal_id, side_known=side is not None
        )

    async def _only_terminal(self, caller: Caller) -> str:
        if caller.terminal is not None and caller.terminal.terminal_id is not None:
            return caller.terminal.terminal_id

        def find(db: Reading) -> list[Known]:
            return index.approved(db, caller.user_id)

        found = await self._store.read(find)
        if not found:
            raise Problem(
                "terminal_not_approved", "no terminal of yours is approved: register and approve one"
            )
        if len(found) > 1:
            raise Problem(
                "terminal_required", "terminalId: you have several terminals, say which one traded"
            )
        return found[0].terminal_id or ""


def _status(result: firebridge.TradeResult) -> TradeStatus:
    if not result.success:
        return "failed"
    return "closed" if result.close_price is not None else "open"


def _read_event(raw: msgspec.Raw) -> _Read:
    if len(bytes(raw)) > EVENT_LIMIT:
        return _Read(_some_id(raw), code="too_large", detail=f"an event is at most {EVENT_LIMIT} bytes")
    try:
        event = msgspec.json.decode(raw, type=firebridge.Event)
        check_figures(event)
    except NOT_JSON as why:
        return _Read(_some_id(raw), code="invalid_event", detail=str(why)[:400])
    except Problem as why:
        return _Read(_some_id(raw), code="invalid_event", detail=why.detail[:400])
    shape = firebridge.EVENT_DATA.get(event.kind)
    if shape is None:
        known = ", ".join(firebridge.EVENT_DATA)
        return _Read(
            event.event_id, code="unknown_kind", detail=f"kind is {event.kind[:40]!r}; known are {known}"
        )
    try:
        data = msgspec.json.decode(event.data, type=shape)
        check_figures(data)
    except NOT_JSON as why:
        return _Read(event.event_id, code="invalid_data", detail=str(why)[:400])
    except Problem as why:
        return _Read(event.event_id, code="invalid_data", detail=why.detail[:400])
    return _Read(event.event_id, event.kind, event.at, data)


def _some_id(raw: msgspec.Raw) -> str:
    """The id that a malformed event states, as far as it can be made out."""
    try:
        found = msgspec.json.decode(raw)
    except NOT_JSON:
        return ""
    value = found.get("eventId") if isinstance(found, dict) else None
    return value[:64] if isinstance(value, str) else ""
