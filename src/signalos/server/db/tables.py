"""Every table. Migrations are compared with this; repositories write the SQL.

Times are UTC text of fixed width, money, prices and volumes exact decimal text, documents JSON text
(see ``values``). ``terminal`` columns hold the row id of ``terminals``; ``terminal_id`` is the name a
desktop app gave itself.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", Integer, primary_key=True, autoincrement=True)


def _text(name: str, *, null: bool = False, default: str | None = None) -> Column[str]:
    return Column(name, Text, nullable=null, server_default=default)


def _whole(name: str, *, null: bool = False, default: str | None = None) -> Column[int]:
    return Column(name, Integer, nullable=null, server_default=default)


def _of(name: str, table: str, **more: Any) -> Column[int]:
    return Column(name, Integer, ForeignKey(f"{table}.id", ondelete="CASCADE"), nullable=False, **more)


users = Table(
    "users",
    metadata,
    _id(),
    _text("email"),
    _text("password"),
    _text("role", default="trader"),
    _whole("demo", default="0"),
    _whole("seq", default="0"),
    _text("created_at"),
    _text("totp_secret", null=True),
    _text("totp_since", null=True),
    _whole("totp_last_step", default="0"),
    UniqueConstraint("email"),
    sqlite_autoincrement=True,
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),
    _of("user_id", "users"),
    _text("cookie_hash"),
    _text("created_at"),
    _text("expires_at"),
    _text("ended_at", null=True),
    UniqueConstraint("cookie_hash"),
)

refresh_tokens = Table(
    "refresh_tokens",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("session_id", Text, ForeignKey("sessions.id", ondelete="CASCADE"), nullable=False),
    _text("created_at"),
    _text("used_at", null=True),
    Index(None, "session_id"),
)

sign_in_failures = Table(
    "sign_in_failures",
    metadata,
    Column("email", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    _whole("count"),
    _text("since"),
)

terminals = Table(
    "terminals",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("terminal_id", null=True),
    _text("name"),
    _text("platform", default=""),
    _text("version", default=""),
    _text("status"),
    _text("token_hash", null=True),
    _text("created_at"),
    _text("last_seen_at", null=True),
    _text("state", null=True),
    _text("day", null=True),
    _text("day_start_equity", null=True),
    _text("latch", null=True),
    _text("stop_wanted", null=True),
    _whole("command_seq", default="0"),
    UniqueConstraint("user_id", "terminal_id"),
    UniqueConstraint("token_hash"),
    sqlite_autoincrement=True,
)

user_events = Table(
    "user_events",
    metadata,
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("seq", Integer, primary_key=True),
    _text("type"),
    _text("at"),
    _text("data"),
)

desktop_events = Table(
    "desktop_events",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("event_id"),
    _text("kind"),
    _text("at"),
    _text("received_at"),
    _whole("row_id"),
    UniqueConstraint("user_id", "event_id"),
    sqlite_autoincrement=True,
)

providers = Table(
    "providers",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("chat_id"),
    _text("name"),
    _text("last_message_at", null=True),
    _whole("enabled", default="1"),
    _text("default_symbol", null=True),
    _text("ignore_words", default="[]"),
    _text("profile", default="{}"),
    Column("strategy_id", Integer, ForeignKey("strategies.id", ondelete="SET NULL"), nullable=True),
    UniqueConstraint("user_id", "chat_id"),
    sqlite_autoincrement=True,
)

messages = Table(
    "messages",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("chat_id"),
    _whole("message_id"),
    _whole("version"),
    _text("source"),
    _text("text"),
    _text("posted_at"),
    _whole("reply_to", null=True),
    _whole("deleted"),
    _text("reason"),
    _text("detail", default=""),
    UniqueConstraint("user_id", "chat_id", "message_id", "version"),
    sqlite_autoincrement=True,
)

signals = Table(
    "signals",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("chat_id"),
    _text("chat_name"),
    _whole("message_id"),
    _whole("part"),
    _whole("version"),
    _text("text"),
    _text("action"),
    _text("symbol", null=True),
    _text("side", null=True),
    _text("kind", null=True),
    _text("entry"),
    _text("stop_loss", null=True),
    _text("take_profits"),
    _text("details"),
    _text("spans"),
    _text("confidence"),
    _text("status"),
    _text("reason"),
    _text("posted_at"),
    _text("received_at"),
    UniqueConstraint("user_id", "chat_id", "message_id", "part"),
    sqlite_autoincrement=True,
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    _of("signal_id", "signals"),
    _of("terminal", "terminals"),
    _whole("version"),
    _text("action"),
    _text("verdict"),
    _text("reason"),
    _text("steps"),
    _text("plan"),
    _text("strategy_version"),
    _text("budget", null=True),
    _text("risk", null=True),
    _text("decided_at"),
    UniqueConstraint("signal_id", "terminal", "version"),
    sqlite_autoincrement=True,
)

trades = Table(
    "trades",
    metadata,
    _id(),
    _of("user_id", "users"),
    _of("terminal", "terminals"),
    _text("identifier"),
    _text("ticket", null=True),
    Column("signal_id", Integer, ForeignKey("signals.id", ondelete="SET NULL"), nullable=True),
    _text("symbol"),
    _text("side", null=True),
    _text("volume"),
    _text("closed_volume"),
    _text("entry_price", null=True),
    _text("stop_loss", null=True),
    _text("take_profit", null=True),
    _text("close_price", null=True),
    _text("pnl", null=True),
    _text("status"),
    _text("reason"),
    _text("origin"),
    _whole("leg", null=True),
    _text("chat_id", null=True),
    _whole("message_id", null=True),
    _whole("part", null=True),
    _text("opened_at", null=True),
    _text("closed_at", null=True),
    _text("updated_at"),
    UniqueConstraint("terminal", "identifier"),
    Index(None, "user_id", "status"),
    Index(None, "signal_id"),
    Index(None, "user_id", "chat_id", "message_id"),
    sqlite_autoincrement=True,
)

deals = Table(
    "deals",
    metadata,
    Column("terminal", Integer, ForeignKey("terminals.id", ondelete="CASCADE"), primary_key=True),
    Column("ticket", Text, primary_key=True),
    _of("trade_id", "trades"),
    *(_text(name) for name in "entry side volume price profit swap commission fee reason at".split()),
    Index(None, "trade_id"),
    sqlite_with_rowid=False,
)

alerts = Table(
    "alerts",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("code"),
    _text("severity"),
    _text("text"),
    _text("terminal_id", null=True),
    _text("at"),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

latches = Table(
    "latches",
    metadata,
    _id(),
    _of("terminal", "terminals"),
    _text("latch_id"),
    _text("mode"),
    _text("state"),
    _whole("closed"),
    _whole("total"),
    _whole("flat"),
    _text("left"),
    _text("text"),
    _text("set_at"),
    _text("updated_at"),
    UniqueConstraint("terminal", "latch_id"),
    sqlite_autoincrement=True,
)

commands = Table(
    "commands",
    metadata,
    Column("id", Text, primary_key=True),
    _of("user_id", "users"),
    _text("kind"),
    _text("args"),
    _text("issued_at"),
    _text("expires_at", null=True),
    Index(None, "user_id", "issued_at"),
)

command_targets = Table(
    "command_targets",
    metadata,
    Column("command_id", Text, ForeignKey("commands.id", ondelete="CASCADE"), primary_key=True),
    Column("terminal", Integer, ForeignKey("terminals.id", ondelete="CASCADE"), primary_key=True),
    _whole("terminal_seq"),
    _text("state"),
    _text("reason"),
    _text("text"),
    _whole("flat", null=True),
    _text("results"),
    _text("sent_at", null=True),
    _text("acked_at", null=True),
    _text("result_at", null=True),
    UniqueConstraint("terminal", "terminal_seq"),
    Index(None, "result_at", "terminal"),
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True),
    Column("key", Text, primary_key=True),
    _text("request_hash"),
    _whole("status"),
    _text("answer"),
    _text("created_at"),
    Index(None, "created_at"),
)

equity = Table(
    "equity",
    metadata,
    Column("terminal", Integer, ForeignKey("terminals.id", ondelete="CASCADE"), primary_key=True),
    Column("at", Text, primary_key=True),
    _text("balance"),
    _text("equity"),
    sqlite_with_rowid=False,
)

strategies = Table(
    "strategies",
    metadata,
    _id(),
    _of("user_id", "users"),
    _text("name"),
    _whole("version"),
    _text("config"),
    _text("notes"),
    _whole("active"),
    _text("updated_at"),
    Index(None, "user_id"),
    sqlite_autoincrement=True,
)

strategy_versions = Table(
    "strategy_versions",
    metadata,
    Column("strategy_id", Integer, ForeignKey("strategies.id", ondelete="CASCADE"), primary_key=True),
    Column("version", Integer, primary_key=True),
    _text("name"),
    _text("config"),
    _text("notes"),
    _text("saved_at"),
)

pairings = Table(
    "pairings",
    metadata,
    Column("device_hash", Text, primary_key=True),
    _text("user_code"),
    _text("terminal_id"),
    _text("name"),
    _text("platform"),
    _text("version"),
    _text("asked_at"),
    _text("expires_at"),
    _text("asked_last_at", null=True),
    _whole("interval", default="5"),
    Column("user_id", Integer, ForeignKey("users.id", ondelete="CASCADE"), nullable=True),
    _text("state", default="pending"),
    UniqueConstraint("user_code"),
    Index(None, "expires_at"),
)
