"""Requests under an Idempotency-Key: carried out once, answered alike each time."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from starlette.requests import Request

from signalos.protocol import encode
from signalos.server.bodies import NOT_JSON
from signalos.server.db.session import Writing
from signalos.server.db.values import stamp
from signalos.server.problems import Problem

LONGEST_KEY = 200


class Answered(NamedTuple):
    """An HTTP answer that may be stored: status and JSON."""

    status: int
    body: bytes


def key_of(request: Request) -> str | None:
    """The Idempotency-Key header. Raises Problem invalid for one that is empty or too long."""
    key = request.headers.get("idempotency-key")
    if key is None:
        return None
    if not 1 <= len(key.strip()) <= LONGEST_KEY:
        raise Problem("invalid", f"Idempotency-Key: give 1 to {LONGEST_KEY} characters")
    return f"key {key.strip()}"


def request_hash(route: str, body: bytes) -> str:
    """A hash of what is asked, the same however the JSON is laid out."""
    try:
        plain = msgspec.json.encode(msgspec.json.decode(body), order="sorted") if body.strip() else b""
    except NOT_JSON:
        # A field that nobody reads holds what no program can: compare the text itself.
        plain = body
    return hashlib.sha256(route.encode() + b"\x00" + plain).hexdigest()


def once(
    tx: Writing, user_id: int, key: str | None, hashed: str, status: int, work: Callable[[Writing], Any]
) -> Answered:
    """Do ``work`` and answer ``status`` with its result, or answer as the first time under ``key``.

    Raises Problem idempotency_conflict where another request used the key. What ``work`` raises is
    not remembered: the same key may be tried again.
    """
    if key is not None:
        row = tx.first(
            "SELECT request_hash, status, answer FROM idempotency WHERE user_id = :user AND key = :key",
            user=user_id,
            key=key,
        )
        if row is not None:
            if row["request_hash"] != hashed:
                raise Problem(
                    "idempotency_conflict",
                    "this Idempotency-Key was used for a different request: make a new key for each new request",
                )
            return Answered(row["status"], row["answer"].encode())
    answered = Answered(status, encode(work(tx)))
    if key is not None:
        tx.run(
            "INSERT INTO idempotency (user_id, key, request_hash, status, answer, created_at)"
            " VALUES (:user, :key, :hash, :status, :answer, :at)",
            user=user_id,
            key=key,
            hash=hashed,
            status=status,
            answer=answered.body.decode(),
            at=stamp(tx.now),
        )
    return answered


def forget(tx: Writing, before: datetime) -> None:
    """Delete answers that were stored before ``before``."""
    tx.run("DELETE FROM idempotency WHERE created_at < :before", before=stamp(before))
