"""The account on disk: one SQLite file, one commit for each answer that changed something."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from pathlib import Path
from typing import TypeVar

import msgspec

from signalos.brokers.simulated.records import (
    AccountSettings,
    AccountState,
    Changes,
    Deal,
    Order,
    Position,
)
from signalos.brokers.simulated.timeline import Timeline
from signalos.domain.errors import ConfigError
from signalos.kit.sqlite import SchemaTooNew, open_sqlite, transaction

_SCHEMA = (
    """
    CREATE TABLE meta (name TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE TABLE positions (ticket INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE orders (ticket INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE done_orders (ticket INTEGER PRIMARY KEY, body BLOB NOT NULL);
    CREATE TABLE deals (ticket INTEGER PRIMARY KEY, body BLOB NOT NULL);
    """,
)
_RowT = TypeVar("_RowT", Position, Order, Deal)
_MetaT = TypeVar("_MetaT")


class _Counters(msgspec.Struct):
    now: int
    next_order: int
    next_deal: int


class Storage:
    """The state file of one simulated terminal. Raises ConfigError for a file that is something else."""

    def __init__(self, path: Path) -> None:
        try:
            self._db = open_sqlite(path, _SCHEMA)
        except (SchemaTooNew, sqlite3.DatabaseError, OSError) as why:
            raise ConfigError(
                f"the state file {path} cannot be used: {why}. Name another file, or remove this one "
                "to begin with a new account."
            ) from why
        self._encode = msgspec.json.Encoder().encode

    def settings(self) -> AccountSettings | None:
        """The settings of the account in this file, None in a new file."""
        return self._meta("settings", AccountSettings)

    def timeline(self) -> Timeline | None:
        """How wall time became account time at the last start."""
        return self._meta("timeline", Timeline)

    def digits(self) -> dict[str, int]:
        """Decimals of each symbol's prices when the account was made: stored points count in them."""
        return self._meta("digits", dict[str, int]) or {}

    def create(
        self,
        settings: AccountSettings,
        timeline: Timeline,
        digits: dict[str, int],
        state: AccountState,
        changes: Changes,
    ) -> None:
        """Write a new account, whole or not at all."""
        with transaction(self._db):
            self._put("settings", settings)
            self._put("digits", digits)
            self._put("timeline", timeline)
            self.save(state, changes)

    def put_timeline(self, timeline: Timeline) -> None:
        """Remember how time runs from this start on."""
        with transaction(self._db):
            self._put("timeline", timeline)

    def load(self) -> AccountState:
        """Read the whole account."""
        counters = self._meta("counters", _Counters)
        if counters is None:
            raise ConfigError("the state file holds no account: remove it to begin anew")
        return AccountState(
            now=counters.now,
            next_order=counters.next_order,
            next_deal=counters.next_deal,
            positions=self._rows("positions", Position),
            orders=self._rows("orders", Order),
            done_orders=self._rows("done_orders", Order),
            deals=self._rows("deals", Deal),
        )

    def save(self, state: AccountState, changes: Changes) -> None:
        """Write what ``changes`` names, and the time, in one commit: on disk when this returns."""
        tables: tuple[tuple[str, set[int], Mapping[int, msgspec.Struct]], ...] = (
            ("positions", changes.positions, state.positions),
            ("orders", changes.orders, state.orders),
            ("done_orders", changes.done_orders, state.done_orders),
            ("deals", changes.deals, state.deals),
        )
        with transaction(self._db) as db:
            for table, tickets, rows in tables:
                for ticket in tickets:
                    row = rows.get(ticket)
                    if row is None:
                        db.execute(f"DELETE FROM {table} WHERE ticket = ?", (ticket,))  # noqa: S608 -- our table names
                    else:
                        db.execute(
                            f"INSERT OR REPLACE INTO {table} VALUES (?, ?)",  # noqa: S608 -- our table names
                            (ticket, self._encode(row)),
                        )
            self._put("counters", _Counters(state.now, state.next_order, state.next_deal))

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def _put(self, name: str, value: object) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (name, self._encode(value)))

    def _meta(self, name: str, kind: type[_MetaT]) -> _MetaT | None:
        row = self._db.execute("SELECT body FROM meta WHERE name = ?", (name,)).fetchone()
        return None if row is None else msgspec.json.decode(row["body"], type=kind)

    def _rows(self, table: str, kind: type[_RowT]) -> dict[int, _RowT]:
        rows = self._db.execute(f"SELECT ticket, body FROM {table} ORDER BY ticket")  # noqa: S608 -- our table names
        return {row["ticket"]: msgspec.json.decode(row["body"], type=kind) for row in rows}
