"""Ids in paths."""

from __future__ import annotations

from starlette.requests import Request

from signalos.server.problems import Problem


def row_id(request: Request, name: str = "id") -> int:
    """The integer id in the path; anything else exists nowhere. Raises Problem not_found."""
    text = request.path_params.get(name, "")
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem("not_found", f"there is nothing under the id {text[:40]!r}: ids are whole numbers")
    return int(text)


def number_filter(request: Request, name: str) -> int | None:
    """A whole number in the query. Raises Problem invalid."""
    text = request.query_params.get(name, "")
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:
        raise Problem("invalid", f"{name}: give a whole number", errors=[{"field": name}])
    return int(text)
