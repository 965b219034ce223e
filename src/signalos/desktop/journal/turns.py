"""Long work on the journal in short turns: one turn is one transaction, and others come in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")
A_TURN = 250
"""So many are journalled in one go: a few hundredths of a second."""


def in_turns(rows: Sequence[T]) -> Iterator[Sequence[T]]:
    """``rows`` in pieces that are short enough to be journalled in one go."""
    return (rows[start : start + A_TURN] for start in range(0, len(rows), A_TURN))
