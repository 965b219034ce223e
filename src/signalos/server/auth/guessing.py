"""Locking out who guesses: wrong answers are counted by whose they are and where they come from."""

from __future__ import annotations

from datetime import timedelta

from signalos.server.auth import repository
from signalos.server.db.session import Writing
from signalos.server.problems import Problem

LOCKED_FOR = timedelta(minutes=15)
"""Counted from the latest wrong answer."""


def refuse_if_locked(tx: Writing, whose: str, address: str, limit: int, code: str, wrong: str) -> None:
    """Raise Problem ``code`` with Retry-After where ``limit`` answers were wrong; ``wrong`` names them."""
    known = repository.failures(tx, whose, address)
    if known is None or known.times < limit:
        return
    wait = int((known.since + LOCKED_FOR - tx.now).total_seconds()) + 1
    if wait > 0 and tx.now - known.since < LOCKED_FOR:
        raise Problem(
            code,
            f"{limit} {wrong}: this is locked for {wait} s",
            headers={"Retry-After": str(wait)},
        )


def count_wrong(tx: Writing, whose: str, address: str) -> None:
    """Count a wrong answer; after a quiet time the count begins anew."""
    known = repository.failures(tx, whose, address)
    fresh = known is None or tx.now - known.since >= LOCKED_FOR
    repository.set_failures(tx, whose, address, 1 if known is None or fresh else known.times + 1, tx.now)
