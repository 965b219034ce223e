"""SQL of trades. A trade is (terminal, position identifier)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, NamedTuple

from signalos.protocol import firebridge, views
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import exact, moment, moment_or_none, number, stamp, stamp_or_none

LIVING = ("pending", "open")
ENDED = frozenset(("closed", "cancelled", "failed"))

_SELECT = (
    # What a narrow push told has no chat of its own: it belongs where its signal does.
    "SELECT t.*, m.terminal_id, coalesce(t.chat_id, s.chat_id) AS chat,"
    " coalesce(nullif(s.chat_name, ''), p.name, '') AS chat_name FROM trades t"
    " JOIN terminals m ON m.id = t.terminal"
    " LEFT JOIN signals s ON s.id = t.signal_id"
    " LEFT JOIN providers p ON p.user_id = t.user_id AND p.chat_id = t.chat_id"
)


class Stored(NamedTuple):
    """A trade as far as commands need it; ``chat_id`` is the channel that it came from, if one is known."""

    id: int
    terminal: int
    terminal_id: str
    identifier: str
    chat_id: str | None
    status: str
    volume: Decimal
    closed_volume: Decimal


def _view(row: Row) -> views.TradeView:
    return views.TradeView(
        id=row["id"],
        signal_id=row["signal_id"],
        terminal_id=row["terminal_id"] or "",
        mt5_ticket=row["ticket"],
        identifier=row["identifier"],
        symbol=row["symbol"],
        side=row["side"],
        volume=Decimal(row["volume"]),
        closed_volume=Decimal(row["closed_volume"]),
        entry_price=number(row["entry_price"]),
        stop_loss=number(row["stop_loss"]),
        take_profit=number(row["take_profit"]),
        close_price=number(row["close_price"]),
        pnl=number(row["pnl"]),
        status=row["status"],
        reason=row["reason"],
        leg=row["leg"],
        chat_name=row["chat_name"],
        opened_at=moment_or_none(row["opened_at"]),
        closed_at=moment_or_none(row["closed_at"]),
        updated_at=moment(row["updated_at"]),
    )


def one(db: Reading, user_id: int, trade_id: int) -> views.TradeView | None:
    """A user's trade."""
    row = db.first(f"{_SELECT} WHERE t.user_id = :user AND t.id = :id", user=user_id, id=trade_id)
    return None if row is None else _view(row)


def stored(db: Reading, user_id: int, trade_id: int) -> Stored | None:
    """A user's trade, as far as commands need it."""
    row = db.first(f"{_SELECT} WHERE t.user_id = :user AND t.id = :id", user=user_id, id=trade_id)
    if row is None:
        return None
    return Stored(
        row["id"],
        row["terminal"],
        row["terminal_id"] or "",
        row["identifier"],
        row["chat"],
        row["status"],
        Decimal(row["volume"]),
        Decimal(row["closed_volume"]),
    )


def page(
    db: Reading,
    user_id: int,
    before: int,
    limit: int,
    *,
    status: str | None = None,
    terminal_id: str | None = None,
    signal_id: int | None = None,
    symbol: str | None = None,
) -> list[views.TradeView]:
    """A user's trades, newest first; each filter that is given must match."""
    rows = db.all(
        f"{_SELECT} WHERE t.user_id = :user AND t.id < :before"
        " AND (:status IS NULL OR t.status = :status)"
        " AND (:terminal IS NULL OR m.terminal_id = :terminal)"
        " AND (:signal IS NULL OR t.signal_id = :signal)"
        " AND (:symbol IS NULL OR t.symbol = :symbol)"
        " ORDER BY t.id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
        status=status,
        terminal=terminal_id,
        signal=signal_id,
        symbol=symbol,
    )
    return [_view(row) for row in rows]


def living(db: Reading, user_id: int, limit: int) -> list[views.TradeView]:
    """A user's open and pending trades, newest first."""
    rows = db.all(
        f"{_SELECT} WHERE t.user_id = :user AND t.status IN ('pending', 'open') ORDER BY t.id DESC LIMIT :limit",
        user=user_id,
        limit=limit,
    )
    return [_view(row) for row in rows]


def living_ids(db: Reading) -> list[tuple[int, str, int]]:
    """(terminal, identifier, trade) of everything that is open or pending."""
    rows = db.all("SELECT terminal, identifier, id FROM trades WHERE status IN ('pending', 'open')")
    return [(row["terminal"], row["identifier"], row["id"]) for row in rows]


def ids_of_signal(db: Reading, user_id: int, signal_id: int) -> list[int]:
    """The trades that a signal led to."""
    rows = db.all(
        "SELECT id FROM trades WHERE user_id = :user AND signal_id = :signal ORDER BY id",
        user=user_id,
        signal=signal_id,
    )
    return [row["id"] for row in rows]


def adopt(tx: Writing, user_id: int, signal_id: int, chat_id: str, message_id: int, part: int) -> None:
    """Link trades that were told before their signal."""
    tx.run(
        "UPDATE trades SET signal_id = :signal WHERE user_id = :user AND chat_id = :chat"
        " AND message_id = :message AND part = :part AND signal_id IS NULL",
        signal=signal_id,
        user=user_id,
        chat=chat_id,
        message=message_id,
        part=part,
    )


def put(
    tx: Writing,
    user_id: int,
    terminal: int,
    data: firebridge.TradeData,
    signal_id: int | None,
    *,
    side_known: bool = True,
) -> tuple[int, bool]:
    """Store a trade's state; answers its id and whether anything changed.

    An older ``updated_at`` changes nothing; what has ended stays ended; facts once known (entry,
    signal, times) are not forgotten when a later state leaves them out.
    """
    old = tx.first(
        "SELECT id, status, updated_at FROM trades WHERE terminal = :terminal AND identifier = :identifier",
        terminal=terminal,
        identifier=data.identifier,
    )
    values = _values(user_id, terminal, data, signal_id, side_known=side_known)
    if old is None:
        names = ", ".join(values)
        trade_id: int = tx.value(
            # The names are this module's own.
            f"INSERT INTO trades ({names}) VALUES ({', '.join(f':{name}' for name in values)}) RETURNING id",  # noqa: S608 -- our column names
            **values,
        )
        return trade_id, True
    if values["updated_at"] < old["updated_at"]:
        return old["id"], False
    if old["status"] in ENDED:
        values["status"] = old["status"]
    tx.run(
        "UPDATE trades SET ticket = coalesce(:ticket, ticket), signal_id = coalesce(signal_id, :signal_id),"
        " symbol = CASE WHEN :symbol = '' THEN symbol ELSE :symbol END, side = coalesce(:side, side),"
        " volume = CASE WHEN :volume = '0' THEN volume ELSE :volume END, closed_volume = :closed_volume,"
        " entry_price = coalesce(:entry_price, entry_price), stop_loss = :stop_loss, take_profit = :take_profit,"
        " close_price = coalesce(:close_price, close_price), pnl = coalesce(:pnl, pnl), status = :status,"
        " reason = :reason, leg = coalesce(:leg, leg), chat_id = coalesce(:chat_id, chat_id),"
        " message_id = coalesce(:message_id, message_id), part = coalesce(:part, part),"
        " opened_at = coalesce(:opened_at, opened_at), closed_at = coalesce(:closed_at, closed_at),"
        " updated_at = :updated_at WHERE id = :id",
        id=old["id"],
        **{name: value for name, value in values.items() if name not in _FIXED},
    )
    return old["id"], True


_FIXED = frozenset(("user_id", "terminal", "identifier", "origin"))


def _values(
    user_id: int, terminal: int, data: firebridge.TradeData, signal_id: int | None, *, side_known: bool
) -> dict[str, Any]:
    return {
        "user_id": user_id,
        "terminal": terminal,
        "identifier": data.identifier,
        "ticket": data.ticket or None,
        "signal_id": signal_id,
        "symbol": data.symbol,
        "side": data.side if side_known else None,
        "volume": exact(data.volume),
        "closed_volume": exact(data.closed_volume or Decimal(0)),
        "entry_price": exact(data.entry_price),
        "stop_loss": exact(data.stop_loss),
        "take_profit": exact(data.take_profit),
        "close_price": exact(data.close_price),
        "pnl": exact(data.pnl),
        "status": data.status,
        "reason": data.reason,
        "origin": data.origin,
        "leg": data.leg,
        "chat_id": data.chat_id,
        "message_id": data.message_id,
        "part": data.part,
        "opened_at": stamp_or_none(data.opened_at),
        "closed_at": stamp_or_none(data.closed_at),
        "updated_at": stamp(data.updated_at),
    }
