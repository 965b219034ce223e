"""SQL of messages, signals and decisions. A signal is (user, chat, message, part)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from signalos.protocol import firebridge, views
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import document, exact, moment, number, read_document, stamp


def add_message(tx: Writing, user_id: int, data: firebridge.MessageData) -> int:
    """Store a version of a message; a repeated one answers the row that is there."""
    row_id: int = tx.value(
        "INSERT INTO messages (user_id, chat_id, message_id, version, source, text, posted_at, reply_to,"
        " deleted, reason, detail) VALUES (:user, :chat, :message, :version, :source, :text, :posted, :reply,"
        " :deleted, :reason, :detail) ON CONFLICT (user_id, chat_id, message_id, version) DO UPDATE SET"
        " reason = excluded.reason, detail = excluded.detail RETURNING id",
        user=user_id,
        chat=data.chat_id,
        message=data.message_id,
        version=data.version,
        source=data.source,
        text=data.text,
        posted=stamp(data.posted_at),
        reply=data.reply_to,
        deleted=int(data.deleted),
        reason=data.reason,
        detail=data.detail,
    )
    return row_id


def next_message(db: Reading, user_id: int, chat_id: str) -> int:
    """The number of a chat's next message, where this server numbers them."""
    newest: int = db.value(
        "SELECT coalesce(max(message_id), 0) FROM messages WHERE user_id = :user AND chat_id = :chat",
        user=user_id,
        chat=chat_id,
    )
    return newest + 1


def put(tx: Writing, user_id: int, data: firebridge.SignalData) -> tuple[int, bool]:
    """Store a signal as read; answers its id and whether this version is the newest."""
    old = tx.first(
        "SELECT id, version FROM signals WHERE user_id = :user AND chat_id = :chat AND message_id = :message"
        " AND part = :part",
        user=user_id,
        chat=data.chat_id,
        message=data.message_id,
        part=data.part,
    )
    if old is not None and old["version"] > data.version:
        return old["id"], False
    values = _values(tx, user_id, data)
    names = list(values)
    row_id: int = tx.value(
        # The names are this module's own.
        f"INSERT INTO signals ({', '.join(names)}) VALUES ({', '.join(f':{name}' for name in names)})"  # noqa: S608 -- our column names
        " ON CONFLICT (user_id, chat_id, message_id, part) DO UPDATE SET "
        + ", ".join(f"{name} = excluded.{name}" for name in names if name not in _KEPT)
        + " RETURNING id",
        **values,
    )
    return row_id, True


_KEPT = frozenset(("user_id", "chat_id", "message_id", "part", "received_at"))


def _values(tx: Writing, user_id: int, data: firebridge.SignalData) -> dict[str, Any]:
    rejected = data.action == "reject"
    return {
        "user_id": user_id,
        "chat_id": data.chat_id,
        "chat_name": data.chat_name,
        "message_id": data.message_id,
        "part": data.part,
        "version": data.version,
        "text": data.text,
        "action": data.action,
        "symbol": data.symbol,
        "side": data.side,
        "kind": data.order,
        "entry": document([exact(price) for price in data.entry]),
        "stop_loss": exact(data.stop_loss),
        "take_profits": document([exact(price) for price in data.take_profits]),
        "details": document(data.details),
        "spans": document(data.spans),
        "confidence": repr(data.confidence),
        "status": "rejected" if rejected else "received",
        "reason": str(data.details.get("reason", "")) if rejected else "",
        "posted_at": stamp(data.posted_at),
        "received_at": stamp(tx.now),
    }


def find(db: Reading, user_id: int, chat_id: str, message_id: int, part: int | None) -> int | None:
    """The id of a signal; without ``part`` the message's first one."""
    found: int | None = db.value(
        "SELECT id FROM signals WHERE user_id = :user AND chat_id = :chat AND message_id = :message"
        " AND (:part IS NULL OR part = :part) ORDER BY part LIMIT 1",
        user=user_id,
        chat=chat_id,
        message=message_id,
        part=part,
    )
    return found


def put_decision(tx: Writing, signal_id: int, terminal: int, data: firebridge.DecisionData) -> int:
    """Store a terminal's decision and what it means for the signal; answers the decision's id."""
    row_id: int = tx.value(
        "INSERT INTO decisions (signal_id, terminal, version, action, verdict, reason, steps, plan,"
        " strategy_version, budget, risk, decided_at) VALUES (:signal, :terminal, :version, :action, :verdict,"
        " :reason, :steps, :plan, :strategy, :budget, :risk, :at)"
        " ON CONFLICT (signal_id, terminal, version) DO UPDATE SET action = excluded.action,"
        " verdict = excluded.verdict, reason = excluded.reason, steps = excluded.steps, plan = excluded.plan,"
        " strategy_version = excluded.strategy_version, budget = excluded.budget, risk = excluded.risk,"
        " decided_at = excluded.decided_at RETURNING id",
        signal=signal_id,
        terminal=terminal,
        version=data.version,
        action=data.action,
        verdict=data.verdict,
        reason=data.reason,
        steps=document(data.steps),
        plan=document(data.plan),
        strategy=data.strategy_version,
        budget=exact(data.budget),
        risk=exact(data.risk),
        at=stamp(data.decided_at),
    )
    # One terminal that acted makes the signal executed, whatever the others decided.
    passed = tx.value(
        "SELECT 1 FROM decisions WHERE signal_id = :id AND verdict = 'pass' LIMIT 1", id=signal_id
    )
    tx.run(
        "UPDATE signals SET status = :status, reason = :reason WHERE id = :id AND status <> 'rejected'",
        id=signal_id,
        status="executed" if passed else "refused",
        reason="" if passed else data.reason,
    )
    return row_id


_SELECT = "SELECT * FROM signals"


def one(db: Reading, user_id: int, signal_id: int) -> views.SignalView | None:
    """A user's signal with its decisions and trades."""
    rows = db.all(f"{_SELECT} WHERE user_id = :user AND id = :id", user=user_id, id=signal_id)
    return _views(db, rows)[0] if rows else None


def page(
    db: Reading,
    user_id: int,
    before: int,
    limit: int,
    *,
    status: str | None = None,
    symbol: str | None = None,
    chat_id: str | None = None,
) -> list[views.SignalView]:
    """A user's signals, newest first; each filter that is given must match."""
    rows = db.all(
        f"{_SELECT} WHERE user_id = :user AND id < :before AND (:status IS NULL OR status = :status)"
        " AND (:symbol IS NULL OR symbol = :symbol) AND (:chat IS NULL OR chat_id = :chat)"
        " ORDER BY id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
        status=status,
        symbol=symbol,
        chat=chat_id,
    )
    return _views(db, rows)


def _views(db: Reading, rows: list[Row]) -> list[views.SignalView]:
    if not rows:
        return []
    ids = document([row["id"] for row in rows])
    decided: dict[int, list[views.DecisionView]] = {}
    for row in db.all(
        "SELECT d.*, m.terminal_id FROM decisions d JOIN terminals m ON m.id = d.terminal"
        " WHERE d.signal_id IN (SELECT value FROM json_each(:ids)) ORDER BY d.id",
        ids=ids,
    ):
        decided.setdefault(row["signal_id"], []).append(decision_view(row))
    traded: dict[int, list[int]] = {}
    for row in db.all(
        "SELECT id, signal_id FROM trades WHERE signal_id IN (SELECT value FROM json_each(:ids)) ORDER BY id",
        ids=ids,
    ):
        traded.setdefault(row["signal_id"], []).append(row["id"])
    return [_view(row, decided.get(row["id"], []), traded.get(row["id"], [])) for row in rows]


def decision_view(row: Row) -> views.DecisionView:
    """A decision's row (joined with its terminal's name) as the API shows it."""
    return views.DecisionView(
        terminal_id=row["terminal_id"] or "",
        version=row["version"],
        action=row["action"],
        verdict=row["verdict"],
        reason=row["reason"],
        steps=read_document(row["steps"], list[firebridge.StepData]),
        plan=read_document(row["plan"], list[firebridge.PlanData]),
        strategy_version=row["strategy_version"],
        budget=number(row["budget"]),
        risk=number(row["risk"]),
        decided_at=moment(row["decided_at"]),
    )


def _view(row: Row, decisions: list[views.DecisionView], trade_ids: list[int]) -> views.SignalView:
    return views.SignalView(
        id=row["id"],
        chat_id=row["chat_id"],
        chat_name=row["chat_name"],
        message_id=row["message_id"],
        part=row["part"],
        version=row["version"],
        text=row["text"],
        action=row["action"],
        symbol=row["symbol"],
        side=row["side"],
        order=row["kind"],
        entry=[Decimal(text) for text in read_document(row["entry"])],
        stop_loss=number(row["stop_loss"]),
        take_profits=[Decimal(text) for text in read_document(row["take_profits"])],
        details=read_document(row["details"]),
        spans=read_document(row["spans"], list[firebridge.Span]),
        confidence=float(row["confidence"]),
        status=row["status"],
        reason=row["reason"],
        posted_at=moment(row["posted_at"]),
        received_at=moment(row["received_at"]),
        decisions=decisions,
        trade_ids=trade_ids,
    )
