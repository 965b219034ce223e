"""Pages of lists, newest first: the cursor is the last row seen, opaque to clients."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import NamedTuple, TypeVar

from starlette.requests import Request

from signalos.protocol import views
from signalos.server.problems import Problem

T = TypeVar("T")
LIMIT = 50
MOST = 200
FROM_NEWEST = 2**62


class Slice(NamedTuple):
    """Which rows are wanted: at most ``limit`` with an id below ``before``."""

    before: int
    limit: int


def wanted(request: Request) -> Slice:
    """Read ``?cursor=&limit=``. Raises Problem invalid or invalid_cursor."""
    text = request.query_params.get("limit", str(LIMIT))
    if not text.isascii() or not text.isdigit() or not 1 <= int(text[:9]) <= MOST:
        raise Problem("invalid", f"limit: give a number from 1 to {MOST}", errors=[{"field": "limit"}])
    cursor = request.query_params.get("cursor", "")
    return Slice(_decode(cursor) if cursor else FROM_NEWEST, int(text[:9]))


def choice(request: Request, name: str, known: Sequence[str]) -> str | None:
    """Read a filter that has a fixed set of values, None if it is not given. Raises Problem invalid."""
    given = request.query_params.get(name) or None
    if given is not None and given not in known:
        raise Problem("invalid", f"{name}: one of {', '.join(known)}", errors=[{"field": name}])
    return given


def page(rows: Sequence[T], limit: int, key: Callable[[T], int]) -> views.Page[T]:
    """A page of ``rows``, of which one more than ``limit`` was asked for."""
    items = list(rows[:limit])
    return views.Page(items=items, next_cursor=_encode(key(items[-1])) if len(rows) > limit else None)


def _encode(row_id: int) -> str:
    return base64.urlsafe_b64encode(f"v1:{row_id}".encode()).decode().rstrip("=")


def _decode(cursor: str) -> int:
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode(
            "ascii"
        )
    except (binascii.Error, ValueError):
        text = ""
    version, _, number = text.partition(":")
    if version != "v1" or not number.isdigit() or len(number) > 18:
        raise Problem("invalid_cursor", "cursor: use the nextCursor of the page before, unchanged")
    return int(number)
