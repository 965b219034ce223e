"""What is, was or will not be sent to a terminal: written before it is sent, settled afterwards."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from signalos.desktop.journal.serial import instant, instant_text, request_from, request_json
from signalos.domain.order import ClosePosition, LegKey, OrderRequest, Outcome
from signalos.kit.clock import Clock

UNFINISHED = ("planned", "sending", "unknown", "waiting")
"""planned: not sent yet; sending: may have left; unknown: must be reconciled; waiting: for its moment."""

_UNFINISHED_ROWS = (
    # The fixed list lets SQLite use the small index of unfinished intents.
    "SELECT * FROM intent WHERE terminal_id=? AND state IN ('planned','sending','unknown','waiting')"
)

LONGEST_PAUSE = 1.0
"""Most seconds between two tries of what the terminal does not take yet, a closed market say."""

SHOWN = {"planned": "pending", "waiting": "pending", "sending": "unknown"}
"""How unfinished states are shown; the others are shown as they are."""


@dataclass(frozen=True, slots=True)
class Intent:
    """One leg or step; ``state`` as in the schema, ``request`` None if there is nothing to send.

    ``sent_at`` and ``done_at`` are wall time.
    """

    row: int
    key: LegKey
    kind: str
    state: str
    reason: str
    text: str
    tag: str
    account: str
    magic: int
    request: OrderRequest | None
    identifier: str | None
    ticket: str | None
    volume: Decimal | None
    price: Decimal | None
    risk: Decimal | None
    sends: int
    fresh_until: datetime | None
    sent_at: datetime | None
    done_at: datetime | None

    def due(self, now: datetime) -> bool:
        """True when ``now`` (wall time) is late enough for the next try: pauses double from try to try.

        A last try in the future means that the computer's clock was set back: nothing waits for that.
        """
        if self.done_at is None or now < self.done_at:
            return True
        pause = min(LONGEST_PAUSE, 0.1 * 2.0 ** min(self.sends, 10))
        return (now - self.done_at).total_seconds() >= pause

    def shown(self) -> dict[str, object]:
        """The line that ``journal --json`` prints."""
        return {
            "terminalId": self.key.terminal_id,
            "chatId": self.key.chat_id,
            "messageId": self.key.message_id,
            "version": self.key.version,
            "part": self.key.part,
            "leg": self.key.leg,
            "kind": self.kind,
            "state": SHOWN.get(self.state, self.state),
            "reason": self.reason or ("not_sent_yet" if self.state == "planned" else ""),
            "identifier": self.identifier,
            "tag": self.tag,
            "origin": self.key.origin,
        }


class Intents:
    """The intent table."""

    def __init__(self, db: sqlite3.Connection, clock: Clock, market: Clock) -> None:
        self._db = db
        self._clock = clock
        self._market = market
        self.writes = 0
        """Another number after everything that was written here by this process."""

    def plan(
        self,
        key: LegKey,
        kind: str,
        request: OrderRequest | None,
        *,
        state: str = "planned",
        reason: str = "",
        text: str = "",
        account: str = "",
        magic: int = 0,
        risk: Decimal | None = None,
        fresh_until: datetime | None = None,
        identifier: str | None = None,
    ) -> Intent:
        """Journal an intent. Raises sqlite3.IntegrityError where its key exists: nothing is planned twice."""
        tag = key.tag(account)
        row = self._write(
            "INSERT INTO intent (terminal_id, origin, chat_id, message_id, version, part, leg, kind, state,"
            " reason, text, tag, account, magic, request, risk, fresh_until, identifier, market_day, planned_at)"
            " VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            (
                *_key(key),
                kind,
                state,
                reason,
                text,
                tag,
                account,
                magic,
                None if request is None else request_json(request),
                None if risk is None else str(risk),
                None if fresh_until is None else instant_text(fresh_until),
                identifier,
                self._market.now().date().isoformat(),
                instant_text(self._clock.now()),
            ),
        ).lastrowid
        return Intent(
            row=row or 0,
            key=key,
            kind=kind,
            state=state,
            reason=reason,
            text=text,
            tag=tag,
            account=account,
            magic=magic,
            request=request,
            identifier=identifier,
            ticket=None,
            volume=None,
            price=None,
            risk=risk,
            sends=0,
            fresh_until=fresh_until,
            sent_at=None,
            done_at=None,
        )

    def get(self, key: LegKey) -> Intent:
        """The intent of ``key``. Raises KeyError."""
        row = self._db.execute(
            "SELECT * FROM intent WHERE terminal_id=? AND origin=? AND chat_id=? AND message_id=?"
            " AND version=? AND part=? AND leg=?",
            _key(key),
        ).fetchone()
        if row is None:
            raise KeyError(key)
        return _intent(row)

    def with_request(self, intent: Intent, request: OrderRequest) -> Intent:
        """Give a waiting intent what it is to send, now that its moment has come."""
        self._write("UPDATE intent SET request=? WHERE row=?", (request_json(request), intent.row))
        return self.get(intent.key)

    def sending(self, intent: Intent) -> bool:
        """Note that bytes may leave for the terminal from now on.

        False if it is not to be sent any more: someone else has sent, refused or withdrawn it since
        ``intent`` was read.
        """
        cursor = self._write(
            "UPDATE intent SET state='sending', sends=sends+1, sent_at=? WHERE row=?"
            " AND state IN ('planned','waiting')",
            (instant_text(self._clock.now()), intent.row),
        )
        return cursor.rowcount == 1

    def settle(self, intent: Intent, state: str, outcome: Outcome) -> Intent:
        """Store what came of ``intent``; answers it as it is now."""
        (row,) = self._write(
            "UPDATE intent SET state=?, reason=?, text=?, identifier=COALESCE(?, identifier),"
            " ticket=COALESCE(?, ticket), volume=COALESCE(?, volume), price=COALESCE(?, price), done_at=?"
            " WHERE row=? RETURNING *",
            (
                state,
                outcome.reason,
                outcome.explanation or intent.text,
                outcome.identifier,
                outcome.ticket,
                None if outcome.volume is None else str(outcome.volume),
                None if outcome.price is None else str(outcome.price),
                instant_text(self._clock.now()),
                intent.row,
            ),
        ).fetchall()
        return _intent(row)

    def mark(self, intent: Intent, state: str, reason: str = "", text: str = "") -> None:
        """Move ``intent`` to ``state`` without an outcome of its own."""
        self._write(
            "UPDATE intent SET state=?, reason=?, text=? WHERE row=?", (state, reason, text, intent.row)
        )

    def mark_unsent(self, intent: Intent, state: str, reason: str, text: str) -> None:
        """As ``mark``, where nobody has sent, refused or withdrawn it since ``intent`` was read."""
        self._write(
            "UPDATE intent SET state=?, reason=?, text=? WHERE row=? AND state IN ('planned','waiting')",
            (state, reason, text, intent.row),
        )

    def interrupt(self, terminal_id: str) -> None:
        """What was being sent when the app ended is unknown until it is proven."""
        self._write(
            "UPDATE intent SET state='unknown', reason='interrupted', text='the app ended meanwhile'"
            " WHERE terminal_id=? AND state='sending'",
            (terminal_id,),
        )

    def unfinished(self, terminal_id: str, states: Iterable[str] = UNFINISHED) -> list[Intent]:
        """Intents of a terminal that still need something done, oldest first."""
        names = tuple(states)
        rows = self._db.execute(
            f"{_UNFINISHED_ROWS} AND state IN ({','.join('?' * len(names))}) ORDER BY row",
            (terminal_id, *names),
        ).fetchall()
        return [_intent(r) for r in rows]

    def of_action(
        self, terminal_id: str, chat_id: str, message_id: int, version: int, part: int
    ) -> list[Intent]:
        """The intents that one action of a message led to."""
        rows = self._db.execute(
            "SELECT * FROM intent WHERE terminal_id=? AND origin='signal' AND chat_id=? AND message_id=?"
            " AND version=? AND part=? ORDER BY leg",
            (terminal_id, chat_id, message_id, version, part),
        ).fetchall()
        return [_intent(r) for r in rows]

    def of_living_legs(self, terminal_id: str) -> dict[LegKey, Intent]:
        """The openings of all legs that have a position or a waiting order."""
        rows = self._db.execute(
            "SELECT i.* FROM leg l INDEXED BY leg_alive JOIN intent i ON i.terminal_id=l.terminal_id"
            " AND i.origin='signal' AND i.chat_id=l.chat_id AND i.message_id=l.message_id"
            " AND i.version=l.version AND i.part=l.part AND i.leg=l.leg"
            " WHERE l.terminal_id=? AND l.state IN ('pending','open')",
            (terminal_id,),
        ).fetchall()
        return {found.key: found for found in map(_intent, rows)}

    def last_of_chat(self, terminal_id: str, origin: str, chat_id: str) -> Intent | None:
        """The newest intent of a latch for one ticket (which stands in the place of the chat)."""
        row = self._db.execute(
            "SELECT * FROM intent WHERE terminal_id=? AND origin=? AND chat_id=? ORDER BY row DESC LIMIT 1",
            (terminal_id, origin, chat_id),
        ).fetchone()
        return None if row is None else _intent(row)

    def last_of_each_chat(self, terminal_id: str, origin: str) -> list[Intent]:
        """The newest intent of a latch for each ticket, in the order of these."""
        rows = self._db.execute(
            "SELECT * FROM intent WHERE row IN"
            " (SELECT MAX(row) FROM intent WHERE terminal_id=? AND origin=? GROUP BY chat_id) ORDER BY row",
            (terminal_id, origin),
        ).fetchall()
        return [_intent(r) for r in rows]

    def last_try(self, key: LegKey) -> Intent | None:
        """The newest version of a rule's step on a leg; ``key`` with any version."""
        row = self._db.execute(
            "SELECT * FROM intent WHERE terminal_id=? AND origin=? AND chat_id=? AND message_id=?"
            " AND part=? AND leg=? ORDER BY version DESC LIMIT 1",
            (key.terminal_id, key.origin, key.chat_id, key.message_id, key.part, key.leg),
        ).fetchone()
        return None if row is None else _intent(row)

    def changes_of(self, terminal_id: str, identifier: str) -> list[Intent]:
        """What was sent to change or close a position or order, newest first."""
        rows = self._db.execute(
            "SELECT * FROM intent INDEXED BY intent_change WHERE terminal_id=? AND identifier=?"
            " AND kind<>'open' AND sends>0 ORDER BY row DESC",
            (terminal_id, identifier),
        ).fetchall()
        return [_intent(r) for r in rows]

    def closed_of(self, terminal_id: str, identifier: str) -> Decimal:
        """Lots that the closes of a position are known to have closed of it, by the answers they got."""
        changes = self.changes_of(terminal_id, identifier)
        return sum(
            (i.volume for i in changes if i.volume and isinstance(i.request, ClosePosition)), Decimal(0)
        )

    def closing(self, terminal_id: str, identifier: str) -> list[Intent]:
        """Closes of a position that may be under way."""
        changes = self.changes_of(terminal_id, identifier)
        return [
            i for i in changes if i.state in ("sending", "unknown") and isinstance(i.request, ClosePosition)
        ]

    def withdraw(self, terminal_id: str, origin: str, reason: str, text: str) -> None:
        """Supersede what ``origin`` planned and has not sent."""
        self._write(
            "UPDATE intent SET state='superseded', reason=?, text=? WHERE terminal_id=? AND origin=?"
            " AND state IN ('planned','waiting')",
            (reason, text, terminal_id, origin),
        )

    def origin_of(self, terminal_id: str, tag: str) -> str:
        """What asked for the intent with ``tag``: signal, rule, command or latch; "" if it is not ours."""
        row = self._db.execute(
            # Named, since SQLite would go through all of the terminal's intents instead.
            "SELECT origin FROM intent INDEXED BY intent_tag WHERE terminal_id=? AND tag=? LIMIT 1",
            (terminal_id, tag),
        ).fetchone()
        return "" if row is None else str(row[0]).partition(":")[0]

    def knows(self, tag: str) -> bool:
        """True where ``tag`` is of an intent of this journal, of whichever terminal."""
        return self._db.execute("SELECT 1 FROM intent WHERE tag=? LIMIT 1", (tag,)).fetchone() is not None

    def everything(self) -> Iterator[Intent]:
        """All intents, in the order they were planned, read as they are asked for."""
        return (_intent(r) for r in self._db.execute("SELECT * FROM intent ORDER BY row"))

    def trades_on(self, terminal_id: str, market_day: str) -> int:
        """How many signals opened (or may have opened) on a market day."""
        (count,) = self._db.execute(
            # Named, since SQLite would go through all that was ever opened instead.
            "SELECT COUNT(*) FROM (SELECT DISTINCT chat_id, message_id, part FROM intent INDEXED BY intent_opened"
            " WHERE terminal_id=? AND market_day=? AND kind='open' AND origin='signal'"
            " AND state NOT IN ('refused','expired','superseded','not_executed'))",
            (terminal_id, market_day),
        ).fetchone()
        return int(count)

    def _write(self, statement: str, values: Sequence[object]) -> sqlite3.Cursor:
        self.writes += 1
        return self._db.execute(statement, values)


def _key(key: LegKey) -> tuple[str, str, str, int, int, int, int]:
    return (
        key.terminal_id,
        key.origin,
        key.chat_id,
        key.message_id,
        key.version,
        key.part,
        key.leg,
    )


def _intent(row: sqlite3.Row) -> Intent:
    # By place, as the schema has them: thousands are read at a start, and by name each would take twice as long.
    number, terminal_id, origin, chat_id, message_id, version, part, leg = row[:8]
    kind, state, reason, text, tag, account, magic, request = row[8:16]
    identifier, ticket, volume, price, risk, sends = row[16:22]
    fresh_until, _market_day, _planned_at, sent_at, done_at = row[22:]
    return Intent(
        row=number,
        key=LegKey(terminal_id, chat_id, message_id, version, part, leg, origin),
        kind=kind,
        state=state,
        reason=reason,
        text=text,
        tag=tag,
        account=account,
        magic=magic,
        request=None if request is None else request_from(request),
        identifier=identifier,
        ticket=ticket,
        volume=_decimal(volume),
        price=_decimal(price),
        risk=_decimal(risk),
        sends=sends,
        fresh_until=_instant(fresh_until),
        sent_at=_instant(sent_at),
        done_at=_instant(done_at),
    )


def _instant(text: str | None) -> datetime | None:
    return None if text is None else instant(text)


def _decimal(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
