"""Messages that a language model is asked about: once each, whatever happens in between."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from signalos.desktop.journal.serial import instant_text
from signalos.kit.clock import Clock

KEPT_ANSWER = 8000
"""Characters of an answer that are kept, to see later what was refused."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question about message ``row``. ``state`` is waiting | read | none | given_up; ``reason`` says why."""

    row: int
    state: str
    reason: str
    text: str
    model: str
    answer: str


class Questions:
    """The question table."""

    def __init__(self, db: sqlite3.Connection, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    def add(self, row: int) -> None:
        """Journal that message ``row`` is to be asked about. Part of the transaction that stores its reading."""
        self._db.execute(
            "INSERT INTO question (row, state, asked_at) VALUES (?, 'waiting', ?)",
            (row, instant_text(self._clock.now())),
        )

    def waiting(self) -> list[int]:
        """Rows of the messages still to be asked about, oldest first."""
        rows = self._db.execute("SELECT row FROM question WHERE state = 'waiting' ORDER BY row")
        return [int(row[0]) for row in rows]

    def end(
        self, row: int, state: str, *, reason: str = "", text: str = "", model: str = "", answer: str = ""
    ) -> None:
        """Settle a waiting question for good."""
        self._db.execute(
            "UPDATE question SET state=?, reason=?, text=?, model=?, answer=?, done_at=?"
            " WHERE row=? AND state='waiting'",
            (state, reason, text, model, answer[:KEPT_ANSWER], instant_text(self._clock.now()), row),
        )

    def get(self, row: int) -> Question | None:
        """The question about message ``row``, if there ever was one."""
        found = self._db.execute("SELECT * FROM question WHERE row = ?", (row,)).fetchone()
        if found is None:
            return None
        return Question(*(found[name] for name in ("row", "state", "reason", "text", "model", "answer")))
