"""Decisions, one for each action and terminal, never made twice."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from signalos.desktop.journal.serial import decision_json, instant, instant_text, to_json
from signalos.domain.decision import Decision, DecisionContext
from signalos.kit.clock import Clock


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """A decision in short. ``at`` is the market's time."""

    at: datetime
    terminal_id: str
    chat_id: str
    message_id: int
    action: str
    verdict: str
    reason: str


class Decisions:
    """The decision table."""

    def __init__(self, db: sqlite3.Connection, market: Clock) -> None:
        self._db = db
        self._market = market
        self.listener: Callable[[str, int], None] = lambda chat_id, message_id: None
        """Told of the chat and message of every decision that is stored."""

    def add(
        self, context: DecisionContext, part: int, action: str, decision: Decision, strategy_version: str
    ) -> None:
        """Store a decision with the whole context it was made in, so that it can be made again."""
        now = self._market.now()
        self._db.execute(
            "INSERT INTO decision VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                context.terminal_id,
                context.chat_id,
                context.message_id,
                context.version,
                part,
                action,
                decision.verdict,
                decision.reason,
                decision_json(decision),
                to_json(context),
                strategy_version,
                now.date().isoformat(),
                instant_text(now),
            ),
        )
        self.listener(context.chat_id, context.message_id)

    def made(self, terminal_id: str, chat_id: str, message_id: int, version: int, part: int) -> bool:
        """True if this action was decided on this terminal."""
        return (
            self._db.execute(
                "SELECT 1 FROM decision WHERE terminal_id=? AND chat_id=? AND message_id=? AND version=?"
                " AND part=?",
                (terminal_id, chat_id, message_id, version, part),
            ).fetchone()
            is not None
        )

    def refused_before(self, terminal_id: str, chat_id: str, message_id: int, version: int) -> str | None:
        """The reason why an earlier version's opening was refused by the engine, if it was.

        What a language model read and nobody confirmed does not count: nobody wrote it.
        """
        row = self._db.execute(
            "SELECT reason FROM decision WHERE terminal_id=? AND chat_id=? AND message_id=? AND version<?"
            " AND action='open' AND verdict='refuse' AND version NOT IN (SELECT version FROM message"
            " WHERE chat_id=? AND message_id=? AND read_by<>'' AND again_part IS NULL)"
            " ORDER BY version DESC LIMIT 1",
            (terminal_id, chat_id, message_id, version, chat_id, message_id),
        ).fetchone()
        return None if row is None else str(row[0])

    def verdicts(self, chat_id: str, since_message: int) -> dict[int, set[str]]:
        """Message id -> the verdicts on its openings, over all terminals, from ``since_message`` on."""
        found: dict[int, set[str]] = {}
        for row in self._db.execute(
            "SELECT message_id, verdict FROM decision WHERE chat_id=? AND message_id>=?"
            " AND action IN ('open','reject')",
            (chat_id, since_message),
        ):
            found.setdefault(int(row[0]), set()).add(str(row[1]))
        return found

    def newest(self, limit: int) -> list[DecisionLine]:
        """The newest decisions of all terminals, the newest first."""
        rows = self._db.execute(
            "SELECT decided_at, terminal_id, chat_id, message_id, action, verdict, reason FROM decision"
            " ORDER BY rowid DESC LIMIT ?",
            (limit,),
        ).fetchall()
        return [DecisionLine(instant(row[0]), *row[1:]) for row in rows]
