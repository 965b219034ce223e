"""SQL of providers: the channels that have posted or were set up, and what became of their messages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from signalos.protocol import providers as wire
from signalos.protocol import strategies as strategies_wire
from signalos.protocol.shapes import PipSizes, PriceStyle, SymbolNames, WordsByRole
from signalos.server.db.session import Reading, Row, Writing
from signalos.server.db.values import document, moment_or_none, read_document, stamp
from signalos.server.strategies import repository as strategies

_SELECT = "SELECT p.* FROM providers p"
_DIFFERS = (
    "(p.enabled = 0 OR p.default_symbol IS NOT NULL OR p.ignore_words <> '[]' OR p.strategy_id IS NOT NULL"
    " OR p.profile <> '{}')"
)


class _Profile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the column ``profile`` holds; what is as by default is left out, so that none is ``{}``."""

    words: WordsByRole = {}
    symbols: SymbolNames = {}
    price_style: PriceStyle = "auto"
    pip_sizes: PipSizes = {}


class Earlier(NamedTuple):
    """An earlier message of a channel as stored, with the states of its trades and of its signals."""

    message_id: int
    text: str
    reply_to: int | None
    posted_at: datetime | None
    trades: frozenset[str]
    signals: frozenset[str]


def seen(tx: Writing, user_id: int, chat_id: str, name: str, posted_at: datetime) -> None:
    """Remember that a channel posted; a name that it has already is kept."""
    tx.run(
        "INSERT INTO providers (user_id, chat_id, name, last_message_at) VALUES (:user, :chat, :name, :at)"
        " ON CONFLICT (user_id, chat_id) DO UPDATE SET"
        " name = CASE WHEN name = '' THEN excluded.name ELSE name END,"
        " last_message_at = max(coalesce(last_message_at, ''), excluded.last_message_at)",
        user=user_id,
        chat=chat_id,
        name=name,
        at=stamp(posted_at),
    )


def add(tx: Writing, user_id: int, chat_id: str, name: str) -> int | None:
    """Set a channel up; None where the user has it already."""
    made: int | None = tx.value(
        "INSERT INTO providers (user_id, chat_id, name) VALUES (:user, :chat, :name)"
        " ON CONFLICT (user_id, chat_id) DO NOTHING RETURNING id",
        user=user_id,
        chat=chat_id,
        name=name,
    )
    return made


def change(tx: Writing, user_id: int, provider_id: int, settings: wire.ProviderSettings) -> None:
    """Replace a channel's settings; a name of None stays as it is."""
    tx.run(
        "UPDATE providers SET name = coalesce(:name, name), enabled = :enabled, default_symbol = :symbol,"
        " ignore_words = :words, profile = :profile, strategy_id = :strategy WHERE user_id = :user AND id = :id",
        user=user_id,
        id=provider_id,
        name=settings.name,
        enabled=int(settings.enabled),
        symbol=settings.default_symbol,
        words=document(settings.ignore_words),
        profile=document(msgspec.convert(settings, _Profile, from_attributes=True)),
        strategy=settings.strategy_id,
    )


def remove(tx: Writing, user_id: int, provider_id: int) -> None:
    """Forget a channel's settings; its messages, signals and trades stay."""
    tx.run("DELETE FROM providers WHERE user_id = :user AND id = :id", user=user_id, id=provider_id)


def chat_of(db: Reading, user_id: int, provider_id: int) -> str | None:
    """The chat behind a provider's id."""
    found: str | None = db.value(
        "SELECT chat_id FROM providers WHERE user_id = :user AND id = :id", user=user_id, id=provider_id
    )
    return found


def strategy_of(db: Reading, user_id: int, chat_id: str) -> int | None:
    """The strategy that trades a channel, None where it is the one in force."""
    found: int | None = db.value(
        "SELECT strategy_id FROM providers WHERE user_id = :user AND chat_id = :chat",
        user=user_id,
        chat=chat_id,
    )
    return found


def trades_by(db: Reading, user_id: int, strategy_id: int) -> bool:
    """Tell whether a channel is traded by this strategy."""
    return bool(
        db.value(
            "SELECT 1 FROM providers WHERE user_id = :user AND strategy_id = :strategy LIMIT 1",
            user=user_id,
            strategy=strategy_id,
        )
    )


def rules(db: Reading, user_id: int) -> list[strategies_wire.ChannelRules]:
    """What desktop apps must know: every channel whose settings differ from the defaults."""
    rows = db.all(f"{_SELECT} WHERE p.user_id = :user AND {_DIFFERS} ORDER BY p.id", user=user_id)
    return [
        strategies_wire.ChannelRules(
            chat_id=row["chat_id"],
            enabled=bool(row["enabled"]),
            default_symbol=row["default_symbol"],
            ignore_words=read_document(row["ignore_words"], list[str]),
            **_profile(row),
            strategy=None
            if row["strategy_id"] is None
            else strategies.one(db, user_id, row["strategy_id"]),
        )
        for row in rows
    ]


def page(db: Reading, user_id: int, before: int, limit: int) -> list[wire.ProviderView]:
    """A user's providers, newest first."""
    rows = db.all(
        f"{_SELECT} WHERE p.user_id = :user AND p.id < :before ORDER BY p.id DESC LIMIT :limit",
        user=user_id,
        before=before,
        limit=limit,
    )
    return _views(db, user_id, rows)


def one(db: Reading, user_id: int, provider_id: int) -> wire.ProviderView | None:
    """A user's provider."""
    rows = db.all(f"{_SELECT} WHERE p.user_id = :user AND p.id = :id", user=user_id, id=provider_id)
    return _views(db, user_id, rows)[0] if rows else None


def earlier(db: Reading, user_id: int, chat_id: str, limit: int) -> list[Earlier]:
    """The newest version of a channel's last messages, oldest first, without deleted ones."""
    rows = db.all(
        "SELECT m.message_id, m.text, m.reply_to, max(m.version), m.deleted, m.posted_at,"
        " (SELECT group_concat(DISTINCT t.status) FROM trades t WHERE t.user_id = m.user_id"
        "   AND t.chat_id = m.chat_id AND t.message_id = m.message_id) AS trades,"
        " (SELECT group_concat(DISTINCT s.status) FROM signals s WHERE s.user_id = m.user_id"
        "   AND s.chat_id = m.chat_id AND s.message_id = m.message_id) AS signals"
        " FROM messages m WHERE m.user_id = :user AND m.chat_id = :chat"
        " GROUP BY m.message_id ORDER BY min(m.id) DESC LIMIT :limit",
        user=user_id,
        chat=chat_id,
        limit=limit,
    )
    return [
        Earlier(
            message_id=row["message_id"],
            text=row["text"],
            reply_to=row["reply_to"],
            posted_at=moment_or_none(row["posted_at"]),
            trades=frozenset((row["trades"] or "").split(",")) - {""},
            signals=frozenset((row["signals"] or "").split(",")) - {""},
        )
        for row in reversed(rows)
        if not row["deleted"]
    ]


def _views(db: Reading, user_id: int, rows: Sequence[Row]) -> list[wire.ProviderView]:
    found = _statistics(db, user_id, [row["chat_id"] for row in rows])
    return [_view(row, found[row["chat_id"]]) for row in rows]


def _view(row: Row, statistics: wire.ProviderStatistics) -> wire.ProviderView:
    return wire.ProviderView(
        id=row["id"],
        chat_id=row["chat_id"],
        name=row["name"],
        signals=statistics.signals,
        last_message_at=moment_or_none(row["last_message_at"]),
        enabled=bool(row["enabled"]),
        default_symbol=row["default_symbol"],
        ignore_words=read_document(row["ignore_words"], list[str]),
        **_profile(row),
        strategy_id=row["strategy_id"],
        statistics=statistics,
    )


def _profile(row: Row) -> dict[str, Any]:
    """Its fields as settings, view and rules have them."""
    return msgspec.structs.asdict(read_document(row["profile"], _Profile))


def _statistics(db: Reading, user_id: int, chats: Sequence[str]) -> dict[str, wire.ProviderStatistics]:
    asked = {"user": user_id, "chats": document(list(chats))}
    signals = {
        row["chat_id"]: row
        for row in db.all(
            "SELECT chat_id, count(*) AS signals, sum(status = 'executed') AS executed,"
            " sum(status = 'refused') AS refused, sum(status = 'rejected') AS rejected"
            " FROM signals WHERE user_id = :user AND chat_id IN (SELECT value FROM json_each(:chats))"
            " GROUP BY chat_id",
            **asked,
        )
    }
    reasons: dict[str, dict[str, int]] = {}
    for row in db.all(
        "SELECT chat_id, reason, count(*) AS times FROM signals WHERE user_id = :user"
        " AND chat_id IN (SELECT value FROM json_each(:chats)) AND status = 'refused'"
        " GROUP BY chat_id, reason ORDER BY times DESC, reason",
        **asked,
    ):
        reasons.setdefault(row["chat_id"], {})[row["reason"]] = row["times"]
    trades = {
        row["chat"]: row
        for row in db.all(
            "SELECT coalesce(t.chat_id, s.chat_id) AS chat, sum(t.status = 'open') AS open,"
            " sum(t.status = 'closed') AS closed,"
            " sum(t.status = 'closed' AND t.pnl IS NOT NULL) AS known,"
            " sum(t.status = 'closed' AND CAST(t.pnl AS REAL) > 0) AS wins,"
            " json_group_array(t.pnl) FILTER (WHERE t.pnl IS NOT NULL) AS profits"
            # What a narrow push told has no chat of its own: it belongs where its signal does.
            " FROM trades t LEFT JOIN signals s ON s.id = t.signal_id WHERE t.user_id = :user"
            " AND coalesce(t.chat_id, s.chat_id) IN (SELECT value FROM json_each(:chats)) GROUP BY chat",
            **asked,
        )
    }
    return {chat: _of_channel(signals.get(chat), reasons.get(chat, {}), trades.get(chat)) for chat in chats}


def _of_channel(
    signals: Row | None, reasons: dict[str, int], trades: Row | None
) -> wire.ProviderStatistics:
    read = (
        {} if signals is None else {k: signals[k] for k in ("signals", "executed", "refused", "rejected")}
    )
    if trades is None:
        return wire.ProviderStatistics(**read, reasons=reasons)
    known, wins = trades["known"], trades["wins"] or 0
    return wire.ProviderStatistics(
        **read,
        reasons=reasons,
        open_trades=trades["open"],
        closed_trades=trades["closed"],
        wins=wins,
        win_rate=wins / known if known else None,
        # Money is summed exactly: SQL would add floats.
        profit=sum((Decimal(text) for text in read_document(trades["profits"], list[str])), Decimal(0)),
    )
