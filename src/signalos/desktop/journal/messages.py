"""Messages as they arrived, how they were read, and how far each terminal has come."""

from __future__ import annotations

import sqlite3
from collections import OrderedDict
from dataclasses import dataclass, replace
from datetime import datetime

from signalos.desktop.journal.serial import instant, instant_text, reading_from, reading_json
from signalos.domain.message import Message
from signalos.domain.signal import Open, Reading
from signalos.kit.clock import Clock
from signalos.kit.sqlite import transaction
from signalos.sources.base import Post

KEPT = 1000
"""Read messages held in memory."""


@dataclass(frozen=True, slots=True)
class JournalledMessage:
    """A message with its place in the order of arrival and, once read, its reading."""

    row: int
    message: Message
    reading: Reading | None


class Messages:
    """The messages table, the source positions and the lanes' places."""

    def __init__(self, db: sqlite3.Connection, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._read: OrderedDict[int, JournalledMessage] = OrderedDict()

    def add(self, post: Post, position: str) -> Message | None:
        """Journal ``post`` together with its source's position; None if it is known already.

        The version counts what was journalled of that message before; an edit of an unknown message
        is its first version; a deletion of an unknown message is only a position.
        """
        with transaction(self._db):
            self._db.execute(
                "INSERT OR REPLACE INTO source_position VALUES (?, ?)", (post.source, position)
            )
            last = self._db.execute(
                "SELECT * FROM message WHERE chat_id = ? AND message_id = ? ORDER BY version DESC LIMIT 1",
                (post.chat_id, post.message_id),
            ).fetchone()
            if last is None:
                if post.deleted:
                    return None
                version, posted_at = 1, post.posted_at
            else:
                same = post.text == last["text"] and not post.deleted
                if not (post.edit or post.deleted) or last["deleted"] or same:
                    return None
                version, posted_at = last["version"] + 1, instant(last["posted_at"])
            message = Message(
                source=post.source,
                chat_id=post.chat_id,
                message_id=post.message_id,
                version=version,
                text=str(last["text"]) if post.deleted and last is not None else post.text,
                posted_at=posted_at,
                edited_at=post.edited_at,
                reply_to=post.reply_to if last is None else last["reply_to"],
                deleted=post.deleted,
                sender=post.sender,
                forwarded=post.forwarded,
                chat_name=post.chat_name,
            )
            self._db.execute(
                "INSERT INTO message (source, chat_id, message_id, version, chat_name, text, posted_at,"
                " edited_at, reply_to, deleted, sender, forwarded, received_at) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)",
                (
                    message.source,
                    message.chat_id,
                    message.message_id,
                    message.version,
                    message.chat_name,
                    message.text,
                    instant_text(message.posted_at),
                    None if message.edited_at is None else instant_text(message.edited_at),
                    message.reply_to,
                    message.deleted,
                    message.sender,
                    message.forwarded,
                    instant_text(self._clock.now()),
                ),
            )
        return message

    def add_again(
        self, terminal_id: str, chat_id: str, message_id: int, part: int, at: datetime
    ) -> Message | None:
        """Journal the wish that a terminal decide ``part`` of a message once more; None if it is not known.

        The new version has the text and the reading of the newest one that opens something there.
        """
        with transaction(self._db):
            opening = self.opening(chat_id, message_id, part)
            if opening is None:
                return None
            (newest,) = self._db.execute(
                "SELECT MAX(version) FROM message WHERE chat_id = ? AND message_id = ?",
                (chat_id, message_id),
            ).fetchone()
            message = replace(
                opening.message,
                version=newest + 1,
                again_part=part,
                again_at=at,
                again_terminal=terminal_id,
            )
            self._db.execute(
                "INSERT INTO message (source, chat_id, message_id, version, chat_name, text, posted_at,"
                " edited_at, reply_to, deleted, sender, forwarded, received_at, again_part, again_at,"
                " again_terminal, read_by)"
                " SELECT source, chat_id, message_id, ?, chat_name, text, posted_at, edited_at, reply_to,"
                " deleted, sender, forwarded, ?, ?, ?, ?, read_by FROM message WHERE row = ?",
                (
                    message.version,
                    instant_text(self._clock.now()),
                    part,
                    instant_text(at),
                    terminal_id,
                    opening.row,
                ),
            )
        return message

    def opening(self, chat_id: str, message_id: int, part: int) -> JournalledMessage | None:
        """The newest version of a message whose ``part`` opens something."""
        return next(
            (
                stored
                for stored in reversed(self.versions(chat_id, message_id))
                if stored.reading is not None
                and part <= len(stored.reading.actions)
                and isinstance(stored.reading.actions[part - 1], Open)
            ),
            None,
        )

    def written_since(self, stored: JournalledMessage) -> bool:
        """True if the channel has edited or deleted the message after this version, read or not yet."""
        message = stored.message
        row = self._db.execute(
            "SELECT 1 FROM message WHERE chat_id = ? AND message_id = ? AND version > ?"
            " AND read_by = '' AND again_part IS NULL",
            (message.chat_id, message.message_id, message.version),
        ).fetchone()
        return row is not None

    def add_read_by(self, row: int, model: str, reading: Reading) -> Message | None:
        """Journal how a language model read message ``row``, as a version of its own.

        None if the message was edited or deleted since: what was read is then not what stands there.
        """
        with transaction(self._db):
            asked = self._kept(row).message
            (newest,) = self._db.execute(
                "SELECT MAX(version) FROM message WHERE chat_id = ? AND message_id = ?",
                (asked.chat_id, asked.message_id),
            ).fetchone()
            if newest != asked.version:
                return None
            message = replace(asked, version=newest + 1, read_by=model)
            self._db.execute(
                "INSERT INTO message (source, chat_id, message_id, version, chat_name, text, posted_at,"
                " edited_at, reply_to, deleted, sender, forwarded, received_at, reading, read_by)"
                " SELECT source, chat_id, message_id, ?, chat_name, text, posted_at, edited_at, reply_to,"
                " deleted, sender, forwarded, ?, ?, ? FROM message WHERE row = ?",
                (message.version, instant_text(self._clock.now()), reading_json(reading), model, row),
            )
        return message

    def by_row(self, row: int) -> JournalledMessage:
        """The read message at ``row``."""
        return self._kept(row)

    def position(self, source: str) -> str | None:
        """Where ``source`` stands."""
        row = self._db.execute(
            "SELECT position FROM source_position WHERE source = ?", (source,)
        ).fetchone()
        return None if row is None else str(row[0])

    def unread(self) -> JournalledMessage | None:
        """The oldest message that has not been read."""
        row = self._db.execute(
            "SELECT * FROM message WHERE reading IS NULL ORDER BY row LIMIT 1"
        ).fetchone()
        return None if row is None else _message(row)

    def set_reading(self, stored: JournalledMessage, reading: Reading) -> None:
        """Store how a message was read."""
        self._db.execute(
            "UPDATE message SET reading = ? WHERE row = ?", (reading_json(reading), stored.row)
        )
        self._keep(replace(stored, reading=reading))

    def recent(self, chat_id: str, before_row: int, limit: int) -> list[JournalledMessage]:
        """The last ``limit`` read messages of a chat before ``before_row``, oldest first."""
        rows = self._db.execute(
            "SELECT row FROM message WHERE chat_id = ? AND row < ? AND reading IS NOT NULL"
            " ORDER BY row DESC LIMIT ?",
            (chat_id, before_row, limit),
        ).fetchall()
        return [self._read.get(row) or self._kept(row) for (row,) in reversed(rows)]

    def versions(self, chat_id: str, message_id: int) -> list[JournalledMessage]:
        """All read versions of one message, oldest first."""
        rows = self._db.execute(
            "SELECT row FROM message WHERE chat_id = ? AND message_id = ? AND reading IS NOT NULL"
            " ORDER BY version",
            (chat_id, message_id),
        ).fetchall()
        return [self._kept(r[0]) for r in rows]

    def arrived_at(self, chat_id: str, message_id: int, version: int) -> datetime:
        """When a version of a message was journalled, in wall time. Raises KeyError."""
        row = self._db.execute(
            "SELECT received_at FROM message WHERE chat_id=? AND message_id=? AND version=?",
            (chat_id, message_id, version),
        ).fetchone()
        if row is None:
            raise KeyError((chat_id, message_id, version))
        return instant(row[0])

    def forget(self) -> None:
        """Keep nothing of what was read: its transaction was undone, and other messages may get its rows."""
        self._read.clear()

    def _kept(self, row: int) -> JournalledMessage:
        """A read message: it never changes again, so the newest ones are kept in memory."""
        kept = self._read.get(row)
        if kept is None:
            kept = _message(self._db.execute("SELECT * FROM message WHERE row = ?", (row,)).fetchone())
            self._keep(kept)
        return kept

    def _keep(self, stored: JournalledMessage) -> None:
        self._read[stored.row] = stored
        while len(self._read) > KEPT:
            self._read.popitem(last=False)

    def next_for(self, terminal_id: str) -> JournalledMessage | None:
        """The oldest read message that ``terminal_id`` has not finished, in order of arrival."""
        row = self._db.execute(
            "SELECT row, reading IS NULL FROM message"
            " WHERE row > COALESCE((SELECT row FROM lane WHERE terminal_id = ?), 0) ORDER BY row LIMIT 1",
            (terminal_id,),
        ).fetchone()
        return None if row is None or row[1] else self._kept(row[0])

    def join(self, terminal_id: str) -> None:
        """Let a terminal that is new here begin behind what has arrived: it never trades the past."""
        self._db.execute(
            "INSERT OR IGNORE INTO lane SELECT ?, COALESCE(MAX(row), 0) FROM message", (terminal_id,)
        )

    def lane(self, terminal_id: str) -> int:
        """The last message row that ``terminal_id`` has finished (0 = none)."""
        row = self._db.execute("SELECT row FROM lane WHERE terminal_id = ?", (terminal_id,)).fetchone()
        return 0 if row is None else int(row[0])

    def finish(self, terminal_id: str, row: int) -> None:
        """Note that ``terminal_id`` has done all that message ``row`` asks of it."""
        self._db.execute("INSERT OR REPLACE INTO lane VALUES (?, ?)", (terminal_id, row))


def _message(row: sqlite3.Row) -> JournalledMessage:
    return JournalledMessage(
        row=row["row"],
        message=Message(
            source=row["source"],
            chat_id=row["chat_id"],
            message_id=row["message_id"],
            version=row["version"],
            text=row["text"],
            posted_at=instant(row["posted_at"]),
            edited_at=None if row["edited_at"] is None else instant(row["edited_at"]),
            reply_to=row["reply_to"],
            deleted=bool(row["deleted"]),
            sender=row["sender"],
            forwarded=bool(row["forwarded"]),
            chat_name=row["chat_name"],
            again_part=row["again_part"],
            again_at=None if row["again_at"] is None else instant(row["again_at"]),
            again_terminal=row["again_terminal"],
            read_by=row["read_by"],
        ),
        reading=None if row["reading"] is None else reading_from(row["reading"]),
    )
